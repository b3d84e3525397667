"""The shooter is the player that the ball left; the server and training agree on who is nearest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shot_scenes import BALL, PLAYER, SHOOTER, around, by_track, flight, observed, play

from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.shooter import find_feet, find_shooters, nearest_player
from courtside_server.types import PlayerEvidence
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


def test_possession_the_action_and_hands_name_the_shooter_behind_a_defender_whose_box_is_nearer():
    frames = seen(first=4)
    path, config = by_track(frames)[1], ShooterConfig()
    evidence = {1: PlayerEvidence(held=0.8, shoots=0.7, hands=0.22), 2: PlayerEvidence(shoots=0.05, hands=0.2)}
    boxes, both = (dict(find_shooters(path, frames, 1.0, 1.0, config, known)) for known in (None, evidence))
    assert boxes[2] > boxes[1] and both[1] > both[2] and sum(both.values()) == pytest.approx(1)
    hands_alone = {1: PlayerEvidence(hands=0.2), 2: PlayerEvidence(hands=0.25)}
    assert find_shooters(path, frames, 1.0, 1.0, config, hands_alone)[0][0] == 2


def test_a_shooter_whose_box_is_not_near_the_ball_is_known_by_possession():
    far = {1: ((300.0, 170.0, 330.0, 250.0), 1)}.values()
    frames = seen(people=far)
    path, config = by_track(frames)[1], ShooterConfig()
    assert find_shooters(path, frames, 1.0, 1.0, config) == []
    assert find_shooters(path, frames, 1.0, 1.0, config, {1: PlayerEvidence(held=0.7)}) == [(1, 1.0)]
    assert find_shooters(path, frames, 1.0, 1.0, config, {1: PlayerEvidence(held=0.1)}) == []


def test_a_ball_too_small_for_somebody_in_the_foreground_is_not_his():
    foreground = ((-60.0, 20.0, 310.0, 900.0), PLAYER, 9)
    frames = [observed(index / 30, [(around(*flight(index / 30)), BALL, 1), (SHOOTER, PLAYER, 7), foreground])
              for index in range(40)]  # fmt: skip
    (first, share), (second, _) = find_shooters(by_track(frames)[1], frames, 1.0, 1.0, ShooterConfig())
    assert (first, second) == (7, 9) and share > 0.9
