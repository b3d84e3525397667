"""Kinds of camera: which of ten kinds a clip is, by what its list says of its camera."""

from __future__ import annotations

import enum
import re


class CameraKind(enum.StrEnum):
    """What decides how a game is seen; the order is that of the report."""

    BROADCAST = "broadcast"
    GYM = "gym phone"
    OUTDOOR = "outdoor tripod"
    CLOSE = "vertical phone, close-up"
    BEHIND = "behind the basket"
    ONE_ON_ONE = "one on one, hand-held"
    DRILL = "drill"
    NIGHT = "night, driveway"
    SLOW = "slow motion"
    NEGATIVE = "negatives"
    UNKNOWN = "other"


_SLOW = 0.8
"""A film that runs slower than this share of real speed is in slow motion."""
_WORDS: tuple[tuple[CameraKind, str], ...] = (
    (CameraKind.BROADCAST, r"broadcast"),
    (CameraKind.BEHIND, r"behind the (basket|backboard|hoop|rim|baseline)|under the (basket|rim)"),
    (CameraKind.ONE_ON_ONE, r"one on one"),
    (CameraKind.DRILL, r"drill|warm-up"),
    (CameraKind.NIGHT, r"night|driveway|garden|backyard"),
    (CameraKind.CLOSE, r"vertical|upright|close"),
    (CameraKind.OUTDOOR, r"outdoor|street|playground|park"),
    (CameraKind.GYM, r"gym|hall|indoor|stands|training|screen recording|phone"),
)
"""Words of each kind; the first that occurs counts."""


def kind_of(camera: str, speed: float, releases: int) -> CameraKind:
    """The kind of a clip.

    Args:
        camera: what its list says of the camera; the clip's name where it says nothing.
        speed: real seconds per second of film.
        releases: labelled releases; a clip without one is a negative.
    """
    if not releases:
        return CameraKind.NEGATIVE
    if speed < _SLOW:
        return CameraKind.SLOW
    text = camera.lower().replace("_", " ")
    return next((kind for kind, words in _WORDS if re.search(words, text)), CameraKind.UNKNOWN)
