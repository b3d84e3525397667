"""A log that cannot be written says why in one sentence that names the file, and works again without a restart."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from courtside_server.errors import LogUnavailable
from courtside_server.events import SqliteLog


def refusal(call) -> str:
    with pytest.raises(LogUnavailable) as caught:
        call()
    assert "\n" not in caught.value.message
    return caught.value.message


def test_locked_by_another_program_then_free_again(tmp_path: Path, log, draft) -> None:
    log.append([draft(1)])
    other = sqlite3.connect(tmp_path / "events.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    message = refusal(lambda: log.append([draft(2)]))
    assert "locked by another program" in message and "events.sqlite3" in message
    assert len(log.read("games/final", 0, 9)) == 1, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert log.append([draft(2)])[0].sequence == 2


def test_in_use_by_another_gateway(tmp_path: Path, log, draft) -> None:
    log.append([draft(1)])
    second = SqliteLog(tmp_path / "events.sqlite3")
    message = refusal(second.check)
    assert "in use by another gateway" in message and "--data-dir" in message
    log.close()
    assert second.append([draft(2)])[0].sequence == 2
    second.close()


def test_a_folder_in_place_of_the_file(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    path.mkdir()
    log = SqliteLog(path)
    assert str(path) in refusal(lambda: log.append([draft(1)]))
    path.rmdir()
    assert log.append([draft(1)])[0].sequence == 1
    log.close()


def test_a_file_in_place_of_the_folder(tmp_path: Path, draft) -> None:
    (tmp_path / "var").write_text("")
    log = SqliteLog(tmp_path / "var" / "events.sqlite3")
    assert "in a writable folder" in refusal(lambda: log.append([draft(1)]))
    (tmp_path / "var").unlink()
    assert log.append([draft(1)])[0].sequence == 1, "the folder is made"
    log.close()


def test_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    path.write_bytes(b"camera left, quarter 2\n" * 500)
    log = SqliteLog(path)
    assert "damaged or not an event log" in refusal(log.check)
    assert path.read_bytes().startswith(b"camera left"), "somebody else's file is left alone"
    log.close()


def test_damaged_pages_are_reported_not_served(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    log = SqliteLog(path)
    log.append([draft(n, detail="x" * 500) for n in range(200)])
    log.close()  # moves everything from the write-ahead log into the file
    content = bytearray(path.read_bytes())
    for page in range(4096 * 7, len(content), 4096):
        content[page : page + 4096] = os.urandom(4096)
    path.write_bytes(content)
    log = SqliteLog(path)
    assert "damaged" in refusal(lambda: log.read("games/final", 0, 1000))
    log.close()


def test_a_damaged_payload_is_reported_not_served(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    log = SqliteLog(path)
    log.append([draft(1)])
    log.close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE events SET payload = '{'")
    other.close()
    log = SqliteLog(path)
    assert "damaged" in refusal(lambda: log.read("games/final", 0, 10))
    log.close()


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE accounts (id)")
    other.close()
    log = SqliteLog(path)
    assert "database of another program" in refusal(log.check)
    log.close()


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    log = SqliteLog(path)
    log.append([draft(1)])
    log.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 2")
    other.close()
    log = SqliteLog(path)
    assert "schema 2" in refusal(lambda: log.append([draft(2)]))
    log.close()


def test_a_file_moved_away_while_in_use_is_not_written_unseen(tmp_path: Path, log, draft) -> None:
    path = tmp_path / "events.sqlite3"
    log.append([draft(1)])
    path.rename(tmp_path / "aside")
    assert "moved, replaced or deleted" in refusal(lambda: log.append([draft(2)]))
    assert not path.exists(), "no second log is begun behind the operator's back"
    (tmp_path / "aside").rename(path)
    assert log.append([draft(2)])[0].sequence == 2


def test_disk_full_then_room_again(tmp_path: Path, draft, monkeypatch) -> None:
    connections = []
    connect = sqlite3.connect

    def remembered(*args, **kwargs):
        connections.append(connect(*args, **kwargs))
        return connections[-1]

    monkeypatch.setattr(sqlite3, "connect", remembered)
    log = SqliteLog(tmp_path / "events.sqlite3")
    log.append([draft(1)])
    writer = connections[1]  # after the one that owns the lock file
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}")
    batch = [draft(n, detail="x" * 3000) for n in range(2, 20)]
    assert "no space left" in refusal(lambda: log.append(batch))
    assert "no space left" in refusal(log.check)
    assert log.high_water_mark("games/final") == 1, "all or none"
    writer.execute("PRAGMA max_page_count = 1000000")
    assert [e.sequence for e in log.append(batch)] == list(range(2, 20))
    log.close()


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMON = """
    import os, resource, sys
    from courtside_server.errors import LogUnavailable
    from courtside_server.events import SqliteLog
    from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle
    def draft(n, size=2000):
        status = CameraStatus(CameraState.ONLINE, "x" * size)
        return EventDraft("games/g", "games/g/cameras/c", str(n), Lifecycle.CONFIRMED, 1.0, 2.0, status)
    def appended(n):
        try:
            return log.append([draft(n)])[0].sequence
        except LogUnavailable as error:
            print(error.message)
            return None
"""


def test_no_room_left_then_room_again(tmp_path: Path) -> None:
    out = run(
        COMMON
        + """
    log = SqliteLog(sys.argv[1])
    done = appended(0)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    n = refused = 0
    while refused < 5:  # opening the file afresh may make a little room, once
        if appended(n + 1) is None:
            refused += 1
        else:
            n, refused = n + 1, 0
        assert n < 1000
    assert n > 10
    try:
        log.check()
    except LogUnavailable:
        pass
    else:
        raise AssertionError("check passed though there is no room")
    assert log.high_water_mark("games/g") == n + 1, "history can still be read"
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    log.check()
    assert appended(n + 1) == n + 2, "the sequence goes on where it stopped"
    assert [e.sequence for e in log.read("games/g", 0, 10**6)] == list(range(1, n + 3))
    log.close()
    again = SqliteLog(sys.argv[1])
    assert again.high_water_mark("games/g") == n + 2
    again.close()
    """,
        str(tmp_path / "events.sqlite3"),
    )
    assert len(out.splitlines()) >= 5
    for line in out.splitlines():
        assert "events.sqlite3" in line and ("check the disk" in line or "no room" in line)


def test_read_only_then_writable_again() -> None:
    # Permission bits do not stop root, so root steps down, in a folder that anybody can reach.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "var" / "events.sqlite3"
        log = SqliteLog(path)
        log.check()
        log.close()
        out = run(READ_ONLY, str(path))
    assert "events.sqlite3" in out and ("read-only" in out or "written to" in out)


READ_ONLY = (
    COMMON
    + """
    path = sys.argv[1]
    folder = os.path.dirname(path)
    names = [path, path + ".lock", path + ".mark", folder]
    for name in names:
        if os.getuid() == 0:
            os.chown(name, 65534, 65534)
        os.chmod(name, 0o555 if name == folder else 0o444)
    if os.getuid() == 0:
        os.setuid(65534)
    log = SqliteLog(path)
    assert appended(1) is None
    for name in reversed(names):
        os.chmod(name, 0o755)
    assert appended(1) == 1
    log.close()
    """
)
