"""Ctrl-C while modules are imported."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it: 128 and the number of the signal."""


@contextlib.contextmanager
def quiet_interrupt() -> Iterator[None]:
    """Ctrl-C within this block ends the process at once with exit code 130 and prints nothing.

    An exception would not do: what is being imported may catch it or turn it into another one. Where the caller
    ignores or handles Ctrl-C, and outside the main thread, which alone can handle signals, nothing changes.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        try:
            signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        except ValueError:  # not the main thread
            ours = False
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
