"""Results at the rim: simulated shots agree with geometry, films show them, windows and network are correct."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from courtside_sim.lens import Lens, look_at
from courtside_training.cli import cli
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import RIM_COLUMNS, TIME_STEPS, Column
from courtside_training.rim.bank import BEFORE_S, RATE, draw_bank
from courtside_training.rim.basket import Net
from courtside_training.rim.clips import ball_path, clip_files, clip_of, clip_windows, decide
from courtside_training.rim.crops import CROPS, GREY, BallPosition, draw_film
from courtside_training.rim.evaluate import figures, inputs, table
from courtside_training.rim.films import draw_films, film_files, load_films, save_films
from courtside_training.rim.network import RimConfig, RimNetwork, ServedRim
from courtside_training.rim.train import augment, augment_glance, stack
from courtside_training.rim.views import IMAGE_SIZE, RIM_RADIUS, SURE_S, Take, Verdict, draw_take, rim_box
from courtside_training.rim.windows import draw_glance, draw_window

DECIDED = int(BEFORE_S * RATE)
MOMENTS = np.arange(-0.6, 0.4, 1 / 30)


@pytest.fixture(scope="module")
def bank():
    return draw_bank(12, 5)


@pytest.fixture(scope="module")
def films():
    return draw_films(6, 8)


def in_front(path: np.ndarray, made: bool) -> Take:
    """A take before a still camera, four metres in front of the rim and a little below it."""
    position = np.array([-4.0, 0.0, -0.8])
    lens = Lens(position, look_at(position, np.zeros(3)), 700.0, *IMAGE_SIZE)
    box = rim_box(lens)
    believed = np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])
    return Take(path, made, True, lens, 1.0, believed)


def test_the_bank_agrees_with_geometry(bank):
    # At the result a made ball falls inside the rim, a missed one beside it.
    off = np.hypot(bank.paths[:, DECIDED, 0], bank.paths[:, DECIDED, 1])
    assert np.allclose(bank.paths[:, DECIDED, 2], 0, atol=0.1)
    assert ((off < RIM_RADIUS) == bank.made).all()
    assert bank.made.sum() == len(bank) // 2


def test_some_misses_touch_nothing_and_pass_close_by():
    bank = draw_bank(20, 6)
    missed = bank.paths[~bank.made, DECIDED]
    off = np.hypot(missed[:, 0], missed[:, 1])
    assert ((off > RIM_RADIUS + 0.1) & (off < 1.0)).sum() >= 2


def test_a_made_ball_is_drawn_inside_the_nets_column(bank):
    shot = int(np.flatnonzero(bank.made)[0])
    take = in_front(bank.paths[shot], True)
    film = draw_film(take, MOMENTS, np.random.default_rng(2))
    falling = (film.moments > 0.02) & (film.moments < 0.12)
    assert (film.position[falling] == BallPosition.INSIDE).all()
    # The rim spans 1 / 3.2 of the crop, and the middle of the ball stays inside it.
    assert (np.abs(film.ball[falling, 0] - 0.5) < 0.5 / 3.2).all()
    assert (film.ball[falling, 1] > 0.35).all()


def test_a_ball_that_falls_in_front_of_the_net_is_drawn_before_it(bank):
    shot = int(np.flatnonzero(bank.made)[0])
    path = bank.paths[shot].copy()
    path[DECIDED:] = bank.paths[shot][DECIDED:] * (0, 0, 1) + (-0.6, 0, 0)
    film = draw_film(in_front(path, False), MOMENTS, np.random.default_rng(2))
    falling = (film.moments > 0.02) & (film.moments < 0.12)
    assert (film.position[falling] == BallPosition.FRONT).all()


def test_the_net_moves_after_a_made_shot_and_hangs_still_before(bank):
    shot = int(np.flatnonzero(bank.made & bank.netted)[0])
    net = Net(np.nan_to_num(bank.paths[shot], nan=9.0), np.random.default_rng(1))
    still, before = net.segments(0, None), net.segments(DECIDED - 40, None)
    after = np.abs(net.segments(DECIDED + 30, None) - still).max()
    assert np.allclose(still, before, atol=0.01) and after > 0.01


def test_equal_seeds_give_equal_films():
    for one, other in zip(draw_films(2, 9), draw_films(2, 9), strict=True):
        assert np.array_equal(one.film.crops, other.film.crops)
        assert np.array_equal(one.film.position, other.film.position)


def test_glances_are_of_balls_in_line_with_the_rim():
    films = draw_films(6, 3, glances=True)
    assert all(len(filmed.film.moments) < 14 for filmed in films)
    rng = np.random.default_rng(0)
    drawn = [draw_glance(filmed, rng) for filmed in films for _ in range(5)]
    seen = [glance for glance in drawn if glance.position != BallPosition.UNSEEN]
    assert len(seen) > len(drawn) / 3
    assert np.mean([abs(glance.ball[0] - 0.5) < 0.28 for glance in seen]) > 0.8


def test_films_come_back_from_disk(films, tmp_path):
    save_films(tmp_path / "films-000008.npz", films)
    found = load_films(film_files(tmp_path, (0, 10))[0])
    assert len(found) == len(films)
    assert np.array_equal(found[3].film.crops, films[3].film.crops)
    moments = np.array([-0.2, 0.3])
    assert np.allclose(found[3].take.positions(moments)[0], films[3].take.positions(moments)[0])


def test_the_verdict_is_open_before_the_rim_and_closed_after(films):
    rng = np.random.default_rng(0)
    closed = 0
    for filmed in films:
        before = draw_window(filmed, rng, -0.05, clean=True)
        assert (before.verdict == Verdict.OPEN).all()
        after = draw_window(filmed, rng, 0.6, clean=True)
        steps = 0.6 - np.arange(CROPS - 1, -1, -1) * 0.05
        assert (after.verdict[steps <= SURE_S] == Verdict.OPEN).all()
        wanted = Verdict.MADE if filmed.take.made else Verdict.MISSED
        assert after.verdict[-1] in (wanted, Verdict.OPEN)
        closed += after.verdict[-1] == wanted
    assert closed >= len(films) - 2


def test_a_low_frame_rate_repeats_crops_and_none_are_grey(films):
    filmed = films[0]
    rare = filmed.film.moments[::3]
    thin = replace(filmed, film=replace(filmed.film, moments=rare, crops=filmed.film.crops[::3],
                                        ball=filmed.film.ball[::3], position=filmed.film.position[::3]))  # fmt: skip
    window = draw_window(thin, np.random.default_rng(0), 0.8, clean=True)
    same = (window.crops[1:] == window.crops[:-1]).all((1, 2, 3))
    assert same.sum() >= 6
    early = draw_window(filmed, np.random.default_rng(0), float(filmed.film.moments[0]) + 0.2, clean=True)
    assert (early.crops[0] == GREY).all() and not (early.crops[-1] == GREY).all()


def test_batches_are_deterministic(films):
    def batch(seed: int):
        rng = np.random.default_rng(seed)
        windows = [augment(draw_window(filmed, rng), rng) for filmed in films]
        return stack(windows, [augment_glance(draw_glance(filmed, rng), rng) for filmed in films])

    first, again = batch(3), batch(3)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert first["crops"].shape == (6, CROPS, 3, 64, 64) and first["crops"].dtype == torch.uint8
    assert first["track"].shape == (6, TIME_STEPS, RIM_COLUMNS)
    assert len(first["cell"]) == 6 * CROPS + 6


def test_a_mirrored_window_mirrors_ball_and_track_alike(films):
    window = draw_window(films[0], np.random.default_rng(1), 0.4, clean=True)
    for seed in range(20):
        other = augment(window, np.random.default_rng(seed))
        flipped = bool(other.track[0, Column.RIM_X] == -window.track[0, Column.RIM_X])
        there = (window.position != BallPosition.UNSEEN) & (other.position != BallPosition.UNSEEN)
        expected = 1 - window.ball[there, 0] if flipped else window.ball[there, 0]
        assert np.allclose(other.ball[there, 0], expected, atol=0.07)


def test_the_network_gives_probabilities_and_reads_no_later_time_step(films):
    torch.manual_seed(0)
    network = RimNetwork(RimConfig(6, 8, 12, 16)).eval()
    crops, track = inputs([draw_window(filmed, np.random.default_rng(1), 0.5, clean=True) for filmed in films[:2]])
    with torch.inference_mode():
        (verdict,) = ServedRim(network)(torch.from_numpy(crops), torch.from_numpy(track))
        steps = network(torch.from_numpy(crops), torch.from_numpy(track))
        changed = track.copy()
        changed[:, -1, Column.BALL_X : Column.BALL_SIZE] += 40
        other = network(torch.from_numpy(crops), torch.from_numpy(changed))
    assert verdict.shape == (2, 3) and torch.allclose(verdict.sum(1), torch.ones(2))
    assert torch.allclose(steps[:, :-1], other[:, :-1], atol=1e-5)


def test_the_size_of_the_image_does_not_matter(films):
    network = RimNetwork(RimConfig(6, 8, 12, 16)).eval()
    crops, track = inputs([draw_window(films[1], np.random.default_rng(1), 0.5, clean=True)])
    larger = track.copy()
    larger[:, :, [1, 2, 3, 6, 7, 8, 9]] *= 2
    with torch.inference_mode():
        one, other = (network(torch.from_numpy(crops), torch.from_numpy(value)) for value in (track, larger))
    assert torch.allclose(one, other, atol=1e-3)


def test_figures_of_a_run_that_knows_are_perfect(films):
    def knows(arrays):
        out = np.full((len(arrays[0]), 3), 0.05, np.float32)
        made = knows.films[knows.at].take.made
        knows.at += 1
        out[:4, Verdict.OPEN] = 0.9
        out[4:, Verdict.MADE if made else Verdict.MISSED] = 0.9
        return (out,)

    knows.films, knows.at = films, 0
    result = figures(knows, films)
    assert result["accuracy"] == 1.0 and result["too_early"] <= 0.35
    assert "simulated shots" in table(result)


def test_the_balls_path_leaves_out_what_jumps():
    box = np.array([[100.0, 100, 110, 110]])
    balls = [box + np.array([0, 8 * index, 0, 8 * index]) for index in range(10)]
    balls[4] = np.concatenate([balls[4], [[400.0, 400, 410, 410]]])
    scores = [np.full(len(found), 0.5) for found in balls]
    scores[4][1] = 0.9
    path = ball_path(balls, scores, np.arange(10) / 30, 40.0)
    assert np.allclose(path[:, 0], 105) and np.allclose(np.diff(path[:, 1]), 8)


def test_a_clip_becomes_windows_and_one_result():
    images = [np.full((90, 120, 3), 50, np.uint8) for _ in range(20)]
    found = [(np.array([[40.0, 30, 80, 42], [55, 5 + 3 * i, 65, 15 + 3 * i]]), np.array([0.9, 0.8]), np.array([1, 0]))
             for i in range(20)]  # fmt: skip
    clip = clip_of("a", Verdict.MADE, images, np.arange(20) / 20, found)
    assert clip is not None and np.allclose(clip.rim, [60, 36, 40, 12])
    windows = list(clip_windows(clip))
    _, crops, track = windows[-1]
    assert crops.shape == (CROPS, 3, 64, 64) and (track[-10:, Column.BALL_SEEN] == 1).all()
    nothing = [(np.zeros((0, 4)), np.zeros(0), np.zeros(0))] * 20
    assert clip_of("b", Verdict.MADE, images, np.arange(20) / 20, nothing) is None
    assert decide(np.array([[0.9, 0.1, 0.0], [0.1, 0.2, 0.7]])) == Verdict.MISSED


def test_bad_input_is_one_clear_error(tmp_path):
    with pytest.raises(TrainingInputError, match="rim draw"):
        film_files(tmp_path, (0, 10))
    (tmp_path / "films-000001.npz").write_bytes(b"torn")
    (tmp_path / "films-000001.npy").write_bytes(b"torn")
    with pytest.raises(TrainingInputError, match="make it again"):
        load_films(tmp_path / "films-000001.npz")
    with pytest.raises(TrainingInputError, match="make"):
        clip_files(tmp_path)
    missing = ["--films", str(tmp_path), "--checkpoint", str(tmp_path / "none.pt")]
    result = CliRunner().invoke(cli, ["rim", "evaluate", *missing])
    assert isinstance(result.exception, TrainingInputError) and "no checkpoint" in str(result.exception)


def test_the_smoke_run_learns_resumes_and_exports():
    result = CliRunner().invoke(cli, ["rim", "--smoke"])
    assert result.exit_code == 0, result.output
    assert "decisions agree 100.0%" in result.output


def test_many_misses_are_seen_along_the_line_of_the_miss():
    bank = draw_bank(8, 9)
    rng = np.random.default_rng(4)
    near = 0
    for _ in range(120):
        take = draw_take(bank, rng)
        if not take.made:
            x, y = take.path[DECIDED, :2]
            camera = take.lens.position
            cosine = abs(x * camera[0] + y * camera[1]) / (np.hypot(x, y) * np.hypot(camera[0], camera[1]))
            near += cosine > 0.9
    assert near >= 25
