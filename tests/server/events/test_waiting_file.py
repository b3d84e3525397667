"""Events that still wait for the log when the gateway stops are there at the next start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import structlog

from courtside_server.events.waiting import WaitingFile


def test_what_was_saved_is_loaded_once(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.waiting"
    WaitingFile(path).reserve()
    drafts = [draft(1), draft(2, detail="the camera is gone"), draft(3, camera="right")]
    assert WaitingFile(path).load() == []
    assert WaitingFile(path).save(drafts) == 3
    again = WaitingFile(path)
    assert again.load() == drafts
    again.clear()
    assert again.load() == WaitingFile(path).load() == []


def test_a_full_disk_has_the_room_that_was_reserved(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.waiting"
    file = WaitingFile(path, reserved=20_000)
    file.reserve()
    assert path.stat().st_size == 20_000
    drafts = [draft(number) for number in range(500)]
    kept = file.save(drafts)
    assert 20 < kept < 500 and path.stat().st_size == 20_000, "the oldest that fit, in the same room"
    assert file.load() == drafts[:kept]


def test_what_was_saved_at_the_end_is_not_cleared_any_more(tmp_path: Path, draft) -> None:
    file = WaitingFile(tmp_path / "events.waiting")
    file.save([draft(1)])
    file.clear()  # the events of the earlier run have just been written
    assert file.load() == [draft(1)]


def test_a_damaged_file_is_set_aside(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.waiting"
    for content in (b"12 34" + b" " * 59 + b"x" * 12, b"garbage", b"9" * 400):
        path.write_bytes(content)
        with structlog.testing.capture_logs() as lines:
            assert WaitingFile(path).load() == []
        assert len(lines) == 1 and not path.exists()
        path.with_name(path.name + ".broken").unlink()
    file = WaitingFile(path)
    file.save([draft(1), draft(2)])
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with structlog.testing.capture_logs():
        assert WaitingFile(path).load() == []


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, draft) -> None:
    file = WaitingFile(tmp_path / "missing" / "events.waiting")
    file.reserve()
    assert file.save([draft(1)]) == 0 and file.load() == []


def test_an_old_run_s_longer_content_leaves_nothing_behind(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.waiting"
    WaitingFile(path).save([draft(number) for number in range(50)])
    one = dataclasses.replace(draft(7))
    WaitingFile(path).save([one])
    assert WaitingFile(path).load() == [one]
