"""Running models: one `Engine` seam over one Triton-layout repository, answered in process or by a real Triton."""

from courtside_server.inference.engine import Engine, ModelInfo, TensorSpec, check_signature
from courtside_server.inference.repository import ModelRepository

__all__ = ["Engine", "ModelInfo", "ModelRepository", "TensorSpec", "check_signature"]
