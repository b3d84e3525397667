"""A short simulated film with one shot whose answer is known: what tests of the default profile show the gateway."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from courtside import ZONES, Shot, ShotResult, Zone, ZoneSource
from courtside_sim import open_simulation

GAME = "sim://20006?camera=behind"
BEFORE_S = 1.2
"""Seconds of film before the release."""
SECONDS = 4.0
NEAR_S = 0.2
"""How far from the true release a shot may be found, seconds: events name the moment at which the ball is visibly apart
from the hand, 0.1 s later, and a detector frame and a half."""
POSSIBLE = 0.05
"""Probability of a zone that is not ruled out."""
KEYFRAMES = {"preset": "ultrafast", "tune": "zerolatency", "g": "15"}
"""A live camera goes on at its next keyframe, so those are close."""


@dataclass(frozen=True)
class ShotFilm:
    """A film and its known answer.

    Attributes:
        path: the file.
        release: when the ball is released, seconds from the first frame.
        result: what becomes of the shot.
        zone: where it is taken from.
        frames: how many frames the film has.
    """

    path: Path
    release: float
    result: ShotResult
    zone: Zone
    frames: int

    def has_zone(self, shot: Shot) -> bool:
        """Whether a shot has the film's zone.

        The shooter stands 0.36 m behind the line: a court that is only estimated may say the zone before it, but not
        with certainty.
        """
        estimated = shot.zone_source is ZoneSource.COURT_ESTIMATE
        return shot.zone is self.zone or (
            estimated and shot.zone_probabilities[ZONES.index(self.zone)] >= POSSIBLE
        )


def steady(fps: float, seconds: float = SECONDS) -> list[float]:
    """Times of a film's frames, seconds from its first."""
    return [index / fps for index in range(round(seconds * fps))]


def write_shot_film(
    path: Path, times: Sequence[float] | None = None, label: float = 30, size: tuple[int, int] = (640, 360),
    options: dict[str, str] | None = None, pictures: float | None = None,
) -> ShotFilm:
    """Film one shot.

    Args:
        path: where to write it; the ending decides the container.
        times: when the frames are taken, seconds from the first; 30 each second by default.
        label: frame rate that the film claims to have.
        size: width and height, pixels.
        options: of the encoder, libx264.
        pictures: how many different pictures there are per second; frames in between repeat the last one.
    """
    times = steady(30) if times is None else times
    film = open_simulation(f"{GAME}&width={size[0]}&height={size[1]}", duration=12)
    shot = film.shots[0]
    begin = shot.release_time - BEFORE_S

    @lru_cache(maxsize=1)
    def picture(number: int) -> NDArray[np.uint8]:
        # At most 60 per second are drawn: what is shown more often shows the same picture again.
        return film.camera.render(begin + number / 60)

    def number(time: float) -> int:
        return round(time * 60) if pictures is None else round(math.floor(time * pictures + 1e-6) * 60 / pictures)

    write_pictures(path, ((time, picture(number(time))) for time in times), label, size, options)
    result = ShotResult.MADE if shot.made else ShotResult.MISSED
    return ShotFilm(path, BEFORE_S - times[0], result, Zone[shot.zone.name], len(times))


def write_pictures(
    path: Path, pictures: Iterable[tuple[float, NDArray[np.uint8]]], label: float, size: tuple[int, int],
    options: dict[str, str] | None = None,
) -> None:
    """Write (seconds, BGR picture) as H.264, each at its own time whatever ``label`` says of the frame rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(label), options=options or KEYFRAMES)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        for time, picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(time * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
