"""A model_repository entry in Triton's layout: config.pbtxt and labels."""

from __future__ import annotations

from pathlib import Path

from courtside_training.shots.geometry import HEIGHT, SAMPLES, STRIDE_S, WIDTH, ZONE_LABELS

NAME = "shot_clip"
MAX_BATCH = 8


def config() -> str:
    """The text of config.pbtxt."""
    outputs = {"shot": 1, "release": SAMPLES, "zone": len(ZONE_LABELS), "make": 1}
    blocks = []
    for name, size in outputs.items():
        labels = ', label_filename: "labels.txt"' if name == "zone" else ""
        blocks.append(f'  {{ name: "{name}", data_type: TYPE_FP32, dims: [ {size} ]{labels} }}')
    parameters = {"input_kind": "clip", "stride_s": f"{STRIDE_S}", "window_samples": f"{SAMPLES}"}
    lines = "\n".join(
        f'parameters {{ key: "{key}" value: {{ string_value: "{value}" }} }}' for key, value in parameters.items()
    )
    return f"""name: "{NAME}"
backend: "onnxruntime"
max_batch_size: {MAX_BATCH}
input [
  {{ name: "clip", data_type: TYPE_UINT8, dims: [ {SAMPLES}, 3, {HEIGHT}, {WIDTH} ] }}
]
output [
{chr(10).join(line + ("," if place + 1 < len(blocks) else "") for place, line in enumerate(blocks))}
]
dynamic_batching {{
  preferred_batch_size: [ 1, 2, 3, 4 ]
  max_queue_delay_microseconds: 2000
}}
instance_group [ {{ kind: KIND_CPU, count: 1 }} ]
version_policy {{ latest {{ num_versions: 1 }} }}
{lines}
"""


def write_entry(folder: Path) -> None:
    """Write config.pbtxt and labels.txt into the model's folder, creating it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text(config())
    (folder / "labels.txt").write_text("\n".join(ZONE_LABELS) + "\n")
