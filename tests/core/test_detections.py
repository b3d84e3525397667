"""Detections are checked, filtered by class, and given to the supervision library."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from courtside import Detections, ObjectClass
from courtside.errors import CourtsideError

BOXES = np.array([[10, 20, 30, 60], [5, 5, 9, 9], [0, 0, 4, 4]], np.float32)
FOUND = Detections(
    BOXES, np.array([0.9, 0.6, 0.3], np.float32), np.array([2, 0, 0]), np.array([7, -1, 3])
)  # fmt: skip


def test_one_class_keeps_scores_and_tracks_together() -> None:
    balls = FOUND.of(ObjectClass.BALL)
    assert (balls.boxes.tolist(), balls.tracks.tolist()) == ([[5, 5, 9, 9], [0, 0, 4, 4]], [-1, 3])
    assert len(FOUND.of(ObjectClass.BALL, min_score=0.5)) == 1 and len(FOUND.of(ObjectClass.RIM)) == 0


@pytest.mark.parametrize(
    ("boxes", "scores", "classes", "tracks"),
    [(BOXES[:2], 3, 3, None), (BOXES, 3, 2, None), (BOXES[:, :3], 3, 3, None), (BOXES, 3, 3, 2)],
)
def test_arrays_of_different_lengths_are_refused(boxes, scores, classes, tracks) -> None:
    with pytest.raises(ValueError):
        Detections(boxes, np.ones(scores), np.ones(classes, int), None if tracks is None else np.ones(tracks, int))


def test_they_become_those_of_supervision() -> None:
    supervision = pytest.importorskip("supervision")
    found = FOUND.to_supervision()
    assert isinstance(found, supervision.Detections)
    assert np.array_equal(found.xyxy, BOXES) and found.class_id.tolist() == [2, 0, 0]
    assert found.confidence.tolist() == FOUND.scores.tolist() and found.tracker_id.tolist() == [7, -1, 3]
    assert found.data["class_name"].tolist() == ["player", "ball", "ball"]
    assert Detections(BOXES, FOUND.scores, FOUND.classes).to_supervision().tracker_id is None


def test_without_supervision_the_error_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(CourtsideError, match="pip install supervision"):
        FOUND.to_supervision()
