"""A player followed by hand: found in the rectangle, kept when the track breaks, not mixed up with a neighbour."""

from __future__ import annotations

from player_scenes import observations

from courtside_server.players.followed_player import FollowedPlayer


def test_the_player_in_the_rectangle_is_followed() -> None:
    followed = FollowedPlayer((860, 400, 80, 200), 1.0)
    assert followed.update(observations(0.0, {1: (300, 600), 2: (900, 600)})) == {2}
    assert followed.update(observations(1.0, {1: (880, 600), 2: (1100, 600)})) == {2}


def test_a_track_that_breaks_goes_on_near_by() -> None:
    followed = FollowedPlayer((260, 400, 80, 200), 1.0)
    followed.update(observations(0.0, {1: (300, 600)}))
    assert followed.update(observations(0.4, {5: (900, 600)})) == set(), "a neighbour far away is somebody else"
    assert followed.update(observations(0.6, {5: (900, 600), 7: (330, 600)})) == {7}
    assert not followed.failed


def test_an_empty_rectangle_fails_after_a_while() -> None:
    followed = FollowedPlayer((10, 10, 40, 40), 1.0)
    for step in range(50):
        assert followed.update(observations(step / 10, {1: (900, 600)})) == set()
    assert followed.failed and not followed.found
    assert followed.update(observations(5.0, {1: (30, 50)})) == set(), "who comes later is somebody else"
