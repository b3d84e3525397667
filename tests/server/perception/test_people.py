"""A detector of people completes the players that the court's detector found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from structlog.testing import capture_logs

from courtside_server.compose import PlayerOption, make_engine, make_shot_models, start_models
from courtside_server.errors import ModelNotFound
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.packaged import starter_models
from courtside_server.perception.config import PeopleConfig
from courtside_server.perception.people import People, PeopleDetector
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.settings import load_settings
from courtside_server.types import UNTRACKED, Detections, DetectorFrame, ObjectClass

BALL, RIM, PLAYER, REFEREE = ObjectClass.BALL, ObjectClass.RIM, ObjectClass.PLAYER, ObjectClass.REFEREE


def frame(number=0, fps=15.0, pan=(0.0, 0.0), cut=False) -> DetectorFrame:
    pixels = np.full((3, 384, 640), 114, np.uint8)
    media = number / fps
    return DetectorFrame("c", 0, number, media, media, media, pixels, 1.0, (0, 12), 640, 360, pan, cut)


def found(*rows) -> Detections:
    """Rows of (x0, y0, x1, y1, score, class)."""
    held = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(held[:, :4], held[:, 4], held[:, 5].astype(np.int64))


FLOAT = np.dtype(np.float32)
INFO = ModelInfo(
    "person_detector", "1", {"image": TensorSpec("image", np.dtype(np.uint8), (3, -1, -1))},
    {
        "boxes": TensorSpec("boxes", FLOAT, (32, 4)), "scores": TensorSpec("scores", FLOAT, (32,)),
        "classes": TensorSpec("classes", FLOAT, (32,)),
    }, 8,
)  # fmt: skip
CLOSE = (200, 40, 360, 350, 0.8, PLAYER)
"""A person who fills the picture's height."""
NOTHING = found()


def completed(people, detections, **config) -> Detections:
    memory = People(config=PeopleConfig(**config))
    memory.update(frame(), people)
    return memory.complete(frame(), detections)


def test_a_person_whom_the_court_detector_missed_becomes_a_player():
    ball = found((300, 30, 320, 50, 0.7, BALL))
    both = completed(found(CLOSE), ball)
    assert both.classes.tolist() == [BALL, PLAYER] and both.boxes[1].tolist() == [200, 40, 360, 350]


@pytest.mark.parametrize("kind", [PLAYER, REFEREE])
def test_a_known_player_or_referee_is_not_added_twice(kind):
    known = found((205, 50, 365, 355, 0.6, kind))
    assert len(completed(found(CLOSE), known)) == 1
    larger = found((100, 0, 500, 360, 0.6, kind))
    assert len(completed(found(CLOSE), larger)) == 1, "most of the person lies in it"


def test_a_player_who_leaves_the_place_where_he_was_expected_is_not_added_beside_himself():
    turned = found((300, 40, 460, 350, 0.8, PLAYER))
    assert len(completed(found(CLOSE), turned)) == 1
    behind = (290, 50, 420, 330, 0.7, PLAYER)
    assert len(completed(found(CLOSE, behind), turned)) == 2, "the nearer of two is the one who is known"


def test_a_small_false_player_inside_a_person_hides_nobody():
    head = found((250, 45, 300, 100, 0.5, PLAYER))
    assert len(completed(found(CLOSE), head)) == 2


def test_a_weak_detection_of_the_same_body_is_replaced():
    weak = found((205, 50, 365, 355, 0.2, PLAYER))
    assert completed(found(CLOSE), weak).scores.tolist() == pytest.approx([0.8])


def test_spectators_are_not_added_to_a_game():
    players = [(60 * index, 150, 60 * index + 30, 225, 0.7, PLAYER) for index in range(8)]
    spectators = found(*((70 * index, 20, 70 * index + 30, 80, 0.7, PLAYER) for index in range(9)))
    assert len(completed(spectators, found(*players))) == 8
    assert len(completed(spectators, found(*players[:1]))) > 1, "a film of one known player is no game"
    assert len(completed(found(CLOSE), found(*((x, 5, x + 20, 60, 0.7, PLAYER) for x in range(0, 160, 20))))) == 9


def test_people_move_on_with_the_camera_and_as_they_did_between_two_answers():
    memory, tracker = People(), Tracker(TrackIds.fresh())
    people = {0: found(CLOSE), 5: found((220, 40, 380, 350, 0.8, PLAYER))}
    tracks, boxes = [], []
    for number in range(10):
        now = frame(number, pan=(-3.0 * number, 0.0))
        if number in people:
            assert memory.take(now)
            shifted = replace(people[number], boxes=people[number].boxes + np.array([-3 * number, 0] * 2, np.float32))
            memory.update(now, shifted)
        else:
            assert not memory.take(now)
        seen = tracker.update(replace(now, pan=now.pan), memory.complete(now, NOTHING))
        rows = seen.rows(PLAYER)
        assert len(rows) == 1
        tracks.append(int(seen.tracks[rows[0]]))
        boxes.append(float(seen.boxes[rows[0], 0]))
    assert len({track for track in tracks if track != UNTRACKED}) == 1 and tracks[-1] != UNTRACKED
    assert boxes[9] == pytest.approx(220 - 3 * 9 + 4 * 4, abs=1), "20 pixels in 5 frames, less the pan"


def test_people_are_forgotten_after_a_while_and_at_a_cut():
    memory = People()
    memory.update(frame(), found(CLOSE))
    assert len(memory.complete(frame(7), NOTHING)) == 1
    assert len(memory.complete(frame(9), NOTHING)) == 0
    memory.update(frame(10), found(CLOSE))
    assert len(memory.complete(frame(11, cut=True), NOTHING)) == 0
    assert len(memory.complete(frame(12), NOTHING)) == 0


def test_slow_motion_counts_in_real_seconds():
    memory = People(time_scale=0.5)
    due = [number for number in range(30) if memory.take(frame(number))]
    assert due == [0, 10, 20]
    memory.update(frame(20), found(CLOSE))
    assert len(memory.complete(frame(34), NOTHING)) == 1


async def test_the_shipped_model_answers_at_every_shape():
    engine = EmbeddedEngine(starter_models(), threads=1)
    try:
        await engine.start(["person_detector"])
        detector = PeopleDetector(engine, "person_detector", 5.0)
        for shape, expected in (((384, 640), (256, 416)), ((640, 384), (416, 256)), ((480, 480), (320, 320))):
            tall, wide = shape
            now = replace(frame(), pixels=np.full((3, *shape), 114, np.uint8), width=wide, height=tall, margin=(0, 0))
            request = detector.request(now)
            assert request.inputs["image"].shape == (1, 3, *expected)
            answer = request.parse(await engine.infer(request.model, request.inputs, timeout=5))
            assert len(answer) == 0, "nobody is in a grey picture"
    finally:
        await engine.close()


def test_boxes_come_in_the_pixels_of_the_film():
    class Engine:
        def info(self, model):
            return INFO

    request = PeopleDetector(Engine(), "person_detector", 1.0).request(
        replace(frame(), scale=0.5, width=1280, height=720)
    )
    boxes = np.array([[[65, 39, 130, 195]]], np.float32)  # at 0.65 of the detector frame's size
    answer = request.parse(
        {"boxes": boxes, "scores": np.array([[0.9]], np.float32), "classes": np.full((1, 1), 2, np.float32)}
    )
    assert answer.boxes[0] == pytest.approx([200, 93, 400, 561], abs=2)


async def test_a_repository_without_models_of_people_and_players_still_works_and_names_what_is_lost(tmp_path):
    for folder in starter_models().iterdir():
        if folder.name not in ("person_detector", "player_actions", "jersey_number"):
            (tmp_path / folder.name).symlink_to(folder)
    settings = load_settings(None, {"inference.repository": str(tmp_path)})
    engine = make_engine(settings)
    try:
        with capture_logs() as logs:
            await start_models(settings, engine)
        assert make_shot_models(settings, engine).people is None
        printed = str([entry["event"] for entry in logs if entry["log_level"] == "warning"])
        assert "no model player_actions: it is not known what players do" in printed
        assert "no model jersey_number: players stay without number and name" in printed
        with pytest.raises(ModelNotFound, match="--roster needs the model jersey_number, which"):
            await start_models(settings, engine, [PlayerOption.FORM, PlayerOption.ROSTER])
    finally:
        await engine.close()
