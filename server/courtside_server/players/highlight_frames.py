"""Frames of a highlight for the skill model: evenly spaced over a film or stretches of it, at the model's size."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.errors import UndecodableFilm
from courtside.film import Film
from courtside.media import SourceFrame
from courtside.orientation import upright
from courtside.skills import TimeRange

_STRETCH = 0.1
"""Largest difference of a frame's shape from the model's that is stretched away; others get black borders. The network
was taught with 704x400 pixels stretched to 192x112."""
_MISSING = 0.1
"""Largest share of frames that may be missing."""
_STALE_S = 1.0
"""Where a frame cannot be decoded, the next one stands for it up to this; later it is missing."""

Windows = Callable[[float, tuple[int, int], float], tuple[int, int, int, int] | None]
"""Gives the part of the picture to show, x0, y0, x1, y1, at a time in seconds, from its width and height and the
window's width over height; None: all of it."""
_BEGINNING = -(2**62)
"""A time stamp before all others."""


class Stopped(Exception):
    """Nobody wants the frames any more."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmIndex:
    """Where a film can be entered, and when which picture is shown.

    Attributes:
        keys: time stamps at which decoding can begin, ascending.
        shown: time stamps of the pictures that are shown, ascending; a picture is shown until the next one is.
        first: time stamp at which the film's clock begins.
        seconds: how long the film is; at least so long where ``cut`` is set.
        cut: reading ended early, because the film is longer than was wanted.
    """

    keys: tuple[int, ...]
    shown: tuple[int, ...]
    first: int
    seconds: float
    cut: bool


def index_film(film: Film, most: float, stop: threading.Event) -> FilmIndex:
    """Read through a film's packets without decoding.

    Args:
        film: the film.
        most: seconds after which the film is longer than wanted.
        stop: ends the work.

    Raises:
        Stopped: ``stop`` was set.
        SourceLost: the file cannot be read further.
    """
    info, keys, shown, last, cut = film.info, [], [], film.info.first_pts, False
    for packet in film.packets():
        if stop.is_set():
            raise Stopped
        if packet.keyframe:
            keys.append(packet.pts)
        if not packet.decode_only:
            shown.append(packet.pts)
            last = max(last, packet.pts)
        if (last - info.first_pts) * info.time_base > most:
            cut = True
            break
    seconds = float((last - info.first_pts) * info.time_base) + (1.0 / info.frame_rate if info.frame_rate else 0.0)
    return FilmIndex(tuple(sorted(keys)), tuple(sorted(shown)), info.first_pts, seconds, cut)


def sample_times(ranges: Sequence[TimeRange], count: int) -> list[float]:
    """The middles of ``count`` equal parts of some stretches of film: seconds, ascending."""
    total, times, done, place = sum(one.seconds for one in ranges), [], 0.0, 0
    for index in range(count):
        at = (index + 0.5) / count * total
        while place < len(ranges) - 1 and at > done + ranges[place].seconds:
            done += ranges[place].seconds
            place += 1
        times.append(min(ranges[place].end, ranges[place].start + at - done))
    return times


def read_frames(
    film: Film, index: FilmIndex, times: Sequence[float], size: tuple[int, int], on_frame: Callable[[int], None],
    stop: threading.Event, windows: Windows = lambda time, picture, shape: None,
) -> NDArray[np.uint8]:  # fmt: skip
    """Decode the frames that are shown at some times. Nothing is decoded twice, and no more than is needed.

    Args:
        film: the film.
        index: its index.
        times: seconds on the film's clock, ascending.
        size: width and height in pixels.
        on_frame: called with the number of frames that are there.
        stop: ends the work, between two frames.
        windows: gives the part of each picture that is used.

    Returns:
        (N, 3, height, width) RGB.

    Raises:
        Stopped: ``stop`` was set.
        UndecodableFilm: more than a tenth of the frames is missing.
        SourceLost: the file cannot be read further.
    """
    info, found, missing = film.info, np.zeros((len(times), 3, size[1], size[0]), np.uint8), 0
    frames: Generator[SourceFrame, None, None] | None = None
    at, shown = 0, None
    for number, time in enumerate(times):
        target = index.first + int(time / info.time_base)
        if index.shown:
            target = index.shown[max(0, bisect_right(index.shown, target) - 1)]
        key = index.keys[max(0, bisect_right(index.keys, target) - 1)] if index.keys else None
        if frames is None or (key is not None and key > at):
            if frames is not None:
                frames.close()
            frames, at = film.frames(key), _BEGINNING
        picture = None
        while at < target and (frame := next(frames, None)) is not None:
            if stop.is_set():
                raise Stopped
            at, picture = frame.pts, frame.picture
        if abs(at - target) * info.time_base > _STALE_S:
            missing += 1
        elif picture is not None:  # or the one before, which is still shown
            shown = upright(picture().to_ndarray(format="rgb24"), info.rotation, info.mirrored)
        if shown is not None:
            high, wide = shown.shape[:2]
            left, top, right, bottom = windows(time, (wide, high), size[0] / size[1]) or (0, 0, wide, high)
            found[number] = fitted(shown[top:bottom, left:right], size).transpose(2, 0, 1)
        on_frame(number + 1)
    if frames is not None:
        frames.close()
    if missing > _MISSING * len(times):
        raise UndecodableFilm(
            f"{info.name} is damaged: {missing} of {len(times)} frames cannot be decoded; copy it anew", info.name
        )
    return found


def fitted(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (H, W, 3) at a size (width, height): stretched a little, or with black borders."""
    height, width = pixels.shape[:2]
    ratio = (width / height) / (size[0] / size[1])
    if abs(ratio - 1) <= _STRETCH:
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    out = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    out[y : y + inner[1], x : x + inner[0]] = cv2.resize(pixels, inner, interpolation=cv2.INTER_AREA)
    return out
