"""Output paths: where each drawn film goes. Every mistake is found before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from courtside_server.errors import InputError
from courtside_server.render.encoder import partial_path

SUFFIX = ".mp4"
"""Suffix of drawn films."""


def output_paths(films: Sequence[Path], out: Path) -> list[Path]:
    """The paths of the drawn films, one per film, in order.

    A name that ends in .mp4 is the film to write, for one film only. Any other name is a folder, created if necessary,
    in which every film keeps its name with the suffix .mp4.

    Args:
        films: the films to draw on.
        out: the name that the caller gave.

    Raises:
        InputError: several films for one name, two films with the same name for one folder, or a path that is one of
            the films or cannot be written.
    """
    folder = out.is_dir() or out.suffix.lower() != SUFFIX
    if not folder and len(films) > 1:
        raise InputError(f"--render {out} names one film, but there are {len(films)}: name a folder")
    if folder and out.suffix and not out.is_dir():
        raise InputError(f"--render {out} is not a folder and does not end in {SUFFIX}: rename it or create the folder")
    if folder and out.exists() and not out.is_dir():
        raise InputError(f"--render {out} is not a folder and does not end in {SUFFIX}: choose another path")
    paths = [out / f"{film.stem}{SUFFIX}" for film in films] if folder else [out]
    for row, path in enumerate(paths):
        if path in paths[:row]:
            other = films[paths.index(path)]
            raise InputError(f"--render: {other} and {films[row]} would both become {path}: draw them separately")
    for path in paths:
        _refuse_inputs(films, path)
        _refuse_unwritable(path, create=folder)
    return paths


def _refuse_inputs(films: Sequence[Path], path: Path) -> None:
    for film in films:
        for written in (path, partial_path(path)):
            if written.exists() and film.exists() and written.samefile(film):
                raise InputError(f"--render would overwrite the film {film}: choose another path")


def _refuse_unwritable(path: Path, create: bool) -> None:
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise InputError(f"--render: {path} is a folder: choose another path")
        part = partial_path(path)
        with part.open("wb"):
            pass
        part.unlink()
    except OSError as error:
        raise InputError(f"--render: {path} cannot be written: {error.strerror}") from None
