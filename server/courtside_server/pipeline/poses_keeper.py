"""Keeps the poses of shots once these are confirmed; those of shots that turn out to be none are dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import structlog

from courtside.shot_poses import ShotPoses
from courtside_server.errors import CourtsideError
from courtside_server.types import EventDraft, Lifecycle, Shot

log = structlog.get_logger(__name__)

_WAITING = 64
"""Shots whose poses wait for the shot to be confirmed; the oldest are dropped."""


class PosesKeeper:
    """Holds poses until their shot is confirmed. Runs on the camera's worker thread.

    Args:
        keep: keeps a shooter's poses under the id of the shot's event; may wait for a disk. None: nothing is kept.
    """

    def __init__(self, keep: Callable[[str, ShotPoses], None] | None) -> None:
        self._keep = keep
        self._waiting: OrderedDict[str, ShotPoses] = OrderedDict()

    def add(self, draft: EventDraft, poses: ShotPoses) -> None:
        """Take the poses of a shot whose newest draft this is."""
        if self._keep is None:
            return
        self._waiting[draft.event_id] = poses
        while len(self._waiting) > _WAITING:
            self._waiting.popitem(last=False)
        self.settle(draft)

    def settle(self, draft: EventDraft) -> None:
        """Keep or drop the poses of the draft's shot, where it is final."""
        if draft.lifecycle is Lifecycle.PROVISIONAL:
            return
        poses = self._waiting.pop(draft.event_id, None)
        if isinstance(draft.payload, Shot) and draft.payload.form is None:
            return  # they are of somebody who turned out not to be the shooter
        if poses is None or self._keep is None or draft.lifecycle is Lifecycle.RETRACTED:
            return
        try:
            self._keep(draft.event_id, poses)
        except (CourtsideError, OSError) as error:
            log.warning("the poses of a shot cannot be kept", camera=draft.camera, error=str(error))
