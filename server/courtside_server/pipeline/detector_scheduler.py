"""The detector scheduler: shares the detector among all cameras of a gateway.

What the detector can do is measured (`detector_capacity`). It is shared out anew every ``interval``:

1. every live camera gets the floor, or less where it wants less;
2. cameras with a ball in flight, a ball near a rim or an open shot share the rest, up to what they want;
3. the other cameras share what is then left.

Within a step all get the same, and what one does not want goes to the others (max-min fairness). Where the detector
cannot give the floor to all, every camera gets the same and is DEGRADED until it can again.

    decode thread: share.rate(wanted) → rate of the FrameSampler; share.admit() before a frame is prepared
    worker thread: share.watch(future) when a request is sent; share.release(sent) when its frame was processed;
                   share.set_urgent(); share.take_change()

A frame is admitted only while its answer can be expected soon, so no request waits until it times out. Film is measured
and takes part in the sharing, but its frames are never left out: it waits instead.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from courtside_server.errors import InferenceTimeout
from courtside_server.perception.config import DetectorSharingConfig
from courtside_server.pipeline.detector_capacity import DetectorCapacity

_COST_WEIGHT, _LEAST_COST = 0.1, 0.1
"""Weight of the newest frame in a camera's mean cost per frame, and the least that this mean can be."""
_SILENT_S = 1.0
"""A camera that sent no frame for so long wants nothing."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one camera wants of the detector.

    Attributes:
        fps: detector frames per second; infinite for film.
        urgent: a ball is in flight or near a rim, or a shot is open.
    """

    fps: float
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class RateChange:
    """The detector ceased to give a camera the floor, or gives it again.

    Attributes:
        degraded: whether it is below the floor now.
        fps: what the camera gets.
    """

    degraded: bool
    fps: float


def share_out(total: float, demands: Sequence[Demand], floor: float) -> list[float]:
    """Share ``total`` frames per second; returns each camera's rate, in order.

    Args:
        total: frames per second that the detector can answer; may be infinite.
        demands: what the cameras want.
        floor: what each gets at least, where ``total`` suffices for all.
    """
    if math.isinf(total):
        return [demand.fps for demand in demands]
    rates = _fill(total, [min(demand.fps, floor) for demand in demands])
    for urgent in (True, False):
        wanted = [
            demand.fps - rate if demand.urgent is urgent else 0.0 for demand, rate in zip(demands, rates, strict=True)
        ]
        more = _fill(max(total - sum(rates), 0.0), wanted)
        rates = [rate + extra for rate, extra in zip(rates, more, strict=True)]
    return rates


def _fill(total: float, wanted: Sequence[float]) -> list[float]:
    """Max-min fair shares: nobody gets more than wanted, and what one does not want goes to the others."""
    out = [0.0] * len(wanted)
    left = sorted(range(len(wanted)), key=lambda index: wanted[index])
    for position, index in enumerate(left):
        out[index] = min(wanted[index], total / (len(left) - position))
        total -= out[index]
    return out


class DetectorScheduler:
    """Shares one detector among cameras; safe from any thread, and nothing in it waits.

    Args:
        config: the numbers that decide.
        clock: monotonic seconds.
    """

    def __init__(
        self, config: DetectorSharingConfig = DetectorSharingConfig(), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.config, self._clock = config, clock
        self._lock = threading.Lock()
        self._capacity = DetectorCapacity(config)
        self._shares: list[DetectorShare] = []
        self._due = -math.inf
        self._overloaded = False
        self._headroom = 1.0
        self._since: float | None = None

    @property
    def capacity(self) -> float:
        """Detector frames per second that are shared out now; infinite before the first answer."""
        with self._lock:
            return self._capacity.fps(self._clock())

    def add(self, film: bool = False, on_rate: Callable[[float], None] = lambda fps: None) -> DetectorShare:
        """Take a camera in; close the share when the camera is gone.

        Args:
            film: every frame counts, none is left out.
            on_rate: called with a live camera's rate whenever it is decided.
        """
        share = DetectorShare(self, film, on_rate)
        with self._lock:
            self._shares.append(share)
            self._due = -math.inf
        return share

    def _remove(self, share: DetectorShare) -> None:
        with self._lock:
            if share in self._shares:
                self._shares.remove(share)
            self._due = -math.inf

    # ---- the lock is held ----------------------------------------------------------------------------------------

    def _decide(self, now: float) -> None:
        """Share out anew where that is due."""
        if now < self._due:
            return
        self._due = now + self.config.interval
        demands = [share._demand(now) for share in self._shares]
        total, floor = self._capacity.fps(now), self.config.floor
        for share, rate in zip(self._shares, share_out(total, demands, floor), strict=True):
            share._set_rate(rate)
        wanted = sum(demand.fps for demand in demands)
        self._headroom = 1.0 if math.isinf(total) else min(max(1.0 - wanted / max(total, 1e-6), 0.0), 1.0)
        self._watch_floor(now, total, sum(min(demand.fps, floor) for demand in demands))
        for share in self._shares:
            share._announce(self._overloaded)

    def _watch_floor(self, now: float, total: float, floors: float) -> None:
        changes = total >= floors * self.config.recovered_margin if self._overloaded else total < floors
        if not changes:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if now - self._since >= self.config.degraded_after:
            self._overloaded, self._since = not self._overloaded, None


class DetectorShare:
    """One camera's share of the detector; made by :meth:`DetectorScheduler.add`."""

    def __init__(self, scheduler: DetectorScheduler, film: bool, on_rate: Callable[[float], None]) -> None:
        self.film, self.config = film, scheduler.config
        self._scheduler, self._on_rate = scheduler, on_rate
        self._wanted, self._rate, self._cost = 0.0, math.inf, 1.0
        self._seen_at = self._urgent_until = -math.inf
        self._pending = self._unsent = 0
        self._admitted_at = -math.inf
        self._degraded = False
        self._change: RateChange | None = None

    @property
    def degraded(self) -> bool:
        """Whether the detector cannot give the floor to all: what is not needed for shots is then left out."""
        return self._degraded

    @property
    def headroom(self) -> float:
        """Share of the detector's time that no camera wants, 0 to 1: room for what shots do not need."""
        return self._scheduler._headroom

    def rate(self, wanted: float) -> float:
        """Detector frames per real second that the camera gets now; call it with every frame.

        Args:
            wanted: frames per real second that it would take at most.
        """
        if self.film:
            wanted = math.inf
        scheduler = self._scheduler
        with scheduler._lock:
            now = scheduler._clock()
            if now - self._seen_at > _SILENT_S:
                scheduler._due = -math.inf
            self._seen_at, self._wanted = now, wanted
            scheduler._decide(now)
            return self._rate

    def admit(self) -> bool:
        """Whether a frame may go to the detector now. Each admitted frame is released once, whatever becomes of it."""
        scheduler = self._scheduler
        with scheduler._lock:
            now, capacity, config = scheduler._clock(), scheduler._capacity, scheduler.config
            if not self.film:
                pending = 0.0 if math.isinf(self._rate) else self._rate * config.max_wait
                admitted = sum(share._admitted(now) for share in scheduler._shares)
                if self._pending > pending or not capacity.has_room(now, admitted):
                    return False
            self._pending += 1
            self._unsent += 1
            self._admitted_at = now
            return True

    def release(self, sent: bool = False) -> None:
        """An admitted frame was processed, or will never be.

        Args:
            sent: it was sent to the detector (:meth:`watch`).
        """
        with self._scheduler._lock:
            self._pending -= 1
            self._unsent -= not sent

    def watch(self, answer: Future[Any], cost: float = 1.0) -> None:
        """A frame was sent to the detector; measure the time to its answer.

        Args:
            answer: ends when it is answered.
            cost: pixels that the detector sees over those of a whole frame, above 0.
        """
        scheduler = self._scheduler
        with scheduler._lock:
            self._unsent -= 1
            self._spend(cost)
            number = scheduler._capacity.start(scheduler._clock(), self.film, cost)

        def ended(done: Future[Any]) -> None:
            answered = not done.cancelled() and (
                done.exception() is None or isinstance(done.exception(), InferenceTimeout)
            )
            with scheduler._lock:
                scheduler._capacity.end(number, scheduler._clock(), answered)

        answer.add_done_callback(ended)

    def left_out(self) -> None:
        """An admitted frame is not worth sending: it costs nothing. It is still released."""
        with self._scheduler._lock:
            self._spend(0.0)

    def set_urgent(self) -> None:
        """A ball is in flight or near a rim, or a shot is open: this camera goes first for a while."""
        scheduler = self._scheduler
        with scheduler._lock:
            now = scheduler._clock()
            if now >= self._urgent_until:
                scheduler._due = -math.inf
            self._urgent_until = now + scheduler.config.urgent_for

    def take_change(self) -> RateChange | None:
        """What has to be announced of the camera's rate since the last call; None where nothing has."""
        if self._change is None:
            return None
        with self._scheduler._lock:
            change, self._change = self._change, None
            return change

    def close(self) -> None:
        """The camera is gone: its share goes to the others. May be called twice."""
        self._scheduler._remove(self)

    # ---- the scheduler's lock is held ----------------------------------------------------------------------------

    def _demand(self, now: float) -> Demand:
        """In whole frames per second: what many of its frames cost less is left to the others."""
        wanted = self._wanted if now - self._seen_at <= _SILENT_S else 0.0
        return Demand(wanted * self._cost if math.isfinite(wanted) else wanted, now < self._urgent_until)

    def _admitted(self, now: float) -> float:
        """Cost of the frames on the way to the detector; a worker that is held up for longer does not count."""
        return self._unsent * self._cost if not self.film and now - self._admitted_at <= self.config.max_wait else 0.0

    def _spend(self, cost: float) -> None:
        self._cost += _COST_WEIGHT * (cost - self._cost)
        self._cost = max(self._cost, _LEAST_COST)

    def _set_rate(self, rate: float) -> None:
        self._rate = rate / self._cost
        if not self.film:
            self._on_rate(self._rate)

    def _announce(self, overloaded: bool) -> None:
        if not self.film and overloaded is not self._degraded and self._wanted:
            self._degraded = overloaded
            # What was not announced yet and is over needs no announcement.
            self._change = None if self._change is not None else RateChange(overloaded, self._rate)
