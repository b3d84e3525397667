"""The shooters of one scene: their poses round each release, once these are complete, to the analysis of forms.

shot (release, shooter) ──(0.6 s later)──► pose track ──► ShotPoses ──► ShotForms ──► ShotInsight
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import structlog

from courtside.shot_poses import ShotPoses
from courtside_server.errors import BadRequest
from courtside_server.inference.request import Infer
from courtside_server.players.form import KEPT, poses_of
from courtside_server.players.pose_tracks import PoseTracks
from courtside_server.players.shot_forms import AnalysedShot, ShotForms

log = structlog.get_logger(__name__)

_MAX_WAITING = 16
"""Shots whose poses are not complete yet; beyond it the oldest is left out."""
_SAME_S = 0.05
"""A release that is known better by less than this changes nothing of the form, real seconds."""
_BODY_M = 1.1, 2.9
"""Least and greatest height of a box round a body, metres: crouched, and with the arms raised in a jump. Where a scale
makes it another, the court is not where it is thought to be."""
_LATE_S = 0.3
"""Real seconds after the last pose that is needed, until it is answered."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotInsight:
    """What the shooter's poses say of a shot.

    Attributes:
        event_id: of the shot's events.
        shooter: his track.
        poses: of the shooter.
        found: form, shooter, alert.
    """

    event_id: str
    shooter: int
    poses: ShotPoses
    found: AnalysedShot


@dataclass(frozen=True, slots=True)
class _KnownShot:
    """Release in media seconds, the shooter's track, and pixels per metre where he stands."""

    release: float
    shooter: int
    pixels_per_metre: float | None


class Shooters:
    """Waits until a shooter's poses are complete, then has his form analysed.

    Args:
        forms: analyses them; shared by all cameras.
        poses: the players' poses.
        infer: runs a request and waits for the result.
        time_scale: real seconds per media second.
    """

    def __init__(self, forms: ShotForms, poses: PoseTracks, infer: Infer, time_scale: float) -> None:
        self._forms, self._poses, self._infer, self._scale = forms, poses, infer, time_scale
        self._waiting: dict[str, _KnownShot] = {}
        self._done: dict[str, _KnownShot] = {}

    def add(
        self, event_id: str, release: float, shooter: int | None, retracted: bool,
        pixels_per_metre: float | None = None,
    ) -> None:  # fmt: skip
        """Take what is newly known of a shot; see :meth:`PlayerAnalysis.shot`."""
        if retracted or shooter is None:
            self._waiting.pop(event_id, None)
            if retracted and self._done.pop(event_id, None) is not None:
                self._forms.forget(event_id)
            return
        shot = _KnownShot(release, shooter, pixels_per_metre)
        done = self._done.get(event_id)
        if done is not None and self._is_same(done, shot):
            return
        if done is not None and done.shooter != shooter:  # another player's form must not count for anybody
            del self._done[event_id]
            self._forms.forget(event_id)
        self._waiting[event_id] = shot
        while len(self._waiting) > _MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def _is_same(self, done: _KnownShot, shot: _KnownShot) -> bool:
        near = done.shooter == shot.shooter and abs(done.release - shot.release) * self._scale < _SAME_S
        return near and (done.pixels_per_metre is not None or shot.pixels_per_metre is None)

    def complete(self, media: float) -> list[ShotInsight]:
        """The shots whose poses are complete at a media time."""
        due = [
            event_id for event_id, shot in self._waiting.items()
            if (media - shot.release) * self._scale >= KEPT[1] + _LATE_S
        ]  # fmt: skip
        found = [self._analyze(event_id, self._waiting.pop(event_id)) for event_id in due]
        return [insight for insight in found if insight is not None]

    def _analyze(self, event_id: str, shot: _KnownShot) -> ShotInsight | None:
        self._done[event_id] = shot
        while len(self._done) > _MAX_WAITING:
            del self._done[next(iter(self._done))]
        release, shooter = shot.release, shot.shooter
        before, after = (span / self._scale for span in KEPT)
        track = self._poses.track(shooter, release - before, release + after)
        if track is None:
            return None
        scale = shot.pixels_per_metre
        if scale is not None and not _BODY_M[0] <= float(np.median(track.heights)) / scale <= _BODY_M[1]:
            scale = None
        try:
            poses = poses_of(track, release, event_id, scale, self._scale)
            return ShotInsight(event_id, shooter, poses, self._forms.analyze(self._infer, poses))
        except BadRequest as error:
            # Many shots show too little of their shooter: that is no fault.
            log.debug("no form is read of a shot", shot=event_id, why=error.message)
            return None
