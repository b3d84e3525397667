"""Point pairs: positions of the floor in a picture and on the court, their JSON file, and the calibration they make."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from courtside.court.homography import Calibration
from courtside.court.measures import COURTS
from courtside.errors import BadCalibration, InputError
from courtside.files import StrictModel, first_problem, read_json, replace_file
from courtside.v1 import court_pb2

MAX_POINTS = 64
"""Point pairs of one calibration."""
MAX_SIDE = 16384
"""Pixels of a picture's side."""
MAX_LABEL = 80
"""Characters of a point's label."""
OFF_COURT = 3.0
"""Metres off the court at which a point may still lie: markings beside the court help a fit."""
_ASPECT_TOLERANCE = 0.02
"""Share by which a frame's aspect ratio may differ from that of the calibrated picture: codecs crop odd sides."""
_MAX_FILE = 64 * 2**10
"""Bytes of a calibration file."""
_KINDS = {
    "nba": court_pb2.COURT_KIND_NBA, "fiba": court_pb2.COURT_KIND_FIBA, "ncaa": court_pb2.COURT_KIND_NCAA,
    "high-school": court_pb2.COURT_KIND_HIGH_SCHOOL,
}  # fmt: skip

_Side = Annotated[int, Field(ge=2, le=MAX_SIDE)]
_Number = Annotated[float, Field(ge=-1e5, le=1e5)]


class PointPair(StrictModel):
    """One position of the floor, in the picture and on the court.

    Attributes:
        pixel_x: pixels from the picture's left edge.
        pixel_y: pixels from the picture's upper edge.
        court_x: metres from the centre of the court, along its length.
        court_y: metres from the centre of the court, across it.
        label: what a person calls it.
    """

    pixel_x: _Number
    pixel_y: _Number
    court_x: _Number
    court_y: _Number
    label: str = Field("", max_length=MAX_LABEL)


class PointPairs(StrictModel):
    """The point pairs of one picture of one camera; also the content of a calibration file (docs/calibration.md).

    It may be incomplete: :meth:`calibration` says whether the points fit a court.

    Attributes:
        format: version of the file.
        court: rule book whose lines they are.
        width: pixels of the picture, rotation applied.
        height: pixels of the picture, rotation applied.
        points: the pairs, at most `MAX_POINTS`.

    Example:
        >>> corners = [(200, 300, 14, 7.5), (1100, 310, 14, -7.5), (1250, 700, 0, -7.5), (30, 690, 0, 7.5)]
        >>> pairs = PointPairs.of("fiba", 1280, 720, corners)
        >>> position = pairs.calibration().to_floor(1100, 310)
        >>> round(position.x, 3), round(position.y, 3)
        (14.0, -7.5)
    """

    format: Literal["courtside-calibration-1"] = "courtside-calibration-1"
    court: Literal["nba", "fiba", "ncaa", "high-school"]
    width: _Side
    height: _Side
    points: Annotated[tuple[PointPair, ...], Field(max_length=MAX_POINTS, strict=False)]

    @classmethod
    def of(
        cls, court: str, width: int, height: int, points: Sequence[Sequence[float]], labels: Sequence[str] = ()
    ) -> Self:
        """Make point pairs of rows of numbers.

        Args:
            court: ``nba``, ``fiba``, ``ncaa`` or ``high-school``.
            width: pixels of the picture, rotation applied.
            height: pixels of the picture, rotation applied.
            points: rows of pixel x, pixel y, court x, court y.
            labels: one text for each point, or none at all.

        Raises:
            BadCalibration: a value is out of its limits.
        """
        if labels and len(labels) != len(points):
            raise BadCalibration(f"{len(labels)} labels for {len(points)} points", field="points")
        names = ("pixel_x", "pixel_y", "court_x", "court_y")
        rows = [dict(zip(names, map(float, row), strict=True)) for row in points]
        pairs = [{**row, "label": label} for row, label in zip(rows, labels or [""] * len(rows), strict=True)]
        return cls._checked({"court": court, "width": width, "height": height, "points": pairs})

    @classmethod
    def _checked(cls, content: dict[str, object]) -> Self:
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            field = error.errors(include_url=False, include_input=False)[0]["loc"][0]
            raise BadCalibration(first_problem(error), field=field) from None

    @property
    def pixels(self) -> NDArray[np.float64]:
        """(N, 2) x, y."""
        return np.array([(point.pixel_x, point.pixel_y) for point in self.points]).reshape(-1, 2)

    @property
    def metres(self) -> NDArray[np.float64]:
        """(N, 2) x, y."""
        return np.array([(point.court_x, point.court_y) for point in self.points]).reshape(-1, 2)

    # ---- the calibration -----------------------------------------------------------------------------------------

    def calibration(self) -> Calibration:
        """From pixels to metres, for pictures of this size; computed once.

        Raises:
            BadCalibration: the points do not fit a court that a camera above the floor sees.
        """
        return self._calibration

    @functools.cached_property
    def _calibration(self) -> Calibration:
        self.check_positions()
        return Calibration.fit(COURTS[self.court], self.pixels, self.metres)

    @property
    def problem(self) -> str:
        """Why the points are no calibration, in one sentence; empty when they are one."""
        try:
            self.calibration()
        except BadCalibration as error:
            return error.message
        return ""

    def check_positions(self) -> None:
        """Check that every point lies in the picture and near the court.

        Raises:
            BadCalibration: one does not; the message says which.
        """
        outside = ((self.pixels < 0) | (self.pixels > (self.width, self.height))).any(1)
        if outside.any():
            raise BadCalibration(
                f"point {int(outside.argmax()) + 1} lies outside the {self.width}x{self.height} picture", field="points"
            )
        court = COURTS[self.court]
        beyond = (np.abs(self.metres) > (court.length / 2 + OFF_COURT, court.width / 2 + OFF_COURT)).any(1)
        if beyond.any():
            raise BadCalibration(
                f"point {int(beyond.argmax()) + 1} is more than {OFF_COURT:g} m off the {court.name} court",
                field="points",
            )

    def for_size(self, width: int, height: int) -> Calibration:
        """From pixels to metres for frames of another size; keep it while nothing changes.

        Args:
            width: pixels of the frames, rotation applied.
            height: pixels of the frames, rotation applied.

        Raises:
            BadCalibration: the points do not fit a court, or the frames have another shape: they are cropped or
                squeezed, so that no position in them is known.
        """
        across, down = self.width / width, self.height / height
        if abs(across / down - 1) > _ASPECT_TOLERANCE:
            raise BadCalibration(
                f"calibrated in a {self.width}x{self.height} picture, but frames are {width}x{height}: another shape, "
                "so calibrate in a picture of the camera as it streams",
                field="width",
            )
        fitted = self.calibration()
        return Calibration(fitted.court, fitted.matrix @ np.diag([across, down, 1.0]), fitted.error)

    # ---- file and wire -------------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The text of a calibration file."""
        return self.model_dump_json(indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write a calibration file, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        try:
            replace_file(path, self.to_json())
        except OSError as error:
            raise InputError(f"cannot write the calibration {path}: {error.strerror or error}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a calibration file.

        Raises:
            BadCalibration: it cannot be read, or is not a calibration file; one line that names the file.
        """
        try:
            return read_json(path, cls, _MAX_FILE)
        except OSError as error:
            raise BadCalibration(f"cannot read the calibration {path}: {error.strerror or error}") from None
        except ValueError as error:
            raise BadCalibration(f"{path} is not a calibration file: {first_problem(error)}") from None

    def to_proto(self) -> court_pb2.Calibration:
        """As it goes over the wire."""
        points = [court_pb2.CalibrationPoint(**point.model_dump()) for point in self.points]
        return court_pb2.Calibration(court=_KINDS[self.court], width=self.width, height=self.height, points=points)

    @classmethod
    def from_proto(cls, message: court_pb2.Calibration) -> Self:
        """From the wire.

        Raises:
            BadCalibration: the court is unknown, or a value is out of its limits.
        """
        court = {kind: name for name, kind in _KINDS.items()}.get(message.court)
        if court is None:
            raise BadCalibration("court is unknown; use COURT_KIND_NBA, _FIBA, _NCAA or _HIGH_SCHOOL", field="court")
        if len(message.points) > MAX_POINTS:  # before anything is made of them
            raise BadCalibration(f"{len(message.points)} points; the limit is {MAX_POINTS}", field="points")
        rows = [(point.pixel_x, point.pixel_y, point.court_x, point.court_y) for point in message.points]
        return cls.of(court, message.width, message.height, rows, [point.label for point in message.points])


def read_calibration(path: Path) -> PointPairs:
    """Read a calibration file and check that its points fit a court.

    Raises:
        BadCalibration: it cannot be read, is not a calibration file, or its points do not fit; one line that names the
            file.

    Example:
        >>> read_calibration(Path("nowhere.json"))
        Traceback (most recent call last):
        courtside.errors.BadCalibration: cannot read the calibration nowhere.json: No such file or directory
    """
    pairs = PointPairs.read(path)
    try:
        pairs.calibration()
    except BadCalibration as error:
        raise BadCalibration(f"{path}: {error.message}", **error.fields) from None
    return pairs
