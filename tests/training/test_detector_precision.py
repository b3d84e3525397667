"""Average precision and the ball's recall for cases computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from courtside_training.detector.average_precision import EvaluatedImage, average_precision, ball_found, overlaps
from courtside_training.detector.classes import BALL, PLAYER

TRUTH = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], np.float32)


def evaluated(boxes, scores, kind=PLAYER, truth=TRUTH, ignore=()):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return EvaluatedImage(
        boxes, np.array(scores, np.float32), np.full(len(boxes), kind), truth, np.full(len(truth), kind),
        np.array(ignore, np.float32).reshape(-1, 5),
    )


def test_overlap_is_intersection_over_union():
    assert overlaps(TRUTH[:1], np.array([[5, 0, 15, 10]])) == pytest.approx(1 / 3)


def test_perfect_detections_have_average_precision_one():
    assert average_precision([evaluated(TRUTH, [0.9, 0.8])], PLAYER) == (1.0, 2)


def test_all_points_count_with_the_precision_envelope():
    # Right, wrong, right: precision 1 up to recall 1/2, then 2/3.
    figure, objects = average_precision([evaluated([TRUTH[0], [50, 50, 60, 60], TRUTH[1]], [0.9, 0.8, 0.7])], PLAYER)
    assert figure == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert objects == 2


def test_a_second_detection_of_one_object_is_a_false_positive():
    figure, _ = average_precision([evaluated([TRUTH[0], TRUTH[0], TRUTH[1]], [0.9, 0.8, 0.7])], PLAYER)
    assert figure == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_scores_are_ranked_over_all_images():
    good, bad = evaluated(TRUTH, [0.6, 0.5]), evaluated([[50, 50, 60, 60]], [0.9], truth=TRUTH[:0])
    figure, _ = average_precision([good, bad], PLAYER)
    assert figure == pytest.approx(2 / 3)


def test_detections_in_regions_to_ignore_do_not_count():
    figure, _ = average_precision(
        [evaluated([[50, 50, 60, 60], *TRUTH], [0.9, 0.8, 0.7], ignore=[[48, 48, 62, 62, PLAYER]])], PLAYER
    )
    assert figure == 1.0


def test_a_class_without_objects_has_no_figure():
    assert math.isnan(average_precision([evaluated(TRUTH, [0.9, 0.8])], BALL)[0])


def test_a_ball_is_found_by_its_centre_and_the_threshold():
    near = evaluated([[2, 2, 12, 12]], [0.5], BALL, TRUTH[:1])
    far = evaluated([[40, 40, 50, 50]], [0.5], BALL, TRUTH[:1])
    assert ball_found([near, far], 0.3) == (0.5, 0.5)
    assert ball_found([near, far], 0.6) == (0.0, 0.0)
