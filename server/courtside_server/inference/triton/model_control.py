"""Model control: loads and unloads versions of models on a Triton server (explicit model control)."""

from __future__ import annotations

from google.protobuf import json_format
from tritonclient.grpc import model_config_pb2

from courtside_server.errors import EngineError, EngineUnavailable, ModelInvalid, ModelNotFound, TensorMismatch
from courtside_server.inference.repository import ModelEntry
from courtside_server.inference.triton.client import NotServed, TritonClient

ADMIN_TIMEOUT_S = 5.0
"""Seconds that a question about the server's models may take."""


class ModelControl:
    """Loads exactly the versions in use. Does nothing where the server manages its repository itself.

    Args:
        client: the server.
        load_timeout: seconds that loading or unloading may take.
    """

    def __init__(self, client: TritonClient, load_timeout: float) -> None:
        self._client, self._load_timeout = client, load_timeout
        self._explicit = True

    async def load(self, model: str, entry: ModelEntry | None, versions: set[str]) -> None:
        """Load a model, with exactly these versions where any are given.

        Raises:
            ModelNotFound: the server's repository has no such model.
            ModelInvalid: it does not load.
            EngineUnavailable: the server does not answer.
        """
        if not self._explicit:
            return
        try:
            config = await self._config(model, entry, versions) if versions else None
            await self._client.call(self._load_timeout, lambda client: client.load_model(model, config=config))
        except (EngineUnavailable, TensorMismatch, EngineError) as error:
            if "explicit model load" in error.message:  # the server manages its repository itself
                self._explicit = False
                return
            if type(error) is EngineError and "failed to poll" in error.message and not await self._listed(model):
                raise ModelNotFound(f"no model {model!r} in the repository of {error.message}") from None
            if type(error) in (EngineError, TensorMismatch):
                raise ModelInvalid(error.message, model=model) from None
            raise

    async def unload(self, model: str) -> None:
        """Unload all versions of a model.

        Raises:
            EngineError: the server refuses or does not answer.
        """
        await self._client.call(self._load_timeout, lambda client: client.unload_model(model))

    async def _config(self, model: str, entry: ModelEntry | None, versions: set[str]) -> str:
        """The server's config of a model, or our own where it has none loaded, with only these versions."""
        config = model_config_pb2.ModelConfig()
        try:
            answer = await self._client.call(ADMIN_TIMEOUT_S, lambda client: client.get_model_config(model))
            config.CopyFrom(answer.config)
        except (NotServed, TensorMismatch):
            if entry is None or entry.info.name != model:
                raise
            config.CopyFrom(entry.config)
        config.version_policy.Clear()
        config.version_policy.specific.versions.extend(sorted(int(version) for version in versions))
        text: str = json_format.MessageToJson(config, preserving_proto_field_name=True)
        return text

    async def _listed(self, model: str) -> bool:
        index = await self._client.call(ADMIN_TIMEOUT_S, lambda client: client.get_model_repository_index())
        return any(found.name == model for found in index.models)
