"""Processes, ports and shared memory of this Linux machine, as read from /proc."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

_SHM = Path("/dev/shm")
_LEFTOVER = "triton_python_backend_shm_region_*"
"""Memory regions of Triton's Python backend."""
_SETTLED_S = 10.0
"""A region younger than this may still be in the making, and is kept."""


def started(pid: int) -> int | None:
    """Start time of a process in clock units since boot; ``None`` when it does not run (any more)."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def reaped(pid: int) -> int | None:
    """Exit code of our child process once it has ended; ``None`` while it runs, or when it is not our child."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if found else None


def group(leader: int) -> list[int]:
    """Ids of the processes in a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None and int(fields[2]) == leader:
                found.append(int(entry.name))
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def free_port(host: str) -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def taken(host: str, port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def clean_shared_memory(folder: Path = _SHM) -> list[Path]:
    """Remove memory regions that crashed Triton servers have left: this user's, not mapped, and not new.

    Returns:
        The removed regions.
    """
    regions = {path: path.stat() for path in folder.glob(_LEFTOVER)}
    if not regions:
        return []
    mapped: set[str] = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            mapped.update(line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines())
        except (OSError, UnicodeDecodeError):
            continue  # the process has ended, or belongs to another user
    removed = []
    for path, status in regions.items():
        if status.st_uid == os.getuid() and str(path) not in mapped and time.time() - status.st_mtime > _SETTLED_S:
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on: 0 state, 1 parent, 2 group, 19 start time (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
