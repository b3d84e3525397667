"""Record: what was seen in a film and what was told of its shots, by media time, to be drawn afterwards."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from courtside_server.events.hub import EventHub
from courtside_server.events.log import EventLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import UNTRACKED, Event, EventDraft, Lifecycle, ObjectClass, Observations, Shot

MOST_BOXES = 64
"""Boxes kept of one look: 25 bytes each and some 800 for the look, so 30 looks a second take at most 260 MB an hour of
film; fifteen boxes, as usual, make it 130 MB."""
HOLD_S = 0.25
"""Media seconds for which boxes stand in for a look that is missing."""
_SMOOTH = (1.0, 2.0, 3.0, 2.0, 1.0)
"""Weights of a player's boxes in the looks around: what a detector trembles by is nothing to be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameRecord:
    """What is drawn of one look.

    Attributes:
        media: seconds.
        view: counts cuts and discontinuities: places of two views have nothing to do with each other.
        pan: x, y by which the picture has moved, pixels; a thing at rest keeps its pixel minus ``pan``.
        boxes: (N, 4) float32 xyxy, pixels of the frame.
        classes: (N,) int8, :class:`ObjectClass` values.
        tracks: (N,) int32, `UNTRACKED` where there is none.
        scores: (N,) float32, 0 to 1.
    """

    media: float
    view: int
    pan: tuple[float, float]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int8]
    tracks: NDArray[np.int32]
    scores: NDArray[np.float32]

    def of(self, wanted: ObjectClass) -> list[tuple[int, NDArray[np.float32], float]]:
        """Track, box and score of everything of one class."""
        rows = np.flatnonzero(self.classes == wanted)
        return [(int(self.tracks[row]), self.boxes[row], float(self.scores[row])) for row in rows]

    def player(self, track: int) -> NDArray[np.float32] | None:
        """One player's box."""
        return next((box for known, box, _ in self.of(ObjectClass.PLAYER) if known == track), None)


@dataclass(slots=True)
class ShotHistory:
    """Every revision of one shot with the media time at which it was told, in order."""

    event_id: str
    revisions: list[tuple[float, EventDraft]] = field(default_factory=list)

    @property
    def last(self) -> EventDraft:
        """The last word."""
        return self.revisions[-1][1]

    def at(self, media: float) -> EventDraft | None:
        """What was known at a media time; None before anything was."""
        known = [draft for when, draft in self.revisions if when <= media]
        return known[-1] if known else None

    def retracted(self, media: float) -> float | None:
        """When it was taken back, if it is by now."""
        draft = self.at(media)
        if draft is None or draft.lifecycle is not Lifecycle.RETRACTED:
            return None
        return min(when for when, said in self.revisions if said.lifecycle is Lifecycle.RETRACTED)


class FilmRecord:
    """Grows while a film is analysed, then is only read."""

    def __init__(self) -> None:
        self._seen: list[FrameRecord] = []
        self._media: list[float] = []
        self._shots: dict[str, ShotHistory] = {}
        self._view, self._media_segment = 0, 0

    def __len__(self) -> int:
        """How many looks are kept."""
        return len(self._seen)

    # ---- while the film is analysed ------------------------------------------------------------------------------

    def add_frame(self, observations: Observations) -> None:
        """Keep what is drawn of a look; one that is not later than the last (a clock that went back) is left out."""
        if self._media and observations.media <= self._media[-1]:
            return
        if observations.cut or observations.media_segment != self._media_segment:
            self._view, self._media_segment = self._view + 1, observations.media_segment
        self._media.append(observations.media)
        first = slice(MOST_BOXES)
        self._seen.append(
            FrameRecord(
                observations.media, self._view, observations.pan, observations.boxes[first].astype(np.float32),
                observations.classes[first].astype(np.int8), observations.tracks[first].astype(np.int32),
                observations.scores[first].astype(np.float32),
            )
        )  # fmt: skip

    def add_draft(self, draft: EventDraft) -> None:
        """Keep a revision of a shot: known from the newest look on, or from its release where nothing is looked at."""
        if not isinstance(draft.payload, Shot):
            return
        history = self._shots.setdefault(draft.event_id, ShotHistory(draft.event_id))
        if not history.revisions or history.last != draft:
            history.revisions.append((self._media[-1] if self._media else draft.media_offset, draft))

    # ---- when it is drawn ----------------------------------------------------------------------------------------

    @property
    def newest(self) -> float:
        """Media seconds of the last look; 0 where there was none."""
        return self._media[-1] if self._media else 0.0

    @property
    def shots(self) -> Sequence[ShotHistory]:
        """Every shot that was ever told of, by release."""
        return sorted(self._shots.values(), key=lambda shot: shot.last.media_offset)

    @property
    def frames(self) -> Sequence[FrameRecord]:
        """Everything that was seen, oldest first."""
        return self._seen

    def between(self, first: float, last: float) -> Sequence[FrameRecord]:
        """Looks with ``first < media <= last``, oldest first."""
        return self._seen[bisect_right(self._media, first) : bisect_right(self._media, last)]

    def at(self, media: float) -> FrameRecord | None:
        """What is there at a media time: tracked boxes between two looks move evenly from one to the other."""
        row = bisect_right(self._media, media) - 1
        if row < 0 or media - self._media[row] > HOLD_S:
            return None
        before = self._smoothed(row)
        if row + 1 == len(self._seen) or self._media[row + 1] - before.media > HOLD_S:
            return before
        share = (media - before.media) / (self._media[row + 1] - before.media)
        if share < 1e-3 or self._seen[row + 1].view != before.view:
            return before
        return _between(before, self._smoothed(row + 1), share, media)

    def player(self, track: int, seen: FrameRecord, within: float) -> NDArray[np.float32] | None:
        """A player's box in a frame; where he is not found in it, from the nearest look within so many seconds."""
        here = seen.player(track)
        if here is not None:
            return here
        around = self.between(seen.media - within, seen.media + within)
        for other in sorted(around, key=lambda other: abs(other.media - seen.media)):
            box = other.player(track)
            if box is not None and other.view == seen.view:
                return box + np.tile(np.subtract(seen.pan, other.pan), 2).astype(np.float32)
        return None

    def _smoothed(self, row: int) -> FrameRecord:
        """A look without the detector's trembling: players' boxes and everybody's scores are means of the looks around.

        Rims are steady already, and a ball must not lag behind itself.
        """
        seen, reach = self._seen[row], len(_SMOOTH) // 2
        boxes, scores = np.zeros((len(seen.tracks), 4)), np.zeros(len(seen.tracks))
        weights = np.zeros(len(seen.tracks))
        for offset, weight in enumerate(_SMOOTH, -reach):
            if not 0 <= row + offset < len(self._seen):
                continue
            other = self._seen[row + offset]
            if other.view != seen.view or abs(other.media - seen.media) > HOLD_S:
                continue
            moved = np.tile(np.subtract(seen.pan, other.pan), 2)
            for mine, theirs in _same(seen, other):
                boxes[mine] += weight * (other.boxes[theirs] + moved)
                scores[mine] += weight * other.scores[theirs]
                weights[mine] += weight
        smooth = (seen.classes == ObjectClass.PLAYER) & (weights > 0)
        out = seen.boxes.copy()
        out[smooth] = (boxes[smooth] / weights[smooth, None]).astype(np.float32)
        # A track that was lost in between is not surer for that.
        doubt = np.where(weights > 0, scores / sum(_SMOOTH), seen.scores).astype(np.float32)
        return replace(seen, boxes=out, scores=doubt)


def _same(one: FrameRecord, other: FrameRecord) -> list[tuple[int, int]]:
    """Rows of the same track in two looks."""
    places = {
        (kind, track): row
        for row, (kind, track) in enumerate(zip(other.classes.tolist(), other.tracks.tolist(), strict=True))
        if track != UNTRACKED
    }
    keys = zip(one.classes.tolist(), one.tracks.tolist(), strict=True)
    return [(row, places[key]) for row, key in enumerate(keys) if key in places]


def _between(before: FrameRecord, after: FrameRecord, share: float, media: float) -> FrameRecord:
    """Tracks in both looks move; what is in one only is there while that look is the nearer one."""
    pairs = _same(before, after)
    nearer = before if share < 0.5 else after
    boxes = nearer.boxes.copy()
    for first, second in pairs:
        row = first if nearer is before else second
        boxes[row] = before.boxes[first] * (1 - share) + after.boxes[second] * share
    x, y = (a * (1 - share) + b * share for a, b in zip(before.pan, after.pan, strict=True))
    return replace(nearer, media=media, pan=(x, y), boxes=boxes)


class RecordingHub(EventHub):
    """A hub that notes every draft the moment it is published, before any subscriber's turn: the same each time.

    Args:
        record: takes them.
        log, metrics, buffer: the hub's own.
    """

    def __init__(self, record: FilmRecord, log: EventLog, metrics: Metrics, *, buffer: int = 1000) -> None:
        super().__init__(log, metrics, buffer=buffer)
        self._record = record

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """See :meth:`EventHub.publish`."""
        for draft in drafts:
            self._record.add_draft(draft)
        return await super().publish(drafts)
