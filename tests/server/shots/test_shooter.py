"""The shooter is the player that the ball left; the server and training agree on who is nearest."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shot_scenes import by_track, play

from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.shooter import find_shooter, nearest_player
from courtside_training.flight import tracks


def test_the_shooter_is_the_player_the_ball_left():
    own, other = (by_track(play())[track] for track in (1, 5))
    assert find_shooter(own, play(), 1.0, 1.0, ShooterConfig()) == 7
    assert find_shooter(other, play(), 1.0, 1.0, ShooterConfig()) is None


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 300), st.floats(5, 80), st.floats(10, 200)), max_size=6),
       st.floats(0, 640), st.floats(0, 360))  # fmt: skip
def test_the_nearest_player_is_training_s(players, x, y):
    boxes = np.array([(a, b, a + c, b + d) for a, b, c, d in players]).reshape(-1, 4)
    assert nearest_player(boxes, x, y)[0] == tracks.nearest_player(boxes, x, y)
