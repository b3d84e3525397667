"""How simulated film for flights varies: hands, close-ups, short film, and balls that are no shots."""

from __future__ import annotations

import numpy as np
import pytest

from courtside_training.errors import TrainingInputError
from courtside_training.flight.filming import View, filmed, handled
from courtside_training.flight.restore import restore
from courtside_training.flight.scenes import RATE, draw_game
from courtside_training.flight.traps import KINDS, draw_trap

TIMES = np.arange(60) / RATE


@pytest.fixture(scope="module")
def scene():
    return draw_game(3, 8.0)[0]


def test_hands_move_the_ball_only_while_they_hold_it():
    centre, size = np.zeros((60, 2)), np.full(60, 10.0)
    held = TIMES < 1.0
    moved = [handled(centre, size, held, TIMES, 1.0, np.random.default_rng(seed)) for seed in range(20)]
    assert all(np.array_equal(one[TIMES >= 0.97], centre[TIMES >= 0.97]) for one in moved)
    assert sum(np.abs(one).max() > 5 for one in moved) > 10


def test_a_close_up_cuts_players_off_and_forgets_those_who_hardly_show():
    view = View(100, 50, 300, 250)
    boxes = np.array([[150.0, 100, 200, 200], [80, 100, 120, 200], [20, 100, 110, 200]])
    cut = view.cut(boxes)
    assert cut[0] == pytest.approx(boxes[0]) and cut[1] == pytest.approx([100, 100, 120, 200]) and not cut[2].any()
    assert view.shows(np.array([[200.0, 100], [50, 100]])).tolist() == [True, False]


def test_film_may_begin_and_end_near_the_release():
    kept = [filmed(TIMES, 1.0, np.random.default_rng(seed)) for seed in range(60)]
    assert any(not one[:20].any() for one in kept) and any(not one[-15:].any() for one in kept)
    assert all(one[np.abs(TIMES - 1.1) < 0.1].all() for one in kept)


def test_every_kind_of_trap_is_drawn_and_moves_like_a_ball(scene):
    rng = np.random.default_rng(0)
    traps = [draw_trap(scene, 2.0 + TIMES, rng) for _ in range(120)]
    traps = [trap for trap in traps if trap is not None]
    assert len(traps) > 100 and {trap.whole for trap in traps} == {True, False}
    for trap in traps:
        assert trap.centre.shape == (60, 2) and np.isfinite(trap.centre).all() and (trap.size > 0).all()
    # Of seven kinds only tosses and passes end in hands; a ball that falls from the rim is in none at all.
    assert len(KINDS) == 7 and any(not trap.held.any() for trap in traps)


def test_training_cannot_start_from_something_else(tmp_path):
    with pytest.raises(TrainingInputError, match="cannot be read as an ONNX model"):
        restore(tmp_path / "missing.onnx")
