"""A model's configuration in a Triton repository, common to all its versions: config.pbtxt and label files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from courtside_export.errors import ExportInputError
from courtside_training.common.export_spec import ModelSignature, TensorSpec

BACKENDS = {"onnx": 'backend: "onnxruntime"', "tensorrt": 'platform: "tensorrt_plan"'}
"""The line of config.pbtxt that names the backend, by target."""
_TYPES = {"uint8": "TYPE_UINT8", "float32": "TYPE_FP32"}


def label_files(signature: ModelSignature) -> dict[str, str]:
    """Label file by output: ``labels.txt`` for a single labelled output, else one file named after each."""
    labelled = [tensor.name for tensor in signature.outputs if tensor.labels]
    return {name: "labels.txt" if len(labelled) == 1 else f"labels_{name}.txt" for name in labelled}


def config_files(signature: ModelSignature, target: str = "onnx") -> dict[str, str]:
    """The text files of a model's folder: contents by file name."""
    files = {file: "\n".join(_tensor(signature, name).labels) + "\n" for name, file in label_files(signature).items()}
    return {"config.pbtxt": config(signature, target), **files}


def config(signature: ModelSignature, target: str = "onnx") -> str:
    """The text of config.pbtxt.

    Requests wait at most 2 ms to form a batch. The number of instances is the signature's; a GPU model has one per GPU.
    A model counts as loaded only after one row of zeros went through it. The newest version is served unless the client
    that loads the model names another.
    """
    labels = label_files(signature)
    preferred = ", ".join(str(size) for size in range(1, min(4, signature.max_batch) + 1))
    inputs = ",\n".join(f"  {{ {_fields(tensor)} }}" for tensor in signature.inputs)
    outputs = ",\n".join(
        f"  {{ {_fields(tensor)}"
        + (f', label_filename: "{labels[tensor.name]}"' if tensor.name in labels else "") + " }"
        for tensor in signature.outputs
    )
    warm = ",\n".join(
        f'    {{ key: "{tensor.name}" value {{ data_type: {_TYPES[tensor.dtype]}, dims: {_dims(tensor.dims)}, '
        f"zero_data: true }} }}"
        for tensor in signature.inputs
    )
    parameters = "".join(
        f'parameters {{ key: "{key}" value: {{ string_value: "{_escaped(value)}" }} }}\n'
        for key, value in sorted(signature.parameters.items())
    )
    kind = "KIND_GPU" if target == "tensorrt" else "KIND_CPU"
    return f"""name: "{signature.name}"
{BACKENDS[target]}
max_batch_size: {signature.max_batch}
input [
{inputs}
]
output [
{outputs}
]
dynamic_batching {{
  preferred_batch_size: [ {preferred} ]
  max_queue_delay_microseconds: 2000
}}
instance_group [ {{ kind: {kind}, count: {1 if target == "tensorrt" else signature.instances} }} ]
model_warmup [ {{
  name: "zeros"
  batch_size: 1
  inputs [
{warm}
  ]
}} ]
version_policy {{ latest {{ num_versions: 1 }} }}
{parameters}"""


def check_signature(folder: Path, signature: ModelSignature, target: str) -> None:
    """Check that a new version has the signature of the versions beside it, because they share one config.pbtxt.

    The signature is the backend, and the names, types, sizes and labels of the tensors.

    Raises:
        ExportInputError: The signature differs; the message names what differs.
    """
    path = folder / "config.pbtxt"
    if not path.is_file() or not versions(folder):
        return
    old, new = model_config_pb2.ModelConfig(), model_config_pb2.ModelConfig()
    try:
        text_format.Parse(path.read_text("utf-8"), old)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ExportInputError(f"{path} does not parse: {error}; correct or remove it") from None
    text_format.Parse(config(signature, target), new)
    advice = "export to another --repository, or remove the older versions"
    if (old.backend, old.platform) != (new.backend, new.platform):
        have = old.platform or old.backend
        raise ExportInputError(f"the versions in {folder} run on {have}, not {new.platform or new.backend}: {advice}")
    for kind in ("input", "output"):
        before = {tensor.name: (tensor.data_type, list(tensor.dims)) for tensor in getattr(old, kind)}
        after = {tensor.name: (tensor.data_type, list(tensor.dims)) for tensor in getattr(new, kind)}
        if before != after:
            name = next(name for name in [*after, *before] if before.get(name) != after.get(name))
            raise ExportInputError(f"{kind} {name!r} differs from that of the versions in {folder}: {advice}")
    for name, text in config_files(signature, target).items():
        if name != "config.pbtxt" and (folder / name).is_file() and (folder / name).read_text("utf-8") != text:
            raise ExportInputError(f"the labels differ from those in {folder / name}: {advice}")


def versions(folder: Path) -> list[int]:
    """The version numbers in a model's folder, ascending."""
    there = folder.iterdir() if folder.is_dir() else ()
    return sorted(int(p.name) for p in there if p.is_dir() and p.name.isdigit() and not p.name.startswith("0"))


def shape_text(name: str, rows: int, dims: Sequence[int]) -> str:
    """A tensor's shape as trtexec expects it: ``clip:1x16x3x144x256``."""
    return f"{name}:{'x'.join(str(size) for size in (rows, *dims))}"


def row_bytes(tensor: TensorSpec) -> int:
    """Bytes of one row of a tensor."""
    return math.prod(tensor.dims) * (1 if tensor.dtype == "uint8" else 4)


def _tensor(signature: ModelSignature, name: str) -> TensorSpec:
    return next(tensor for tensor in signature.outputs if tensor.name == name)


def _fields(tensor: TensorSpec) -> str:
    return f'name: "{tensor.name}", data_type: {_TYPES[tensor.dtype]}, dims: {_dims(tensor.served_dims)}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _dims(dims: Sequence[int]) -> str:
    return f"[ {', '.join(str(size) for size in dims)} ]"
