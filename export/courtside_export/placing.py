"""Puts a finished version beside the others in one step: readers see all of it or nothing, whatever goes wrong."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from courtside_export.entry import versions
from courtside_export.errors import ExportInputError

_PARTIAL = re.compile(r"\.partial-(\d+)")


@contextmanager
def new_version(folder: Path, version: int | None) -> Iterator[tuple[int, Path]]:
    """Give the version number and a scratch folder to fill; on success the scratch folder becomes that version.

    Nothing is left behind when the body raises, and a version that exists is never touched.

    Args:
        folder: the model's folder, made when missing.
        version: its number; None: one more than the newest.

    Raises:
        ExportInputError: the version exists, the repository cannot be written, or the disk is full.
    """
    number = version or max(versions(folder), default=0) + 1
    final = folder / str(number)
    if final.exists():
        raise ExportInputError(
            f"{final} is there already and is never overwritten: leave --version out or name another"
        )
    made = _missing(folder)
    scratch = folder / f".partial-{os.getpid()}"
    try:
        try:
            scratch.mkdir(parents=True)
            _forget_the_dead(folder)
            yield number, scratch
            scratch.rename(final)
        except OSError as error:
            raise write_error(folder, error) from error
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        for parent in made:
            try:
                parent.rmdir()
            except OSError:
                break  # somebody else put something there
        raise


def replace_files(folder: Path, texts: Mapping[str, str], *, always: bool = False) -> None:
    """Write text files, each in one step; only those that change unless `always`.

    Raises:
        ExportInputError: the folder cannot be written, or the disk is full.
    """
    scratch: list[tuple[Path, Path]] = []
    try:
        for name, text in texts.items():
            path = folder / name
            if not always and path.is_file() and path.read_bytes() == text.encode():
                continue
            part = path.with_name(f".{name}.partial-{os.getpid()}")
            scratch.append((part, path))
            part.write_text(text, "utf-8")
        for part, path in scratch:  # renaming needs no space: all or nothing, as far as a file system can
            part.replace(path)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        for part, _ in scratch:
            part.unlink(missing_ok=True)


def write_error(folder: Path, error: OSError) -> ExportInputError:
    """One clear line for what the file system said."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportInputError(f"no space left to write {folder}: free some and export again; nothing was changed")
    return ExportInputError(f"cannot write {folder}: {error.strerror or error}; nothing was changed")


def _missing(folder: Path) -> list[Path]:
    """The folders that making this one will make, innermost first."""
    missing = []
    while not folder.exists() and folder != folder.parent:
        missing.append(folder)
        folder = folder.parent
    return missing


def _forget_the_dead(folder: Path) -> None:
    """Remove scratch folders of exports that were killed."""
    for path in folder.iterdir():
        found = _PARTIAL.fullmatch(path.name)
        if found and not Path(f"/proc/{found[1]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(path, ignore_errors=True)
