"""Player events: each change of an action, a possession or a play becomes one event draft."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from courtside.names import CameraName
from courtside.plays import Play, PlayerAction, Possession
from courtside_server.types import EventDraft, Lifecycle

_REMEMBER = 512
"""Drafted events that are kept to find repeated ones; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class PlayerChange:
    """Something that players do, as it is known now.

    Attributes:
        media: media seconds at which it begins.
        wall: capture time of that, Unix seconds.
        payload: what it is.
        final: it will not change any more.
    """

    media: float
    wall: float
    payload: PlayerAction | Possession | Play
    final: bool


class PlayerEvents:
    """Drafts the events of one camera's players.

    An event's id is that of its kind, player and beginning, so the same film gives the same ids. What would be drafted
    a second time without a change is left out: film is sent again after a restart of the gateway.

    Args:
        camera: where the players are seen.
        session: the session in which the camera's client began.

    Attributes:
        media_segment: the segment of what is drafted now; set it when a new one begins.
    """

    def __init__(self, camera: CameraName, session: str = "") -> None:
        self._camera, self._session = camera, session
        self.media_segment = 0
        self._drafted: dict[str, EventDraft] = {}

    def draft(self, changes: Iterable[PlayerChange]) -> list[EventDraft]:
        """The events of changes, oldest first."""
        drafts = []
        for change in changes:
            draft = self._draft(change)
            known = self._drafted.pop(draft.event_id, None)
            if known is not None:
                # A camera's wall clock and its media clock differ a little from frame to frame: the first time stands.
                draft = replace(draft, event_time=known.event_time)
            self._drafted[draft.event_id] = draft
            if known != draft and not (known is not None and known.lifecycle is Lifecycle.CONFIRMED):
                drafts.append(draft)
        for event_id in list(self._drafted)[: max(len(self._drafted) - _REMEMBER, 0)]:
            del self._drafted[event_id]
        return drafts

    def _draft(self, change: PlayerChange) -> EventDraft:
        payload = change.payload
        kind = type(payload).__name__
        what = payload.kind.name if isinstance(payload, Play) else ""
        place = f"{self._camera.name}@{self._session}#{self.media_segment}@{round(change.media * 1000)}"
        place += f"@{kind}{what}@{payload.player}"
        name = {"PlayerAction": "action", "Possession": "possession", "Play": "play"}[kind]
        return EventDraft(
            game=self._camera.game, camera=self._camera.name,
            event_id=f"{name}-{hashlib.blake2b(place.encode(), digest_size=10).hexdigest()}",
            lifecycle=Lifecycle.CONFIRMED if change.final else Lifecycle.PROVISIONAL,
            event_time=round(change.wall, 6), media_offset=round(change.media, 6), payload=_rounded(payload),
            session=self._session, media_segment=self.media_segment,
        )  # fmt: skip


def _rounded(payload: PlayerAction | Possession | Play) -> PlayerAction | Possession | Play:
    confidence = round(payload.confidence, 4)
    if isinstance(payload, Play):
        return replace(payload, confidence=confidence)
    return replace(payload, confidence=confidence, end=round(payload.end, 6))

