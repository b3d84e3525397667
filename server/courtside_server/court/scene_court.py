"""The court of one scene: when it is searched for, in which pictures, and whether what was found still holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
import structlog
from numpy.typing import NDArray

from courtside.court.homography import Calibration
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtEstimate, CourtPicture
from courtside_server.court.court_place import CourtPlace, Feet
from courtside_server.types import DetectorFrame, ObjectClass, Observations

Recognise = Callable[[CourtPicture, CourtConfig], "Future[CourtEstimate | None] | None"]
"""Starts the recognition of a court; None where there is no room for it."""
_PICTURES = 3
"""Pictures kept, `_SPACING` real seconds apart: the newest ones round a release."""
_SPACING = 0.4
_EDGE = 2.0
"""Pixels from the picture's edge within which a person may be cut off."""
_HOPE = 0.6
"""Share of the least evidence of lines from which on a second picture is searched."""
_SAME_VIEW = 0.01
"""Picture widths by which a camera in a hand moves though it shows the same."""
_SAME_RIM = 1.0
"""Rim widths by which a rim may lie off where the camera's motion puts it."""
_LEAST_SHARE = 0.02
"""Probability that neither feet nor the clip model can take from a zone."""
_PEOPLE_STEP = 0.2
"""Real seconds between two frames whose people are kept."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A frame that may become a picture, and what was tracked in it."""

    frame: DetectorFrame
    seen: Observations
    people: NDArray[np.float64]


class SceneCourt:
    """Recognises the court of one scene when a shot needs it; runs on the camera's worker thread.

    A court is known once two pictures give the same one, or one leaves no doubt. It holds for releases at which the
    camera had not turned away from it.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        recognise: starts the recognition of a court.
    """

    def __init__(self, config: CourtConfig, time_scale: float, recognise: Recognise) -> None:
        self._config, self._scale, self._recognise = config, time_scale, recognise
        self._kept: deque[_Kept] = deque(maxlen=_PICTURES)
        self._people: deque[tuple[float, NDArray[np.float64]]] = deque()
        self._answer: Future[CourtEstimate | None] | None = None
        self._first: CourtEstimate | None = None
        self._earlier: CourtEstimate | None = None
        self._second: _Kept | None = None
        self._known: CourtEstimate | None = None
        self._placed: tuple[CourtEstimate, tuple[Feet, ...], CourtPlace | None] | None = None
        self._due, self._interval = -np.inf, config.min_interval
        self._width = 1.0
        self._rims: NDArray[np.float64] = np.zeros((0, 4))

    def update(self, frame: DetectorFrame, seen: Observations) -> None:
        """Keep what the next search needs of a frame; people and rims that are only carried on are left out."""
        config = self._config
        if not config.enabled or not frame.whole:
            return
        self._width = max(1.0, float(seen.width))
        if not self._people or (seen.media - self._people[-1][0]) * self._scale >= _PEOPLE_STEP:
            self._people.append((seen.media, _whole_people(seen, config.min_player_score)))
            while (seen.media - self._people[0][0]) * self._scale > config.people_window:
                self._people.popleft()
        rims = seen.steady(ObjectClass.RIM)[:, :4]
        if not len(rims):
            return
        self._rims = rims
        if not self._kept or (seen.media - self._kept[-1].seen.media) * self._scale >= _SPACING:
            self._kept.append(_Kept(frame, seen, np.concatenate([boxes for _, boxes in self._people])))

    def request(self, pan: tuple[float, float]) -> None:
        """Search for the court, where it is not known and a search is due; call it while a shot is open.

        Args:
            pan: how far the picture had moved at the release, frame pixels.
        """
        self._collect()
        if self._answer is not None or self._is_known(pan) or len(self._kept) < 2:
            return
        now = self._kept[-1].seen.media
        if now < self._due:
            return
        # The newest of those that show what was seen at the release: most people are known then.
        step = _SAME_VIEW * self._width
        nearest, self._second, *_ = sorted(
            self._kept, key=lambda kept: (round(_moved(kept.seen.pan, pan) / step), -kept.seen.media)
        )
        carried = self._start(nearest)
        self._due = now + (self._config.carry_interval if carried else self._interval) / self._scale
        if not carried:
            self._interval = min(2 * self._interval, self._config.max_interval)
        self._collect()

    def at(
        self, people: Sequence[Feet], rim: NDArray[np.float64] | None, pan: tuple[float, float]
    ) -> CourtPlace | None:
        """Where a shooter stands on the court; None where the court is not known. :meth:`is_certain` weighs its zone.

        Args:
            people: who may be the shooter, likeliest first.
            rim: (4,) box of the rim that was shot at, camera motion removed, pixels; None where it is not known.
            pan: how far the picture had moved at the release, frame pixels.
        """
        self._collect()
        if self._known is None or not self._is_known(pan):
            return None
        if rim is not None and _gap(rim, self._known.rim) > _SAME_RIM:
            return None  # Shot at another basket: practice baskets have no lines of their own.
        # An open shot is placed with every frame, mostly with the same feet.
        key = tuple(people)
        if self._placed is None or self._placed[:2] != (self._known, key):
            self._placed = self._known, key, self._known.at(key, self._config)
        return self._placed[2]

    def is_certain(self, zone: Sequence[float]) -> bool:
        """Whether zone probabilities (7,) are certain enough to count."""
        return max(zone) >= self._config.min_zone_probability

    def with_model(self, zone: Sequence[float], model: Sequence[float]) -> tuple[float, ...]:
        """The zone probabilities of feet (7,) and those of the clip model (7,) as one.

        The two err independently, but the model is too sure of itself: its probabilities count by their power.
        """
        weight = self._config.model_weight
        both = (np.asarray(zone) + _LEAST_SHARE) * (np.asarray(model) + _LEAST_SHARE) ** weight
        return tuple((both / both.sum()).tolist())

    @property
    def estimate(self) -> CourtEstimate | None:
        """The court that is known, or else the newest estimate, certain or not."""
        self._collect()
        return self._known or self._earlier

    def calibration(self, pan: tuple[float, float]) -> Calibration | None:
        """The likeliest court for frames of which the picture had moved by ``pan``, frame pixels; None if not known."""
        self._collect()
        return self._known.calibrations[0] if self._known is not None and self._is_known(pan) else None

    def is_known(self, pan: tuple[float, float]) -> bool:
        """Whether the court is known for frames of which the picture had moved by ``pan``, frame pixels."""
        self._collect()
        return self._is_known(pan)

    def _is_known(self, pan: tuple[float, float]) -> bool:
        known, config = self._known, self._config
        if known is None or _moved(known.pan, pan) > config.max_pan * self._width:
            return False
        # A zoom is no pan: it shows where the rim is not where it was.
        shifts = [_gap(rim, known.rim) for rim in self._rims]
        return not any(config.max_rim_shift < shift <= _SAME_RIM for shift in shifts)

    def _start(self, kept: _Kept) -> bool:
        """Start the search in a picture; whether a court that is known is carried on."""
        picture = _picture(kept, self._earlier)
        if self._known is not None and _gap(picture.rim - np.tile(picture.pan, 2), self._known.rim) <= _SAME_RIM:
            picture = replace(picture, earlier=self._known, known=True)
        self._answer = self._recognise(picture, self._config)
        return picture.known

    def _collect(self) -> None:
        """Take an answer that is there.

        One of two pictures must show the court with certainty, and both the same one. A second picture is searched only
        where the first one leaves hope, and doubt.
        """
        while self._answer is not None and self._answer.done():
            answer, self._answer = self._answer, None
            first, second, self._first, self._second = self._first, self._second, None, None
            if answer.cancelled():
                return
            if answer.exception() is not None:
                log.error("a court could not be recognised", exc_info=answer.exception())
                return
            found = answer.result()
            self._earlier = found or self._earlier
            config = self._config
            if found is None:
                return
            certain = found.is_certain(config)
            if certain and found.margin >= config.sure_margin:
                self._known, self._interval = found, config.min_interval
            elif second is not None and found.lines >= _HOPE * config.min_line_support:
                self._first = found
                self._start(second)
            elif first is not None and first.agrees(found) and (certain or first.is_certain(config)):
                self._known, self._interval = first, config.min_interval


def _picture(kept: _Kept, earlier: CourtEstimate | None) -> CourtPicture:
    frame, seen = kept.frame, kept.seen
    x, y = frame.margin
    width, height = round(frame.width * frame.scale), round(frame.height * frame.scale)
    pixels = frame.pixels[:, y : y + height, x : x + width].transpose(1, 2, 0)
    rims = seen.rows(ObjectClass.RIM)
    spans = seen.boxes[rims, 2] - seen.boxes[rims, 0]
    rim = seen.boxes[rims[int(np.argmax(seen.scores[rims] * spans))]].astype(np.float64)
    hidden = seen.boxes[(seen.classes == ObjectClass.PLAYER) | (seen.classes == ObjectClass.REFEREE)]
    return CourtPicture(
        np.ascontiguousarray(pixels), frame.scale, seen.pan, seen.media, rim, kept.people + np.tile(seen.pan, 2),
        hidden.astype(np.float64), earlier,
    )  # fmt: skip


def _whole_people(seen: Observations, min_score: float) -> NDArray[np.float64]:
    """(N, 4) boxes of people who are whole in the picture, camera motion removed."""
    people = (seen.classes == ObjectClass.PLAYER) | (seen.classes == ObjectClass.REFEREE)
    boxes = seen.boxes[people & (seen.scores >= min_score)].astype(np.float64)
    whole = (boxes[:, 1] > _EDGE) & (boxes[:, 3] < seen.height - _EDGE)
    return np.asarray(boxes[whole] - np.tile(np.array(seen.pan), 2))


def _moved(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Pixels between two pans."""
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _gap(one: Sequence[float] | NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Distance between the middles of two boxes in the wider one's widths."""
    first, second = np.asarray(one, np.float64), other
    between = np.hypot(*((first[:2] + first[2:]) / 2 - (second[:2] + second[2:]) / 2))
    return float(between / max(first[2] - first[0], second[2] - second[0], 1.0))
