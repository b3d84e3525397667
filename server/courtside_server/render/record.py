"""Film record: the tracked objects of a film and the revisions of its shots by media time, to be drawn afterwards."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from courtside.plays import Jersey, PlayerAction
from courtside_server.events.hub import EventHub
from courtside_server.events.log import EventLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import UNTRACKED, Event, EventDraft, Lifecycle, ObjectClass, Observations, Shot
from courtside_server.types.players import Pose

MAX_BOXES = 64
"""Most boxes kept per detector frame. A box takes 25 bytes and a frame about 800, so at 30 frames per second an hour of
film takes at most 260 MB; with the usual fifteen boxes it takes 130 MB."""
HOLD_S = 0.25
"""Media seconds for which boxes are shown when detector frames are missing."""
_SMOOTHING = (1.0, 2.0, 3.0, 2.0, 1.0)
"""Weights of a player's boxes in neighbouring detector frames; smoothing hides the detector's jitter."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameRecord:
    """The tracked objects of one detector frame.

    Attributes:
        media: seconds.
        view: counts cuts and discontinuities; positions in two views are unrelated.
        pan: x, y by which the picture has moved, pixels; an object at rest keeps its pixel minus ``pan``.
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
        """Track, box and score of every object of one class."""
        rows = np.flatnonzero(self.classes == wanted)
        return [(int(self.tracks[row]), self.boxes[row], float(self.scores[row])) for row in rows]

    def player(self, track: int) -> NDArray[np.float32] | None:
        """One player's box."""
        return next((box for known, box, _ in self.of(ObjectClass.PLAYER) if known == track), None)


@dataclass(slots=True)
class ShotHistory:
    """Every revision of one shot with the media time at which it was published, in order."""

    event_id: str
    revisions: list[tuple[float, EventDraft]] = field(default_factory=list)

    @property
    def last(self) -> EventDraft:
        """The last revision."""
        return self.revisions[-1][1]

    def at(self, media: float) -> EventDraft | None:
        """The revision known at a media time; None before the first."""
        known = [draft for when, draft in self.revisions if when <= media]
        return known[-1] if known else None

    def retracted(self, media: float) -> float | None:
        """When the shot was retracted, if it is retracted at this media time."""
        draft = self.at(media)
        if draft is None or draft.lifecycle is not Lifecycle.RETRACTED:
            return None
        return min(when for when, draft in self.revisions if draft.lifecycle is Lifecycle.RETRACTED)


class FilmRecord:
    """Grows while a film is analysed, and is only read afterwards."""

    def __init__(self) -> None:
        self._frames: list[FrameRecord] = []
        self._media: list[float] = []
        self._shots: dict[str, ShotHistory] = {}
        self._poses: dict[int, list[tuple[float, NDArray[np.float16]]]] = {}
        self._actions: dict[int, dict[str, EventDraft]] = {}
        self._jerseys: dict[int, list[tuple[float, Jersey | None]]] = {}
        self._view, self._media_segment = 0, 0

    def __len__(self) -> int:
        """Number of detector frames kept."""
        return len(self._frames)

    # ---- while the film is analysed ------------------------------------------------------------------------------

    def add_frame(self, observations: Observations) -> None:
        """Keep the objects of a detector frame; skip one that is not later than the last (a clock that went back)."""
        if self._media and observations.media <= self._media[-1]:
            return
        if observations.cut or observations.media_segment != self._media_segment:
            self._view, self._media_segment = self._view + 1, observations.media_segment
        self._media.append(observations.media)
        first = slice(MAX_BOXES)
        self._frames.append(
            FrameRecord(
                observations.media, self._view, observations.pan, observations.boxes[first].astype(np.float32),
                observations.classes[first].astype(np.int8), observations.tracks[first].astype(np.int32),
                observations.scores[first].astype(np.float32),
            )
        )  # fmt: skip

    def add_draft(self, draft: EventDraft) -> None:
        """Keep a revision of a shot, known from the newest detector frame on (without a detector, from the release), or
        the last revision of a player's action.
        """
        if isinstance(draft.payload, PlayerAction):
            self._actions.setdefault(draft.payload.player, {})[draft.event_id] = draft
        if not isinstance(draft.payload, Shot):
            return
        history = self._shots.setdefault(draft.event_id, ShotHistory(draft.event_id))
        if not history.revisions or history.last != draft:
            history.revisions.append((self._media[-1] if self._media else draft.media_offset, draft))

    def add_pose(self, pose: Pose) -> None:
        """Keep a pose: 2 + 17 x 3 numbers of two bytes, about 100 bytes; later than the player's last one."""
        kept = self._poses.setdefault(pose.track, [])
        kept.append((pose.media, np.concatenate([pose.keypoints[:, :2], pose.keypoints[:, 3:]], 1).astype(np.float16)))

    def add_jersey(self, track: int, jersey: Jersey | None) -> None:
        """Keep what is known of a player's jersey from the newest detector frame on."""
        self._jerseys.setdefault(track, []).append((self.newest, jersey))

    # ---- when it is drawn ----------------------------------------------------------------------------------------

    @property
    def newest(self) -> float:
        """Media seconds of the last detector frame; 0 before the first."""
        return self._media[-1] if self._media else 0.0

    @property
    def shots(self) -> Sequence[ShotHistory]:
        """Every shot that was ever published, ordered by release."""
        return sorted(self._shots.values(), key=lambda shot: shot.last.media_offset)

    @property
    def frames(self) -> Sequence[FrameRecord]:
        """All detector frames, oldest first."""
        return self._frames

    def between(self, first: float, last: float) -> Sequence[FrameRecord]:
        """Detector frames with ``first < media <= last``, oldest first."""
        return self._frames[bisect_right(self._media, first) : bisect_right(self._media, last)]

    def at(self, media: float) -> FrameRecord | None:
        """The objects at a media time. Tracked boxes are interpolated between detector frames."""
        row = bisect_right(self._media, media) - 1
        if row < 0 or media - self._media[row] > HOLD_S:
            return None
        before = self._smoothed(row)
        if row + 1 == len(self._frames) or self._media[row + 1] - before.media > HOLD_S:
            return before
        share = (media - before.media) / (self._media[row + 1] - before.media)
        if share < 1e-3 or self._frames[row + 1].view != before.view:
            return before
        return _interpolate(before, self._smoothed(row + 1), share, media)

    def player(self, track: int, frame: FrameRecord, within: float) -> NDArray[np.float32] | None:
        """A player's box in a frame, or from the nearest detector frame within so many seconds."""
        here = frame.player(track)
        if here is not None:
            return here
        around = self.between(frame.media - within, frame.media + within)
        for other in sorted(around, key=lambda other: abs(other.media - frame.media)):
            box = other.player(track)
            if box is not None and other.view == frame.view:
                return box + np.tile(np.subtract(frame.pan, other.pan), 2).astype(np.float32)
        return None

    def pose(self, track: int, media: float, pan: tuple[float, float]) -> NDArray[np.float32] | None:
        """A player's keypoints (17, 3) at a media time: x, y in pixels of a frame with this pan, visibility.

        Interpolated between two poses; None where none is within `HOLD_S`.
        """
        kept = self._poses.get(track, [])
        row = bisect_right(kept, media, key=lambda pose: pose[0])
        near = [pose for pose in kept[max(row - 1, 0) : row + 1] if abs(pose[0] - media) <= HOLD_S]
        if not near:
            return None
        share = 0.0 if len(near) == 1 else (media - near[0][0]) / (near[1][0] - near[0][0])
        found = near[0][1].astype(np.float32) * (1 - share) + near[-1][1].astype(np.float32) * share
        found[:, :2] += np.asarray(pan, np.float32)
        return found

    def jersey(self, track: int, media: float) -> Jersey | None:
        """What is known of a player's jersey at a media time; None where that is nothing."""
        known = self._jerseys.get(track, [])
        row = bisect_right(known, media, key=lambda change: change[0])
        return known[row - 1][1] if row else None

    def action(self, track: int, media: float) -> PlayerAction | None:
        """What a player does at a media time; None where it is not known."""
        for draft in self._actions.get(track, {}).values():
            action = draft.payload
            if isinstance(action, PlayerAction) and draft.lifecycle is not Lifecycle.RETRACTED:
                if draft.media_offset <= media <= action.end:
                    return action
        return None

    def _smoothed(self, row: int) -> FrameRecord:
        """A detector frame with players' boxes and all scores averaged over its neighbours.

        Rims are steady already, and the smoothing of a ball would make it lag.
        """
        frame, reach = self._frames[row], len(_SMOOTHING) // 2
        boxes, scores = np.zeros((len(frame.tracks), 4)), np.zeros(len(frame.tracks))
        weights = np.zeros(len(frame.tracks))
        for offset, weight in enumerate(_SMOOTHING, -reach):
            if not 0 <= row + offset < len(self._frames):
                continue
            other = self._frames[row + offset]
            if other.view != frame.view or abs(other.media - frame.media) > HOLD_S:
                continue
            moved = np.tile(np.subtract(frame.pan, other.pan), 2)
            for mine, theirs in _same_tracks(frame, other):
                boxes[mine] += weight * (other.boxes[theirs] + moved)
                scores[mine] += weight * other.scores[theirs]
                weights[mine] += weight
        smooth = (frame.classes == ObjectClass.PLAYER) & (weights > 0)
        out = frame.boxes.copy()
        out[smooth] = (boxes[smooth] / weights[smooth, None]).astype(np.float32)
        # Frames in which the track is missing count as score 0.
        mean = np.where(weights > 0, scores / sum(_SMOOTHING), frame.scores).astype(np.float32)
        return replace(frame, boxes=out, scores=mean)


def _same_tracks(one: FrameRecord, other: FrameRecord) -> list[tuple[int, int]]:
    """Rows of the same track in two frames."""
    rows = {
        (kind, track): row
        for row, (kind, track) in enumerate(zip(other.classes.tolist(), other.tracks.tolist(), strict=True))
        if track != UNTRACKED
    }
    keys = zip(one.classes.tolist(), one.tracks.tolist(), strict=True)
    return [(row, rows[key]) for row, key in enumerate(keys) if key in rows]


def _interpolate(before: FrameRecord, after: FrameRecord, share: float, media: float) -> FrameRecord:
    """Interpolate tracks that are in both frames; a track in one frame only is shown while that frame is nearer."""
    pairs = _same_tracks(before, after)
    nearer = before if share < 0.5 else after
    boxes = nearer.boxes.copy()
    for first, second in pairs:
        row = first if nearer is before else second
        boxes[row] = before.boxes[first] * (1 - share) + after.boxes[second] * share
    x, y = (a * (1 - share) + b * share for a, b in zip(before.pan, after.pan, strict=True))
    return replace(nearer, media=media, pan=(x, y), boxes=boxes)


class RecordingHub(EventHub):
    """A hub that records every draft when it is published, before subscribers get it, so that runs are repeatable.

    Args:
        record: receives the drafts.
        log: the hub's log.
        metrics: the hub's metrics.
        buffer: live events that may wait for one subscriber.
    """

    def __init__(self, record: FilmRecord, log: EventLog, metrics: Metrics, *, buffer: int = 1000) -> None:
        super().__init__(log, metrics, buffer=buffer)
        self._record = record

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """See :meth:`EventHub.publish`."""
        for draft in drafts:
            self._record.add_draft(draft)
        return await super().publish(drafts)
