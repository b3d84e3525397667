"""Flight windows are drawn as documented, the network reads only ratios, and simulated games are kept on disk."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from courtside_training.cli import cli
from courtside_training.errors import TrainingInputError
from courtside_training.flight.evaluate import figures, position
from courtside_training.flight.filming import pan_error
from courtside_training.flight.geometry import COLUMNS, TIME_STEP_S, TIME_STEPS, Column
from courtside_training.flight.network import FlightConfig, FlightNetwork, ServedFlight
from courtside_training.flight.scenes import draw_game, draw_split, load_scenes, save_scenes, scene_files
from courtside_training.flight.tracks import draw_example, resample
from courtside_training.flight.train import stack


@pytest.fixture(scope="module")
def scenes():
    return draw_game(3, 15.0)


@pytest.fixture(scope="module")
def examples(scenes):
    rng = np.random.default_rng(0)
    return [draw_example(scenes[i % len(scenes)], rng) for i in range(400)]


def test_windows_are_finite_and_zero_where_unknown(examples):
    tracks = np.stack([e.track for e in examples])
    assert tracks.shape == (400, TIME_STEPS, COLUMNS) and np.isfinite(tracks).all()
    for seen, rest in ((Column.BALL_SEEN, slice(1, 5)), (Column.RIM_SEEN, slice(6, 10)),
                       (Column.PLAYER_SEEN, slice(11, 15))):  # fmt: skip
        known = tracks[..., seen] > 0
        assert not tracks[~known][:, rest].any() and tracks[..., seen].min() >= 0 and tracks[..., seen].max() <= 1
        assert seen == Column.RIM_SEEN or set(np.unique(tracks[..., seen])) <= {0.0, 1.0}
    assert 0.5 < (tracks[..., Column.BALL_SEEN].max(1) > 0).mean() <= 1


def test_about_half_are_shots_and_every_release_lies_in_its_window(examples):
    released = np.array([e.release for e in examples])
    shots = ~np.isnan(released)
    assert 0.25 < shots.mean() < 0.65
    assert (released[shots] >= 0).all() and (released[shots] <= TIME_STEPS - 1).all()
    assert set(np.unique([e.made for e in examples if not np.isnan(e.made)])) <= {0.0, 1.0}


def test_after_its_release_a_shot_falls_with_gravity(scenes):
    # In its own diameters a ball falls at 9.81 m/s2, from wherever a camera sees it from the side.
    rng, pulls = np.random.default_rng(1), []
    for index in range(300):
        example = draw_example(scenes[index % len(scenes)], rng)
        if np.isnan(example.release) or example.release > 30:
            continue
        first = int(example.release) + 2
        rows = example.track[first : first + 10]
        if not rows[:, Column.BALL_SEEN].all():
            continue
        time = np.arange(10) * TIME_STEP_S
        fall = 2 * np.polyfit(time, rows[:, Column.BALL_Y], 2)[0]
        pulls.append(fall / rows[:, Column.BALL_SIZE].mean() * 0.24)
    assert len(pulls) > 10 and 6 < np.median(pulls) < 14


def test_a_ball_in_the_picture_lies_between_its_edges(examples):
    tracks = np.concatenate([e.track for e in examples])
    seen = tracks[tracks[:, Column.BALL_SEEN] > 0]
    inside = (seen[:, Column.BALL_X] > seen[:, Column.FRAME_LEFT] - 20) & (
        seen[:, Column.BALL_X] < seen[:, Column.FRAME_RIGHT] + 20
    )
    assert (seen[:, Column.FRAME_RIGHT] > seen[:, Column.FRAME_LEFT]).all() and inside.mean() > 0.97


def test_what_is_left_of_the_camera_s_motion_bends_some_paths_and_leaves_most_alone():
    times, rng = np.arange(40) / 15, np.random.default_rng(3)
    ball = np.stack([100 + 90 * times, 300 - 200 * times + 80 * times**2], 1)
    errors = [pan_error(times, ball, np.full(40, 12.0), rng) for _ in range(200)]
    bent = np.array([np.ptp(error, 0).max() > 3 for error in errors])
    assert 0.2 < bent.mean() < 0.5 and np.isfinite(errors).all()
    assert not pan_error(times[:3], ball[:3], np.full(3, 12.0), rng).any()


def test_equal_generators_draw_equal_windows(scenes):
    one, other = (draw_example(scenes[0], np.random.default_rng(9)) for _ in range(2))
    assert (one.track == other.track).all() and np.array_equal(one.release, other.release, equal_nan=True)


def test_the_network_reads_ratios_only(examples):
    torch.manual_seed(0)
    network = ServedFlight(FlightNetwork(FlightConfig(16, (1, 2)))).eval()
    track = torch.from_numpy(np.stack([e.track for e in examples[:32]]))
    big = track.clone()
    for column in Column:
        if not column.name.endswith("SEEN") and column is not Column.BALL_SCORE:
            big[..., column] *= 3.0
    keep = track[..., Column.BALL_SIZE].amax(1) > 3
    for first, second in zip(network(track[keep]), network(big[keep]), strict=True):
        assert torch.allclose(first, second, atol=2e-3)


def test_an_empty_window_gives_valid_probabilities():
    network = ServedFlight(FlightNetwork(FlightConfig(16, (1, 2)))).eval()
    shot, release, make = network(torch.zeros(2, TIME_STEPS, COLUMNS))
    assert torch.allclose(release.sum(1), torch.ones(2), atol=1e-5)
    assert ((shot >= 0) & (shot <= 1)).all() and ((make >= 0) & (make <= 1)).all()


def test_targets_name_the_release_or_none(examples):
    batch = stack(examples[:64])
    assert torch.allclose(batch["target"].sum(1), torch.ones(64), atol=1e-5)
    for example, row in zip(examples, batch["target"], strict=False):
        if np.isnan(example.release):
            assert row[-1] == 1
        else:
            assert abs(float(row[:-1] @ torch.arange(TIME_STEPS, dtype=torch.float32)) - example.release) < 0.6


def test_the_release_is_read_between_time_steps():
    shares = np.zeros((1, TIME_STEPS))
    shares[0, [10, 11]] = 0.5
    assert position(shares)[0] == pytest.approx(10.5)


def test_perfect_predictions_get_perfect_figures(examples):
    def oracle(tracks):
        kept = [e for e in examples if e.weight > 0]
        shot = np.array([[0.0 if np.isnan(e.release) else 1.0] for e in kept])
        release = np.full((len(kept), TIME_STEPS), 1e-9)
        for row, e in zip(release, kept, strict=True):
            if not np.isnan(e.release):
                low = min(int(e.release), TIME_STEPS - 2)
                row[low], row[low + 1] = 1 - (e.release - low), e.release - low
        return shot, release, np.array([[0.5 if np.isnan(e.made) else e.made] for e in kept])

    result = figures(oracle, examples)
    assert result["roc_auc"] == result["precision"] == result["recall"] == 1.0
    assert result["release_error_p90_s"] < 1e-6


def test_long_gaps_stay_unknown_and_short_ones_are_bridged():
    known, values = resample(np.array([0.0, 0.1, 0.6, 0.65]), np.array([[0.0], [1.0], [6.0], [6.5]]))
    assert known[:3].all() and not known[4:11].any() and known[12]
    assert values[1, 0] == pytest.approx(0.5) and values[5, 0] == 0.0


def test_games_are_kept_and_torn_files_refused(scenes, tmp_path):
    path = tmp_path / "game-000003.npz"
    save_scenes(path, scenes)
    again = load_scenes(path)
    assert len(again) == len(scenes) and (again[0].ball == scenes[0].ball).all()
    assert scene_files(tmp_path, (0, 10)) == [path]
    assert list(draw_split(tmp_path, range(3, 4))) == [3]
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainingInputError, match="holds no scenes"):
        load_scenes(path)
    with pytest.raises(TrainingInputError, match="flight draw"):
        scene_files(tmp_path, (10_000, 11_000))


def test_the_smoke_run_trains_resumes_and_exports():
    result = CliRunner().invoke(cli, ["flight", "--smoke"])
    assert result.exit_code == 0, result.output
    assert "decisions agree 100.0%" in result.output
