"""Named arrays on disk: written whole or not at all, read with one clear error when something is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from courtside_training.errors import TrainingInputError


def write_arrays(path: Path, arrays: Mapping[str, ArrayLike], compressed: bool = False) -> None:
    """Write an .npz file; a reader sees the old one or the new one.

    Args:
        path: file to write; its folder is made.
        arrays: by name.
        compressed: smaller, and slower to read.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            (np.savez_compressed if compressed else np.savez)(file, **dict(arrays))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TrainingInputError(f"cannot write {path}: {error.strerror}; free space or name another") from error


@contextmanager
def reading_arrays(path: Path, what: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of an .npz file, to be taken out inside the block.

    Args:
        path: file to read.
        what: it should hold, for the message.

    Raises:
        TrainingInputError: it is missing, torn or of something else, as far as the block finds out.
    """
    try:
        # Opened here: a torn archive would be left open.
        with path.open("rb") as file, np.load(file) as found:
            yield found
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        why = type(error).__name__
        raise TrainingInputError(f"{path} holds no {what} ({why}): delete it and draw it anew") from error
