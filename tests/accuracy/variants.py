"""The labelled clips as other cameras might have filmed them: what is found should hardly change.

Fifteen releases in five clips say little about film that nobody has seen; each clip changed in ten ways says a
little more. The clips run through the gateway's detector, trackers and shot detection, not through its codecs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from accuracy.labels import Clip, ClipScore, Found, read_clips, score_clip
from accuracy.replay import Bench, detect, detector_fps, film_frames, find_shots, started, track
from numpy.typing import NDArray

from courtside_server.settings import Settings
from courtside_server.types import Frame

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]


def light(picture: Pixels, gamma: float, gain: float) -> Pixels:
    """Darker or brighter."""
    return cv2.LUT(picture, np.clip((np.arange(256) / 255.0) ** gamma * 255 * gain, 0, 255).astype(np.uint8))


def pale(picture: Pixels) -> Pixels:
    """A third of the colour."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., np.newaxis]
    return np.clip(0.35 * picture + 0.65 * grey, 0, 255).astype(np.uint8)


def coarse(picture: Pixels) -> Pixels:
    """Half as fine, and compressed hard."""
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return cv2.resize(cv2.imdecode(packed, cv2.IMREAD_COLOR), picture.shape[1::-1])


def nearer(picture: Pixels) -> Pixels:
    """The upper left nine tenths."""
    height, width = picture.shape[:2]
    return cv2.resize(picture[: height * 9 // 10, : width * 9 // 10], (width, height))


def farther(picture: Pixels) -> Pixels:
    """In the middle of a grey picture, three quarters as large."""
    height, width = (round(side * 0.3 / 2) // 2 * 2 for side in picture.shape[:2])
    return cv2.copyMakeBorder(picture, height, height, width, width, cv2.BORDER_CONSTANT, value=(114, 114, 114))


def grainy(picture: Pixels) -> Pixels:
    """Noise of a dark hall; the same for the same picture."""
    rng = np.random.default_rng(int(picture[::16, ::16].sum()))
    return np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)


PICTURES: dict[str, Change | None] = {
    "as filmed": None,
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    "dark": partial(light, gamma=1.5, gain=0.8),
    "bright": partial(light, gamma=0.7, gain=1.1),
    "pale": pale,
    "coarse": coarse,
    "grainy": grainy,
    "nearer": nearer,
    "farther": farther,
}
LEFT_OUT: dict[str, Callable[[int], bool]] = {
    "a frame later": lambda index: index == 0,
    "24 of 30 frames": lambda index: index % 5 == 4,
}


def frames(clip: Clip, variant: str) -> Iterator[Frame]:
    """A clip's frames in one variant."""
    change, left_out = PICTURES.get(variant), LEFT_OUT.get(variant)
    for frame in film_frames(clip.path):
        if left_out is not None and left_out(frame.sequence):
            continue
        if change is None:
            yield frame
            continue
        picture = change(cv2.cvtColor(frame.planes, cv2.COLOR_YUV2RGB_I420))
        even = np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])
        yield replace(frame, planes=cv2.cvtColor(even, cv2.COLOR_RGB2YUV_I420))


def variants(folder: Path) -> dict[str, ClipScore]:
    """Of each variant, all labelled clips together."""
    settings = Settings()
    clips, names = [clip for clip in read_clips(folder) if clip.labelled], (*PICTURES, *LEFT_OUT)
    with started(settings) as bench:
        return {
            name: sum([one(clip, name, bench, settings.perception.detector_fps) for clip in clips], ClipScore())
            for name in names
        }


def one(clip: Clip, variant: str, bench: Bench, limit: float) -> ClipScore:
    """What is found in one clip."""
    fps = detector_fps(clip.path, limit, clip.speed)
    seen = track(detect(frames(clip, variant), bench, fps, clip.speed), clip.speed)
    return score_clip([Found.of(change) for change in find_shots(seen, bench, clip.speed)], clip)
