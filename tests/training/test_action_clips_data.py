"""Clips of actions: stored, published and simulated, and how they are split, copied and drawn."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from courtside_training.action_clips import augment, batches, clips, points, simulated, spacejam, tracked
from courtside_training.action_clips.classes import DISCARD, FRAMES, HEIGHT, LABELS, WIDTH
from courtside_training.action_clips.leak import protocols
from courtside_training.action_clips.splits import games_of
from courtside_training.errors import TrainingInputError

NAMES = {str(number): name for number, name in enumerate((*LABELS, "discard"))}
NAMES |= {"6": "defense", "8": "no_action"}


def write_clip(path: Path, level: int, frames: int = FRAMES) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 128, 176, "yuv420p", 2_000_000
        for _ in range(frames):
            frame = np.full((176, 128, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A miniature of the published folder: clips of three id groups, one mirrored copy, one discarded clip."""
    folder = tmp_path / "spacejam"
    (folder / "clips").mkdir(parents=True)
    annotation = {"0000000": 4, "0000000_flipped": 4, "0000001": DISCARD, "0001000": 9, "0002000": 0}
    for index, name in enumerate(annotation):
        write_clip(folder / "clips" / f"{name}.mp4", 40 * index)
    (folder / "annotation_dict.json").write_text(json.dumps(annotation))
    (folder / "labels_dict.json").write_text(json.dumps(NAMES))
    return folder


def test_a_stored_clip_comes_back_in_order_and_nearly_unchanged():
    levels = np.arange(FRAMES, dtype=np.uint8) * 15
    clip = np.broadcast_to(levels[:, None, None, None], (FRAMES, HEIGHT, WIDTH, 3)).copy()
    clip[:, :, : WIDTH // 2, 0] = 200
    back = clips.unpack(clips.pack(clip)).astype(int)
    assert back.shape == clip.shape
    assert np.abs(back - clip).mean() < 3
    assert np.abs(back[:, 8:-8, -20:-8, 1].mean((1, 2)) - levels).max() < 3


def test_no_group_is_on_two_sides_and_the_shares_are_70_20_10():
    groups = np.repeat(np.arange(200), np.random.default_rng(0).integers(1, 40, 200))
    sides = clips.split_groups(groups, seed=3)
    assert sorted(np.concatenate(sides).tolist()) == list(range(len(groups)))
    homes = [set(groups[side].tolist()) for side in sides]
    assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])
    assert np.allclose([len(side) / len(groups) for side in sides], clips.SHARES, atol=0.02)
    with pytest.raises(TrainingInputError, match="cannot be split"):
        clips.split_groups(np.array([1, 1, 2]), seed=0)


def test_published_clips_are_read_without_the_discards(published: Path):
    found = spacejam.SpaceJam(published, 112, 80)
    assert dict(zip(found.names.tolist(), found.labels.tolist(), strict=True)) == {
        "0000000": 4, "0000000_flipped": 4, "0001000": 9, "0002000": 0,
    }  # fmt: skip
    clip = found.read(found.names.tolist().index("0001000"))
    assert clip.shape == (FRAMES, 112, 80, 3) and clip.dtype == np.uint8
    assert abs(clip.mean() - 120) < 4


def test_a_mirrored_copy_is_in_the_group_of_its_source(published: Path):
    found = spacejam.SpaceJam(published, 112, 80)
    group = dict(zip(found.names.tolist(), found.groups.tolist(), strict=True))
    assert group["0000000"] == group["0000000_flipped"]
    assert len(set(group.values())) == 3


def change(folder: Path, name: str, **values: object) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "annotation_dict.json").unlink(), "no annotation_dict.json"),
        (lambda f: (f / "annotation_dict.json").write_text("{"), "not readable JSON"),
        (lambda f: (f / "annotation_dict.json").write_text("[]"), "must be an object"),
        (lambda f: change(f, "annotation_dict.json", **{"0001000": 11}), "has class 11"),
        (lambda f: change(f, "annotation_dict.json", **{"0009999": 1}), r"0009999\.mp4 is annotated but missing"),
        (lambda f: change(f, "labels_dict.json", **{"2": "walk"}), "calls class 2 'walk'"),
        (lambda f: (f / "clips").rename(f / "other"), "no folder clips or examples"),
    ],
)
def test_a_spoiled_published_folder_is_one_clear_error(published: Path, spoil, message: str):
    spoil(published)
    with pytest.raises(TrainingInputError, match=message):
        spacejam.SpaceJam(published, 112, 80)


def test_a_corrupt_and_a_short_video_are_named(published: Path):
    (published / "clips" / "0000000.mp4").write_bytes(b"no video at all")
    write_clip(published / "clips" / "0001000.mp4", 50, frames=9)
    found = spacejam.SpaceJam(published, 112, 80)
    names = found.names.tolist()
    with pytest.raises(TrainingInputError, match=r"0000000\.mp4 is not a readable video"):
        found.read(names.index("0000000"))
    with pytest.raises(TrainingInputError, match="has 9 frames"):
        found.read(names.index("0001000"))


def test_a_crop_has_its_player_in_the_middle_at_a_known_height():
    frame = np.zeros((360, 640, 3), np.uint8)
    frame[100:180, 300:330] = 255
    crop = tracked.cut(frame, np.array([315.0, 140.0]), 80.0)
    ys, xs = np.nonzero(crop[..., 0] > 128)
    assert abs(xs.mean() - WIDTH / 2) < 1.5 and abs(ys.mean() - HEIGHT / 2) < 1.5
    assert np.ptp(ys) == pytest.approx(HEIGHT / tracked.CONTEXT, abs=2)


def test_a_tracked_path_keeps_up_with_a_runner_but_is_not_the_truth():
    x = 50 + 12.0 * np.arange(FRAMES)
    boxes = np.stack([x - 15, np.full(FRAMES, 100.0), x + 15, np.full(FRAMES, 180.0)], 1).astype(np.float32)
    for seed in range(20):
        centres, tall = tracked.tracker_path(boxes, np.random.default_rng(seed))
        gap = np.abs(centres - np.stack([x, np.full(FRAMES, 140.0)], 1))
        assert 0.2 < gap.max() < 0.25 * 80
        assert 70 < tall < 90


def test_the_label_is_the_action_at_the_middle_and_a_brief_action_is_discarded():
    codes = np.full((120, 2), LABELS.index("run"))
    codes[60:63, 0] = LABELS.index("pass")
    codes[50:80, 1] = LABELS.index("shoot")
    found = simulated.middle_labels(codes, 60.0, np.array([0.5, 61 / 60, 1.8]), simulated.ClipPlan())
    assert found[:, 0].tolist() == [2, DISCARD, 2]
    assert found[:, 1].tolist() == [2, 4, 2]


def test_only_rare_classes_get_copies():
    labels = np.array([2] * 97 + [4] * 3)
    found = batches.examples(labels, np.arange(100), twins=True)
    assert len(found) == 100 + 3 * 4
    assert set(found[found[:, 1] > 0, 0].tolist()) == {97, 98, 99}
    assert len(batches.examples(labels, np.arange(100), twins=False)) == 100


def test_copies_are_rotated_and_shifted_as_published():
    clip = np.zeros((2, 100, 80, 3), np.uint8)
    clip[:, 45:55, 35:45] = 255
    where = [np.argwhere(augment.twin(clip, which)[0][1, :, :, 0] > 128).mean(0) for which in range(5)]
    middle = where[0]
    assert np.allclose(where[1], middle, atol=1) and np.allclose(where[2], middle, atol=1)
    assert np.allclose(where[3] - middle, (0, 20), atol=0.6) and np.allclose(where[4] - middle, (0, -20), atol=0.6)
    corner = np.zeros((1, 100, 80, 3), np.uint8)
    corner[:, 48:52, 60:70] = 255
    up, down = (np.argwhere(augment.twin(corner, which)[0][0, :, :, 0] > 128).mean(0)[0] for which in (1, 2))
    assert up < 45 and down > 55


@pytest.mark.parametrize("which", range(5))
def test_points_move_with_their_image(which: int):
    rng = np.random.default_rng(which)
    for _ in range(12):
        clip = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
        x, y = rng.uniform(25, WIDTH - 25), rng.uniform(35, HEIGHT - 35)
        clip[:, round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = 255
        dot = np.zeros((points.POINTS, 3), np.float32)
        dot[points.BALL] = round(x), round(y), 1
        changed, turned = augment.twin(clip, which)
        changed, reframed = augment.vary(changed, rng)
        expected = points.moved(points.moved(dot, turned), reframed)[points.BALL]
        bright = changed[0, ..., 0].astype(float)
        ys, xs = np.nonzero(bright > bright.max() * 0.7)
        assert np.hypot(xs.mean() - expected[0], ys.mean() - expected[1]) < 1.5


def test_mirroring_exchanges_left_and_right_joints():
    right_wrist = np.zeros((points.POINTS, 3), np.float32)
    right_wrist[10] = 5, 7, 1
    mirror = np.array([[-1.0, 0.0, WIDTH - 1.0], [0.0, 1.0, 0.0]])
    found = points.moved(right_wrist, mirror)
    assert found[9].tolist() == [WIDTH - 6, 7, 1] and found[10, 2] == 0
    assert np.array_equal(points.moved(found, mirror), right_wrist)


def test_sampling_balances_classes_by_its_exponent():
    labels = np.array([0] * 10 + [1] * 90)
    rng = np.random.default_rng(0)
    drawn = {name: labels[batches.draw(labels, 4000, much, rng)] for name, much in batches.BALANCE.items()}
    shares = {name: (classes == 0).mean() for name, classes in drawn.items()}
    assert shares["natural"] == pytest.approx(0.1, abs=0.02)
    assert shares["root"] == pytest.approx(0.25, abs=0.03)
    assert shares["balanced"] == pytest.approx(0.5, abs=0.03)


def test_every_clip_of_a_class_is_seen_before_any_twice():
    labels = np.array([0] * 10 + [1] * 90)
    drawn = batches.draw(labels, 100, 0.0, np.random.default_rng(1))
    assert np.bincount(drawn, minlength=100).max() <= 2
    assert len(set(drawn.tolist())) >= 90


def test_the_published_split_leaks_and_ours_does_not():
    groups = np.repeat(np.arange(30), 20)
    labels = np.where(np.arange(600) % 20 == 0, 4, 2)
    leaking, by_clip, by_game = protocols(labels, groups, seed=0)
    assert leaking.related.mean() > 0.1
    assert not by_clip.related.any() and not set(by_clip.train[:, 0]) & set(by_clip.validation[:, 0])
    assert not set(groups[by_game.train[:, 0]]) & set(groups[by_game.validation[:, 0]])
    for way in (by_clip, by_game):
        assert way.train[:, 1].any() and not way.validation[:, 1].any()


def test_splits_have_different_games_in_the_published_shares():
    train, validation, test = (games_of(name, 70) for name in ("train", "validation", "test"))
    assert (len(train), len(validation), len(test)) == (70, 20, 10)
    assert not set(train) & set(validation) and test.start >= 20_000
    with pytest.raises(TrainingInputError, match="lower --games"):
        games_of("validation", 4000)


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> tuple[clips.StoredClips, Path, simulated.ClipPlan]:
    folder = tmp_path_factory.mktemp("clips")
    plan = simulated.ClipPlan(duration=4.0)
    return simulated.games((3,), plan, folder), folder, plan


def test_a_simulated_game_gives_labelled_clips_that_a_folder_keeps(game):
    first, folder, plan = game
    assert len(first.labels) > 10 and set(first.labels.tolist()) <= set(range(len(LABELS)))
    assert first.read(0).shape == (FRAMES, HEIGHT, WIDTH, 3) and first.read(0).std() > 10
    there = first.points[..., : points.JOINTS, :][first.points[..., : points.JOINTS, 2] > 0]
    # A tracked player's joints are around the middle of his crop.
    assert np.allclose(np.median(there[:, :2], 0), (WIDTH / 2, HEIGHT / 2), atol=12)
    assert len(list(folder.iterdir())) == 1
    again = simulated.games((3,), plan, folder)
    assert again.names.tolist() == first.names.tolist()
    assert all(np.array_equal(a, b) for a, b in zip(again.sheets, first.sheets, strict=True))


def test_a_dense_plan_adds_only_rare_actions(game):
    plain, _, plan = game
    dense = simulated.games((3,), simulated.ClipPlan(duration=plan.duration, dense=True), None)
    counts = [np.bincount(found.labels, minlength=len(LABELS)) for found in (plain, dense)]
    common = [label for label in range(len(LABELS)) if label not in simulated.RARE]
    assert counts[0][common].tolist() == counts[1][common].tolist()
    assert (counts[1] >= counts[0]).all()
