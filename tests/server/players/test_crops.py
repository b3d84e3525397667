"""Crops of players: the right pixels, a shape that does not change, a fair share of a small budget."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from player_scenes import CAMERA, observations

from courtside_server.players.config import CropConfig
from courtside_server.players.crops import SIDE, CropPlan, CropSkip, cut_crop
from courtside_server.rings.frames import FrameRing
from courtside_server.types import Frame, ObjectClass


def frame_of(rgb: np.ndarray) -> Frame:
    return Frame(CAMERA, 0, 0.0, 0.0, 0.0, 0, cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420))


def marked(x: int, y: int, width: int = 640, height: int = 360) -> Frame:
    """A grey picture with a red square of 8 pixels round a point."""
    rgb = np.full((height, width, 3), 90, np.uint8)
    rgb[y - 4 : y + 4, x - 4 : x + 4] = (220, 30, 30)
    return frame_of(rgb)


@given(x=st.integers(40, 600), y=st.integers(40, 320), side=st.floats(60, 500))
def test_a_point_of_the_frame_is_where_the_crop_says(x: int, y: int, side: float) -> None:
    box = np.array([x - 30, y - 40, x + 20, y + 50], np.float32)
    crop = cut_crop(marked(x, y), 7, box, side)
    assert crop is not None and crop.pixels.shape == (3, SIDE, SIDE) and crop.side >= side - 4
    red = crop.pixels[0].astype(int) - crop.pixels[1]
    rows, columns = np.nonzero(red > 90)
    scale = crop.side / SIDE
    assert (columns.mean() + 0.5) * scale + crop.origin[0] == pytest.approx(x, abs=1.5 + scale)
    assert (rows.mean() + 0.5) * scale + crop.origin[1] == pytest.approx(y, abs=1.5 + scale)


def test_a_player_at_the_edge_gets_black_outside_the_picture() -> None:
    crop = cut_crop(marked(100, 100), 1, np.array([-20, 100, 30, 250], np.float32), 0.0)
    assert crop is not None
    assert crop.pixels[:, 128, 5].max() < 12 and crop.pixels[:, 128, 200].min() > 60


def test_a_box_outside_the_picture_is_black() -> None:
    crop = cut_crop(marked(100, 100), 1, np.array([2000, 100, 2050, 250], np.float32), 0.0)
    assert crop is not None and crop.pixels.max() < 12


def test_a_frame_that_was_overwritten_gives_no_crop() -> None:
    ring = FrameRing(CAMERA, budget=2 * 64 * 48 * 3 // 2)
    frames = []
    for number in range(3):
        slot = ring.reserve(64, 48)
        frames.append(ring.commit(
            slot, sequence=number, media=number / 30, capture_time=0, arrival=0, media_segment=0
        ))  # fmt: skip
    box = np.array([10, 10, 20, 40], np.float32)
    assert cut_crop(frames[0], 1, box, 40) is None
    assert cut_crop(frames[2], 1, box, 40) is not None


def test_the_players_near_the_ball_come_first_and_the_others_in_turn() -> None:
    plan = CropPlan(CropConfig(live_rate=30, player_rate=10), 1.0, live=True)
    players = {track: (100.0 * track, 600.0) for track in range(1, 11)}
    cut: dict[int, int] = dict.fromkeys(players, 0)
    for step in range(150):
        seen = observations(step / 15, players, [(310.0, 500.0)])
        for row in plan.choose(seen, room=4):
            cut[int(seen.tracks[row])] += 1
    near = {2, 3, 4}
    assert sum(cut.values()) <= 30 * 10 + 8
    others = [cut[track] for track in players if track not in near]
    assert min(others) > 0.6 * max(others) > 0, "the others take turns"
    assert plan.skipped[CropSkip.BUDGET] > 0


def test_with_one_place_in_a_frame_turns_do_not_depend_on_when_frames_come() -> None:
    plan, cut = CropPlan(CropConfig(), 1.0, live=True), dict.fromkeys((1, 2), 0)
    for step in range(60):
        seen = observations(step * 0.201, {1: (300.0, 600.0), 2: (900.0, 600.0)}, [(310.0, 500.0)])
        for row in plan.choose(seen, room=1):
            cut[int(seen.tracks[row])] += 1
    assert cut == {1: 40, 2: 20}, "two thirds for the one near the ball"


def test_film_has_no_budget_but_no_more_crops_of_a_player_than_the_rate() -> None:
    plan = CropPlan(CropConfig(), 1.0, live=False)
    players = {track: (100.0 * track, 600.0) for track in range(1, 11)}
    total = sum(len(plan.choose(observations(step / 15, players), room=99)) for step in range(150))
    assert 10 * 10 * 7 <= total <= 10 * 10 * 11 and not plan.skipped


def test_small_players_are_left_out_and_counted() -> None:
    plan = CropPlan(CropConfig(), 1.0, live=False)
    assert plan.choose(observations(0.0, {1: (100, 600)}, height=30), room=9) == []
    assert plan.skipped == {CropSkip.SMALL: 1}


def test_a_crop_does_not_breathe_with_the_box() -> None:
    plan = CropPlan(CropConfig(), 1.0, live=False)
    sides = []
    for step in range(60):
        seen = observations(step / 15, {1: (300, 600)}, height=200 + 30 * (step % 2))
        (row,) = seen.rows(ObjectClass.PLAYER)
        sides.append(plan.side(seen, row))
    assert np.ptp(sides[30:]) < 8
