"""The poses of a shooter round one shot: what a gallery keeps, a file of poses holds and the wire carries."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from courtside.errors import BadRequest
from courtside.skeleton import JOINTS
from courtside.v1 import analysis_pb2

FORMAT = "courtside-shot-poses-1"
"""Marks a file of poses."""
SUFFIX = ".poses.npz"
"""How the names of such files end."""
MIN_FRAMES, MAX_FRAMES = 8, 2000
"""Least and greatest number of frames of one shot."""
MAX_PIXEL = 1e5
"""Largest distance of a keypoint from the picture's corner; a joint farther away was not seen."""
MAX_TEXT = 200
"""Most characters of a camera's name and a shot's id."""
MAX_FILE = 16 * 2**20
"""Largest file of poses, bytes."""
SPEEDS = (0.05, 20.0)
"""Least and greatest playback speed."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotPoses:
    """One player's poses round one shot. Raises BadRequest for what cannot be used.

    Attributes:
        times: (T,) float64 media seconds, ascending.
        keypoints: (T, 17, 4) float32 in COCO's order: x, y pixels (y down), z pixels, visibility 0 to 1; NaN where a
            joint was not seen.
        heights: (T,) float32, height of the player's box, pixels.
        release: media seconds.
        camera: where the film comes from; may be empty.
        shot_id: what names the shot; may be empty.
        pixels_per_metre: at the player; None where it is not known.
        playback_speed: how many times faster than real life the film runs.

    Example:
        >>> poses = ShotPoses(np.arange(20) / 10, np.zeros((20, 17, 4)), np.full(20, 200.0), release=1.2)
        >>> poses.keypoints.dtype, poses.real_times[-1]
        (dtype('float32'), np.float64(1.9))
    """

    times: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    heights: NDArray[np.float32]
    release: float
    camera: str = ""
    shot_id: str = ""
    pixels_per_metre: float | None = None
    playback_speed: float = 1.0

    def __post_init__(self) -> None:
        times = np.asarray(self.times, np.float64)
        frames = len(times) if times.ndim == 1 else 0
        if not MIN_FRAMES <= frames <= MAX_FRAMES:
            raise BadRequest(f"a shot has {frames} frames of poses; give {MIN_FRAMES} to {MAX_FRAMES}", field="times")
        if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
            raise BadRequest("the times of a shot's poses must be finite and ascending", field="times")
        keypoints = np.array(self.keypoints, np.float32)
        if keypoints.shape != (frames, len(JOINTS), 4):
            raise BadRequest(
                f"the keypoints of {frames} frames have shape {keypoints.shape}, it must be ({frames}, 17, 4)",
                field="keypoints",
            )
        heights = np.array(self.heights, np.float32)
        if heights.shape != (frames,):
            raise BadRequest(f"{frames} frames of poses but {heights.size} heights of boxes", field="heights")
        # z may be missing alone; without x, y or visibility a joint was not seen.
        with np.errstate(invalid="ignore"):
            lost = ~(np.isfinite(keypoints[..., (0, 1, 3)]).all(-1) & (np.abs(keypoints[..., :2]) < MAX_PIXEL).all(-1))
            keypoints[~(np.abs(keypoints[..., 2]) < MAX_PIXEL), 2] = np.nan
        keypoints[lost] = np.nan
        keypoints[..., 3] = np.clip(keypoints[..., 3], 0.0, 1.0)
        if lost.all():
            raise BadRequest("no joint was seen in any frame of the shot", field="keypoints")
        if not (math.isfinite(self.release) and times[0] < self.release):
            raise BadRequest(
                f"the release at {self.release:.2f} s is not within the poses, {times[0]:.2f} to {times[-1]:.2f} s",
                field="release",
            )
        if not SPEEDS[0] <= self.playback_speed <= SPEEDS[1]:
            raise BadRequest(
                f"playback speed {self.playback_speed:g} is not between {SPEEDS[0]:g} and {SPEEDS[1]:g}",
                field="playback_speed",
            )
        if self.pixels_per_metre is not None and not 0 < self.pixels_per_metre < MAX_PIXEL:
            raise BadRequest("pixels_per_metre must be more than 0", field="pixels_per_metre")
        for name in ("camera", "shot_id"):
            text = getattr(self, name)
            if len(text) > MAX_TEXT or not text.isprintable():
                raise BadRequest(f"{name} must be at most {MAX_TEXT} printable characters", field=name)
        for name, value in (("times", times), ("keypoints", keypoints), ("heights", heights)):
            object.__setattr__(self, name, value)

    @property
    def real_times(self) -> NDArray[np.float64]:
        """(T,) real seconds since media time 0."""
        return self.times * self.playback_speed

    @property
    def real_release(self) -> float:
        """Real seconds of the release since media time 0."""
        return self.release * self.playback_speed

    def to_proto(self) -> analysis_pb2.ShotPoses:
        """The message."""
        return analysis_pb2.ShotPoses(
            times=self.times.tolist(), keypoints=self.keypoints.ravel().tolist(), heights=self.heights.tolist(),
            release=self.release, camera=self.camera, shot_id=self.shot_id,
            pixels_per_metre=self.pixels_per_metre or 0.0, playback_speed=self.playback_speed,
        )  # fmt: skip

    @classmethod
    def from_proto(cls, message: analysis_pb2.ShotPoses) -> Self:
        """The poses of a message.

        Raises:
            BadRequest: they cannot be used; the message says why.
        """
        frames = len(message.times)
        if frames > MAX_FRAMES or len(message.keypoints) != frames * len(JOINTS) * 4:
            raise BadRequest(
                f"{frames} times but {len(message.keypoints)} keypoint numbers: send 17 * 4 for each of at most "
                f"{MAX_FRAMES} times", field="keypoints",
            )  # fmt: skip
        return cls(
            np.array(message.times), np.array(message.keypoints, np.float32).reshape(frames, len(JOINTS), 4),
            np.array(message.heights, np.float32), message.release, message.camera, message.shot_id,
            message.pixels_per_metre or None, message.playback_speed or 1.0,
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """The content of a file of poses: a compressed array file (npz)."""
        file = io.BytesIO()
        about = {
            "format": FORMAT, "release": self.release, "camera": self.camera, "shot_id": self.shot_id,
            "pixels_per_metre": self.pixels_per_metre, "playback_speed": self.playback_speed,
        }  # fmt: skip
        np.savez_compressed(
            file, times=self.times, keypoints=self.keypoints, heights=self.heights, about=np.array(json.dumps(about))
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "the shot's poses") -> Self:
        """The poses in the content of a file.

        Raises:
            BadRequest: it is not a file of poses, or they cannot be used.
        """
        try:
            arrays = _arrays(data)
            about: dict[str, Any] = json.loads(str(arrays["about"]))
            if about["format"] != FORMAT:
                raise ValueError(f"its format is {str(about['format'])[:40]!r}, not {FORMAT!r}")
            scale = about.get("pixels_per_metre")
            return cls(
                arrays["times"], arrays["keypoints"], arrays["heights"], float(about["release"]),
                str(about.get("camera", "")), str(about.get("shot_id", "")), None if scale is None else float(scale),
                float(about.get("playback_speed", 1.0)),
            )  # fmt: skip
        except BadRequest as error:
            raise BadRequest(f"{name}: {error.message}", **error.fields) from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
            raise BadRequest(f"{name} is not a file of a shot's poses ({' '.join(str(error).split())[:120]})") from None


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays in a file of poses. Raises ValueError, KeyError, OSError or BadZipFile for another file."""
    if not data.startswith(b"PK"):
        raise ValueError("`courtside analyze --form --poses DIR` writes such files")
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        _check_sizes(found)
        try:
            return {key: found[key] for key in ("times", "keypoints", "heights", "about")}
        except ValueError:  # numpy would advise to load it unsafely
            raise ValueError("its arrays do not hold numbers") from None


def _check_sizes(found: Any) -> None:
    """Refuse an archive whose arrays would be larger than any shot's, before they are unpacked."""
    if sum(info.file_size for info in found.zip.infolist()) > MAX_FILE:
        raise ValueError("its arrays are too large for one shot")


def read_poses(path: Path) -> ShotPoses:
    """The poses in a file; without a shot_id of its own the file's name is the id.

    Raises:
        BadRequest: there is no such file, or it cannot be used; the message says why.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise BadRequest(f"{path} is larger than a file of a shot's poses can be")
        data = path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}") from None
    poses = ShotPoses.from_bytes(data, str(path))
    return poses if poses.shot_id else replace(poses, shot_id=path.name.removesuffix(SUFFIX)[:MAX_TEXT])


def write_poses(path: Path, poses: ShotPoses) -> None:
    """Write a file of poses.

    Raises:
        OSError: it cannot be written.
    """
    path.write_bytes(poses.to_bytes())
