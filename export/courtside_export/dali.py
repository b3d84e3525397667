"""DALI preprocessing in front of a clip model, for Triton in NVIDIA's container: from JPEGs to the model's input.

The pipeline does what the gateway does with a JPEG. It decodes to YCbCr and scales luma and chroma separately with the
aspect ratio kept (even sizes, chroma at half the target's size). It then converts to RGB and adds black bars. The one
difference is the filter: the gateway averages areas; a Gaussian is the closest filter that DALI has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from courtside_export.errors import ExportInputError
from courtside_export.version_folder import replace_files, write_error
from courtside_training.common import registry
from courtside_training.common.export_spec import ModelSignature

INPUT = "jpegs"
"""Name of the ensemble's input."""
PIPELINE_FILE = "model.dali"
"""File name that Triton's DALI backend expects."""


def pack(clips: Sequence[Sequence[bytes]]) -> np.ndarray:
    """Pack the JPEGs of several clips as the ensemble's input: uint8 (clips, samples, longest), padded with zeros."""
    longest = max(len(jpeg) for clip in clips for jpeg in clip)
    packed = np.zeros((len(clips), len(clips[0]), longest), np.uint8)
    for row, clip in zip(packed, clips, strict=True):
        for buffer, jpeg in zip(row, clip, strict=True):
            buffer[: len(jpeg)] = np.frombuffer(jpeg, np.uint8)
    return packed


def pipeline(signature: ModelSignature, device: str = "gpu", threads: int = 4) -> Any:
    """The preprocessing pipeline, not yet built; its input is `INPUT`, uint8 (samples, bytes) per clip.

    Args:
        signature: Signature of a clip model, with one input uint8 (samples, 3, height, width).
        device: ``gpu`` to decode and scale on the GPU, ``cpu`` where there is none.
        threads: Decoder threads.

    Raises:
        ExportInputError: DALI is not installed, or the model takes no clips.
    """
    samples, height, width = clip_size(signature)
    try:
        from nvidia.dali import fn, pipeline_def, types
        from nvidia.dali import math as dali_math
    except ImportError as error:
        raise ExportInputError("DALI is not installed: pip install nvidia-dali-cuda130") from error

    def even(size: Any) -> Any:
        return dali_math.max(2.0, dali_math.floor(size / 2.0 + 0.5) * 2.0)

    def image(jpeg: Any) -> Any:
        shape = fn.peek_image_shape(jpeg, dtype=types.FLOAT)
        scale = dali_math.min(height / shape[0], width / shape[1])
        high, wide = even(shape[0] * scale), even(shape[1] * scale)
        decoded = fn.decoders.image(
            jpeg, device="mixed" if device == "gpu" else "cpu", output_type=types.YCbCr, use_fast_idct=False
        )
        filtered = {"interp_type": types.INTERP_GAUSSIAN, "antialias": True}
        luma = fn.resize(decoded[:, :, 0:1], size=fn.stack(high, wide), **filtered)
        chroma = fn.resize(decoded[:, :, 1:3], size=fn.stack(high / 2.0, wide / 2.0), **filtered)
        chroma = fn.resize(chroma, size=fn.stack(high, wide), interp_type=types.INTERP_NN)
        rgb = fn.color_space_conversion(
            fn.cat(luma, chroma, axis=2), image_type=types.YCbCr, output_type=types.RGB
        )
        boxed = fn.crop(rgb, crop=(height, width), out_of_bounds_policy="pad", fill_values=0)
        return fn.transpose(boxed, perm=[2, 0, 1])

    @pipeline_def(batch_size=signature.max_batch, num_threads=threads, device_id=0 if device == "gpu" else None)
    def clips() -> Any:
        jpegs = fn.external_source(device="cpu", name=INPUT, dtype=types.UINT8, ndim=2)
        return fn.stack(*(image(jpegs[index]) for index in range(samples)))

    return clips()


def clip_size(signature: ModelSignature) -> tuple[int, int, int]:
    """Samples, height and width of a clip model's input.

    Raises:
        ExportInputError: The model has another input.
    """
    (clip,) = signature.inputs if len(signature.inputs) == 1 else (None,)
    if clip is None or clip.dtype != "uint8" or len(clip.dims) != 4 or clip.dims[1] != 3:
        name = signature.name
        raise ExportInputError(f"{name} is not a clip model: its input is not uint8 [samples, 3, height, width]")
    return clip.dims[0], clip.dims[2], clip.dims[3]


def preprocess_config(signature: ModelSignature, device: str) -> str:
    """config.pbtxt of the DALI model."""
    samples, _, _ = clip_size(signature)
    dims = ", ".join(str(size) for size in signature.inputs[0].dims)
    return f"""name: "{signature.name}_preprocess"
backend: "dali"
max_batch_size: {signature.max_batch}
input [ {{ name: "{INPUT}", data_type: TYPE_UINT8, dims: [ {samples}, -1 ], allow_ragged_batch: true }} ]
output [ {{ name: "{signature.inputs[0].name}", data_type: TYPE_UINT8, dims: [ {dims} ] }} ]
dynamic_batching {{ max_queue_delay_microseconds: 2000 }}
instance_group [ {{ kind: {"KIND_GPU" if device == "gpu" else "KIND_CPU"}, count: 1 }} ]
"""


def ensemble_config(signature: ModelSignature) -> str:
    """config.pbtxt of the ensemble: JPEGs into the DALI model, its clips into the clip model."""
    samples, _, _ = clip_size(signature)
    clip = signature.inputs[0].name
    outputs = ",\n".join(
        f'  {{ name: "{tensor.name}", data_type: TYPE_FP32, dims: [ {", ".join(map(str, tensor.dims))} ] }}'
        for tensor in signature.outputs
    )
    names = [tensor.name for tensor in signature.outputs]
    answers = "\n".join(f'      output_map {{ key: "{name}" value: "{name}" }}' for name in names)
    return f"""name: "{signature.name}_jpeg"
platform: "ensemble"
max_batch_size: {signature.max_batch}
input [ {{ name: "{INPUT}", data_type: TYPE_UINT8, dims: [ {samples}, -1 ] }} ]
output [
{outputs}
]
ensemble_scheduling {{
  step [
    {{
      model_name: "{signature.name}_preprocess"
      model_version: -1
      input_map {{ key: "{INPUT}" value: "{INPUT}" }}
      output_map {{ key: "{clip}" value: "{clip}" }}
    }},
    {{
      model_name: "{signature.name}"
      model_version: -1
      input_map {{ key: "{clip}" value: "{clip}" }}
{answers}
    }}
  ]
}}
"""


def write_ensemble(repository: Path, model: str, device: str = "gpu") -> list[Path]:
    """Write the DALI model and the ensemble into a repository of their own.

    Args:
        repository: Folder to write to; Triton accepts several (``--model-repository`` twice).
        model: A clip model of the registry.
        device: Device that decodes the JPEGs, ``gpu`` or ``cpu``.

    Returns:
        The two model folders.

    Raises:
        ExportInputError: DALI is missing, the model takes no clips, or the folder cannot be written.
    """
    signature = registry.export_spec(model).signature
    serialised = pipeline(signature, device).serialize()
    first, second = repository / f"{signature.name}_preprocess", repository / f"{signature.name}_jpeg"
    try:
        for folder in (first, second):
            (folder / "1").mkdir(parents=True, exist_ok=True)
        part = first / "1" / f".{PIPELINE_FILE}.partial"
        part.write_bytes(serialised)
        part.replace(first / "1" / PIPELINE_FILE)
        # Triton needs a version folder for an ensemble too, and git keeps no empty folders.
        (second / "1" / ".keep").touch()
    except OSError as error:
        raise write_error(repository, error) from error
    replace_files(first, {"config.pbtxt": preprocess_config(signature, device)})
    replace_files(second, {"config.pbtxt": ensemble_config(signature)})
    return [first, second]
