"""Clips of events: which moment of which recording, cut by a bounded number of threads."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from courtside.events import Event
from courtside.v1 import media_pb2
from courtside_server.errors import BadRequest, NotFound, NotRecorded, TooManyClips
from courtside_server.events.hub import EventHub
from courtside_server.media.clips import ClipStore, Cut, Recordings, Stretch
from courtside_server.media.config import ClipConfig

_T = TypeVar("_T")
_OFF = "this gateway records nothing: set recording.enabled = true and start it again"


class ClipMaker:
    """Cuts clips; a bounded number at a time.

    Args:
        hub: the events.
        recordings: what was recorded; None: nothing is.
        store: keeps finished clips; None: nothing is recorded.
        config: limits.
    """

    def __init__(
        self, hub: EventHub, recordings: Recordings | None, store: ClipStore | None, config: ClipConfig
    ) -> None:
        self._hub, self._recordings, self._store, self.config = hub, recordings, store, config
        self._places = asyncio.Semaphore(config.jobs)
        self._open = 0

    @property
    def recordings(self) -> Recordings:
        """What was recorded.

        Raises:
            NotRecorded: nothing is.
        """
        if self._recordings is None:
            raise NotRecorded(_OFF)
        return self._recordings

    @property
    def store(self) -> ClipStore:
        """The finished clips.

        Raises:
            NotRecorded: nothing is recorded.
        """
        if self._store is None:
            raise NotRecorded(_OFF)
        return self._store

    def span(self, before: float | None, after: float | None) -> tuple[float, float]:
        """Seconds before and after a moment, checked.

        Raises:
            BadRequest: too long, or no number.
        """
        before = self.config.before_s if before is None else before
        after = self.config.after_s if after is None else after
        if not (math.isfinite(before) and math.isfinite(after)) or before < 0 or after < 0:
            raise BadRequest("before and after must be seconds, 0 or more", field="before_seconds")
        if not 0 < before + after <= self.config.max_s:
            raise BadRequest(
                f"a clip of {before + after:g} s cannot be cut; the limit is {self.config.max_s:g} s",
                field="after_seconds",
            )
        return before, after

    async def moment(self, game: str, event_id: str, camera: str) -> media_pb2.MediaMoment:
        """Where an event is in the film of a camera.

        Args:
            game: ``games/{game}``.
            event_id: the event.
            camera: resource name; empty: the event's own.

        Raises:
            NotFound: no such event.
        """
        found = await self._hub.revisions(game, event_id)
        if not found:
            raise NotFound(f"{game} has no event {event_id[:80]!r}, or it was evicted")
        return _moment(found[-1], camera)

    async def clip(
        self, moment: media_pb2.MediaMoment, before: float, after: float, camera: str = ""
    ) -> tuple[Path, list[Cut]]:
        """A clip round a moment.

        Args:
            moment: of one camera.
            before: seconds.
            after: seconds.
            camera: another one, whose film of the same time is wanted; empty: the moment's own.

        Raises:
            NotRecorded: nothing of it was recorded.
            TooManyClips: too many are being cut.
        """
        recordings, store = self.recordings, self.store

        def make() -> tuple[Path, list[Cut]]:
            cut = _cut(recordings, moment, before, after)
            if camera and camera != moment.camera:
                cut = recordings.cut_at(camera, cut.server_time, cut.seconds)
            return store.clip(cut), [cut]

        return await self.run(make)

    async def all_cameras(
        self, game: str, moment: media_pb2.MediaMoment, before: float, after: float
    ) -> tuple[Path, list[Cut]]:
        """Clips of the same time of every camera of a game that was recorded then, in one ZIP.

        Raises:
            NotRecorded, TooManyClips: see :meth:`clip`.
        """
        recordings, store = self.recordings, self.store

        def make() -> tuple[Path, list[Cut]]:
            cuts = [_cut(recordings, moment, before, after)]
            for camera in recordings.index.cameras(game):
                if camera != moment.camera:
                    try:
                        cuts.append(recordings.cut_at(camera, cuts[0].server_time, cuts[0].seconds))
                    except NotRecorded:  # it was away
                        continue
            return store.archive(cuts), cuts

        return await self.run(make)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do work in a thread once there is a place.

        Raises:
            TooManyClips: too many wait.
        """
        async with self._place():
            return await asyncio.to_thread(work)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """A place among those that are worked on.

        Raises:
            TooManyClips: too many wait.
        """
        if self._open >= self.config.jobs + self.config.waiting:
            raise TooManyClips(f"{self._open} clips are being cut, the limit; try again in a few seconds")
        self._open += 1
        try:
            async with self._places:
                yield
        finally:
            self._open -= 1


def _cut(recordings: Recordings, moment: media_pb2.MediaMoment, before: float, after: float) -> Cut:
    at = moment.media_offset
    return recordings.cut(
        Stretch(moment.camera, moment.session, moment.media_segment, at - before, at + after)
    )


def _moment(event: Event, camera: str) -> media_pb2.MediaMoment:
    """Where an event is in a camera's film; in the event's own camera's where that one has no view of it."""
    if event.shot is not None and camera:
        for view in event.shot.views:
            if view.camera == camera:
                return media_pb2.MediaMoment(
                    camera=camera, session=view.session, media_segment=view.media_segment,
                    media_offset=view.media_offset,
                )  # fmt: skip
    if not event.camera:
        raise BadRequest(f"event {event.event_id[:80]!r} belongs to no camera", field="event_id")
    return media_pb2.MediaMoment(
        camera=event.camera, session=event.session, media_segment=event.media_segment, media_offset=event.media_offset
    )
