"""DALI in front of a clip model, for Triton in NVIDIA's container: JPEGs in, what the clip model takes out.

The pipeline does what the gateway does with a JPEG: decode to YCbCr, scale luma and chroma apart with the aspect kept
(even sizes), chroma at half the target's size, then RGB between black bars. The one difference is the filter: the
gateway averages areas, DALI has a Gaussian that comes closest to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from courtside_export.errors import ExportInputError
from courtside_export.placing import replace_files, write_error
from courtside_training.common import registry
from courtside_training.common.export_spec import ModelSignature

INPUT = "jpegs"
PIPELINE_FILE = "model.dali"


def pack(clips: Sequence[Sequence[bytes]]) -> np.ndarray:
    """JPEGs of several clips as the ensemble takes them: uint8 (clips, samples, longest), zeros behind each."""
    longest = max(len(jpeg) for clip in clips for jpeg in clip)
    packed = np.zeros((len(clips), len(clips[0]), longest), np.uint8)
    for row, clip in zip(packed, clips, strict=True):
        for place, jpeg in zip(row, clip, strict=True):
            place[: len(jpeg)] = np.frombuffer(jpeg, np.uint8)
    return packed


def pipeline(spec: ModelSignature, device: str = "gpu", threads: int = 4) -> Any:
    """The preprocessing pipeline, not yet built; its input is `INPUT`, uint8 (samples, bytes) a clip.

    Args:
        spec: of a clip model: one input uint8 (samples, 3, height, width).
        device: ``gpu`` decodes and scales there, ``cpu`` needs none.
        threads: of the decoder.

    Raises:
        ExportInputError: DALI is not installed, or the model takes no clips.
    """
    samples, height, width = clip_size(spec)
    try:
        from nvidia.dali import fn, pipeline_def, types
        from nvidia.dali import math as dali_math
    except ImportError as error:
        raise ExportInputError("DALI is not installed: pip install nvidia-dali-cuda130") from error

    def even(size: Any) -> Any:
        return dali_math.max(2.0, dali_math.floor(size / 2.0 + 0.5) * 2.0)

    def picture(jpeg: Any) -> Any:
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

    @pipeline_def(batch_size=spec.max_batch, num_threads=threads, device_id=0 if device == "gpu" else None)
    def clips() -> Any:
        jpegs = fn.external_source(device="cpu", name=INPUT, dtype=types.UINT8, ndim=2)
        return fn.stack(*(picture(jpegs[index]) for index in range(samples)))

    return clips()


def clip_size(spec: ModelSignature) -> tuple[int, int, int]:
    """Samples, height and width of a clip model's input.

    Raises:
        ExportInputError: the model takes something else.
    """
    (clip,) = spec.inputs if len(spec.inputs) == 1 else (None,)
    if clip is None or clip.dtype != "uint8" or len(clip.dims) != 4 or clip.dims[1] != 3:
        raise ExportInputError(f"{spec.name} takes no clip of pictures (uint8 [samples, 3, height, width])")
    return clip.dims[0], clip.dims[2], clip.dims[3]


def preprocess_config(spec: ModelSignature, device: str) -> str:
    """config.pbtxt of the DALI model."""
    samples, _, _ = clip_size(spec)
    dims = ", ".join(str(size) for size in spec.inputs[0].dims)
    return f"""name: "{spec.name}_preprocess"
backend: "dali"
max_batch_size: {spec.max_batch}
input [ {{ name: "{INPUT}", data_type: TYPE_UINT8, dims: [ {samples}, -1 ], allow_ragged_batch: true }} ]
output [ {{ name: "{spec.inputs[0].name}", data_type: TYPE_UINT8, dims: [ {dims} ] }} ]
dynamic_batching {{ max_queue_delay_microseconds: 2000 }}
instance_group [ {{ kind: {"KIND_GPU" if device == "gpu" else "KIND_CPU"}, count: 1 }} ]
"""


def ensemble_config(spec: ModelSignature) -> str:
    """config.pbtxt of the ensemble: JPEGs into the DALI model, its clips into the clip model."""
    samples, _, _ = clip_size(spec)
    clip = spec.inputs[0].name
    outputs = ",\n".join(
        f'  {{ name: "{tensor.name}", data_type: TYPE_FP32, dims: [ {", ".join(map(str, tensor.dims))} ] }}'
        for tensor in spec.outputs
    )
    names = [tensor.name for tensor in spec.outputs]
    answers = "\n".join(f'      output_map {{ key: "{name}" value: "{name}" }}' for name in names)
    return f"""name: "{spec.name}_jpeg"
platform: "ensemble"
max_batch_size: {spec.max_batch}
input [ {{ name: "{INPUT}", data_type: TYPE_UINT8, dims: [ {samples}, -1 ] }} ]
output [
{outputs}
]
ensemble_scheduling {{
  step [
    {{
      model_name: "{spec.name}_preprocess"
      model_version: -1
      input_map {{ key: "{INPUT}" value: "{INPUT}" }}
      output_map {{ key: "{clip}" value: "{clip}" }}
    }},
    {{
      model_name: "{spec.name}"
      model_version: -1
      input_map {{ key: "{clip}" value: "{clip}" }}
{answers}
    }}
  ]
}}
"""


def write_ensemble(repository: Path, model: str, device: str = "gpu") -> list[Path]:
    """Write the DALI model and the ensemble, as a repository of their own beside the model's.

    Args:
        repository: folder to write to; Triton takes several (``--model-repository`` twice).
        model: a clip model of the registry.
        device: where JPEGs are decoded.

    Returns:
        The two model folders.

    Raises:
        ExportInputError: DALI is missing, the model takes no clips, or the folder cannot be written.
    """
    spec = registry.export_spec(model).signature
    serialised = pipeline(spec, device).serialize()
    first, second = repository / f"{spec.name}_preprocess", repository / f"{spec.name}_jpeg"
    try:
        for folder in (first, second):
            (folder / "1").mkdir(parents=True, exist_ok=True)
        part = first / "1" / f".{PIPELINE_FILE}.partial"
        part.write_bytes(serialised)
        part.replace(first / "1" / PIPELINE_FILE)
        # Triton wants a version folder for an ensemble too, and git keeps no empty ones.
        (second / "1" / ".keep").touch()
    except OSError as error:
        raise write_error(repository, error) from error
    replace_files(first, {"config.pbtxt": preprocess_config(spec, device)})
    replace_files(second, {"config.pbtxt": ensemble_config(spec)})
    return [first, second]
