"""People for the pose network: crops, augmentation, COCO's layout, and a teacher's labels."""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
import pytest

from courtside_training.errors import TrainingInputError
from courtside_training.pose import coco, teacher
from courtside_training.pose.augment import AugmentConfig, example
from courtside_training.pose.crops import HEIGHT, MARGIN, WIDTH, crop_matrix, cut, invert, transform
from courtside_training.pose.people import Person, centre_crop, person
from courtside_training.pose.simulated import game_people
from courtside_training.pose.skeleton import MIRRORED

BOX = np.array([150.0, 60.0, 250.0, 260.0])
COLOURS = [(40 + 12 * i, 255 - 12 * i, (i * 67) % 256) for i in range(17)]
STILL = AugmentConfig(mirror=0, background=0, cover=0, truncate=0, colour=0, swap_colours=0, grey=0, motion=0, small=0,
                noise=0, jpeg=0, turn=0, scale=0, move=0)  # fmt: skip


def keypoints(visibility: int = 2) -> np.ndarray:
    """Seventeen points spread over BOX."""
    rows = [(160 + 20 * (i % 4) + 2 * i, 75 + 10 * i, visibility) for i in range(17)]
    return np.array(rows, np.float64)


def painted() -> Person:
    """A grey image with a disc of its own colour at each keypoint."""
    image = np.full((320, 400, 3), 128, np.uint8)
    for colour, point in zip(COLOURS, keypoints(), strict=True):
        cv2.circle(image, (round(point[0]), round(point[1])), 4, colour, -1)
    return person(image, BOX, keypoints(), outside=True, source="simulated")


def test_a_crop_holds_the_whole_box_in_its_middle_and_maps_back():
    matrix = crop_matrix(BOX)
    corners = transform(BOX.reshape(2, 2), matrix)
    assert (corners > 0).all() and (corners < (WIDTH, HEIGHT)).all()
    assert corners[1, 1] - corners[0, 1] == pytest.approx(HEIGHT / MARGIN)
    points = keypoints()[:, :2]
    assert transform(transform(points, matrix), invert(matrix)) == pytest.approx(points)


def test_pixels_outside_the_image_are_black():
    crop = cut(np.full((320, 400, 3), 200, np.uint8), crop_matrix(np.array([-60.0, 60, 40, 260])))
    assert (crop[:, :40] == 0).all() and (crop[80:, 100:] == 200).all()


def test_a_large_player_is_reduced_with_an_area_filter():
    stripes = np.zeros((1600, 1200, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = cut(stripes, crop_matrix(np.array([150.0, 100, 1050, 1500])))
    assert crop[60:130, 40:100].mean() == pytest.approx(100, abs=3)
    assert crop[60:130, 40:100].std() < 15
    dot = np.zeros((1600, 1200, 3), np.uint8)
    cv2.circle(dot, (700, 900), 20, (255, 255, 255), -1)
    matrix = crop_matrix(np.array([150.0, 100, 1050, 1500]))
    rows, columns = np.nonzero(cut(dot, matrix)[..., 0] > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx(transform(np.array([700.0, 900]), matrix), abs=0.3)


@pytest.mark.parametrize("config", [
    STILL,
    AugmentConfig(**{**STILL.__dict__, "turn": 30.0, "scale": 0.25, "move": 0.08}),
    AugmentConfig(**{**STILL.__dict__, "mirror": 1.0, "turn": 30.0}),
])  # fmt: skip
def test_keypoints_stay_on_what_they_mark(config: AugmentConfig):
    mirrored = config.mirror == 1.0
    for seed in range(3):
        made = example(painted(), np.random.default_rng(seed), config=config)
        image = made["crop"].transpose(1, 2, 0)[..., ::-1]
        for index in np.flatnonzero(made["weight"] == 1):
            x, y = made["positions"][index]
            if 2 <= x < WIDTH - 2 and 2 <= y < HEIGHT - 2:
                colour = COLOURS[MIRRORED[index] if mirrored else index]
                assert np.abs(image[round(float(y)), round(float(x))].astype(int) - colour).max() < 90, index


def test_covered_keypoints_count_less_and_cut_off_ones_do_not_exist():
    other, sure = painted(), 0
    covered = [example(painted(), np.random.default_rng(s), other, AugmentConfig(**{**STILL.__dict__, "cover": 1.0}))
               for s in range(8)]  # fmt: skip
    assert any((made["weight"] == 0.5).any() for made in covered)
    for seed in range(8):
        cut_off = AugmentConfig(**{**STILL.__dict__, "truncate": 1.0})
        made = example(painted(), np.random.default_rng(seed), config=cut_off)
        gone = made["weight"] == 0
        sure += int(gone.sum())
        assert (made["known"] == 1).all()
    assert sure > 0


def test_every_change_together_gives_the_same_example_for_the_same_seed():
    one, two = (example(painted(), np.random.default_rng(5), painted()) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert one["crop"].shape == (3, HEIGHT, WIDTH) and one["crop"].dtype == np.uint8


def test_simulated_players_come_with_keypoints_in_their_boxes():
    people = list(game_people(2, 1))
    assert people
    for one in people:
        crop, truth, box = centre_crop(one)
        assert crop.shape == (HEIGHT, WIDTH, 3)
        seen = truth[truth[:, 2] == 2, :2]
        assert len(seen) >= 4 and (seen > box[:2] - 3).all() and (seen < box[2:] + 3).all()


def coco_folder(root, **change) -> None:
    (root / "annotations").mkdir()
    (root / "train2017").mkdir()
    cv2.imwrite(str(root / "train2017" / "a.jpg"), np.full((320, 400, 3), 90, np.uint8))
    note = {"image_id": 1, "bbox": [150, 60, 100, 200], "num_keypoints": 17, "iscrowd": 0,
            "keypoints": keypoints().reshape(-1).tolist(), **change}  # fmt: skip
    crowd = {**note, "iscrowd": 1}
    content = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [note, crowd]}
    (root / "annotations" / "person_keypoints_train2017.json").write_text(json.dumps(content))


def test_the_published_layout_is_read(tmp_path):
    coco_folder(tmp_path)
    split = coco.split_name(tmp_path, "train")
    [[one]] = list(coco.coco_people(coco.read(tmp_path, split)))
    assert one.source == "real" and not one.outside
    scale = HEIGHT / MARGIN / 200
    points = centre_crop(one)[1]
    assert points[1, :2] - points[0, :2] == pytest.approx(np.array([22, 10]) * scale, abs=1e-3)
    assert coco.provenance(tmp_path, split) == {"labels": "", "credits": []}


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda root: (root / "annotations" / "person_keypoints_train2017.json").unlink(), "keypoint layout"),
    (lambda root: (root / "annotations" / "person_keypoints_train2017.json").write_text("{"), "not a COCO keypoint"),
    (lambda root: (root / "train2017" / "a.jpg").write_bytes(b"text"), "a.jpg is missing or not a readable image"),
    (lambda root: (root / "train2017" / "a.jpg").unlink(), "a.jpg is missing or not a readable image"),
])  # fmt: skip
def test_bad_folders_are_one_clear_error(tmp_path, spoil, message):
    coco_folder(tmp_path)
    spoil(tmp_path)
    with pytest.raises(TrainingInputError, match=message):
        list(coco.coco_people(coco.read(tmp_path, coco.split_name(tmp_path, "train"))))


def test_labels_of_another_skeleton_and_missing_splits_are_named(tmp_path):
    coco_folder(tmp_path, keypoints=[1.0, 2.0, 2.0])
    with pytest.raises(TrainingInputError, match="not a COCO keypoint file"):
        coco.read(tmp_path, "train2017")
    with pytest.raises(TrainingInputError, match=r"no person_keypoints_val\*.json, only train2017"):
        coco.split_name(tmp_path, "val")


def marks(square: np.ndarray) -> np.ndarray:
    """A teacher that finds the brightest red spot and puts everything there, sure of it."""
    row, column = np.unravel_index(square[..., 0].argmax(), square.shape[:2])
    found = np.tile([column, row, 0.9], (17, 1)).astype(np.float64)
    found[[9, 10], 2] = 0.05
    return found


def test_a_teachers_views_are_combined_in_image_pixels():
    image = np.zeros((320, 400, 3), np.uint8)
    cv2.circle(image, (210, 150), 2, (0, 0, 255), -1)
    found = teacher.label_player(marks, image, BOX)
    assert found[0, :2] == pytest.approx([210, 150], abs=2.5)
    assert found[0, 2] == 2 and found[9, 2] == 0


def test_a_keypoint_on_which_views_disagree_is_unknown():
    rng = np.random.default_rng(0)
    found = teacher.label_player(lambda _: np.column_stack([rng.uniform(0, 192, (17, 2)), np.ones(17)]),
                         np.zeros((320, 400, 3), np.uint8), BOX)  # fmt: skip
    assert (found[:, 2] == 0).sum() >= 14


def test_labelled_people_are_read_like_any_other_and_keep_their_credits(tmp_path):
    source = tmp_path / "yolo" / "train"
    (source / "images").mkdir(parents=True)
    (source / "labels").mkdir()
    (source.parent / "data.yaml").write_text("names:\n- Ball\n- Player\nnc: 2\n")
    image = np.zeros((320, 400, 3), np.uint8)
    cv2.circle(image, (200, 160), 3, (0, 0, 255), -1)
    cv2.imwrite(str(source / "images" / "a.jpg"), image)
    (source / "labels" / "a.txt").write_text("0 0.5 0.5 0.02 0.02\n1 0.5 0.5 0.25 0.625\n")
    sure = lambda square: np.column_stack([marks(square)[:, :2], np.ones(17)])  # noqa: E731
    boxed = teacher.boxed_images(source)
    for people in teacher.teach(sure, boxed, tmp_path / "out", "train2017", 1.5, credit="A, CC BY 4.0"):
        assert people == 1
    [entry] = coco.read(tmp_path / "out", "train2017")
    assert entry.keypoints[0, 0, :2] == pytest.approx([300, 160], abs=3)
    assert entry.boxes[0] == pytest.approx([225, 60, 375, 260], abs=0.5)
    assert coco.provenance(tmp_path / "out", "train2017")["credits"] == ["A, CC BY 4.0"]
    with pytest.raises(TrainingInputError, match=r"neither _annotations.coco.json nor images/"):
        teacher.boxed_images(tmp_path)


def test_a_missing_interpreter_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(TrainingInputError, match="pip install ai-edge-litert"):
        teacher.MoveNet(tmp_path / "movenet.tflite")
