"""Arrays on disk: written completely or not at all, read with one clear error when something is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from courtside_training.errors import TrainingInputError


def write_arrays(path: Path, arrays: Mapping[str, ArrayLike], compressed: bool = False) -> None:
    """Write an .npz file; a reader sees the old file or the new one.

    Args:
        path: file to write; its folder is made.
        arrays: by name.
        compressed: makes the file smaller, and slower to read.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    with _replacing(path) as file:
        (np.savez_compressed if compressed else np.savez)(file, **dict(arrays))


def write_array(path: Path, array: ArrayLike) -> None:
    """Write one array to an .npy file, which can be memory-mapped; otherwise as `write_arrays`."""
    with _replacing(path) as file:
        np.save(file, array)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that replaces `path` at the end of the block, if the block succeeds."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TrainingInputError(f"cannot write {path}: {error.strerror}; free space or name another") from error


@contextmanager
def reading_arrays(path: Path, what: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """Open an .npz file; its arrays must be read inside the block.

    Args:
        path: file to read.
        what: what the file should hold, for the message.

    Raises:
        TrainingInputError: the file is missing, torn or holds something else, as far as the block finds out.
    """
    try:
        # Opened here, since np.load would leave a torn archive open.
        with path.open("rb") as file, np.load(file) as found:
            yield found
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        why = type(error).__name__
        raise TrainingInputError(f"{path} holds no {what} ({why}): delete it and make it again") from error
