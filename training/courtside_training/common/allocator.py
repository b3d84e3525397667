"""Makes the C allocator keep the memory it has: on CPU, training is several times faster so."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8


def keep_memory() -> bool:
    """Ask glibc never to hand large blocks back to the system; True if it agreed.

    By default every activation of some megabytes is mapped, faulted in page by page and unmapped again: a training
    step of the shot network took 4.1 s so, 0.63 s without (2 cores). Call before other threads allocate, since
    arenas other than the first cannot hold such blocks. Elsewhere than on glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    wanted = ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_TOP_PAD, 128 * 1024 * 1024))
    return all([mallopt(name, value) == 1 for name, value in wanted])
