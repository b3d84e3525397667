"""One shot, one event id: from first sight to last word, and again after a restart."""

from dataclasses import replace

import numpy as np
import pytest

from courtside.names import CameraName
from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.shots.events import ShotAssembler, shot_id
from courtside_server.shots.models.clip import check_clip_face
from courtside_server.types import Lifecycle, Zone
from courtside_server.windows.nms import MergedShot

CAMERA = CameraName.parse("games/g/cameras/left")
ZONES = np.array([0.1, 0.1, 0.0, 0.0, 0.7, 0.1, 0.0])


def merged(key=0, wall=1000.0, lifecycle=Lifecycle.PROVISIONAL, **changes):
    shot = MergedShot(key, lifecycle, 0.93, wall - 990, wall, 0.1, ZONES, 0.4, 3, 5, "shot_clip:1", 12.0)
    return replace(shot, **changes)


def test_all_revisions_of_a_shot_share_an_id_though_the_release_moves():
    assembler = ShotAssembler(CAMERA)
    first = assembler.draft(0, merged())
    moved = assembler.draft(0, merged(wall=1000.12))
    final = assembler.draft(0, merged(wall=1000.1, lifecycle=Lifecycle.CONFIRMED))
    assert first.event_id == moved.event_id == final.event_id == shot_id(CAMERA.name, 1000.0)
    assert (first.lifecycle, final.lifecycle) == (Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED)
    assert final.event_time == 1000.1 and final.media_offset == pytest.approx(10.1)


def test_a_revision_tells_what_a_viewer_would_notice():
    assembler = ShotAssembler(CAMERA)
    assert assembler.draft(0, merged()) is not None
    assert assembler.draft(0, merged(wall=1000.01, agreeing=4)) is None
    assert assembler.draft(0, merged(zone=ZONES[::-1])) is not None
    assert assembler.draft(0, merged(zone=ZONES[::-1], make=0.6)) is not None
    assert assembler.draft(0, merged(zone=ZONES[::-1], make=0.6, lifecycle=Lifecycle.CONFIRMED)) is not None


def test_the_event_says_zone_and_points():
    shot = ShotAssembler(CAMERA).draft(0, merged()).payload
    assert shot.zone is Zone.TOP_THREE and shot.zone.points == 3
    assert shot.zone_probabilities[Zone.TOP_THREE - 1] == pytest.approx(0.7)
    assert (shot.windows_agreeing, shot.windows_covering) == (3, 5)


def test_two_shots_have_two_ids_and_cameras_do_not_share():
    assembler = ShotAssembler(CAMERA)
    ids = {
        assembler.draft(0, merged()).event_id,
        assembler.draft(0, merged(key=1, wall=1003.0)).event_id,
        ShotAssembler(CameraName.parse("games/g/cameras/right")).draft(0, merged()).event_id,
    }
    assert len(ids) == 3


def test_a_shot_seen_again_after_a_restart_keeps_its_id():
    before = ShotAssembler(CAMERA).draft(0, merged(wall=1000.0))
    after = ShotAssembler(CAMERA)
    after.know([(before.event_time, before.event_id)])
    assert after.draft(0, merged(wall=1000.4)).event_id == before.event_id
    assert after.draft(0, merged(key=1, wall=1003.0)).event_id != before.event_id


def test_two_open_candidates_never_share_an_id():
    assembler = ShotAssembler(CAMERA)
    assembler.know([(1000.5, "shot-old")])
    one = assembler.draft(0, merged(key=0, wall=1000.0))
    two = assembler.draft(0, merged(key=1, wall=1000.9))
    assert one.event_id == "shot-old" and two.event_id != "shot-old"


def test_a_new_segment_starts_new_candidates():
    assembler = ShotAssembler(CAMERA)
    first = assembler.draft(0, merged(lifecycle=Lifecycle.CONFIRMED))
    assert assembler.draft(1, merged(wall=1100.0)).event_id != first.event_id


def clip_face(clip=(16, 3, 144, 256), dtype=np.uint8, **outputs):
    shapes = {"shot": (1,), "release": (16,), "zone": (7,), "make": (1,)} | outputs
    return ModelInfo(
        name="m", version="1",
        inputs={"clip": TensorSpec("clip", np.dtype(dtype), clip)},
        outputs={n: TensorSpec(n, np.dtype(np.float32), s) for n, s in shapes.items() if s is not None},
        max_batch_size=8, labels=(), parameters={},
    )


def test_a_clip_model_is_taken():
    check_clip_face(clip_face())


@pytest.mark.parametrize(
    ("info", "says"),
    [
        (clip_face(clip=(8, 3, 144, 256)), r"'clip' must be uint8 \[16, 3, H, W\], found uint8 \[8, 3, 144, 256\]"),
        (clip_face(dtype=np.float32), "found float32"),
        (clip_face(clip=(16, 3, -1, -1)), "fixed, even height"),
        (clip_face(zone=(5,)), r"'zone' must be \[7\], found \[5\]"),
        (clip_face(make=None), "'make' must be .* found nothing"),
    ],
)
def test_a_model_with_another_face_is_refused_by_name(info, says):
    with pytest.raises(ModelInvalid, match=says):
        check_clip_face(info)
