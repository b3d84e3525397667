"""Of a film's frame between two whole ones the detector sees where a ball moves, and nothing where none does."""

from __future__ import annotations

import numpy as np
import pytest

from courtside_server.perception.config import FilmRegionConfig
from courtside_server.perception.detector_plan import DetectorPlan
from courtside_server.perception.film_regions import WholeFrame, film_regions
from courtside_server.types import Detections, DetectorFrame, ObjectClass

STEP = 1 / 15
BALL, RIM = ObjectClass.BALL, ObjectClass.RIM


def frame(media: float, pan=(0.0, 0.0), cut: bool = False) -> DetectorFrame:
    """A frame of 1280 x 720 at half its size, with a bar of 12 pixels above."""
    return DetectorFrame(
        "c", 0, 0, media, media, media, np.zeros((3, 384, 640), np.uint8), 0.5, (0, 12), 1280, 720, pan, cut
    )


def whole(media: float, *seen, pan=(0.0, 0.0), cut: bool = False) -> WholeFrame:
    """A whole frame with objects: class, middle x, middle y, side, score."""
    boxes = [(x - side / 2, y - side / 2, x + side / 2, y + side / 2) for _, x, y, side, _ in seen]
    return WholeFrame(frame(media, pan, cut), Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array([row[4] for row in seen], np.float32),
        np.array([row[0] for row in seen], np.int64),
    ))  # fmt: skip


def holds(regions, x: float, y: float) -> bool:
    """Whether a frame pixel lies well inside a region."""
    at = np.array([x * 0.5, y * 0.5 + 12])
    return any(((at - corner > 24) & (at - corner < regions.side - 24)).all() for corner in regions.corners)


def test_a_ball_that_flies_is_searched_half_way():
    before, after = whole(0.0, (BALL, 300, 500, 24, 0.5)), whole(2 * STEP, (BALL, 400, 420, 24, 0.3))
    regions = film_regions([before], after, frame(STEP))
    assert regions is not None and len(regions.corners) == 1 and holds(regions, 350, 460)


def test_the_camera_may_turn_meanwhile():
    before, after = whole(0.0, (BALL, 300, 500, 24, 0.5)), whole(2 * STEP, (BALL, 460, 420, 24, 0.5), pan=(60, 0))
    regions = film_regions([before], after, frame(STEP, pan=(30, 0)))
    assert regions is not None and len(regions.corners) == 1 and holds(regions, 380, 460)


def test_where_nothing_moves_nothing_is_searched():
    """A ball in a hand, a head in the stands, a weak one that only one frame shows."""
    before = whole(0.0, (BALL, 300, 500, 24, 0.6), (BALL, 900, 60, 20, 0.15))
    after = whole(2 * STEP, (BALL, 306, 503, 24, 0.6), (BALL, 500, 100, 24, 0.15))
    regions = film_regions([before], after, frame(STEP))
    assert regions is not None and not regions.corners


@pytest.mark.parametrize("shown_before", [True, False])
def test_a_ball_that_one_frame_shows_is_searched_round_it(shown_before):
    frames = whole(0.0), whole(2 * STEP, (BALL, 700, 300, 24, 0.4))
    if shown_before:
        frames = whole(0.0, (BALL, 700, 300, 24, 0.4)), whole(2 * STEP)
    regions = film_regions([frames[0]], frames[1], frame(STEP))
    assert regions is not None and holds(regions, 700, 300) and holds(regions, 740, 260)


def test_a_rim_is_searched_while_the_net_may_hide_the_ball():
    rim = (RIM, 640, 200, 40, 0.8)
    there, gone = whole(0.0, rim, (BALL, 660, 180, 24, 0.5)), [whole(2 * step * STEP, rim) for step in range(1, 6)]
    regions = film_regions([there, *gone[:1]], gone[1], frame(3 * STEP))
    assert regions is not None and holds(regions, 640, 210)
    later = film_regions([there, *gone[:4]], gone[4], frame(9.5 * STEP))
    assert later is not None and not later.corners


def test_a_cut_a_gap_and_the_end_of_what_is_known_need_the_whole_frame():
    flying = (BALL, 300, 500, 24, 0.5)
    before = whole(0.0, flying)
    assert film_regions([], whole(2 * STEP, flying), frame(STEP)) is None
    assert film_regions([before], whole(2 * STEP, flying, cut=True), frame(STEP)) is None
    assert film_regions([before], whole(0.5, flying), frame(STEP)) is None
    assert film_regions([before], whole(0.5, flying), frame(STEP), time_scale=0.5) is not None


def test_many_balls_do_not_cost_more_than_some():
    rng = np.random.default_rng(0)
    first = [(BALL, *rng.uniform(60, 660, 2), 20, 0.5) for _ in range(12)]
    second = [(BALL, x + 30, y, 20, 0.5) for _, x, y, *_ in first]
    regions = film_regions([whole(0.0, *first)], whole(2 * STEP, *second), frame(STEP))
    assert regions is None or len(regions.corners) <= FilmRegionConfig().max_balls


@pytest.mark.parametrize(("fps", "scale", "every"), [
    (15, 1.0, 2), (30, 1.0, 4), (12.5, 1.0, 2), (7.5, 1.0, 1), (15, 0.5, 4), (5, 1.0, 1),
])  # fmt: skip
def test_whole_frames_of_film_come_as_often_as_the_plan_says(fps, scale, every):
    plan = DetectorPlan(scale, film=FilmRegionConfig())
    wholes = [plan.whole(frame(index / fps)) for index in range(24)]
    assert wholes == [index % every == 0 for index in range(24)]
