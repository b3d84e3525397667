"""The harness measures the product itself, keeps what is costly, and says why a clip fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from accuracy.answers import AnswerStore, CachedEngine, input_key, pack, unpack
from accuracy.failures import reasons
from accuracy.kinds import CameraKind, kind_of
from accuracy.labels import Clip, Found, score_clip
from accuracy.product import FilmRun, Seen

from courtside_server.packaged import starter_models
from courtside_server.shots.detector import ShotChange
from courtside_server.shots.state import Rejection, ShotState
from courtside_server.types import Lifecycle
from courtside_server.windows.nms import ShotCandidate


class CountingEngine:
    """Doubles its input, and counts how often."""

    name = "counting"

    def __init__(self) -> None:
        self.requests = 0

    async def start(self, models):
        pass

    async def infer(self, model, inputs, *, timeout):
        self.requests += 1
        return {"out": inputs["in"] * 2, "empty": np.zeros((1, 0, 4), np.float32)}


def test_a_model_runs_once_for_each_input_and_its_answer_outlives_the_process(tmp_path):
    ones, twos = ({"in": np.full((1, 2), value, np.float32)} for value in (1, 2))

    def infer(inputs):
        async def run():
            engine = CachedEngine(counting, starter_models(), AnswerStore(tmp_path))
            await engine.start(["shot_flight", "rim_result"])
            return [await engine.infer("shot_flight", values, timeout=1) for values in inputs]

        counting = CountingEngine()
        return asyncio.run(run()), counting.requests

    first, requests = infer([ones, twos, ones])
    assert requests == 2 and first[0]["out"].tolist() == first[2]["out"].tolist() == [[2.0, 2.0]]
    again, requests = infer([ones, twos])
    assert requests == 0 and again[1]["out"].tolist() == [[4.0, 4.0]] and again[1]["empty"].shape == (1, 0, 4)


def test_another_version_of_a_model_has_answers_of_its_own():
    inputs = {"in": np.zeros(3, np.uint8)}
    assert input_key(b"one", inputs) != input_key(b"two", inputs) == input_key(b"two", dict(inputs))


def test_arrays_survive_being_packed():
    arrays = {"a": np.arange(6, dtype=np.int64).reshape(2, 3), "b": np.array(0.5, np.float32)}
    back = unpack(pack(arrays))
    assert all(np.array_equal(back[name], arrays[name]) and back[name].dtype == arrays[name].dtype for name in arrays)


@pytest.mark.parametrize(
    ("camera", "speed", "releases", "kind"),
    [
        ("NBA broadcast, side pan", 1, 1, CameraKind.BROADCAST),
        ("phone, vertical, gym, from behind the basket", 1, 1, CameraKind.BEHIND),
        ("outdoor court, tripod, from behind", 1, 2, CameraKind.OUTDOOR),
        ("phone, gym, one on one, panning hand-held", 1, 1, CameraKind.ONE_ON_ONE),
        ("gym_drill_several_balls", 1, 2, CameraKind.DRILL),
        ("phone, vertical, night, panning", 1, 1, CameraKind.NIGHT),
        ("phone, vertical, gym, side view", 1, 1, CameraKind.CLOSE),
        ("gym, tripod, side view", 1, 1, CameraKind.GYM),
        ("gym, tripod, side view", 0.3, 1, CameraKind.SLOW),
        ("NBA broadcast", 1, 0, CameraKind.NEGATIVE),
        ("drone", 1, 1, CameraKind.UNKNOWN),
    ],
)
def test_the_camera_of_a_list_gives_its_kind(camera, speed, releases, kind):
    assert kind_of(camera, speed, releases) is kind


def test_shots_of_the_background_are_neither_required_nor_false():
    clip = Clip(Path("f"), 1.0, ((1.0, ""),), True, background=(5.0,))
    score = score_clip([Found(1.1, "made", 0.9), Found(5.1, "made", 0.9), Found(8.0, "made", 0.9)], clip).scores
    assert (score.true_positives, score.found, score.actual) == (1, 2, 1)
    assert score_clip([Found(1.1, "made", 0.9)], clip).scores.f1 == 1.0


def change(media: float, lifecycle: Lifecycle, *rejections: Rejection) -> ShotChange:
    candidate = ShotCandidate(0, lifecycle, 0.93, media, media, 0.05, None, 0.5, 5, 12, "m:1", None)
    return ShotChange(candidate, ShotState(rejections=frozenset(rejections)))


def test_a_clip_that_fails_says_why():
    clip = Clip(Path("f"), 1.0, ((1.0, "made"), (4.0, ""), (8.0, "made"), (12.0, "")), True)
    frames = tuple(Seen(time / 10, ball=time < 100, rim=True, player=True) for time in range(150))
    shots = (change(4.1, Lifecycle.RETRACTED, Rejection.UNLIKELY), change(1.0, Lifecycle.CONFIRMED))
    run = FilmRun((Found(1.0, "missed", 0.9), Found(6.0, "made", 0.8)), shots, frames, 1.0)
    lines = list(reasons(run, clip))
    assert lines[0].startswith("release at 4.00 s: retracted by UNLIKELY (windows 0.93, 5 of 12")
    assert lines[1].startswith("release at 8.00 s: no candidate (ball in 11 of 11 frames")
    assert lines[2].startswith("release at 12.00 s: no ball seen (ball in 0 of 11 frames")
    assert lines[3:] == ["false shot at 6.00 s (p 0.80)", "result at 1.00 s is missed, it was made"]
