"""The shooter is the player that the ball left; the server and training agree on who is nearest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shot_scenes import BALL, PLAYER, around, by_track, observed, play

from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.shooter import find_feet, find_shooters, nearest_player
from courtside_training.flight import tracks


def test_the_shooter_is_the_player_the_ball_left():
    own, other = (by_track(play())[track] for track in (1, 5))
    assert find_shooters(own, play(), 1.0, 1.0, ShooterConfig())[0][0] == 7
    assert find_shooters(other, play(), 1.0, 1.0, ShooterConfig()) == []


RISING = [((100.0 + 36 * index, 150.0 - 9 * index), 1.0 + index / 15) for index in range(6)]
"""A ball that was shot at .95 s by the one behind the defender, and is seen from 1 s on, over the defender."""
DEFENDER, BEHIND = (84.0, 170.0, 112.0, 250.0), (60.0, 170.0, 86.0, 250.0)


def seen(first: int = 0, people=((BEHIND, 1), (DEFENDER, 2)), ball=RISING):
    """Frames from half a second before the release at 1 s; the ball is seen from its ``first`` place on."""
    out = []
    for index in range(-8, len(ball)):
        rows = [(box, PLAYER, track) for box, track in people]
        if index >= first:
            rows.append((around(*ball[index][0]), BALL, 1))
        out.append(observed(1.0 + index / 15, rows))
    return out


def test_a_ball_first_seen_in_the_air_left_the_hand_that_its_flight_comes_from():
    """Over the defender's head it is nearest to him, but it flies away from the one behind him."""
    frames = seen()
    shooters = find_shooters(by_track(frames)[1], frames, 1.1, 1.0, ShooterConfig())
    assert shooters[0][0] == 1 and sum(share for _, share in shooters) == pytest.approx(1)


def test_a_defender_as_near_to_the_ball_as_the_shooter_leaves_doubt():
    resting = [((86.0, 165.0), media) for _, media in RISING]
    frames = seen(-8, ball=resting * 3)
    shares = dict(find_shooters(by_track(frames)[1], frames, 1.1, 1.0, ShooterConfig()))
    assert min(shares.values()) > 0.3


def test_feet_are_less_exact_where_they_are_hidden_or_move_and_unknown_below_the_picture():
    at_rest = find_feet(seen(), 1, 1.0, 1.0, ShooterConfig())
    assert (at_rest.x, at_rest.y) == (73.0, 250.0) and at_rest.spread_x == at_rest.spread_y == pytest.approx(2.4)
    front = (50.0, 190.0, 96.0, 290.0)
    hidden = find_feet(seen(people=((BEHIND, 1), (front, 2))), 1, 1.0, 1.0, ShooterConfig())
    assert hidden.spread_y > 3 * at_rest.spread_y and hidden.spread_x == at_rest.spread_x
    below = (60.0, 300.0, 126.0, 540.0)
    assert find_feet(seen(people=((below, 1),)), 1, 1.0, 1.0, ShooterConfig()) is None


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 300), st.floats(5, 80), st.floats(10, 200)), max_size=6),
       st.floats(0, 640), st.floats(0, 360))  # fmt: skip
def test_the_nearest_player_is_training_s(players, x, y):
    boxes = np.array([(a, b, a + c, b + d) for a, b, c, d in players]).reshape(-1, 4)
    assert nearest_player(boxes, x, y)[0] == tracks.nearest_player(boxes, x, y)
