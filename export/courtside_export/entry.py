"""What a model's folder of a Triton repository says about all its versions: config.pbtxt and label files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from courtside_export.errors import ExportInputError
from courtside_training.common.export_spec import ModelSignature, TensorSpec

BACKENDS = {"onnx": 'backend: "onnxruntime"', "tensorrt": 'platform: "tensorrt_plan"'}
_TYPES = {"uint8": "TYPE_UINT8", "float32": "TYPE_FP32"}


def label_files(spec: ModelSignature) -> dict[str, str]:
    """Label file by output: ``labels.txt`` for the only labelled output, else one named after each."""
    labelled = [tensor.name for tensor in spec.outputs if tensor.labels]
    return {name: "labels.txt" if len(labelled) == 1 else f"labels_{name}.txt" for name in labelled}


def entry_files(spec: ModelSignature, target: str = "onnx") -> dict[str, str]:
    """The text files of a model's folder, by name."""
    files = {file: "\n".join(_tensor(spec, name).labels) + "\n" for name, file in label_files(spec).items()}
    return {"config.pbtxt": config(spec, target), **files}


def config(spec: ModelSignature, target: str = "onnx") -> str:
    """The text of config.pbtxt.

    Batches form without waiting long, as many instances answer as the model asks for (a GPU model: one a GPU), and a
    load ends only after one row of zeros went through. The newest version answers unless whoever loads the model asks
    for another.
    """
    labels = label_files(spec)
    preferred = ", ".join(str(size) for size in range(1, min(4, spec.max_batch) + 1))
    inputs = ",\n".join(f"  {{ {_face(tensor)} }}" for tensor in spec.inputs)
    outputs = ",\n".join(
        f"  {{ {_face(tensor)}" + (f', label_filename: "{labels[tensor.name]}"' if tensor.name in labels else "") + " }"
        for tensor in spec.outputs
    )
    warm = ",\n".join(
        f'    {{ key: "{tensor.name}" value {{ data_type: {_TYPES[tensor.dtype]}, dims: {_dims(tensor.dims)}, '
        f"zero_data: true }} }}"
        for tensor in spec.inputs
    )
    parameters = "".join(
        f'parameters {{ key: "{key}" value: {{ string_value: "{_escaped(value)}" }} }}\n'
        for key, value in sorted(spec.parameters.items())
    )
    kind = "KIND_GPU" if target == "tensorrt" else "KIND_CPU"
    return f"""name: "{spec.name}"
{BACKENDS[target]}
max_batch_size: {spec.max_batch}
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
instance_group [ {{ kind: {kind}, count: {1 if target == "tensorrt" else spec.instances} }} ]
model_warmup [ {{
  name: "zeros"
  batch_size: 1
  inputs [
{warm}
  ]
}} ]
version_policy {{ latest {{ num_versions: 1 }} }}
{parameters}"""


def check_same_face(folder: Path, spec: ModelSignature, target: str) -> None:
    """Refuse to put a version beside others that have another face: one config.pbtxt speaks for all of them.

    Raises:
        ExportInputError: names what differs.
    """
    path = folder / "config.pbtxt"
    if not path.is_file() or not versions(folder):
        return
    old, new = model_config_pb2.ModelConfig(), model_config_pb2.ModelConfig()
    try:
        text_format.Parse(path.read_text("utf-8"), old)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ExportInputError(f"{path} does not parse: {error}; mend or remove it") from None
    text_format.Parse(config(spec, target), new)
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
    for name, text in entry_files(spec, target).items():
        if name != "config.pbtxt" and (folder / name).is_file() and (folder / name).read_text("utf-8") != text:
            raise ExportInputError(f"the labels differ from those in {folder / name}: {advice}")


def versions(folder: Path) -> list[int]:
    """Version numbers in a model's folder, ascending."""
    there = folder.iterdir() if folder.is_dir() else ()
    return sorted(int(p.name) for p in there if p.is_dir() and p.name.isdigit() and not p.name.startswith("0"))


def shape_text(name: str, rows: int, dims: Sequence[int]) -> str:
    """A tensor's shape as trtexec wants it: ``clip:1x16x3x144x256``."""
    return f"{name}:{'x'.join(str(size) for size in (rows, *dims))}"


def row_bytes(tensor: TensorSpec) -> int:
    """Bytes of one row of a tensor."""
    return math.prod(tensor.dims) * (1 if tensor.dtype == "uint8" else 4)


def _tensor(spec: ModelSignature, name: str) -> TensorSpec:
    return next(tensor for tensor in spec.outputs if tensor.name == name)


def _face(tensor: TensorSpec) -> str:
    return f'name: "{tensor.name}", data_type: {_TYPES[tensor.dtype]}, dims: {_dims(tensor.dims)}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _dims(dims: Sequence[int]) -> str:
    return f"[ {', '.join(str(size) for size in dims)} ]"
