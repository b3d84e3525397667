"""What somebody clicked, its JSON file (docs/calibration.md) and its message."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from courtside.v1 import court_pb2
from courtside_client.errors import BadCalibration

MAX_POINTS = 64
"""As many as the gateway takes."""
_MAX_FILE = 64 * 2**10
_KINDS = {"nba": court_pb2.COURT_KIND_NBA, "fiba": court_pb2.COURT_KIND_FIBA}

Side = Annotated[int, Field(ge=2, le=16384)]
Number = Annotated[float, Field(ge=-1e5, le=1e5)]


class Strict(BaseModel):
    """JSON that is taken as it is or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Point(Strict):
    """One place of the floor: pixels from the picture's left and upper edge, metres from the centre of the court."""

    pixel_x: Number
    pixel_y: Number
    court_x: Number
    court_y: Number
    label: str = Field("", max_length=80)


class Clicked(Strict):
    """The points clicked in one picture: at the same time what a calibration file holds.

    Attributes:
        width: of the picture, pixels, rotation applied.
        height: likewise.
    """

    format: Literal["courtside-calibration-1"] = "courtside-calibration-1"
    court: Literal["nba", "fiba"]
    width: Side
    height: Side
    points: Annotated[list[Point], Field(max_length=MAX_POINTS)]

    @property
    def pixels(self) -> NDArray[np.float64]:
        """(N, 2) x, y."""
        return np.array([(point.pixel_x, point.pixel_y) for point in self.points]).reshape(-1, 2)

    @property
    def metres(self) -> NDArray[np.float64]:
        """(N, 2) x, y."""
        return np.array([(point.court_x, point.court_y) for point in self.points]).reshape(-1, 2)

    def to_proto(self) -> court_pb2.Calibration:
        """As the gateway takes it."""
        points = [court_pb2.CalibrationPoint(**point.model_dump()) for point in self.points]
        return court_pb2.Calibration(court=_KINDS[self.court], width=self.width, height=self.height, points=points)

    @classmethod
    def from_proto(cls, message: court_pb2.Calibration) -> Self:
        """From what a gateway keeps.

        Raises:
            BadCalibration: a newer gateway's, with a court that is not known here.
        """
        names = {kind: name for name, kind in _KINDS.items()}
        points = [
            {"pixel_x": p.pixel_x, "pixel_y": p.pixel_y, "court_x": p.court_x, "court_y": p.court_y, "label": p.label}
            for p in message.points
        ]
        content = {"court": names.get(message.court), "width": message.width, "height": message.height}
        try:
            return cls.model_validate(content | {"points": points})
        except ValidationError as error:
            raise BadCalibration(f"the gateway's calibration cannot be used: {first_line(error)}") from None

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            BadCalibration: it cannot be written.
        """
        part = path.with_name(path.name + ".part")
        try:
            part.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            os.replace(part, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise BadCalibration(f"cannot write {path}: {error.strerror or error}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadCalibration: it cannot be read, or is none.
        """
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_FILE + 1)
            if len(text) > _MAX_FILE:
                raise BadCalibration(f"{path} is no calibration file: it has more than {_MAX_FILE} bytes")
            return cls.model_validate_json(text)
        except OSError as error:
            raise BadCalibration(f"cannot read {path}: {error.strerror or error}") from None
        except ValidationError as error:
            raise BadCalibration(f"{path} is no calibration file: {first_line(error)}") from None


def first_line(error: ValidationError) -> str:
    """The first thing that is wrong, on one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
