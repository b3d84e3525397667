"""Small facts about processes, ports and shared memory of this Linux machine, read from /proc."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

_SHM = Path("/dev/shm")
_LEFTOVER = "triton_python_backend_shm_region_*"
_SETTLED_S = 10.0


def started(pid: int) -> int | None:
    """When a process started, clock ticks since boot; ``None`` when there is none, or only its remains."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def reaped(pid: int) -> int | None:
    """The exit code of a child of ours that has ended; ``None`` while it runs, or when it is not (any more) ours."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if found else None


def group(leader: int) -> list[int]:
    """The processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None and int(fields[2]) == leader:
                found.append(int(entry.name))
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def free_port(host: str) -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def taken(host: str, port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def clean_shared_memory(folder: Path = _SHM) -> list[Path]:
    """Remove the regions that Triton servers which died left behind: ours, mapped by nobody, not just being made.

    Returns:
        What was removed.
    """
    regions = {path: path.stat() for path in folder.glob(_LEFTOVER)}
    if not regions:
        return []
    mapped: set[str] = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            mapped.update(line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines())
        except (OSError, UnicodeDecodeError):
            continue  # gone, or somebody else's
    removed = []
    for path, facts in regions.items():
        if facts.st_uid == os.getuid() and str(path) not in mapped and time.time() - facts.st_mtime > _SETTLED_S:
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on: 0 state, 1 parent, 2 group, 19 start time (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
