"""Shot events: each change of a shot becomes one event draft, with the same event_id from first to last revision."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

import numpy as np

from courtside.court.zones import ZONES
from courtside.names import CameraName
from courtside.plays import Jersey
from courtside_server.shots.criteria import RevisionConfig
from courtside_server.shots.state import ShotState
from courtside_server.types import EventDraft, Lifecycle, Shooter, Shot, ShotForm, ShotResult, Zone, ZoneSource
from courtside_server.windows.nms import ShotCandidate

T = TypeVar("T")

_DECIDED = 0.92
"""How often a result is right that is known without a vote of the rim model: 93.6 % of 172 real clips of rims, of all
results."""


def shot_id(
    camera: str, wall: float, media_segment: int = 0, session: str = "", media: float = 0.0, number: int = 0
) -> str:
    """Deterministic event id of a shot, from where and when it was first seen.

    No time alone is an identity: a clock may be set back, media time begins anew with every client, and two players
    may shoot at the same time.

    Args:
        camera: its resource name.
        wall: capture time of the first estimate, Unix seconds; milliseconds count.
        media_segment: number of the media segment in the session.
        session: the session in which the camera's client began.
        media: media time of the first estimate, seconds; milliseconds count.
        number: how many other shots have all of these in common.
    """
    place = f"{camera}@{session}#{media_segment}@{round(media * 1000)}@{round(wall * 1000)}+{number}"
    digest = hashlib.blake2b(place.encode(), digest_size=10)
    return f"shot-{digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class KnownShot:
    """A shot that has an event id.

    Attributes:
        event_id: its id.
        wall: capture time of its release, Unix seconds.
        media: media time of its release, seconds.
        media_segment: where media time belongs to, in the session in which the shot was seen.
        lifecycle: of the last event that the camera drafted of it.
        interrupted: not every window with the shot was scored then.
        result: whether it went in, as far as it is known.
    """

    event_id: str
    wall: float
    media: float
    media_segment: int = 0
    lifecycle: Lifecycle = Lifecycle.PROVISIONAL
    interrupted: bool = False
    result: ShotResult = ShotResult.UNKNOWN

    def may_become(self, lifecycle: Lifecycle, result: ShotResult) -> bool:
        """Whether the camera may still revise the shot so, when it sees it again.

        What was CONFIRMED is final. It is never PROVISIONAL again. Where the film had been interrupted, a view of the
        whole shot counts more, whatever it says. Otherwise only a result can be added that was not known before.
        """
        if self.lifecycle is not Lifecycle.CONFIRMED:
            return True
        if lifecycle is Lifecycle.PROVISIONAL:
            return False
        adds_result = self.result is ShotResult.UNKNOWN and result is not ShotResult.UNKNOWN
        return self.interrupted or (lifecycle is Lifecycle.CONFIRMED and adds_result)


@dataclass(slots=True)
class _Known:
    shot: KnownShot
    scene: int | None = None
    """Where it was seen; None: it is in the log from before."""

    @property
    def retracted(self) -> bool:
        return self.shot.lifecycle is Lifecycle.RETRACTED


class ShotEvents:
    """Gives each shot its event id and drafts its events; one per camera and session.

    Film is sent again after a restart of the gateway, from where the gateway stopped. A shot that is seen again then
    gets its old id: among the shots of the same session that are in the log already it is looked up by its times. Each
    of those is found again once. In the same way a shot is found again that was retracted, or that is seen once more
    right after a camera cut. Otherwise two shots never have one id, whatever their clocks show. What is seen again of
    a confirmed shot makes no event, unless it adds something (:meth:`KnownShot.may_become`).

    Args:
        camera: where the shots are seen.
        radius: releases closer than this are the same shot, real seconds.
        config: which changes are worth a revision.
        remember: shots that are kept for the look-up; the oldest are forgotten.
        session: the session in which the camera's client began.
        time_scale: real seconds per media second.

    Attributes:
        media_segment: the segment of the shots that are drafted now; set it when a new one begins.
        jersey_of: gives the jersey of a track, as it is known now.
    """

    def __init__(
        self, camera: CameraName, radius: float = 1.0, config: RevisionConfig = RevisionConfig(), remember: int = 256,
        session: str = "", time_scale: float = 1.0,
    ) -> None:  # fmt: skip
        self._camera, self._radius, self._config, self._remember = camera, radius, config, remember
        self._session, self._scale = session, time_scale
        self.media_segment = 0
        self.jersey_of: Callable[[int | None], Jersey | None] = lambda track: None
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._last: OrderedDict[str, EventDraft] = OrderedDict()
        self._insights: OrderedDict[str, tuple[int, ShotForm, Shooter | None]] = OrderedDict()
        self._ids: dict[tuple[int, int], str] = {}
        self._emitted: dict[tuple[int, int], tuple[float, Shot]] = {}

    def restore(self, shots: Iterable[KnownShot]) -> None:
        """Take shots of the same session that are already in the log, oldest first."""
        self._known.update((shot.event_id, _Known(shot)) for shot in shots)

    def draft(self, scene: int, candidate: ShotCandidate, state: ShotState = ShotState()) -> EventDraft | None:
        """The event for a change of a shot.

        Args:
            scene: the candidate's scene; candidate keys are unique within one.
            candidate: the shot as the windows see it.
            state: what is known of it beside its release.

        Returns:
            None where no subscriber would notice the change, or the shot is final.
        """
        key = (scene, candidate.key)
        event_id = self._ids.get(key)
        if event_id is None:
            event_id = self._ids[key] = self._find(scene, candidate) or self._new_id(candidate)
        payload = self._with_insight(event_id, _payload(candidate, state, self._original(state.replay_of)))
        before = self._known.get(event_id)
        if candidate.lifecycle is not Lifecycle.PROVISIONAL:
            self._ids.pop(key, None)
            self._emitted.pop(key, None)
        if before is not None and not before.shot.may_become(candidate.lifecycle, payload.result):
            before.scene = scene  # found again: the next shot of this scene is another one
            return None
        if candidate.lifecycle is Lifecycle.PROVISIONAL:
            if not self._is_noticeable(key, candidate.media, payload):
                return None
            self._emitted[key] = candidate.media, payload
        known = KnownShot(
            event_id, candidate.wall, candidate.media, self.media_segment, candidate.lifecycle, payload.interrupted,
            payload.result,
        )  # fmt: skip
        self._known[event_id] = _Known(known, scene)
        while len(self._known) > self._remember:
            self._known.popitem(last=False)
        draft = EventDraft(
            game=self._camera.game,
            camera=self._camera.name,
            event_id=event_id,
            lifecycle=candidate.lifecycle,
            event_time=round(candidate.wall, 6),
            media_offset=round(candidate.media, 6),
            payload=payload,
            due=candidate.due,
            session=self._session,
            media_segment=self.media_segment,
        )
        _keep(self._last, event_id, draft, self._remember)
        return draft

    def add_form(
        self, event_id: str, shooter: int, form: ShotForm, identity: Shooter | None
    ) -> EventDraft | None:
        """The event of a shot with what its shooter's poses say; all later ones with this shooter have it, too.

        Args:
            event_id: of a shot that was drafted.
            shooter: the track whose poses they are.
            form: how it was shot.
            identity: who shot it.

        Returns:
            None where the shot is not known any more, was retracted, or has another shooter by now.
        """
        _keep(self._insights, event_id, (shooter, form, identity), self._remember)
        draft = self._last.get(event_id)
        if draft is None or draft.lifecycle is Lifecycle.RETRACTED or not isinstance(draft.payload, Shot):
            return None
        if draft.payload.shooter != shooter:
            return None
        added = replace(draft, payload=self._with_insight(event_id, draft.payload), due=None)
        _keep(self._last, event_id, added, self._remember)
        return added

    def revise_jersey(self, track: int) -> list[EventDraft]:
        """The events of the shots of a player whose jersey is known now, or not any more; retracted ones stay."""
        revised = []
        for event_id, draft in list(self._last.items()):
            shot = draft.payload
            if not isinstance(shot, Shot) or shot.shooter != track or draft.lifecycle is Lifecycle.RETRACTED:
                continue
            jersey = self.jersey_of(track)
            if jersey is None or shot.jersey is None or (jersey.number, jersey.name) != (
                shot.jersey.number, shot.jersey.name
            ):  # fmt: skip
                self._last[event_id] = replace(draft, payload=replace(shot, jersey=jersey), due=None)
                revised += [self._last[event_id]] if jersey != shot.jersey else []
        return revised

    def _with_insight(self, event_id: str, shot: Shot) -> Shot:
        shot = replace(shot, jersey=self.jersey_of(shot.shooter))
        if event_id not in self._insights:
            return shot
        shooter, form, identity = self._insights[event_id]
        if shooter != shot.shooter:
            return shot
        return replace(shot, form=form, identity=identity)

    def _new_id(self, candidate: ShotCandidate) -> str:
        for number in count():
            event_id = shot_id(
                self._camera.name, candidate.wall, self.media_segment, self._session, candidate.media, number
            )
            if event_id not in self._known:
                return event_id
        raise AssertionError  # count() has no end

    def _find(self, scene: int, candidate: ShotCandidate) -> str | None:
        """The id of the known shot that a candidate is again."""
        taken = set(self._ids.values())
        near = [
            (abs(known.shot.wall - candidate.wall), abs(known.shot.media - candidate.media), event_id)
            for event_id, known in self._known.items()
            if event_id not in taken
            and (known.retracted or known.scene != scene)
            and self._is_same(known, candidate)
        ]
        return min(near)[2] if near else None

    def _original(self, media: float | None) -> str:
        """The id of this session's shot that was released at a media time."""
        if media is None:
            return ""
        own = [(abs(known.shot.media - media), known.shot.event_id) for known in self._known.values()
               if known.scene is not None]  # fmt: skip
        return min(own, default=(0.0, ""))[1]

    def _is_same(self, known: _Known, candidate: ShotCandidate) -> bool:
        shot = known.shot
        # Behind a cut another shot may follow soon: only what is nearly the same time is the same shot.
        radius = self._radius if known.scene is None or known.retracted else self._radius / 2
        near = abs(shot.media - candidate.media) * self._scale <= radius
        if known.scene is None and (shot.media_segment or self.media_segment):
            # After a jump back media time is shifted by what came before, which a restarted gateway has not seen.
            near = True
        elif shot.media_segment != self.media_segment:
            near = False
        return near and abs(shot.wall - candidate.wall) <= radius

    def _is_noticeable(self, key: tuple[int, int], media: float, now: Shot) -> bool:
        """Whether a viewer would see the difference: every further window shifts the figures a little."""
        if key not in self._emitted:
            return True
        (before_media, before), config = self._emitted[key], self._config
        least = config.min_probability_change
        return (
            abs(before_media - media) >= config.min_time_change
            or before.zone != now.zone
            or before.result != now.result
            or before.type != now.type
            or before.shooter != now.shooter
            or (before.arc is None) != (now.arc is None)
            or abs(before.probability - now.probability) >= least
            or abs(before.make_probability - now.make_probability) >= least
        )


def _keep(kept: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    """Put a value last; forget the oldest of too many."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)


def _make(candidate: ShotCandidate, state: ShotState) -> float:
    """The probability that a shot goes in: by the rim once it decides, before that by the shot's context."""
    if state.make is not None:
        return state.make
    if state.result is not ShotResult.UNKNOWN:  # decided by less than the rim model's vote, such as an air ball
        return _DECIDED if state.result is ShotResult.MADE else 1 - _DECIDED
    return candidate.make if state.expected_make is None else state.expected_make


def _payload(candidate: ShotCandidate, state: ShotState, original: str) -> Shot:
    zone, source = state.zone, state.zone_source
    if zone is None and candidate.zone is not None:
        zone, source = tuple(map(float, candidate.zone)), ZoneSource.MODEL
    # The windows announce a shot; in the end all that was measured of it counts.
    probability = candidate.score
    if candidate.lifecycle is not Lifecycle.PROVISIONAL and state.probability is not None:
        probability = state.probability
    return Shot(
        probability=round(probability, 6),
        release_uncertainty=round(candidate.spread, 6),
        zone=Zone.UNSPECIFIED if zone is None else ZONES[int(np.argmax(zone))],
        zone_probabilities=() if zone is None else tuple(round(share, 6) for share in zone),
        make_probability=round(_make(candidate, state), 6),
        model=candidate.model,
        windows_agreeing=candidate.agreeing,
        windows_covering=candidate.covering,
        result=state.result,
        interrupted=candidate.interrupted,
        zone_source=ZoneSource.UNSPECIFIED if zone is None else source,
        shooter=state.shooter,
        court=state.court,
        arc=state.arc,
        playback_speed=None if state.playback_speed is None else round(state.playback_speed, 2),
        replay_of=original,
        type=state.type,
        type_probability=state.type_probability,
        rim_crossing=state.rim_crossing,
    )
