"""Writes a version's folder and a model's files in one step each: readers see all of it or nothing."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from courtside_export.errors import ExportInputError
from courtside_export.model_config import versions

_PARTIAL = re.compile(r"\.partial-(\d+)")


@contextmanager
def new_version(folder: Path, version: int | None) -> Iterator[tuple[int, Path]]:
    """Yield the version number and a scratch folder to fill; on success the scratch folder becomes that version.

    Nothing is left behind when the body raises, and an existing version is never changed.

    Args:
        folder: The model's folder; created when missing.
        version: The version's number; None for one more than the newest.

    Raises:
        ExportInputError: The version exists, the repository cannot be written, or the disk is full.
    """
    number = version or max(versions(folder), default=0) + 1
    final = folder / str(number)
    if final.exists():
        raise ExportInputError(
            f"{final} exists and is never overwritten: leave --version out or give another number"
        )
    made = _missing_folders(folder)
    scratch = folder / f".partial-{os.getpid()}"
    try:
        try:
            scratch.mkdir(parents=True)
            _remove_abandoned(folder)
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
                break  # another process has written there
        raise


def replace_files(folder: Path, texts: Mapping[str, str], *, always: bool = False) -> None:
    """Write text files, each in one step; files that would not change are left alone unless `always`.

    Raises:
        ExportInputError: The folder cannot be written, or the disk is full.
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
        for part, path in scratch:  # renaming needs no disk space, so a full disk cannot leave half of the files
            part.replace(path)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        for part, _ in scratch:
            part.unlink(missing_ok=True)


def write_error(folder: Path, error: OSError) -> ExportInputError:
    """The one-line error for a failure of the file system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportInputError(f"no space left to write {folder}: free some and export again; nothing was changed")
    return ExportInputError(f"cannot write {folder}: {error.strerror or error}; nothing was changed")


def _missing_folders(folder: Path) -> list[Path]:
    """The folders that do not exist yet on the way to this one, innermost first."""
    missing = []
    while not folder.exists() and folder != folder.parent:
        missing.append(folder)
        folder = folder.parent
    return missing


def _remove_abandoned(folder: Path) -> None:
    """Remove the scratch folders of exports that were killed."""
    for path in folder.iterdir():
        found = _PARTIAL.fullmatch(path.name)
        if found and not Path(f"/proc/{found[1]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(path, ignore_errors=True)
