"""Warm-ups: two groups, each with its own ball, that shoot at the same time."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from courtside_sim import CameraConfig, GameConfig, SimulatedCamera, open_simulation, simulate
from courtside_sim.body import Joint, skeleton

FREE = 0.35


@pytest.fixture(scope="module", params=[True, False], ids=["half", "full"])
def game(request):
    return simulate(4, GameConfig(duration=30, half=request.param, balls=2))


@pytest.fixture(scope="module")
def film():
    return open_simulation("sim://5?camera=behind&balls=2&duration=20")


def recording_of(game, shot):
    """The recording with the ball of the shooter's group."""
    return game.second if game.roster.teams[shot.shooter] else game.recording


def test_the_same_seed_is_the_same_warm_up(game) -> None:
    again = simulate(4, GameConfig(duration=30, half=game.court.half, balls=2))
    assert again.shots == game.shots
    for one, two in ((again.recording, game.recording), (again.second, game.second)):
        for name, array in vars(one.states).items():
            assert np.array_equal(array, getattr(two.states, name)), name


def test_two_groups_of_one_kit_each_play_with_their_own_ball(game) -> None:
    assert game.roster.teams.tolist() == [0] * 5 + [1] * 5
    assert len(set(game.roster.numbers.tolist())) == 10
    for group, recording in enumerate((game.recording, game.second)):
        states = recording.states
        assert np.ptp(states.ball, axis=0).min() > 2.0
        assert states.ball[:, 2].min() > 0.05
        holders = set(states.holder.tolist()) - {-1}
        assert len(holders) >= 3 and {int(game.roster.teams[h]) for h in holders} == {group}


def test_both_groups_shoot_and_their_shots_are_one_list_in_order(game) -> None:
    releases = [shot.release_time for shot in game.shots]
    assert releases == sorted(releases)
    assert [shot.shot_id for shot in game.shots] == list(range(len(releases)))
    for team in (0, 1):
        own = [shot for shot in game.shots if shot.team == team]
        assert len(own) >= 3
        assert {shot.basket for shot in own} == {0 if game.court.half else team}
    assert all(shot.team == game.roster.teams[shot.shooter] and shot.blocked_by < 0 for shot in game.shots)


def test_shots_of_different_groups_overlap_in_time(game) -> None:
    assert any(
        one.team != two.team and one.release_time < two.release_time < one.result_time
        for one, two in product(game.shots, repeat=2)
    )


def test_a_release_is_the_own_groups_ball_leaving_the_hand(game) -> None:
    for shot in game.shots:
        recording = recording_of(game, shot)
        wrist = Joint.RIGHT_WRIST if game.roster.handed[shot.shooter] > 0 else Joint.LEFT_WRIST
        gaps = []
        for offset in (-0.1, 0.0, 0.1, 0.2):
            state = recording.at(shot.release_time + offset)
            hand = skeleton(state, game.roster)[shot.shooter, wrist]
            gaps.append(float(np.linalg.norm(hand - state.ball)))
        assert max(gaps[:2]) < 0.32 < 0.5 < gaps[3] and gaps[1] < gaps[2] < gaps[3]
        assert recording.at(shot.release_time - 0.05).holder == shot.shooter
        assert recording.at(shot.release_time).holder == -1


def test_made_is_the_own_groups_ball_falling_through_the_ring(game) -> None:
    for shot in game.shots:
        rim = game.court.rim_centre(shot.basket)
        x, y, z = recording_of(game, shot).at(shot.result_time).ball
        assert z == pytest.approx(rim[2], abs=0.04)
        assert (math.hypot(x - rim[0], y - rim[1]) < game.court.rim_radius + 0.01) == shot.made
        if shot.made:
            assert game.state(shot.result_time + 0.25).net[shot.basket] > 0.5


def test_both_balls_are_painted_at_their_true_positions(film) -> None:
    painted = [0, 0]
    for shot in film.shots:
        moment = shot.release_time + FREE
        truth = film.camera.truth(moment)
        group = int(film.game.roster.teams[shot.shooter])
        x, y, radius, visible = truth.second_ball if group else truth.ball
        if not visible:
            continue
        assert 2 < radius < 20
        patch = film.camera.render(moment)[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
        blue, green, red = patch.reshape(-1, 3).mean(0)
        assert red > green > blue and red > 1.5 * blue
        painted[group] += 1
    assert min(painted) >= 2


def test_the_second_ball_changes_the_picture_only_at_itself_and_its_shadow(film) -> None:
    shot = next(s for s in film.shots if s.team == 1)
    moment = shot.result_time - 0.25
    x, y, radius, _ = film.camera.truth(moment).second_ball
    alone = simulate(film.game.seed, film.game.config)
    states = alone.second.states
    alone.second = replace(alone.second, states=replace(states, ball=np.full_like(states.ball, -500.0)))
    config = CameraConfig("behind", compression=False)
    pictures = [SimulatedCamera(game, config).render(moment) for game in (film.game, alone)]
    rows, columns = np.nonzero(np.abs(pictures[0].astype(int) - pictures[1]).max(-1) > 8)
    airborne = rows < y + 3 * radius
    assert np.hypot(columns[airborne] - x, rows[airborne] - y).max() < 3 * radius
    assert (~airborne).any(), "no shadow"


def test_truth_has_both_holders_and_is_empty_without_a_second_ball(film) -> None:
    times = np.arange(0, 20, 0.4)
    track = film.camera.truth_track(times)
    assert track.second_ball.shape == (len(times), 4) and track.second_ball.dtype == np.float32
    assert set(track.second_holder.tolist()) & set(range(5, 10))
    assert set(track.ball_holder.tolist()) <= {-1, *range(5)}
    for index in (0, 11, 30):
        one, many = film.camera.truth(float(times[index])), track.frame(index)
        assert one.second_ball == pytest.approx(many.second_ball, abs=1e-3)
        assert one.second_holder == many.second_holder
    single = open_simulation(5, camera="behind", duration=4)
    assert single.game.second is None and single.camera.truth(1.0).second_holder is None
    assert single.camera.truth(1.0).second_ball.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["sideline", "phone", "corner", "broadcast"])
def test_both_groups_releases_are_in_view(kind: str) -> None:
    film = open_simulation(8, camera=kind, balls=2, duration=20)
    assert {shot.team for shot in film.shots} == {0, 1}
    for shot in film.shots:
        assert film.camera.sees(recording_of(film.game, shot).at(shot.release_time).ball, shot.release_time)
        assert film.camera.sees(film.game.court.rim_centre(shot.basket), shot.release_time)


def test_an_address_opens_a_warm_up_of_ten_or_of_the_given_number() -> None:
    film = open_simulation("sim://8?balls=2&duration=10&camera=phone")
    assert film.shots == open_simulation(8, balls=2, duration=10, camera="phone").shots
    assert len(film.game.roster) == 10 and film.game.second is not None
    assert open_simulation("sim://8?balls=2&duration=2&players=3").game.roster.teams.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sim://7?balls=3", "balls must be 1 or 2, not 3"),
        ("sim://7?balls=0", "balls must be 1 or 2, not 0"),
        ("sim://7?balls=two", "option 'balls' cannot be 'two'"),
        ("sim://7?balls=2&players=1", "two balls need at least 2 players, not 1"),
    ],
)
def test_impossible_warm_ups_are_refused_in_one_line(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        open_simulation(url)
    assert "\n" not in str(caught.value)
