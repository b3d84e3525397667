"""Inference: one `Engine` interface to a model repository in Triton's layout, run in process or by a Triton server."""

from courtside_server.inference.engine import Engine, ModelInfo, TensorSpec, check_signature
from courtside_server.inference.repository import ModelRepository

__all__ = ["Engine", "ModelInfo", "ModelRepository", "TensorSpec", "check_signature"]
