"""Published layouts are read, damaged data is one clear error, and pasted objects have correct boxes."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from courtside_training.detector.augment import bad_light, crop, degrade
from courtside_training.detector.ball_sprites import add_fingers, draw_sprite, lit_like
from courtside_training.detector.bank import Bank, write_bank
from courtside_training.detector.classes import BALL, HEIGHT, PLAYER, REFEREE, RIM, STRIDE, WIDTH
from courtside_training.detector.close_views import close_frame
from courtside_training.detector.composites import paste_ball, paste_hoop, place_at_player
from courtside_training.detector.images import LabelledImage, letterbox, no_ignore, unlabelled
from courtside_training.detector.published import coco_records, ring_only, training_records, yolo_records
from courtside_training.detector.simulated import film
from courtside_training.detector.targets import make_targets
from courtside_training.detector.yolo_layout import write_layout
from courtside_training.errors import TrainingInputError


@pytest.fixture(scope="module")
def game():
    return film(3, 3.0)


@pytest.fixture
def coco(tmp_path):
    folder = tmp_path / "broadcast_train"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.jpg"), np.full((64, 64, 3), 90, np.uint8))
    names = ["ball", "number", "player-layup-dunk", "referee", "ball-in-basket"]
    notes = [{"image_id": 7, "category_id": index, "bbox": [8 * index, 16, 8, 32]} for index in range(5)]
    held = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 64, "height": 64}],
        "categories": [{"id": index, "name": name} for index, name in enumerate(names)],
        "annotations": notes,
    }
    (folder / "_annotations.coco.json").write_text(json.dumps(held))
    return folder


@pytest.fixture
def yolo(tmp_path):
    folder = tmp_path / "players17" / "train"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder.parent / "data.yaml").write_text("names: [Ball, Clock, Hoop, Player]\n")
    cv2.imwrite(str(folder / "images" / "a.jpg"), np.full((64, 64, 3), 90, np.uint8))
    (folder / "labels" / "a.txt").write_text("2 0.5 0.5 0.1 0.2\n1 0.1 0.1 0.1 0.1\n3 0.5 0.5 0.2 0.4\n")
    return folder


def test_coco_names_map_to_our_classes_and_squares_are_widened(coco):
    labelled = coco_records(coco)[0].load()
    assert labelled.classes.tolist() == [BALL, PLAYER, REFEREE]
    assert labelled.image.shape == (64, 114, 3)
    assert labelled.boxes[2] == pytest.approx([24 * 114 / 64, 16, 32 * 114 / 64, 48])


def test_hoops_are_reduced_to_rings_for_training(yolo):
    record = yolo_records(yolo)[0]
    assert record.classes.tolist() == [RIM, PLAYER]
    whole, ring = record.boxes[0], ring_only(record).boxes[0]
    assert ring[:3] == pytest.approx(whole[:3])
    assert (ring[2] - ring[0]) * 16 / 9 / (ring[3] - ring[1]) == pytest.approx(2.75)


def test_a_data_folder_joins_both_sets(coco, yolo):
    assert len(training_records(coco.parent)) == 2


def test_broken_data_is_one_clear_error(coco, yolo, tmp_path):
    (yolo / "labels" / "a.txt").write_text("9 0.5 0.5 0.1 0.2\n")
    with pytest.raises(TrainingInputError, match=r"a\.txt line 1"):
        yolo_records(yolo)
    (coco / "a.jpg").write_bytes(b"text")
    with pytest.raises(TrainingInputError, match="not a readable image"):
        coco_records(coco)[0].load()
    (coco / "_annotations.coco.json").write_text('{"images": []}')
    with pytest.raises(TrainingInputError, match="COCO's layout"):
        coco_records(coco)
    with pytest.raises(TrainingInputError, match="neither"):
        training_records(tmp_path / "labels")


def test_letterbox_keeps_the_aspect_and_moves_boxes():
    image = np.zeros((180, 320, 3), np.uint8)
    box = np.array([[10, 20, 30, 60]], np.float32)
    labelled = letterbox(LabelledImage(image, box, np.array([PLAYER]), no_ignore()))
    assert labelled.image.shape == (HEIGHT, WIDTH, 3)
    assert labelled.boxes[0] == pytest.approx([20, 52, 60, 132])
    assert labelled.image[0, 0, 0] == 114 and labelled.image[HEIGHT // 2, WIDTH // 2, 0] == 0


def test_boxes_follow_the_object_through_a_crop():
    image = np.zeros((360, 640, 3), np.uint8)
    image[100:160, 300:340] = 255
    labelled = LabelledImage(image, np.array([[300, 100, 340, 160]], np.float32), np.array([PLAYER]), no_ignore())
    for seed in range(12):
        cut = crop(labelled, 416, 320, np.random.default_rng(seed))
        rows, columns = np.nonzero(cut.image[..., 0] > 200)
        for x0, y0, x1, y1 in cut.boxes:
            seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            assert np.abs(seen - (x0, y0, x1, y1)).max() <= 0.12 * max(x1 - x0, y1 - y0) + 2


def test_simulated_frames_have_the_objects_of_the_truth(game):
    frames = [game.frame(time) for time in (0.5, 1.5, 2.5)]
    truth = game.camera.truth(1.5)
    assert (frames[1].classes == RIM).sum() == (truth.rims[:, 2] > 0).sum()
    assert (frames[1].classes == REFEREE).sum() == (truth.referees[:, 2] > 0).sum()
    assert any((labelled.classes == PLAYER).any() for labelled in frames)
    assert film(3, 3.0).frame(1.5).boxes == pytest.approx(frames[1].boxes)


def test_a_pasted_hoop_is_drawn_where_its_box_is(game):
    grey = unlabelled(np.full((360, 640, 3), 90, np.uint8))
    pasted = [paste_hoop(grey, game, np.random.default_rng(seed)) for seed in range(10)]
    drawn = [labelled for labelled in pasted if len(labelled.boxes)]
    assert len(drawn) >= 5
    for labelled in drawn:
        x0, y0, x1, y1 = np.clip(labelled.boxes[labelled.classes == RIM][0], 0, [640, 360, 640, 360]).astype(int)
        assert (labelled.image[y0 : y1 + 1, x0 : x1 + 1] != 90).any()


def test_a_pasted_ball_is_where_its_box_is():
    grey = unlabelled(np.full((360, 640, 3), 90, np.uint8))
    rng = np.random.default_rng(1)
    labelled = paste_ball(grey, draw_sprite(20, rng), rng)
    x0, y0, x1, y1 = labelled.boxes[0].astype(int)
    assert (labelled.image != 90).any(-1)[y0:y1, x0:x1].mean() > 0.5
    assert degrade(labelled.image, rng).shape == labelled.image.shape


def test_balls_have_many_colours_and_the_light_of_their_place():
    rng = np.random.default_rng(0)
    tones = []
    for _ in range(60):
        colour, alpha = draw_sprite(24, rng)
        mean = (colour * alpha[..., None]).sum((0, 1)) / alpha.sum()
        tones.append(cv2.cvtColor(mean[None, None].astype(np.uint8), cv2.COLOR_RGB2HSV)[0, 0])
    hue, value = np.array(tones)[:, 0], np.array(tones)[:, 2]
    assert value.min() < 50 and value.max() > 150
    assert ((hue > 4) & (hue < 18)).sum() > 20 and ((hue < 3) | (hue > 22)).sum() >= 5
    sprite = draw_sprite(24, rng)
    night, day = np.full((48, 48, 3), 20, np.uint8), np.full((48, 48, 3), 180, np.uint8)
    dark = [lit_like(sprite, night, np.random.default_rng(seed))[0].mean() for seed in range(8)]
    bright = [lit_like(sprite, day, np.random.default_rng(seed))[0].mean() for seed in range(8)]
    assert np.mean(dark) < 0.6 * np.mean(bright)


def test_a_ball_at_a_player_has_the_size_of_a_ball_and_stays_visible_behind_fingers():
    people = LabelledImage(
        np.full((360, 640, 3), 90, np.uint8), np.array([[200, 100, 300, 340]], np.float32), np.array([PLAYER]),
        no_ignore(),
    )
    for seed in range(20):
        rng = np.random.default_rng(seed)
        centre, size = place_at_player(people, rng)
        assert 24 <= size <= 41 and 185 <= centre[0] <= 315 and 50 <= centre[1] <= 281
        pasted = paste_ball(people, add_fingers(draw_sprite(size, rng), rng), rng, centre)
        x0, y0, x1, y1 = pasted.boxes[pasted.classes == BALL][0].astype(int)
        assert (pasted.image != 90).any(-1)[y0:y1, x0:x1].mean() > 0.5


def test_a_ball_outside_the_picture_is_not_pasted():
    grey = unlabelled(np.full((120, 160, 3), 90, np.uint8))
    rng = np.random.default_rng(2)
    assert not len(paste_ball(grey, draw_sprite(20, rng), rng, np.array([165.0, 60.0])).boxes)
    cut = paste_ball(grey, draw_sprite(20, rng), rng, np.array([157.0, 60.0])).boxes
    assert len(cut) and cut[0, 2] == 160


def test_close_views_show_large_people_in_pictures_of_every_shape(game):
    frames = [close_frame(game, np.random.default_rng(seed)) for seed in range(8)]
    tallest = [
        max((one.boxes[one.classes == PLAYER][:, 3] - one.boxes[one.classes == PLAYER][:, 1]) / one.image.shape[0])
        for one in frames if (one.classes == PLAYER).any()
    ]
    assert len(tallest) >= 6 and np.median(tallest) > 0.4
    shapes = [np.sign(one.image.shape[0] - one.image.shape[1]) for one in frames]
    assert {-1, 1} <= set(shapes)


def test_a_bank_is_read_as_it_was_drawn(tmp_path):
    write_bank(tmp_path, [], 3, seed=4)
    bank = Bank(tmp_path)
    assert len(bank) == 3
    again = Bank(write_bank(tmp_path / "again", [], 3, seed=4))
    for index in range(3):
        assert np.array_equal(bank.image(index).image, again.image(index).image)
    part = bank.part(1, 192, 128, np.random.default_rng(0))
    assert part.image.shape == (128, 192, 3)
    assert (part.boxes >= 0).all() and (part.boxes <= [192, 128, 192, 128]).all()
    with pytest.raises(TrainingInputError, match="detector draw"):
        Bank(tmp_path / "nowhere")


def test_bad_light_keeps_the_size():
    image = np.full((48, 64, 3), 120, np.uint8)
    light = [bad_light(image, np.random.default_rng(seed)) for seed in range(12)]
    assert all(one.shape == image.shape and one.dtype == np.uint8 for one in light)
    means = [one.mean() for one in light]
    assert min(means) < 90 and max(means) > 140


def test_targets_peak_at_the_centre_and_contain_the_box():
    boxes = np.array([[40, 40, 80, 120], [60, 60, 64, 64]], np.float32)
    ignore = np.array([[0, 0, 16, 16, BALL]], np.float32)
    maps = make_targets(LabelledImage(np.zeros((128, 128, 3), np.uint8), boxes, np.array([PLAYER, BALL]), ignore))
    assert maps["heat"][PLAYER, 80 // STRIDE, 60 // STRIDE] == 1.0
    assert (maps["heat"] == 1.0).sum() == 2
    assert maps["known"][BALL, :4, :4].sum() == 0 and maps["known"][PLAYER].all()
    # The small ball lies on the player: its cell answers for both.
    assert maps["box"][BALL, :, 62 // STRIDE, 62 // STRIDE] == pytest.approx(boxes[1])
    assert maps["box"][PLAYER, :, 80 // STRIDE, 60 // STRIDE] == pytest.approx(boxes[0])


@pytest.mark.parametrize("task", ["detect", "pose"])
def test_ultralytics_layout_has_images_and_labels(task, tmp_path):
    path = write_layout(tmp_path, task, games=1, frames=2)
    images = sorted((tmp_path / "images").rglob("*.jpg"))
    assert len(images) == 4 and path.read_text().count("names")
    lines = [line.split() for label in (tmp_path / "labels").rglob("*.txt") for line in label.read_text().splitlines()]
    assert lines and {len(line) for line in lines} == {5 if task == "detect" else 5 + 17 * 3}
    assert all(0 <= float(value) <= 2 for line in lines for value in line[1:])
