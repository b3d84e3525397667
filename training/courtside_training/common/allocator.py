"""Makes the C allocator keep freed memory, which makes training on a CPU several times faster."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8


def keep_memory() -> bool:
    """Tell glibc never to return large blocks to the system; True if it accepts.

    By default every activation of some megabytes is mapped, faulted in page by page and unmapped again. A training
    step of the shot network took 4.1 s with that and takes 0.63 s without (2 cores). Call this before other threads
    allocate, since only the first arena can hold such blocks. On systems without glibc nothing changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    wanted = ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_TOP_PAD, 128 * 1024 * 1024))
    return all([mallopt(name, value) == 1 for name, value in wanted])
