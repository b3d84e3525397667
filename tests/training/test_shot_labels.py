"""Labels, mirrors and draws of shot windows."""

from __future__ import annotations

import numpy as np
import pytest

from courtside_training.errors import TrainingInputError
from courtside_training.shots import augment, windows
from courtside_training.shots.footage import GRID_S, SPOTS, Footage
from courtside_training.shots.geometry import MIRRORED_ZONE, SAMPLES, STRIDE_S, ZONE_LABELS
from courtside_training.shots.labels import label, mirror_zone, spread


def labelled(start: float, releases: list[float]):
    count = len(releases)
    return label(start, np.array(releases), np.arange(count) % 7, np.arange(count) % 2 == 0)


def film(releases: list[float], seconds: float = 30.0, seed: int = 0) -> Footage:
    """A small black film with shots; the first pixel of every image is its index."""
    count = round(seconds / GRID_S)
    frames = np.zeros((count, 144, 256, 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(count) % 256
    return Footage(
        seed, "sideline", frames, np.zeros((count, 3, 3), np.float32), np.full(count, -1), np.array(releases),
        np.arange(len(releases)) % 7, np.zeros(len(releases), bool), np.zeros((count, SPOTS, 3), np.float32),
        np.zeros((count, SPOTS, 3), np.float32), np.zeros(count, bool), np.ones(len(releases), bool),
    )


def plan(positives: int, **more) -> windows.EpochPlan:
    return windows.EpochPlan(positives, **more)


def test_the_expectation_of_a_release_label_is_the_release():
    for position in (0.0, 3.2, 7.5, 14.9, 15.0):
        weights = spread(position)
        assert weights.sum() == pytest.approx(1.0)
        assert (weights * np.arange(SAMPLES)).sum() == pytest.approx(position, abs=1e-5)


def test_a_window_without_a_release_is_negative():
    found = labelled(10.0, [9.99, 14.51])
    assert (found.shot, found.zone, found.made, found.middle) == (0.0, -1, -1.0, False)
    assert not found.release.any() and not found.events.any()


def test_of_several_releases_the_one_nearest_to_the_middle_is_labelled():
    found = labelled(10.0, [10.3, 12.4, 14.2])
    assert found.position == pytest.approx(8.0)
    assert (found.zone, found.made, found.middle) == (1, 0.0, True)
    assert found.release.argmax() == 8
    assert np.flatnonzero(found.events > 0.5).tolist() == [1, 8, 14]


def test_releases_on_the_edge_samples_are_in_the_window_but_not_in_its_middle():
    assert labelled(0.0, [0.0]).shot == 1.0 and not labelled(0.0, [0.0]).middle
    last = labelled(0.0, [(SAMPLES - 1) * STRIDE_S])
    assert last.shot == 1.0 and last.release[-1] == pytest.approx(1.0)
    assert labelled(0.0, [4 * STRIDE_S]).middle and labelled(0.0, [11 * STRIDE_S]).middle
    assert not labelled(0.0, [3.4 * STRIDE_S]).middle and not labelled(0.0, [11.6 * STRIDE_S]).middle


def test_a_mirror_swaps_left_and_right_zones():
    for index, name in enumerate(ZONE_LABELS):
        swapped = name.replace("LEFT", "?").replace("RIGHT", "LEFT").replace("?", "RIGHT")
        assert ZONE_LABELS[mirror_zone(index)] == swapped
    assert mirror_zone(-1) == -1 and sorted(MIRRORED_ZONE) == list(range(7))


def test_a_mirror_moves_pixels_and_points_together():
    clip = np.zeros((16, 144, 256, 3), np.uint8)
    clip[:, 40, 30] = 255
    points = np.zeros((16, 3, 3), np.float32)
    points[:, 0] = (30.5 / 256, 40.5 / 144, 1)
    flipped, moved = augment.mirror(clip, points)
    assert flipped[0, 40, 225, 0] == 255
    assert moved[0, 0, 0] * 256 == pytest.approx(225.5)
    assert not moved[:, 1].any()


@pytest.mark.parametrize("bars", [False, True])
def test_a_crop_moves_pixels_and_points_together(bars: bool):
    clip = np.zeros((16, 144, 256, 3), np.uint8)
    clip[:, 66:78, 122:134] = 255
    points = np.zeros((16, 3, 3), np.float32)
    points[:, 0] = (0.5, 0.5, 1)
    for seed in range(8):
        moved, with_zone = augment.crop(clip, points, np.random.default_rng(seed), bars)
        ys, xs = np.nonzero(moved[0, :, :, 0] > 128)
        assert with_zone[0, 0, 0] * 256 == pytest.approx(xs.mean() + 0.5, abs=1.0)
        assert with_zone[0, 0, 1] * 144 == pytest.approx(ys.mean() + 0.5, abs=1.0)


def test_an_epoch_has_two_negatives_a_positive_and_is_drawn_anew():
    games = [film([5.0, 12.0, 20.0]), film([8.0, 25.0], seed=1)]
    epochs = [windows.draw_epoch(games, plan(30), seed=3, epoch=epoch) for epoch in (0, 1)]
    for refs in epochs:
        truth = [windows.cut(games[ref.game], ref.first)[2].shot for ref in refs]
        assert sum(truth) == 30 and len(truth) == 90
    assert epochs[0] != epochs[1]
    assert epochs[0] == windows.draw_epoch(games, plan(30), seed=3, epoch=0)
    assert epochs[0] != windows.draw_epoch(games, plan(30), seed=4, epoch=0)


def test_an_epoch_sees_every_release_about_equally_often():
    game = film([5.0, 12.0, 20.0])
    refs = windows.draw_epoch([game], plan(300), seed=0, epoch=0)
    zones = [windows.cut(game, ref.first)[2].zone for ref in refs]
    counts = np.bincount([zone for zone in zones if zone >= 0], minlength=3)
    assert counts.min() > 80


def test_a_zone_balanced_epoch_draws_rare_zones_as_often_as_common_ones():
    game = film([5.0, 9.0, 13.0, 17.0, 21.0, 25.0])
    game.zones[:] = (4, 4, 4, 4, 4, 2)
    refs = windows.draw_epoch([game], plan(120, zone_balanced=True), seed=0, epoch=0)
    truth = [label for label in (windows.cut(game, ref.first)[2] for ref in refs) if label.shot]
    rare = sum(label.zone == 2 for label in truth)
    assert 40 < rare < 80


def test_windows_without_a_release_are_drawn_around_fakes():
    game = film([5.0], seconds=120.0)
    game.hard_negatives[800] = True
    refs = windows.draw_epoch([game], plan(40, hard_negatives=0.5), seed=0, epoch=0)
    around = [ref for ref in refs if 3 <= (800 - ref.first) / windows.STEP <= 12]
    assert 25 < len(around) < 60 and len(refs) == 120
    none = windows.draw_epoch([game], plan(40, hard_negatives=0.0), seed=0, epoch=0)
    assert sum(3 <= (800 - ref.first) / windows.STEP <= 12 for ref in none) < 15


def test_what_nobody_judged_has_no_result():
    game = film([5.0])
    game.result_known[:] = False
    assert windows.cut(game, 30)[2].made == -1.0 and windows.cut(game, 30)[2].shot == 1.0


def test_film_that_is_all_shots_is_refused():
    with pytest.raises(TrainingInputError, match="too few windows without a release"):
        windows.draw_epoch([film([1.0, 3.0, 5.0], seconds=6.0)], plan(4), seed=0, epoch=0)


def test_windows_over_the_films_ends_repeat_the_edge_pictures():
    game = film([], seconds=10.0)
    before, _, _ = windows.cut(game, -2 * windows.STEP)
    assert before[:4, 0, 0, 0].tolist() == [0, 0, 0, windows.STEP]
    after, _, _ = windows.cut(game, len(game.frames) - 1 - windows.LENGTH + windows.STEP)
    assert after[-1, 0, 0, 0] == after[-2, 0, 0, 0] == 99


def test_augmented_examples_do_not_depend_on_the_batch_they_are_in():
    games = [film([5.0, 12.0])]
    refs = windows.draw_epoch(games, plan(2), seed=0, epoch=0)
    together = next(iter(windows.batches(games, refs, 6, seed=1)))
    apart = [batch["clip"][0] for batch in windows.batches(games, refs, 1, seed=1)]
    assert all(np.array_equal(a, b) for a, b in zip(together["clip"], apart, strict=True))
