"""Shot events: each change of a shot becomes one event draft, with the same event_id from first to last revision."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

from courtside.court.zones import ZONES
from courtside.names import CameraName
from courtside_server.shots.criteria import RevisionConfig
from courtside_server.shots.state import ShotState
from courtside_server.types import EventDraft, Lifecycle, Shot, Zone, ZoneSource
from courtside_server.windows.nms import ShotCandidate


def shot_id(camera: str, wall: float, media_segment: int = 0) -> str:
    """Deterministic event id of a shot: camera, media segment, and capture time of the first estimate in milliseconds.

    Capture time alone is no identity: a camera's clock may be set back, and then shows the same time twice.
    """
    place = f"{camera}@{round(wall * 1000)}" + (f"#{media_segment}" if media_segment else "")
    digest = hashlib.blake2b(place.encode(), digest_size=10)
    return f"shot-{digest.hexdigest()}"


class ShotEvents:
    """Gives each shot its event id and drafts its events; one per camera.

    A shot that is seen again (film sent again after a restart, a resumed stream) gets its old id, because ids are
    looked up by release time first: among the shots of its media segment, and among those of earlier sessions, of
    which each is found again once.

    Args:
        camera: where the shots are seen.
        radius: releases closer than this are the same shot, seconds.
        config: which changes are worth a revision.
        remember: shots that are kept for the look-up.

    Attributes:
        media_segment: the segment of the shots that are drafted now; set it when a new one begins.
    """

    def __init__(
        self, camera: CameraName, radius: float = 1.0, config: RevisionConfig = RevisionConfig(), remember: int = 256
    ) -> None:
        self._camera, self._radius, self._config, self._remember = camera, radius, config, remember
        self.media_segment = 0
        self._known: OrderedDict[str, tuple[float, int | None]] = OrderedDict()
        self._ids: dict[tuple[int, int], str] = {}
        self._emitted: dict[tuple[int, int], tuple[float, Shot]] = {}

    def restore(self, shots: Iterable[tuple[float, str]]) -> None:
        """Take shots that are already in the log: wall release time and event id, oldest first."""
        self._known.update((event_id, (wall, None)) for wall, event_id in shots)

    def draft(self, scene: int, candidate: ShotCandidate, state: ShotState = ShotState()) -> EventDraft | None:
        """The event for a change of a shot.

        Args:
            scene: the candidate's scene; candidate keys are unique within one.
            candidate: the shot as the windows see it.
            state: what is known of it beside its release.

        Returns:
            None where no subscriber would notice the change.
        """
        key = (scene, candidate.key)
        event_id = self._ids.get(key)
        if event_id is None:
            event_id = self._find(candidate.wall) or shot_id(
                self._camera.name, candidate.wall, self.media_segment
            )
            self._ids[key] = event_id
        payload = _payload(candidate, state)
        if candidate.lifecycle is not Lifecycle.PROVISIONAL:
            self._ids.pop(key, None)
            self._emitted.pop(key, None)
        elif self._is_noticeable(key, candidate.media, payload):
            self._emitted[key] = candidate.media, payload
        else:
            return None
        self._known[event_id] = candidate.wall, self.media_segment
        while len(self._known) > self._remember:
            self._known.popitem(last=False)
        return EventDraft(
            game=self._camera.game,
            camera=self._camera.name,
            event_id=event_id,
            lifecycle=candidate.lifecycle,
            event_time=round(candidate.wall, 6),
            media_offset=round(candidate.media, 6),
            payload=payload,
            due=candidate.due,
        )

    def _find(self, wall: float) -> str | None:
        taken = set(self._ids.values())
        near = [
            (abs(known - wall), event_id)
            for event_id, (known, segment) in self._known.items()
            if event_id not in taken and segment in (None, self.media_segment) and abs(known - wall) <= self._radius
        ]
        return min(near)[1] if near else None

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
            or before.shooter != now.shooter
            or (before.arc is None) != (now.arc is None)
            or abs(before.probability - now.probability) >= least
            or abs(before.make_probability - now.make_probability) >= least
        )


def _payload(candidate: ShotCandidate, state: ShotState) -> Shot:
    zone, source = state.zone, state.zone_source
    if zone is None and candidate.zone is not None:
        zone, source = tuple(map(float, candidate.zone)), ZoneSource.MODEL
    return Shot(
        probability=round(candidate.score, 6),
        release_uncertainty=round(candidate.spread, 6),
        zone=Zone.UNSPECIFIED if zone is None else ZONES[int(np.argmax(zone))],
        zone_probabilities=() if zone is None else tuple(round(share, 6) for share in zone),
        make_probability=round(candidate.make if state.make is None else state.make, 6),
        model=candidate.model,
        windows_agreeing=candidate.agreeing,
        windows_covering=candidate.covering,
        result=state.result,
        interrupted=candidate.interrupted,
        zone_source=ZoneSource.UNSPECIFIED if zone is None else source,
        shooter=state.shooter,
        court=state.court,
        arc=state.arc,
    )
