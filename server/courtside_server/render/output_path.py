"""Place: where each drawn film goes, and every reason why it cannot, before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from courtside_server.errors import InputError
from courtside_server.render.encoder import partial_path

SUFFIX = ".mp4"


def output_paths(films: Sequence[Path], out: Path) -> list[Path]:
    """Where the drawn films go, one a film, in order.

    The rule: a name that ends in .mp4 is the film to write, for one film only; any other name is a folder, made
    where there is none, in which every film gets its own name with the ending .mp4.

    Args:
        films: the films that are drawn on.
        out: what the caller named.

    Raises:
        InputError: several films for one name, two films of one name for one folder, a place that is one of the films
            or cannot be written.
    """
    folder = out.is_dir() or out.suffix.lower() != SUFFIX
    if not folder and len(films) > 1:
        raise InputError(f"--render {out} names one film, but there are {len(films)}: name a folder")
    if folder and out.suffix and not out.is_dir():
        raise InputError(f"--render {out} is no folder and does not end in {SUFFIX}: end it so, or make the folder")
    if folder and out.exists() and not out.is_dir():
        raise InputError(f"--render {out} is no folder and does not end in {SUFFIX}: name another place")
    places = [out / f"{film.stem}{SUFFIX}" for film in films] if folder else [out]
    for row, place in enumerate(places):
        if place in places[:row]:
            other = films[places.index(place)]
            raise InputError(f"--render: {other} and {films[row]} would both become {place}: draw one by itself")
    for place in places:
        _refuse_inputs(films, place)
        _refuse_unwritable(place, make=folder)
    return places


def _refuse_inputs(films: Sequence[Path], place: Path) -> None:
    for film in films:
        for written in (place, partial_path(place)):
            if written.exists() and film.exists() and written.samefile(film):
                raise InputError(f"--render would overwrite the film {film}: name another place")


def _refuse_unwritable(place: Path, make: bool) -> None:
    try:
        if make:
            place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            raise InputError(f"--render: {place} is a folder: name another place")
        part = partial_path(place)
        with part.open("wb"):
            pass
        part.unlink()
    except OSError as error:
        raise InputError(f"--render: {place} cannot be written: {error.strerror}") from None
