"""A camera's calibration as somebody clicked it, and its JSON file."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from courtside_server.errors import BadRequest, InputError, StoreUnavailable
from courtside_server.perception.court import COURTS, Calibration, Court

MAX_POINTS = 64
"""Points of one calibration."""
MAX_SIDE = 16384
"""Pixels of a picture's side."""
MAX_LABEL = 80
"""Characters of a point's label."""
OFF_COURT = 3.0
"""Metres off the court at which a point may still lie: markings beside it help a fit."""
_OTHER_SHAPE = 0.02
"""Share by which a frame's aspect may differ from the calibrated picture's: codecs cut odd sides to even ones."""
_MAX_FILE = 64 * 2**10


@dataclass(frozen=True, slots=True, eq=False)
class CameraCalibration:
    """The points that somebody clicked in one picture of one camera; checked when it is made, never changed.

    Attributes:
        court: a name of `COURTS`.
        width: pixels of the picture in which the points were clicked, rotation applied.
        height: likewise.
        pixels: (N, 2) float64 x, y from the picture's left and upper edge, N 4 to `MAX_POINTS`; read-only.
        metres: (N, 2) float64 x, y on the court of the same points; read-only.
        labels: N texts for a person, or none at all.

    Raises:
        BadRequest: a value is out of its limits, or the points make no court that a camera above the floor sees.
    """

    court: str
    width: int
    height: int
    pixels: NDArray[np.float64]
    metres: NDArray[np.float64]
    labels: tuple[str, ...] = ()
    _fitted: Calibration = field(init=False, repr=False)

    def __post_init__(self) -> None:
        court = COURTS.get(self.court)
        if court is None:
            raise BadRequest(f"court {self.court[:40]!r} is none of {', '.join(sorted(COURTS))}", field="court")
        for name, side in (("width", self.width), ("height", self.height)):
            if not 2 <= side <= MAX_SIDE:
                raise BadRequest(f"{name} is {side}; a picture has 2 to {MAX_SIDE} pixels a side", field=name)
        if len(self.pixels) > MAX_POINTS:
            raise BadRequest(f"{len(self.pixels)} points; the limit is {MAX_POINTS}", field="points")
        if self.labels and len(self.labels) != len(self.pixels):
            raise BadRequest(f"{len(self.labels)} labels for {len(self.pixels)} points", field="points")
        if any(len(label) > MAX_LABEL for label in self.labels):
            raise BadRequest(f"a label has more than {MAX_LABEL} characters", field="points")
        object.__setattr__(self, "pixels", _kept(self.pixels))
        object.__setattr__(self, "metres", _kept(self.metres))
        if self.pixels.shape == self.metres.shape == (len(self.pixels), 2):
            self._check_places(court)
        fitted = Calibration.fit(court, self.pixels, self.metres)
        # A picture's y runs down and the court's left is to the left: seen from above, orientation turns over.
        if np.linalg.det(fitted.matrix) > 0:
            raise BadRequest("the points are mirrored: left and right are exchanged", field="points")
        object.__setattr__(self, "_fitted", fitted)

    def _check_places(self, court: Court) -> None:
        outside = ((self.pixels < 0) | (self.pixels > (self.width, self.height))).any(1)
        if outside.any():
            raise BadRequest(
                f"point {int(outside.argmax()) + 1} lies outside the {self.width}x{self.height} picture",
                field="points",
            )
        limits = court.length / 2 + OFF_COURT, court.width / 2 + OFF_COURT
        beyond = (np.abs(self.metres) > limits).any(1)
        if beyond.any():
            raise BadRequest(
                f"point {int(beyond.argmax()) + 1} is more than {OFF_COURT:g} m off the {court.name} court",
                field="points",
            )

    def fit(self) -> Calibration:
        """Pixels to metres for pictures of the clicked size."""
        return self._fitted

    def for_size(self, width: int, height: int) -> Calibration:
        """Pixels to metres for frames of another size; one small matrix product, yet keep it while nothing changes.

        Args:
            width: of the frames, pixels, rotation applied.
            height: likewise.

        Raises:
            BadRequest: the frames have another shape, so they are cut or squeezed and no place in them is known.
        """
        across, down = self.width / width, self.height / height
        if abs(across / down - 1) > _OTHER_SHAPE:
            raise BadRequest(
                f"calibrated in a {self.width}x{self.height} picture, but frames are {width}x{height}: another shape, "
                "so calibrate in a picture of the camera as it streams",
                field="width",
            )
        matrix = self._fitted.matrix @ np.diag([across, down, 1.0])
        return Calibration(self._fitted.court, matrix, self._fitted.error)

    def to_json(self) -> str:
        """The text of a calibration file; docs/calibration.md describes it."""
        return CalibrationContent.of(self).model_dump_json(indent=2) + "\n"


def read_calibration(path: Path) -> CameraCalibration:
    """Read a file that ``courtside calibrate --out`` or :func:`write_calibration` wrote.

    Raises:
        InputError: it cannot be read, is none, or its points make no court; one line that names the file.
    """
    try:
        return read_json(path, CalibrationContent, _MAX_FILE).calibration()
    except OSError as error:
        raise InputError(f"cannot read the calibration {path}: {error.strerror or error}") from None
    except (ValidationError, ValueError) as error:
        raise InputError(f"{path} is no calibration file: {first_line(error)}") from None
    except BadRequest as error:
        raise BadRequest(f"{path}: {error.message}", **error.fields) from None


def write_calibration(path: Path, calibration: CameraCalibration) -> None:
    """Write a calibration file, whole or not at all.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    try:
        write_whole(path, calibration.to_json())
    except OSError as error:
        raise StoreUnavailable(f"cannot write the calibration {path}: {error.strerror or error}") from None


class Strict(BaseModel):
    """JSON that is taken as it is or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Point(Strict):
    pixel_x: float
    pixel_y: float
    court_x: float
    court_y: float
    label: str = Field("", max_length=MAX_LABEL)


class CalibrationContent(Strict):
    """What is in a calibration file."""

    format: Literal["courtside-calibration-1"] = "courtside-calibration-1"
    court: str
    width: int
    height: int
    points: Annotated[list[_Point], Field(max_length=MAX_POINTS)]

    @classmethod
    def of(cls, calibration: CameraCalibration) -> CalibrationContent:
        """What a file of this calibration holds."""
        labels = calibration.labels or ("",) * len(calibration.pixels)
        points = [
            _Point(pixel_x=u, pixel_y=v, court_x=x, court_y=y, label=label)
            for (u, v), (x, y), label in zip(
                calibration.pixels.tolist(), calibration.metres.tolist(), labels, strict=True
            )
        ]
        return cls(court=calibration.court, width=calibration.width, height=calibration.height, points=points)

    def calibration(self) -> CameraCalibration:
        """Make the calibration.

        Raises:
            BadRequest: see :class:`CameraCalibration`.
        """
        pixels = np.array([(point.pixel_x, point.pixel_y) for point in self.points]).reshape(-1, 2)
        metres = np.array([(point.court_x, point.court_y) for point in self.points]).reshape(-1, 2)
        labels = tuple(point.label for point in self.points)
        return CameraCalibration(self.court, self.width, self.height, pixels, metres, labels)


_Model = TypeVar("_Model", bound=BaseModel)


def _kept(points: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.array(points, np.float64)
    kept.flags.writeable = False
    return kept


def read_json(path: Path, model: type[_Model], most: int) -> _Model:
    """Read and check a file of at most ``most`` bytes.

    Raises:
        OSError: it cannot be read.
        ValueError: it is larger, or not what ``model`` says; :func:`first_line` tells why.
    """
    with path.open("rb") as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise ValueError(f"larger than {most} bytes")
    return model.model_validate_json(text)


def first_line(error: Exception) -> str:
    """What is wrong, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}" if where else str(first["msg"])
    if isinstance(error, InputError):
        return error.message
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def write_whole(path: Path, text: str) -> None:
    """Replace a file whole: a crash leaves the old one or the new one. Not for two writers of one file at a time.

    Raises:
        OSError: it cannot be written; the old one is as it was.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
