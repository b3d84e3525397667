"""The DALI pipeline for NVIDIA's container compared with the gateway's preprocessing, on the CPU."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

pytest.importorskip("nvidia.dali", reason="install nvidia-dali-cuda130")
pytest.importorskip("torch")

from courtside.names import CameraName
from courtside_export.dali import INPUT, pack, pipeline, write_ensemble
from courtside_export.errors import ExportInputError
from courtside_export.running import onnx_run
from courtside_server.ingest.decoder import JpegDecoder
from courtside_server.letterbox import letterbox
from courtside_server.types import Codec, EncodedPacket, StreamInfo, StreamMode
from courtside_sim import open_simulation
from courtside_training.common import registry
from courtside_training.common.export_spec import ModelSignature, TensorSpec

ROOT = Path(__file__).parents[2]
SPEC = ModelSignature(
    "shot_clip", (TensorSpec("clip", "uint8", (16, 3, 144, 256)),),
    tuple(TensorSpec(name, "float32", (n,)) for name, n in (("shot", 1), ("release", 16), ("zone", 7), ("make", 1))),
)


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Sixteen frames of a simulated game, 0.1 s apart."""
    return [bgr for index, (_, bgr) in enumerate(open_simulation("sim://20500", duration=1.6)) if index % 3 == 0][:16]


def jpegs(pictures: list[np.ndarray], width: int, height: int) -> list[bytes]:
    scaled = [cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC) for picture in pictures]
    return [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for picture in scaled]


def gateway(film: list[bytes], width: int, height: int) -> np.ndarray:
    """The gateway's preprocessing of the same JPEGs: (samples, 3, 144, 256)."""
    camera = CameraName.parse("games/g/cameras/c")
    info = StreamInfo(
        camera=camera, codec=Codec.JPEG, mode=StreamMode.FILM, width=width, height=height, frame_rate=30.0,
        codec_config=b"", time_base=1 / 30, first_pts=0, epoch=1, session="", rotation=0, time_scale=1.0,
    )
    decoder, samples = JpegDecoder(info), []
    for index, data in enumerate(film):
        for picture in decoder.decode(EncodedPacket(index, 0.0, 0.0, index, index, True, False, data)):
            planes = np.empty((height * 3 // 2, width), np.uint8)
            picture.source.fill(planes)
            samples.append(letterbox(planes, 256, 144).pixels)
    return np.stack(samples)


@pytest.fixture(scope="module")
def clips(pictures) -> tuple[np.ndarray, np.ndarray]:
    """The same clips through the gateway and through DALI: one in 720p, one of a shape that needs black bars."""
    sizes = [(1280, 720), (500, 402)]
    films = [jpegs(pictures, *size) for size in sizes]
    built = pipeline(SPEC, "cpu", threads=1)
    built.build()
    built.feed_input(INPUT, list(pack(films)))
    found = built.run()[0]
    ours = np.stack([gateway(film, *size) for film, size in zip(films, sizes, strict=True)])
    return ours, np.stack([np.array(found.at(index)) for index in range(len(films))])


def test_pixels_are_those_of_the_gateway(clips):
    ours, theirs = clips
    gap = np.abs(ours.astype(int) - theirs)
    print(f"DALI against the gateway: largest {gap.max()}, mean {gap.mean():.3f} of 255")
    assert theirs.shape == ours.shape and theirs.dtype == np.uint8
    assert gap.max() <= 16 and gap.mean() < 1.0, (gap.max(), gap.mean())
    bars = ours[1][:, :, :, :30]
    assert not bars.any() and not theirs[1][:, :, :, :30].any(), "the bars are black in both"


def test_the_model_answers_the_same(clips):
    run = onnx_run(next((ROOT / "model_repository" / "shot_clip").glob("*/model.onnx")))
    ours, theirs = (run((clip,)) for clip in clips)
    gaps = {t.name: float(np.abs(a - b).max()) for t, a, b in zip(SPEC.outputs, ours, theirs, strict=True)}
    print(f"differences of the model's outputs: {gaps}")
    assert max(gaps.values()) < 0.1, gaps
    assert (ours[1].argmax(1) == theirs[1].argmax(1)).all() and (ours[2].argmax(1) == theirs[2].argmax(1)).all()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("clip_system")
    module.EXPORT_SPEC = SimpleNamespace(signature=SPEC)
    module.SYSTEM = SimpleNamespace(export_specs={"shot_clip": "clip_system"})
    monkeypatch.setitem(sys.modules, "clip_system", module)
    monkeypatch.setitem(registry.SYSTEMS, "shots", "clip_system")


def test_the_configs_of_the_ensemble_match(registered, pictures, tmp_path):
    from nvidia.dali import Pipeline

    first, second = write_ensemble(tmp_path, "shot_clip", "cpu")
    serialised = (first / "1" / "model.dali").read_bytes()
    again = Pipeline.deserialize(serialised, batch_size=1, num_threads=1, device_id=None)
    again.feed_input(INPUT, list(pack([jpegs(pictures, 320, 180)])))
    assert np.array(again.run()[0].at(0)).shape == (16, 3, 144, 256)
    before, ensemble, own = (
        text_format.Parse((folder / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
        for folder in (first, second, ROOT / "model_repository" / "shot_clip")
    )
    steps = ensemble.ensemble_scheduling.step
    assert [step.model_name for step in steps] == [before.name, own.name]
    assert dict(steps[1].input_map) == {own.input[0].name: dict(steps[0].output_map)[before.output[0].name]}
    made, taken = before.output[0], own.input[0]
    assert (list(made.dims), made.data_type) == (list(taken.dims), taken.data_type)
    assert [(o.name, list(o.dims)) for o in ensemble.output] == [(o.name, list(o.dims)) for o in own.output]
    assert before.max_batch_size <= own.max_batch_size
    for config in ("shot_clip_preprocess", "shot_clip_jpeg"):
        committed = (ROOT / "deploy/triton/dali" / config / "config.pbtxt").read_text()
        assert committed == (tmp_path / config / "config.pbtxt").read_text().replace("KIND_CPU", "KIND_GPU")


def test_a_model_without_clips_is_refused(tiny):
    with pytest.raises(ExportInputError, match="tiny is not a clip model"):
        pipeline(tiny.signature)
