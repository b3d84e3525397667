"""The ballistic fit gives angles where the view shows them, and nothing where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import ACROSS, RIM_BOX, UP, play

from courtside_server.shots.arc import fit_arc
from courtside_server.shots.criteria import ArcConfig
from courtside_server.shots.trajectory import Trajectory, ball_trajectories


def test_an_arc_across_the_picture_is_measured():
    path = next(p for p in ball_trajectories(play()) if p.track == 1)
    arc = fit_arc(path, 1.0, np.array(RIM_BOX), 1.0, ArcConfig())
    true = np.degrees(np.arctan2(UP, ACROSS))
    assert arc.release_angle == pytest.approx(true, abs=2 * arc.uncertainty) and arc.uncertainty < 3
    assert arc.apex == pytest.approx(UP**2 / 2 / 9.81, abs=0.15)
    assert arc.entry_angle is not None and 10 < arc.entry_angle < 60


def test_a_ball_that_flies_away_from_the_camera_has_no_arc():
    path = next(p for p in ball_trajectories(play()) if p.track == 1)
    shrinking = Trajectory(1, path.media, path.positions, path.sizes * np.linspace(2, 1, len(path)), path.scores)
    assert fit_arc(shrinking, 1.0, None, 1.0, ArcConfig()) is None
