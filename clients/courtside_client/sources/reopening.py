"""Sources that are opened again: a camera that is not up yet, or is lost, is waited for."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import tenacity

from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.errors import SourceError, SourceLost, SourceUnreachable
from courtside_client.retry import RetryPolicy
from courtside_client.sources.base import Source

STEADY_S = 2.0
"""Seconds after which a source counts as working; one that is lost sooner each time uses up the time for retries."""

Notice = Callable[[str], None]
"""Called, from any thread, with one line for a person."""
_Item = TypeVar("_Item", SourceFrame, SourcePacket)


class FormatChanged(Exception):
    """The source came back with another picture size or codec; its ``info`` is the new one, and it can be read on."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that is away.

    Attributes:
        why: one clause for a person.
        since: monotonic seconds of its last picture, or of the first try.
    """

    why: str
    since: float


class ReopeningSource:
    """A live source that is opened again whenever it is lost; its media time goes on through an outage.

    Args:
        name: the source, without secrets.
        open_once: opens it, or raises.
        retry_for: seconds of one outage after which to give up.
        on_notice: called with one line for each loss and each return.
        clock: monotonic seconds.
        rng: source of jitter.
    """

    def __init__(
        self,
        name: str,
        open_once: Callable[[], Source],
        *,
        retry_for: float = math.inf,
        on_notice: Notice | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._name, self._open_once, self._retry_for = name, open_once, retry_for
        self._notice, self._clock = on_notice or (lambda text: None), clock
        self._stopped = threading.Event()
        self._policy = RetryPolicy(retry_for, clock=clock, rng=rng, on_retry=self._note_failure)
        self._source: Source | None = None
        self._info: SourceInfo | None = None
        self._began: float | None = None
        self._newest = 0.0
        self._start = self._last = 0
        self._undecodable = self._damaged = 0
        self._warned = False
        self.outage: Outage | None = None
        """Set while the source is away."""
        self.losses = 0
        """How often it was lost."""

    @property
    def info(self) -> SourceInfo:
        """What the source is since its format last changed."""
        if self._info is None:
            raise RuntimeError("open() first")
        return self._info

    @property
    def undecodable(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._undecodable + (self._source.undecodable if self._source else 0)

    @property
    def damaged(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._damaged + (self._source.damaged if self._source else 0)

    def open(self) -> None:
        """Open the source for the first time; waits while it may yet come up.

        Raises:
            SourceError: it cannot be used, or ``retry_for`` has passed.
        """
        began = self._clock()
        self._adopt(self._wait(first=True))
        if self.outage is not None:
            self._notice(f"{self._name}: there after {self._clock() - began:.0f} s")
        self.outage = None

    @property
    def opened(self) -> Source:
        """What a user of this source reads: a film that was opened has nothing to be opened again for."""
        return self if self.info.live or self._source is None else self._source

    def frames(self) -> Iterator[SourceFrame]:
        """Pictures, across outages.

        Raises:
            SourceLost: it stayed away for ``retry_for`` seconds.
            FormatChanged: read it again for pictures of another format.
        """
        return self._through_outages(lambda source: source.frames(), self._shift_frame)

    def packets(self) -> Iterator[SourcePacket]:
        """Coded pictures, across outages; after each outage the first one is a keyframe.

        Raises:
            SourceLost: it stayed away for ``retry_for`` seconds.
            FormatChanged: read it again for packets of another format.
        """
        return self._through_outages(lambda source: source.packets(), self._shift_packet)

    def close(self) -> None:
        """End every wait and release the source. Idempotent, safe from any thread."""
        self._stopped.set()
        if self._source is not None:
            self._source.close()

    # ---- one outage ----------------------------------------------------------------------------------------------

    def _through_outages(
        self, read: Callable[[Source], Iterator[_Item]], shift: Callable[[_Item], _Item]
    ) -> Iterator[_Item]:
        while (source := self._source) is not None and not self._stopped.is_set():
            opened = self._newest = self._clock()
            try:
                for item in read(source):
                    if self._stopped.is_set():
                        return
                    self._newest = self._clock()
                    self._began = self._newest if self._began is None else self._began
                    yield shift(item)
                return
            except SourceLost as lost:
                self._undecodable += source.undecodable
                self._damaged += source.damaged
                source.close()
                if self._stopped.is_set():
                    return
                if not self._reopen(lost, self._newest - opened):
                    return

    def _reopen(self, lost: SourceLost, worked: float) -> bool:
        """Wait for the source to come back; False when it was stopped meanwhile, or has become a film."""
        self._source, self.losses, self._warned = None, self.losses + 1, False
        self.outage = Outage(lost.message, self._newest)
        self._notice(f"{lost.message}; opening it again")
        if worked >= STEADY_S:
            self._policy.succeeded()
        elif self._policy.exhausted():
            raise self._given_up(lost)
        elif self._stopped.wait(self._policy.delay()):
            return False
        try:
            source = self._wait(first=False)
        except (SourceError, SourceLost) as error:
            if self._stopped.is_set():
                return False
            raise self._given_up(error) from None
        if self._stopped.is_set():
            source.close()
            return False
        if not source.info.live:  # a live playlist (HLS) to which its end was written
            source.close()
            self.outage = None
            self._notice(f"{self._name}: it has ended")
            return False
        self._notice(f"{self._name}: back after {self._clock() - self.outage.since:.1f} s")
        self.outage = None
        before = self.info
        if _format(before) != _format(source.info):
            self._adopt(source)
            raise FormatChanged(self._name)
        self._adopt(source)
        return True

    def _adopt(self, source: Source) -> None:
        info, self._source = source.info, source
        self._opened_info = info
        if self._info is None or _format(self._info) != _format(info):
            self._info, self._began, self._start = info, None, info.first_pts
            return
        # Media time goes on as true time did.
        kept = self._info
        elapsed = 0.0 if self._began is None else self._clock() - self._began
        step = max(1, round(1 / ((kept.frame_rate or 30) * kept.time_base)))
        self._start = max(self._last + step, kept.first_pts + round(elapsed / kept.time_base))

    def _wait(self, *, first: bool) -> Source:
        def may_help(error: BaseException) -> bool:
            if first:
                return isinstance(error, SourceUnreachable)
            return isinstance(error, SourceError | SourceLost)  # it has worked before

        self._first = first
        if first:
            self._policy.succeeded()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_help),
            wait=self._policy,
            stop=lambda _: self._stopped.is_set() or self._policy.exhausted(),
            sleep=self._sleep,
            reraise=True,
        )
        source: Source = retrying(self._open_once)
        return source

    def _sleep(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def _note_failure(self, error: BaseException, delay: float) -> None:
        failure = getattr(error, "failure", None)
        why = getattr(error, "message", str(error))
        if self._first and self.outage is None:
            self.outage = Outage(why, self._clock())
            self._notice(f"{why}; trying again until it is there")
        elif not self._first and not self._warned and not (failure is not None and failure.temporary):
            self._warned = True  # somebody has to do something
            self._notice(f"{why}; trying again")
        if self.outage is not None:
            self.outage = replace(self.outage, why=why)

    def _given_up(self, error: SourceError | SourceLost) -> SourceLost:
        message = f"{error.message}; gave up after {self._retry_for:g} s"
        return SourceLost(message, self._name, failure=error.failure)

    # ---- media time ----------------------------------------------------------------------------------------------

    def _pts(self, pts: int) -> int:
        info, kept = self._opened_info, self.info
        shifted = self._start + round((pts - info.first_pts) * info.time_base / kept.time_base)
        return shifted

    def _shift_frame(self, frame: SourceFrame) -> SourceFrame:
        pts = self._pts(frame.pts)
        self._last = max(self._last, pts)
        return replace(frame, pts=pts)

    def _shift_packet(self, packet: SourcePacket) -> SourcePacket:
        pts = self._pts(packet.pts)
        self._last = max(self._last, pts)
        return replace(packet, pts=pts, dts=None if packet.dts is None else self._pts(packet.dts))


def _format(info: SourceInfo) -> tuple[object, ...]:
    return info.width, info.height, info.rotation, info.mirrored, info.codec, info.codec_config, info.reordered
