"""Assembling: every change of a merged shot → one event draft, the same event_id from first sight to last word."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

from courtside_server.shots.state import UNTOLD, ShotStory
from courtside_server.types import CameraName, EventDraft, Lifecycle, Shot, Zone, ZoneSource
from courtside_server.windows.nms import MergedShot


def shot_id(camera: str, wall: float) -> str:
    """Deterministic event id of a shot: camera and capture time of the first estimate, to the millisecond."""
    digest = hashlib.blake2b(f"{camera}@{round(wall * 1000)}".encode(), digest_size=10)
    return f"shot-{digest.hexdigest()}"


class ShotAssembler:
    """Gives each merged shot its event id and drafts its events; one a camera.

    A shot that is seen again (a film re-sent after a restart, a stream that resumed) comes out under its old id,
    because ids are looked up by release time first.

    Args:
        camera: where the shots are seen.
        radius: releases closer than this are the same shot, seconds.
        remember: how many shots to keep for that look-up.
    """

    def __init__(self, camera: CameraName, radius: float = 1.0, remember: int = 256) -> None:
        self._camera, self._radius, self._remember = camera, radius, remember
        self._known: OrderedDict[str, float] = OrderedDict()
        self._ids: dict[tuple[int, int], str] = {}
        self._told: dict[tuple[int, int], Shot] = {}
        self._told_media: dict[tuple[int, int], float] = {}

    def know(self, shots: Iterable[tuple[float, str]]) -> None:
        """Remember shots that are in the log already: wall release time and event id, oldest first."""
        self._known.update((event_id, wall) for wall, event_id in shots)

    def draft(self, segment: int, shot: MergedShot, story: ShotStory = UNTOLD) -> EventDraft | None:
        """The event that says what is now known of ``shot``.

        Args:
            segment: segment the merger works on; its keys are unique within one.
            shot: the change.
            story: what following it has shown.

        Returns:
            ``None`` when there is nothing to tell: nothing a subscriber would notice has changed.
        """
        key = (segment, shot.key)
        event_id = self._ids.get(key)
        if event_id is None:
            event_id = self._find(shot.wall) or shot_id(self._camera.name, shot.wall)
            self._ids[key] = event_id
        payload = _payload(shot, story)
        told, told_media = self._told.get(key), self._told_media.get(key, 0.0)
        if shot.lifecycle is not Lifecycle.PROVISIONAL:
            for memory in (self._ids, self._told, self._told_media):
                memory.pop(key, None)
        elif told is not None and abs(told_media - shot.media) < 0.05 and not _noticeable(told, payload):
            return None
        else:
            self._told[key], self._told_media[key] = payload, shot.media
        self._known[event_id] = shot.wall
        while len(self._known) > self._remember:
            self._known.popitem(last=False)
        return EventDraft(
            game=self._camera.game,
            camera=self._camera.name,
            event_id=event_id,
            lifecycle=shot.lifecycle,
            event_time=round(shot.wall, 6),
            media_offset=round(shot.media, 6),
            payload=payload,
            due=shot.due,
        )

    def _find(self, wall: float) -> str | None:
        taken = set(self._ids.values())
        near = [(abs(t - wall), e) for e, t in self._known.items() if e not in taken and abs(t - wall) <= self._radius]
        return min(near)[1] if near else None


def _payload(shot: MergedShot, story: ShotStory) -> Shot:
    shares = story.zone if story.zone is not None else None if shot.zone is None else tuple(map(float, shot.zone))
    source = story.zone_source if story.zone is not None else ZoneSource.MODEL
    return Shot(
        probability=round(shot.score, 6),
        release_uncertainty=round(shot.spread, 6),
        zone=Zone.UNSPECIFIED if shares is None else Zone(int(np.argmax(shares)) + 1),
        zone_probabilities=() if shares is None else tuple(round(share, 6) for share in shares),
        make_probability=round(shot.make if story.make is None else story.make, 6),
        model=shot.model,
        windows_agreeing=shot.agreeing,
        windows_covering=shot.covering,
        result=story.result,
        interrupted=shot.interrupted,
        zone_source=ZoneSource.UNSPECIFIED if shares is None else source,
        shooter=story.shooter,
        court=story.court,
        arc=story.arc,
    )


def _noticeable(before: Shot, now: Shot) -> bool:
    """Whether a viewer would see the difference; every further window shifts the figures a little."""
    return (
        before.zone != now.zone
        or before.result != now.result
        or before.shooter != now.shooter
        or (before.arc is None) != (now.arc is None)
        or abs(before.probability - now.probability) >= 0.1
        or abs(before.make_probability - now.make_probability) >= 0.1
    )
