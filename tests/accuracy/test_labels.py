"""The harness counts as the labels mean it: one to one, in real time, the last revision of each event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from accuracy.labels import Clip, Found, last_revisions, score_clip


def line(event: str, media: float, lifecycle: str, result: str = "UNSPECIFIED") -> str:
    shot = {"result": f"SHOT_RESULT_{result}", "probability": 0.9}
    return json.dumps({"eventId": event, "mediaOffset": media, "lifecycle": f"LIFECYCLE_{lifecycle}", "shot": shot})


def test_the_last_revision_counts_and_what_was_retracted_does_not():
    text = "\n".join([
        line("a", 1.0, "PROVISIONAL"), line("b", 2.0, "PROVISIONAL"), line("a", 1.1, "CONFIRMED", "MADE"),
        line("b", 2.0, "RETRACTED"), line("c", 0.5, "PROVISIONAL"), json.dumps({"eventId": "x", "cameraStatus": {}}),
    ])  # fmt: skip
    assert last_revisions(text) == [Found(0.5, "unspecified", 0.9), Found(1.1, "made", 0.9)]


@pytest.mark.parametrize(("speed", "right"), [(1.0, 2), (2.0, 1)])
def test_errors_are_in_real_seconds(speed, right):
    clip = Clip(Path("f"), speed, ((1.0, "made"), (5.0, "")), True)
    score = score_clip([Found(1.2, "missed", 0.9), Found(5.05, "made", 0.9)], clip)
    assert score.scores.true_positives == right
    assert score.known == (1 if speed == 1.0 else 0) and score.right == 0


def test_one_shot_answers_for_one_release_only():
    clip = Clip(Path("f"), 1.0, ((1.0, ""), (1.4, "")), True)
    score = score_clip([Found(1.2, "made", 0.9)], clip)
    assert (score.scores.true_positives, score.scores.found, score.scores.actual) == (1, 1, 2)
