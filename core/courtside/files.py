"""Small JSON files: read strictly, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from courtside.errors import CourtsideError

_Model = TypeVar("_Model", bound=BaseModel)


class StrictModel(BaseModel):
    """JSON that is taken as it is or not at all: no unknown keys, no conversions, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def read_json(path: Path, model: type[_Model], max_bytes: int) -> _Model:
    """Read and check a file.

    Args:
        path: the file.
        model: what it must hold.
        max_bytes: larger files are refused before they are parsed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is too large, or not what ``model`` describes; :func:`first_problem` says why.
    """
    with path.open("rb") as file:
        text = file.read(max_bytes + 1)
    if len(text) > max_bytes:
        raise ValueError(f"larger than {max_bytes} bytes")
    return model.model_validate_json(text)


def first_problem(error: Exception) -> str:
    """What is wrong, on one line: the first problem of a failed validation, or the error's own text."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = str(first["msg"]).removeprefix("Value error, ")
        return f"{where}: {problem}" if where else problem
    if isinstance(error, CourtsideError):
        return error.message
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def replace_file(path: Path, text: str) -> None:
    """Replace a file as a whole: after a crash the old one or the new one is there. For one writer at a time.

    Raises:
        OSError: it cannot be written; the old file is as it was.
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
