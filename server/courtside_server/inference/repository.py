"""Reads and checks a model repository in Triton's layout: config.pbtxt, labels, versions and aliases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from courtside_server.errors import ModelInvalid, ModelNotFound
from courtside_server.inference.aliases import Alias, read_aliases
from courtside_server.inference.batching import QUEUE_LIMIT, BatchingPolicy
from courtside_server.inference.engine import ModelInfo, TensorSpec

DEFAULT_FILES = {"onnxruntime": "model.onnx", "tensorrt": "model.plan", "python": "model.py"}
"""The file that Triton loads from a version folder, by backend, when the config names none."""
_PLATFORMS = {"onnxruntime_onnx": "onnxruntime", "tensorrt_plan": "tensorrt"}
"""Backends by the older name ``platform``."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Names a model may have."""
_DTYPES = {
    "TYPE_BOOL": np.bool_, "TYPE_UINT8": np.uint8, "TYPE_UINT16": np.uint16, "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64, "TYPE_INT8": np.int8, "TYPE_INT16": np.int16, "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64, "TYPE_FP16": np.float16, "TYPE_FP32": np.float32, "TYPE_FP64": np.float64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the repository with its checked config.

    Attributes:
        info: its signature; ``version`` is the newest of ``versions``.
        backend: ``onnxruntime``, ``tensorrt``, ``python`` …; "" for an ensemble.
        folder: the model's folder.
        versions: the versions that the version policy serves, oldest first; never empty.
        instances: number of copies that answer side by side.
        file_name: name of the model file in a version folder.
        config: the config.pbtxt as a ``ModelConfig`` message.
        pinned: aliases.toml names this model, so its version is requested by number.
        batching: how requests are collected into batches.
    """

    info: ModelInfo
    backend: str
    folder: Path
    versions: tuple[str, ...]
    instances: int
    file_name: str
    batching: BatchingPolicy
    config: Any
    pinned: bool = False

    @property
    def config_path(self) -> Path:
        """The config.pbtxt."""
        return self.folder / "config.pbtxt"

    def file(self, version: str | None = None) -> Path:
        """The model file of a version (the newest when ``None``).

        Raises:
            ModelInvalid: it does not exist, or lies outside the model's folder.
        """
        path = inside(self.folder, f"{version or self.info.version}/{self.file_name}", "default_model_filename")
        if not path.exists():
            raise ModelInvalid(
                f"model {self.info.name!r}: {path} is missing; export the model there or remove the version from "
                f"version_policy",
                model=self.info.name,
            )
        return path


class ModelRepository:
    """A folder of models. Every call reads from disk, so a new version is seen at once.

    Raises:
        ModelNotFound: ``root`` is not a folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not self.root.is_dir():
            raise ModelNotFound(f"the model repository {root} is not a folder; create it or name another one")

    def names(self) -> list[str]:
        """Names of the folders that contain a config.pbtxt, sorted."""
        folders = (path.parent.name for path in self.root.glob("*/config.pbtxt"))
        return sorted(name for name in folders if _NAME.fullmatch(name))

    @property
    def aliases_path(self) -> Path:
        """The aliases.toml, which need not exist."""
        return self.root / "aliases.toml"

    def find(self, name: str) -> ModelEntry:
        """The model that a name stands for, as aliases.toml says; else the folder of that name.

        Raises:
            ModelNotFound: no such folder.
            ModelInvalid: aliases.toml or the config cannot be used, or the version does not exist.
        """
        aliases = read_aliases(self.aliases_path)
        alias = aliases.get(name, Alias(name))
        entry = self.load(alias.model, alias.version)
        pinned = any(other.model == alias.model for other in aliases.values())
        return replace(entry, pinned=pinned)

    def load(self, name: str, version: str = "") -> ModelEntry:
        """Read and check one model's config.

        Args:
            name: its folder.
            version: the version to serve, whatever the version policy says; empty: the policy's newest.

        Raises:
            ModelNotFound: no such folder.
            ModelInvalid: the config is missing, cannot be parsed or is unusable, or the version does not exist.
        """
        folder = self.root / name
        if not _NAME.fullmatch(name) or not folder.is_dir():
            known = ", ".join(self.names()) or "none"
            raise ModelNotFound(f"no model {name[:80]!r} in {self.root} (it contains: {known})", model=name[:80])
        path = folder / "config.pbtxt"
        if not path.is_file():
            raise ModelInvalid(f"model {name!r} has no config.pbtxt; write {path}", model=name)
        config = model_config_pb2.ModelConfig()
        try:
            text_format.Parse(path.read_text("utf-8"), config)
        except text_format.ParseError as error:
            raise ModelInvalid(f"{path} cannot be parsed at line {error.GetLine()}: {error}", model=name) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ModelInvalid(f"{path} cannot be read: {error}", model=name) from None
        if config.name not in ("", name):
            raise ModelInvalid(
                f"{path} names the model {config.name!r}; it must be its folder's name {name!r}", model=name
            )
        config.name = name
        versions = _served(config, folder, version)
        backend = config.backend or _PLATFORMS.get(config.platform, "")
        if not backend and config.platform != "ensemble":
            raise ModelInvalid(f'{path} names no backend; add: backend: "onnxruntime"', model=name)
        return ModelEntry(
            info=read_info(config, versions[-1], str(path), _labels(config, folder)),
            backend=backend,
            folder=folder,
            versions=versions,
            instances=sum(max(1, group.count) for group in config.instance_group if not group.passive) or 1,
            file_name=config.default_model_filename or DEFAULT_FILES.get(backend, "model.onnx"),
            batching=_batching(config, path),
            config=config,
        )


def inside(folder: Path, relative: str, field: str) -> Path:
    """Return ``folder / relative``.

    Raises:
        ModelInvalid: it lies outside the folder.
    """
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ModelInvalid(f"{folder.name}: {field} {relative!r} lies outside the model's folder; keep it inside")
    return path


def read_info(config: Any, version: str, source: str, labels: tuple[str, ...] = ()) -> ModelInfo:
    """Read a model's signature from a ``ModelConfig`` message, of the repository or of a server.

    Raises:
        ModelInvalid: no inputs or outputs, or a tensor that the engines cannot handle.
    """
    name, batch = config.name, config.max_batch_size
    if batch < 0:
        raise ModelInvalid(f"{source}: max_batch_size {batch} is negative; use 0 for a model without batch", model=name)
    if config.HasField("sequence_batching"):
        raise ModelInvalid(f"{source}: sequence_batching is not supported; use dynamic_batching", model=name)

    def specs(kind: str, tensors: Iterable[Any]) -> dict[str, TensorSpec]:
        found: dict[str, TensorSpec] = {}
        for tensor in tensors:
            type_name = model_config_pb2.DataType.Name(tensor.data_type)
            where = f"{source}: {kind} {tensor.name!r}"
            if not tensor.name:
                raise ModelInvalid(f"{source}: an {kind} has no name", model=name)
            if tensor.name in found:
                raise ModelInvalid(f"{where} appears twice", model=name)
            if type_name not in _DTYPES:
                raise ModelInvalid(f"{where} has type {type_name}; use one of {', '.join(_DTYPES)}", model=name)
            if tensor.HasField("reshape"):
                raise ModelInvalid(f"{where} uses reshape; give dims as the file has them instead", model=name)
            if any(size < 1 and size != -1 for size in tensor.dims) or (not tensor.dims and not batch):
                raise ModelInvalid(f"{where} has dims {list(tensor.dims)}; give sizes from 1 up, or -1", model=name)
            found[tensor.name] = TensorSpec(tensor.name, np.dtype(_DTYPES[type_name]), tuple(tensor.dims))
        if not found:
            raise ModelInvalid(f"{source} names no {kind}; add an {kind} block", model=name)
        return found

    inputs = specs("input", config.input)
    return ModelInfo(
        name=name,
        version=version,
        inputs=inputs,
        outputs=specs("output", config.output),
        max_batch_size=batch,
        labels=labels,
        parameters={key: value.string_value for key, value in config.parameters.items()},
        source=source,
        usual=_usual(config, inputs),
    )


def _usual(config: Any, inputs: Mapping[str, TensorSpec]) -> dict[str, tuple[int, ...]]:
    """The sizes that the first warm-up names for inputs with free sizes; those that do not fit are left out."""
    named = {name: tuple(given.dims) for warm in list(config.model_warmup)[:1] for name, given in warm.inputs.items()}
    return {
        name: named[name]
        for name, spec in inputs.items()
        if not spec.fixed and name in named and spec.accepts(named[name]) and min(named[name]) > 0
    }


def _served(config: Any, folder: Path, wanted: str) -> tuple[str, ...]:
    """The versions on disk that the version policy serves, oldest first. Triton's default is the newest one."""
    present = sorted(int(p.name) for p in folder.iterdir() if p.is_dir() and re.fullmatch(r"[1-9]\d*", p.name))
    if not present:
        raise ModelInvalid(f"model {config.name!r} has no version folder; put the model file in {folder / '1'}")
    if wanted:
        if int(wanted) not in present:
            raise ModelInvalid(
                f"aliases.toml names version {wanted} of model {config.name!r}, but {folder} contains {present}; name "
                f"one of them, or export the missing one",
                model=config.name,
            )
        return (wanted,)
    policy = config.version_policy
    match policy.WhichOneof("policy_choice"):
        case "all":
            chosen = present
        case "specific":
            chosen = [version for version in present if version in policy.specific.versions]
            if not chosen:
                raise ModelInvalid(
                    f"model {config.name!r}: version_policy names versions {list(policy.specific.versions)}, "
                    f"but the folder contains {present}; correct one of them",
                    model=config.name,
                )
        case _:
            chosen = present[-max(1, policy.latest.num_versions) :]
    return tuple(str(version) for version in chosen)


def _labels(config: Any, folder: Path) -> tuple[str, ...]:
    for output in config.output:
        if output.label_filename:
            path = inside(folder, output.label_filename, "label_filename")
            try:
                return tuple(path.read_text("utf-8").splitlines())
            except (OSError, UnicodeDecodeError) as error:
                raise ModelInvalid(
                    f"output {output.name!r} of model {config.name!r}: its label file cannot be read: {error}"
                ) from None
    return ()


def _batching(config: Any, path: Path) -> BatchingPolicy:
    if not config.HasField("dynamic_batching"):
        return BatchingPolicy(max_batch_size=config.max_batch_size, dynamic=False)
    if not config.max_batch_size:
        raise ModelInvalid(f"{path}: dynamic_batching needs max_batch_size of at least 1", model=config.name)
    dynamic = config.dynamic_batching
    too_big = [size for size in dynamic.preferred_batch_size if not 1 <= size <= config.max_batch_size]
    if too_big:
        raise ModelInvalid(
            f"{path}: preferred_batch_size {too_big[0]} is not in 1 to max_batch_size ({config.max_batch_size})",
            model=config.name,
        )
    queue = dynamic.default_queue_policy
    reject = queue.timeout_action == model_config_pb2.ModelQueuePolicy.REJECT
    return BatchingPolicy(
        max_batch_size=config.max_batch_size,
        dynamic=True,
        preferred=tuple(sorted(set(dynamic.preferred_batch_size))),
        max_delay_s=dynamic.max_queue_delay_microseconds / 1e6,
        queue_limit=queue.max_queue_size or QUEUE_LIMIT,
        queue_timeout_s=queue.default_timeout_microseconds / 1e6 if reject else 0.0,
    )
