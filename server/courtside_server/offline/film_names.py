"""The films that a person names: a folder means the films in it, and every film gets a game of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from courtside.errors import SourceNotFound

SUFFIXES = frozenset(
    ".3gp .asf .avi .divx .flv .m2ts .m4v .mjpeg .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv".split()
)
"""Suffixes of the files in a folder that are taken for films; a file that is named itself may have any name."""
_LONGEST = 60
"""Characters of a game's name that come from the film's."""


def films_in(path: Path) -> list[Path]:
    """The films that a path means: itself, or those in a folder, sorted by name.

    Raises:
        SourceNotFound: there is no film in the folder.
    """
    if not os.path.isdir(path):
        return [path]
    films = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not file.is_dir())
    if not films:
        raise SourceNotFound(f"{path}: no film in this folder; name the films themselves", path)
    return films


def game_name(path: Path, taken: Iterable[str] = ()) -> str:
    """A game's name that a film can have: that of its file, with a number where it is taken."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem).strip("._-")[:_LONGEST] or "film"
    others, number, base = set(taken), 1, name
    while name in others:
        number += 1
        name = f"{base}-{number}"
    return name


def game_names(paths: Sequence[Path]) -> list[str]:
    """A game's name for each film; films whose files have the same name are different games."""
    names: list[str] = []
    for path in paths:
        names.append(game_name(path, names))
    return names
