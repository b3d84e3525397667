"""Forms of one camera's shots: reads the shooter's poses once they are there, and adds them to the shots' events."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import structlog

from courtside.shot_poses import ShotPoses
from courtside_server.errors import BadRequest, CourtsideError
from courtside_server.inference.request import Infer
from courtside_server.players.form import FOLLOW_THROUGH, KEPT, poses_of
from courtside_server.players.shot_forms import AnalysedShot, ShotForms
from courtside_server.types import EventDraft, FormAlert, Lifecycle, PoseTrack, Shot

log = structlog.get_logger(__name__)

_REMEMBER = 256
"""Shots whose form is remembered; the oldest are forgotten."""
_SAME_S = 0.05
"""Real seconds by which a release may move without another measurement."""

Poses = Callable[[int, float, float], PoseTrack | None]
"""Gives the poses of a player's track between two media times; None without any."""
Keep = Callable[[str, str, ShotPoses], None]
"""Keeps the poses of a game's confirmed shot: the game's name, the shot's event id, the poses."""


@dataclass(frozen=True, slots=True)
class _Known:
    shooter: int
    release: float
    final: bool
    shot: AnalysedShot | None


class CameraForms:
    """Adds forms and identities to the drafts of one camera's shots. Runs on the camera's worker thread.

    A form is measured with the first draft after which the follow-through was seen, and once more when the shot is
    confirmed, if its release has moved meanwhile. Only confirmed shots count for alerts and are kept.

    Args:
        forms: shared by all cameras.
        infer: runs a request and waits for it.
        poses: gives poses of the scene.
        keep: keeps the poses of confirmed shots.
    """

    def __init__(
        self, forms: ShotForms, infer: Infer, poses: Poses, keep: Keep = lambda game, event_id, poses: None
    ) -> None:
        self._forms, self._infer, self._poses, self._keep = forms, infer, poses, keep
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def add(self, drafts: Iterable[EventDraft], speed: float) -> list[EventDraft]:
        """The drafts, shots with what is known of their form, each alert behind its shot.

        Args:
            drafts: of one camera.
            speed: how many times faster than real life the scene runs.
        """
        found: list[EventDraft] = []
        for draft in drafts:
            shot = draft.payload
            if not isinstance(shot, Shot) or draft.lifecycle is Lifecycle.RETRACTED or shot.shooter is None:
                found.append(draft)
                continue
            try:
                known, alert = self._form(draft, shot.shooter, speed)
            except BadRequest as error:  # nothing to measure: the shooter was hidden, lost or left the picture
                log.debug("no form of a shot", shot=draft.event_id, error=error.message)
                known, alert = None, None
                self._remember(draft, shot.shooter, None)
            if known is not None:
                draft = replace(draft, payload=replace(shot, form=known.form, identity=known.identity))
            found.append(draft)
            if alert is not None:
                found.append(_alert_draft(draft, alert))
        return found

    def _form(
        self, draft: EventDraft, shooter: int, speed: float
    ) -> tuple[AnalysedShot | None, FormAlert | None]:
        release, final = draft.media_offset, draft.lifecycle is Lifecycle.CONFIRMED
        before = self._known.get(draft.event_id)
        if before is not None and before.shooter == shooter:
            same = abs(before.release - release) * speed <= _SAME_S
            if same and (before.final or not final):
                return before.shot, None
        track = self._poses(shooter, release - KEPT[0] / speed, release + KEPT[1] / speed)
        if track is None:
            return None, None
        if not final and track.times[-1] < release + FOLLOW_THROUGH / speed:
            return None, None  # the next revision has seen more
        poses = poses_of(track, release, draft.event_id, speed=speed)
        shot = self._forms.analyze(self._infer, poses, final=final)
        self._remember(draft, shooter, shot)
        if final:
            try:
                self._keep(draft.game, draft.event_id, poses)
            except CourtsideError as error:
                log.warning("the poses of a shot cannot be kept", shot=draft.event_id, error=error.message)
        return shot, shot.alert

    def _remember(self, draft: EventDraft, shooter: int, shot: AnalysedShot | None) -> None:
        final = draft.lifecycle is Lifecycle.CONFIRMED
        self._known[draft.event_id] = _Known(shooter, draft.media_offset, final, shot)
        self._known.move_to_end(draft.event_id)
        while len(self._known) > _REMEMBER:
            self._known.popitem(last=False)


def _alert_draft(draft: EventDraft, alert: FormAlert) -> EventDraft:
    return EventDraft(
        game=draft.game, camera=draft.camera, event_id=f"form-{draft.event_id}", lifecycle=Lifecycle.CONFIRMED,
        event_time=draft.event_time, media_offset=draft.media_offset, payload=alert, session=draft.session,
        media_segment=draft.media_segment,
    )  # fmt: skip
