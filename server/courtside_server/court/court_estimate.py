"""A court recognised in one picture: where feet stand on it, in metres and zones, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration, project
from courtside_server.court.camera_pose import (
    AZIMUTH,
    FOCAL,
    PITCH,
    RIM_SCALE,
    RimView,
    geometry,
    homographies,
    people_share,
)
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_place import CourtPlace, Feet, court_place
from courtside_server.court.line_evidence import FINE, LineEvidence
from courtside_server.court.pose_search import FoundPose, carry_on, line_support, search

_APART = 1.0
"""Metres between the feet of two poses from which on they disagree."""
_STEP = 0.3
"""Metres between the samples of lines that count."""
_MIN_HEIGHT = 12.0
"""Pixels of a person's box that measure a height."""
_MOST_PEOPLE = 40
"""Boxes that are used, spread over all that there are."""
_CARRIED = 6
"""Poses that are tried again in the scene's next picture."""
_SIDE = 4.0
"""A camera farther from the court's axis than this stands at its side, metres."""
_ERROR_POWER = 1.5
"""How fast the error of places falls with the evidence of lines."""
_HEADROOM = 0.15
"""Share of the picture above the highest feet that may still be floor."""


@dataclass(frozen=True, slots=True, eq=False)
class CourtPicture:
    """What a court is recognised from.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, a frame at the detector's size, without bars.
        scale: its pixels per frame pixel.
        pan: x, y by which the picture has moved since the scene's first detector frame, frame pixels.
        media: media seconds of the frame.
        rim: (4,) box of the rim, frame pixels.
        people: (N, 4) boxes of people of the last seconds, camera motion since then removed, frame pixels.
        hidden: (M, 4) boxes of all people in this frame, frame pixels.
        earlier: an estimate of the same scene, where there is one: its poses are tried again.
        known: the earlier estimate is certain and of this rim, so that its poses alone are tried at first.
    """

    pixels: NDArray[np.uint8]
    scale: float
    pan: tuple[float, float]
    media: float
    rim: NDArray[np.float64]
    people: NDArray[np.float64]
    hidden: NDArray[np.float64]
    earlier: CourtEstimate | None = None
    known: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CourtEstimate:
    """The poses that a picture allows, and how well the best one is supported.

    Attributes:
        media: media seconds of the picture.
        pan: x, y by which that picture had moved, frame pixels.
        rim: (4,) box of the rim, camera motion removed, frame pixels.
        calibrations: one of each pose, best first; from frame pixels with camera motion removed.
        weights: (P,) their probabilities.
        lines: evidence of the best pose's lines, nats.
        margin: evidence by which it is better than any pose that puts people elsewhere, nats.
        people: share of the people who have a person's height under it.
        rim_scale: logarithm of the rim's width over what it needs.
        feet: (N, 2) of the people, camera motion removed, frame pixels.
        basket: which basket the rim is that is in view.
        poses: the same poses, for the next picture of the scene.
    """

    media: float
    pan: tuple[float, float]
    rim: NDArray[np.float64]
    calibrations: tuple[Calibration, ...]
    weights: NDArray[np.float64]
    lines: float
    margin: float
    people: float
    rim_scale: float
    feet: NDArray[np.float64]
    basket: int
    poses: tuple[FoundPose, ...] = ()

    def is_certain(self, config: CourtConfig) -> bool:
        """Whether the court counts as known."""
        return (
            self.lines >= config.min_line_support
            and self.margin >= config.min_margin
            and self.people >= config.min_people_share
            and abs(self.rim_scale) <= config.max_rim_scale
        )

    def confidence(self, config: CourtConfig, certain: bool) -> float:
        """Probability that the court is right, 0 to 1.

        Args:
            config: the numbers that decide.
            certain: whether it counts as known, by this picture or by two.
        """
        margin = 1.0 - math.exp(-min(self.margin, config.sure_margin) / config.temperature)
        return margin if certain else config.uncertain_share * margin

    def agrees(self, other: CourtEstimate) -> bool:
        """Whether another picture of the same camera gives the same place for the same feet."""
        off = self._from_rim(self.feet) - other._from_rim(self.feet)
        return bool(np.median(np.hypot(*off.T)) <= _APART)

    def _from_rim(self, feet: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) metres ahead of the rim in view and to the left, of frame pixels (N, 2) without camera motion."""
        best, sign = self.calibrations[0], 1.0 - 2.0 * self.basket
        floor = project(best.matrix, feet)[0] * sign
        return np.column_stack([best.court.length / 2 - best.court.basket_inset - floor[:, 0], floor[:, 1]])

    def at(self, people: Sequence[Feet], config: CourtConfig) -> CourtPlace | None:
        """The place of one of some people, likeliest first; None where the likeliest is off the court."""
        return court_place(self.calibrations, self.weights.tolist(), self.error(config), people)

    def error(self, config: CourtConfig) -> float:
        """Metres, one standard deviation of a place for exact feet: the fewer lines are seen, the more."""
        return float(config.court_error * (config.court_error_lines / max(self.lines, 1.0)) ** _ERROR_POWER)


def recognise_court(picture: CourtPicture, config: CourtConfig) -> CourtEstimate | None:
    """Recognise the court in a picture; None where nothing in it can be a court under a standing person.

    Takes about 0.5 s of one core, 0.15 s where a known court is carried on through a pan. The same picture always gives
    the same estimate.
    """
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = picture.rim * picture.scale
    rim = RimView((left + right) / 2, (top + bottom) / 2, max(right - left, 1.0), width, height)
    people = picture.people * picture.scale
    people = people[people[:, 3] - people[:, 1] >= _MIN_HEIGHT]
    if not len(people):
        return None
    if len(people) > _MOST_PEOPLE:
        people = people[np.linspace(0, len(people) - 1, _MOST_PEOPLE).astype(int)]
    floor = max(float(bottom), float(people[:, 3].min()) - _HEADROOM * height)
    evidence = LineEvidence(picture.pixels, picture.hidden * picture.scale, floor)
    feet = np.column_stack([(people[:, 0] + people[:, 2]) / 2, people[:, 3]])
    moved, estimate = _moved(picture), None
    if picture.known and picture.earlier is not None and moved:
        carried = carry_on(evidence, rim, people, moved)
        estimate = _estimate(carried, picture, rim, people, feet, evidence, config)
        estimate = replace(estimate, margin=min(estimate.margin, picture.earlier.margin))
    if estimate is None or not estimate.is_certain(config):
        found = search(evidence, rim, people, moved)
        estimate = _estimate(found, picture, rim, people, feet, evidence, config) if found else None
    return estimate


def _estimate(
    found: Sequence[FoundPose], picture: CourtPicture, rim: RimView, people: NDArray[np.float64],
    feet: NDArray[np.float64], evidence: LineEvidence, config: CourtConfig,
) -> CourtEstimate:  # fmt: skip
    """The estimate of poses, best first.

    Args:
        found: at least one.
        picture: what they were found in.
        rim: the rim in it, the picture's pixels.
        people: (N, 4) boxes of whole persons, the picture's pixels.
        feet: (N, 2) theirs.
        evidence: the picture's lines.
        config: the numbers that decide.
    """
    kept, margin = _different(found, rim, feet)
    best = found[0]
    poses = best.pose[np.newaxis]
    score = np.array([one.score for one in kept])
    weights = np.exp((score - score[0]) / config.temperature)
    return CourtEstimate(
        media=picture.media,
        pan=picture.pan,
        rim=picture.rim - np.tile(picture.pan, 2),
        calibrations=tuple(_calibration(one, rim, picture) for one in kept),
        weights=weights / weights.sum(),
        lines=float(line_support(poses, rim, best.court, evidence, FINE, _STEP)[0]),
        margin=margin,
        people=people_share(best.pose, people, rim),
        rim_scale=float(best.pose[RIM_SCALE]),
        feet=feet / picture.scale - np.array(picture.pan),
        basket=1 if _camera_left(best, rim) > _SIDE else 0,
        poses=tuple(kept[:_CARRIED]),
    )


def _moved(picture: CourtPicture) -> list[FoundPose]:
    """The poses of the earlier estimate after the camera has turned since."""
    earlier = picture.earlier
    if earlier is None:
        return []
    across, along = (np.array(picture.pan) - earlier.pan) * picture.scale
    moved = []
    for one in earlier.poses:
        pose, focal = one.pose.copy(), float(np.exp(one.pose[FOCAL]))
        pose[AZIMUTH] -= np.arctan(across / focal)
        pose[PITCH] -= np.arctan(along / focal)
        moved.append(FoundPose(one.score, one.court, pose))
    return moved


def _different(
    found: Sequence[FoundPose], rim: RimView, feet: NDArray[np.float64]
) -> tuple[list[FoundPose], float]:
    """The best pose of each court and place, and the margin of the best over those that put feet elsewhere."""
    kept: list[FoundPose] = []
    places: list[NDArray[np.float64]] = []
    margin = np.inf
    for one in found:
        floor = np.linalg.inv(homographies(one.pose[np.newaxis], rim)[0])
        place = project(floor, feet)[0]
        off = [float(np.median(np.hypot(*(place - other).T))) for other in places]
        if any(
            distance < _APART / 2 and one.court is other.court for distance, other in zip(off, kept, strict=True)
        ):
            continue
        if off and off[0] > _APART:
            margin = min(margin, found[0].score - one.score)
        kept.append(one)
        places.append(place)
    return kept, float(margin)


def _calibration(found: FoundPose, rim: RimView, picture: CourtPicture) -> Calibration:
    """The calibration of a pose, from frame pixels without camera motion to metres of its whole court.

    The basket in view is basket 0. A camera at the side sees basket 0 to its right, though, so that both baskets keep
    their numbers while it pans.
    """
    court, poses = found.court, found.pose[np.newaxis]
    shrink = np.diag([picture.scale, picture.scale, 1.0])
    shift = np.array([[1.0, 0.0, picture.pan[0]], [0.0, 1.0, picture.pan[1]], [0.0, 0.0, 1.0]])
    local = np.linalg.inv(homographies(poses, rim)[0]) @ shrink @ shift
    sign = -1.0 if _camera_left(found, rim) > _SIDE else 1.0
    ahead = court.length / 2 - court.basket_inset
    turn = np.array([[-sign, 0.0, sign * ahead], [0.0, sign, 0.0], [0.0, 0.0, 1.0]])
    matrix = turn @ local
    # Positive depth on the floor in front of the camera: the lower edge's middle lies there.
    below = np.array([rim.width / 2, rim.height]) / picture.scale - picture.pan
    return Calibration(court, matrix * np.sign(matrix[2] @ (*below, 1.0)), 0.0)


def _camera_left(found: FoundPose, rim: RimView) -> float:
    """Metres to the left of the court's axis at which the camera stands, as seen by a player who faces the basket."""
    seen = geometry(found.pose[np.newaxis], rim)
    across, along = -seen.rim[0, 0], -seen.rim[0, 1]
    azimuth = found.pose[AZIMUTH]
    return float(across * np.sin(azimuth) - along * np.cos(azimuth))
