"""Games: shots, their ground truth, and determinism."""

import hashlib
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from courtside.court.zones import Zone, zone_at
from courtside_sim import Action, GameConfig, simulate
from courtside_sim.body import Joint, skeleton

CONFIGS = {
    "drill": GameConfig(duration=30, players=2, half=True),
    "half": GameConfig(duration=30, players=6, half=True),
    "full": GameConfig(duration=30, players=10, half=False),
}


@pytest.fixture(scope="module", params=CONFIGS)
def game(request):
    return simulate(4, CONFIGS[request.param])


def test_the_same_seed_is_the_same_game() -> None:
    config = GameConfig(duration=15)
    one, two, other = simulate(9, config), simulate(9, config), simulate(10, config)
    assert one.shots == two.shots
    for name, array in vars(one.recording.states).items():
        assert np.array_equal(array, getattr(two.recording.states, name)), name
    assert one.shots != other.shots


def test_a_game_stays_what_its_seed_has_always_been() -> None:
    """Measurements and trained models refer to games by their seeds."""
    states, digest = simulate(9, GameConfig(duration=15)).recording.states, hashlib.sha256()
    for name in ("actions", "ball", "hands", "heading", "holder", "net", "xy"):
        # Rounding to millimetres hides differences between processors; adding 0.0 turns -0.0 into 0.0.
        digest.update((np.round(getattr(states, name), 3) + 0.0).tobytes())
    assert digest.hexdigest() == "83ebc5e3f2fecfae4b90f556081047adc1951c65876320fe97797ce3d4d36151"


def test_shots_come_soon_apart_and_finish(game) -> None:
    releases = [shot.release_time for shot in game.shots]
    assert len(releases) >= 2
    assert 2.5 < releases[0] < 9
    assert min(np.diff(releases)) > 1.5
    assert all(shot.release_time < shot.result_time < game.duration for shot in game.shots)
    assert [shot.shot_id for shot in game.shots] == list(range(len(releases)))


def test_zone_and_value_are_those_of_the_shooters_feet(game) -> None:
    for shot in game.shots:
        feet = game.state(shot.release_time).xy[shot.shooter]
        assert feet == pytest.approx([shot.x, shot.y], abs=1e-6)
        assert shot.zone is zone_at(game.court, shot.x, shot.y, shot.basket)
        assert shot.three == game.court.is_three(shot.x, shot.y, shot.basket)
        assert shot.team == game.roster.teams[shot.shooter]


def test_release_is_when_the_ball_leaves_the_hand(game) -> None:
    for shot in game.shots:
        if shot.blocked_by >= 0:
            continue
        wrist = Joint.RIGHT_WRIST if game.roster.handed[shot.shooter] > 0 else Joint.LEFT_WRIST

        def gap(time: float, shooter: int = shot.shooter, wrist: int = wrist) -> float:
            state = game.state(time)
            return float(np.linalg.norm(skeleton(state, game.roster)[shooter, wrist] - state.ball))

        held = [gap(shot.release_time - back) for back in (0.2, 0.1, 0.05, 0.0)]
        free = [gap(shot.release_time + after) for after in (0.0, 0.05, 0.1, 0.15, 0.2)]
        assert max(held) < 0.32
        assert all(b > a + 0.1 for a, b in pairwise(free))
        assert game.state(shot.release_time - 0.05).holder == shot.shooter
        assert game.state(shot.release_time).holder == -1


def test_made_is_the_ball_falling_through_the_ring(game) -> None:
    for shot in game.shots:
        if shot.blocked_by >= 0:
            continue
        rim = game.court.rim_centre(shot.basket)
        x, y, z = game.state(shot.result_time).ball
        assert z == pytest.approx(rim[2], abs=0.04)
        assert (math.hypot(x - rim[0], y - rim[1]) < game.court.rim_radius + 0.01) == shot.made
        later = [game.state(shot.result_time + dt).ball[2] for dt in (0.05, 0.1, 0.15)]
        assert max(later) < z


def test_the_ball_stays_in_its_holders_hands(game) -> None:
    states = game.recording.states
    steps = np.flatnonzero(states.holder >= 0)[::5]
    joints = skeleton(states, game.roster)
    for step in steps:
        holder = states.holder[step]
        if states.actions[step, holder] == Action.DRIBBLE:
            continue
        wrists = joints[step, holder, [Joint.LEFT_WRIST, Joint.RIGHT_WRIST]]
        assert np.linalg.norm(wrists - states.ball[step], axis=-1).min() < 0.8


def test_nobody_runs_faster_than_a_person_and_the_ball_never_jumps(game) -> None:
    states, dt = game.recording.states, 1 / game.config.step_rate
    assert np.hypot(*np.moveaxis(np.diff(states.xy, axis=0) / dt, -1, 0)).max() < 8.0
    assert np.linalg.norm(np.diff(states.ball, axis=0) / dt, axis=-1).max() < 16.0
    assert states.ball[:, 2].min() > 0.05


def test_bones_keep_their_length(game) -> None:
    joints = skeleton(game.recording.states, game.roster)[::30]
    for a, b, share in (
        (Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.245),
        (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, 0.172),
    ):
        length = np.linalg.norm(joints[:, :, a] - joints[:, :, b], axis=-1)
        assert length == pytest.approx(np.broadcast_to(share * game.roster.heights, length.shape), rel=1e-6)


def test_zones_are_spread_and_some_go_in() -> None:
    games = 5
    shots = [s for seed in range(games) for s in simulate(seed, GameConfig(players=2, half=True)).shots]
    zones = Counter(shot.zone for shot in shots)
    assert set(zones) == set(Zone) - {Zone.UNSPECIFIED}
    assert 0.2 < sum(shot.made for shot in shots) / len(shots) < 0.7
    assert 6 <= len(shots) / games <= 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"players": 11}, "players must be 1 to 10, not 11"),
        ({"duration": 0}, "duration must be"),
        ({"court": "moon"}, "unknown court 'moon'"),
    ],
)
def test_impossible_games_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GameConfig(**options)
