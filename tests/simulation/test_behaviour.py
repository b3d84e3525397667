"""Actions of players: steps, layups, blocks, picks, and the labels of actions."""

import math

import numpy as np
import pytest

from courtside_sim import ACTION_LABELS, Action, GameConfig, ShotType, action_labels, simulate
from courtside_sim.body import Joint, skeleton


@pytest.fixture(scope="module")
def games():
    return [simulate(seed, GameConfig(duration=40, players=8, half=True)) for seed in range(5)]


def shots_of(games, chosen):
    return [(game, shot) for game in games for shot in game.shots if chosen(shot)]


def test_every_action_has_one_of_the_ten_labels() -> None:
    labels = action_labels(np.array(list(Action)))
    named = [ACTION_LABELS[i] for i in action_labels(np.array([[Action.BLOCK, Action.GUARD]]))[0]]
    assert named == ["block", "defence"]
    assert set(labels) == set(range(len(ACTION_LABELS))) and len(ACTION_LABELS) == 10


def test_every_kind_of_shot_and_action_occurs(games) -> None:
    assert {shot.shot_type for game in games for shot in game.shots} == set(ShotType)
    labels = {int(i) for game in games for i in np.unique(action_labels(game.recording.states.actions))}
    assert labels == set(range(10))


def test_the_gather_comes_shortly_before_the_release(games) -> None:
    for game, shot in shots_of(games, lambda shot: True):
        assert 0.4 < shot.release_time - shot.gather_time < 1.3
        assert game.state(shot.gather_time + 0.02).holder == shot.shooter


def test_a_step_back_goes_away_from_the_rim_and_a_side_step_across(games) -> None:
    stepped = shots_of(games, lambda shot: shot.shot_type is not ShotType.CATCH_AND_SHOOT)
    assert len(stepped) >= 4
    for game, shot in stepped:
        before, after = (game.state(t).xy[shot.shooter] for t in (shot.gather_time - 0.25, shot.release_time))
        rim = game.court.rim_centre(shot.basket)[:2]
        moved, away = after - before, (before - rim) / math.dist(before, rim)
        back, across = float(moved @ away), abs(float(moved[0] * away[1] - moved[1] * away[0]))
        assert (back > 0.45 and back > across) if shot.shot_type is ShotType.STEP_BACK else across > 0.45


def test_a_layup_is_released_on_the_run_near_the_rim() -> None:
    found = 0
    for seed in range(5):
        game = simulate(seed, GameConfig(duration=30, players=2, half=True))
        for shot in game.shots:
            if shot.layup:
                found += 1
                rim = game.court.rim_centre(shot.basket)
                assert math.hypot(shot.x - rim[0], shot.y - rim[1]) < 2.0
                state = game.state(shot.release_time - 0.05)
                assert np.hypot(*state.velocity[shot.shooter]) > 2.0 and state.jump[shot.shooter] > 0.1
    assert found


def test_a_block_is_a_defenders_hand_on_the_ball(games) -> None:
    blocked = shots_of(games, lambda shot: shot.blocked_by >= 0)
    assert blocked
    for game, shot in blocked:
        assert not shot.made and shot.release_time < shot.result_time < shot.release_time + 0.2
        assert game.roster.teams[shot.blocked_by] != shot.team
        state = game.state(shot.result_time)
        assert state.actions[shot.blocked_by] == Action.BLOCK
        hands = skeleton(state, game.roster)[shot.blocked_by, [Joint.LEFT_HAND, Joint.RIGHT_HAND]]
        assert np.linalg.norm(hands - state.ball, axis=-1).min() < 0.5
        before, after = (game.state(shot.result_time + dt).ball for dt in (-0.04, 0.1))
        rim = game.court.rim_centre(shot.basket)
        aimed = np.append((rim - before)[:2] / np.linalg.norm((rim - before)[:2]), 0.0)
        assert (after - before) @ aimed < 0.6


def test_blocks_stay_rare(games) -> None:
    shots = [shot for game in games for shot in game.shots]
    assert sum(shot.blocked_by >= 0 for shot in shots) / len(shots) < 0.25


def test_a_screener_stands_still_near_an_opponent(games) -> None:
    seen = 0
    for game in games:
        states = game.recording.states
        for step, player in np.argwhere(states.actions == Action.PICK)[::10]:
            seen += 1
            assert np.hypot(*states.velocity[step, player]) < 1.3
            opponents = np.flatnonzero(game.roster.teams != game.roster.teams[player])
            assert min(math.dist(states.xy[step, player], states.xy[step, r]) for r in opponents) < 2.5
    assert seen >= 5


def test_better_shooters_make_more() -> None:
    """A smaller error makes more shots, over many of them."""
    from courtside_sim.physics import BallWorld
    from courtside_sim.shooting import take_shot

    court = simulate(0, GameConfig(duration=1, half=True)).court
    world, start = BallWorld(court), (6.0, 1.0, 2.4)
    made = [
        sum(take_shot(world, start, 0, np.random.default_rng(seed), spread).made for seed in range(40))
        for spread in (0.9, 1.5)
    ]
    assert made[0] > made[1]
