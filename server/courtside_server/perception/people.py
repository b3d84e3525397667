"""People: a second detector, of people of any kind, completes the players that the court's detector found.

The court's detector knows players on courts. Of people who fill the picture, in gardens or at night it misses many; a
detector of everyday people finds them, but spectators too. It runs at a few frames per second, on a smaller picture:

    detector frame ──► court's detector ───────────────► players, referees ──┐
         └─(due)─────► people's detector ──► memory ──► added where missing ─┴─► tracker
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.perception.config import PeopleConfig
from courtside_server.perception.detector import check_detector_signature
from courtside_server.types import Detections, DetectorFrame, ObjectClass

_MULTIPLE = 32
"""Sides of the model's input are multiples of this: its largest stride."""
_SAME_HEIGHT = 0.6
"""Ratio of two heights above which both may be of one person."""
_JITTER_S = 0.01
"""A frame may come so much too early, real seconds."""


class PeopleDetector:
    """The model of people: ``image`` uint8 3xHxW in, any H and W; the outputs are those of the court's detector.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.
        config: the numbers that decide.

    Raises:
        ModelNotFound: the engine has no such model.
        ModelInvalid: the model's tensors are not a detector's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float, config: PeopleConfig = PeopleConfig()) -> None:
        self._name, self._timeout, self._config = name, timeout, config
        info = engine.info(name)
        check_detector_signature(info)
        # A model of one size gets that size; free sides follow the detector frame.
        self._fixed = info.inputs["image"].shape[-2:]

    def request(self, frame: DetectorFrame) -> InferenceRequest[Detections]:
        """Ask for the people in one frame; boxes come in the camera's own pixels, clipped at its edges."""
        height, width = frame.pixels.shape[1:]
        tall, wide = (
            fixed if fixed > 0 else max(_MULTIPLE, round(side * self._config.input_scale / _MULTIPLE) * _MULTIPLE)
            for fixed, side in zip(self._fixed, (height, width), strict=True)
        )
        # Channel by channel: OpenCV would copy interleaved pixels first.
        image = np.stack([cv2.resize(plane, (wide, tall), interpolation=cv2.INTER_AREA) for plane in frame.pixels])
        ratio = np.array([width / wide, height / tall] * 2, np.float32)
        return InferenceRequest(
            self._name, {"image": image[np.newaxis]}, self._timeout, lambda outputs: self._parse(frame, ratio, outputs)
        )

    def _parse(self, frame: DetectorFrame, ratio: NDArray[np.float32], outputs: Outputs) -> Detections:
        boxes, scores = outputs["boxes"][0], outputs["scores"][0]
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        keep = scores >= self._config.min_score
        margin = np.array([*frame.margin, *frame.margin], np.float32)
        limits = np.array([frame.width, frame.height, frame.width, frame.height], np.float32)
        placed = np.clip((boxes[keep] * ratio - margin) / np.float32(frame.scale), 0, limits).astype(np.float32)
        players = np.full(len(placed), ObjectClass.PLAYER, np.int64)
        return Detections(placed, scores[keep].astype(np.float32), players)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The people of one answer, camera motion removed.

    Attributes:
        media: media seconds of its frame.
        boxes: (N, 4) xyxy pixels minus the pan.
        scores: (N,).
        speed: (N, 2) pixels per media second.
    """

    media: float
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    speed: NDArray[np.float32]


class People:
    """The people of a camera: when they are looked for, and which of them are added to a frame's players.

    One object serves all scenes: frames are sent to the model ahead, also those of the next scene, so when people are
    due must not begin anew when a scene does.

    Args:
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """

    def __init__(self, time_scale: float = 1.0, config: PeopleConfig = PeopleConfig()) -> None:
        self._scale, self._config = time_scale, config
        self._due = -np.inf
        self._seen: _Seen | None = None

    def take(self, frame: DetectorFrame) -> bool:
        """Whether people are to be detected in this frame; it then counts as done."""
        if frame.media < self._due and not frame.cut:
            return False
        self._due = frame.media + (1 / self._config.fps - _JITTER_S) / self._scale
        return True

    def start_scene(self) -> None:
        """Forget whom the last scene showed."""
        self._seen = None

    def update(self, frame: DetectorFrame, found: Detections | None) -> None:
        """Remember the people of an answer.

        Args:
            frame: the frame that they were detected in.
            found: the answer; None where there was none.
        """
        if frame.cut:
            self._seen = None
        if found is None:
            return
        boxes = (found.boxes - np.array([*frame.pan, *frame.pan], np.float32)).astype(np.float32)
        speed = np.zeros((len(boxes), 2), np.float32)
        before, now = self._seen, frame.media
        if before is not None and len(before.boxes) and len(boxes) and now > before.media:
            shared = overlap(boxes, self._moved(before, now))
            nearest = shared.argmax(1)
            same = shared[np.arange(len(boxes)), nearest] >= self._config.same_person
            old = before.boxes[nearest]
            shift = (boxes[:, :2] + boxes[:, 2:] - old[:, :2] - old[:, 2:]) / 2 / np.float32(now - before.media)
            speed = np.where(same[:, None], shift, 0).astype(np.float32)
        self._seen = _Seen(now, boxes, found.scores, speed)

    def complete(self, frame: DetectorFrame, detections: Detections) -> Detections:
        """The detections of a frame, with the people added who were missed.

        A person is added who is tall enough, where no player or referee was detected. Between two answers people move
        on as they did, for at most ``memory``.
        """
        seen, config = self._seen, self._config
        if frame.cut:
            self._seen = seen = None
        if seen is None or not len(seen.boxes) or (frame.media - seen.media) * self._scale > config.memory:
            return detections
        size = np.array([frame.width, frame.height] * 2, np.float32)
        boxes = np.clip(self._moved(seen, frame.media) + np.array([*frame.pan, *frame.pan], np.float32), 0, size)
        wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        bodies = np.isin(detections.classes, (ObjectClass.PLAYER, ObjectClass.REFEREE))
        sure = bodies & (detections.scores >= config.known_score)
        least = config.min_height if sure.sum() < config.crowd else config.min_height_in_crowd
        missed = (tall >= least * frame.height) & (wide > 1)
        if sure.any() and missed.any():
            known = detections.boxes[sure]
            shared = overlap(boxes, known)
            covered = (shared >= config.same_body) | (within(boxes, known) >= config.inside_body)
            # Who turns or jumps leaves the box that goes on as he did: of all people, a known player is the nearest.
            nearest = shared.argmax(0)
            height = (known[:, 3] - known[:, 1]) / np.maximum(tall[nearest], 1)
            left = (shared.max(0) >= config.left_body) & (height >= _SAME_HEIGHT) & (height <= 1 / _SAME_HEIGHT)
            missed &= ~covered.any(1)
            missed[nearest[left]] = False
        if not missed.any():
            return detections
        # Weak detections of the same body would be second boxes of it.
        double = bodies & ~sure
        if double.any():
            double[double] = (overlap(detections.boxes[double], boxes[missed]) >= config.same_body).any(1)
        keep, added = ~double, int(missed.sum())
        return replace(
            detections,
            boxes=np.concatenate([detections.boxes[keep], boxes[missed].astype(np.float32)]),
            scores=np.concatenate([detections.scores[keep], seen.scores[missed]]),
            classes=np.concatenate([detections.classes[keep], np.full(added, ObjectClass.PLAYER, np.int64)]),
        )

    def _moved(self, seen: _Seen, media: float) -> NDArray[np.float32]:
        """The boxes (N, 4) at another time."""
        shift = seen.speed * np.float32(media - seen.media)
        moved: NDArray[np.float32] = (seen.boxes + np.concatenate([shift, shift], 1)).astype(np.float32)
        return moved


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """IoU of boxes (N, 4) and (M, 4): (N, M)."""
    inner = _shared(a, b)
    return inner / np.maximum(_area(a)[:, None] + _area(b)[None] - inner, 1e-6)


def within(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of each box of ``a`` (N, 4) that lies in each of ``b`` (M, 4): (N, M)."""
    return _shared(a, b) / np.maximum(_area(a)[:, None], 1e-6)


def _shared(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: NDArray[np.float64] = np.clip(high - low, 0, None).astype(np.float64).prod(-1)
    return shared


def _area(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64).prod(-1)
    return area
