"""The thread that recognises courts for all cameras of a gateway, so that no camera waits for it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtEstimate, CourtPicture, recognise_court

_NICENESS = 10
"""At least, of the thread of live searches: 0 is usual, 19 the lowest priority."""
MAX_WAITING = 4
"""Searches that wait or run, of all live cameras together. Further ones are refused: the next shot comes soon."""


def _give_way() -> None:
    """Lower this thread's priority: cameras and models go first where the cores do not suffice."""
    if sys.platform == "linux":  # elsewhere a priority belongs to the whole process
        own = threading.get_native_id()
        with contextlib.suppress(OSError):  # not allowed in a sandbox: the search is the same
            os.setpriority(os.PRIO_PROCESS, own, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, own)))


class CourtEstimator:
    """Recognises courts one after another: film's at once in the calling thread, live cameras' in a thread of its own.

    Film waits for its court, so that the same film always gives the same events.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._waiting = 0

    def submit(self, picture: CourtPicture, config: CourtConfig, film: bool) -> Future[CourtEstimate | None] | None:
        """Have a court recognised; None where too many wait already."""
        if film:
            done: Future[CourtEstimate | None] = Future()
            done.set_result(recognise_court(picture, config))
            return done
        with self._lock:
            if self._waiting >= MAX_WAITING:
                return None
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "court estimator", initializer=_give_way)
            self._waiting += 1
            answer = self._thread.submit(recognise_court, picture, config)
        answer.add_done_callback(self._done)
        return answer

    def close(self) -> None:
        """Give up what waits; the search that runs ends by itself."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)

    def _done(self, answer: Future[CourtEstimate | None]) -> None:
        with self._lock:
            self._waiting -= 1
