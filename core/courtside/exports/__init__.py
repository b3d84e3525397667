"""Exports: a game's events in the formats that other tools read; one table of formats, one module for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from courtside.errors import InputError
from courtside.events import Event
from courtside.exports import chart, contract, csv_table, fiba, film_formats, nba
from courtside.exports.game import ExportedGame, ExportedShot, ExportOptions, exported_game, read_events

__all__ = [
    "FORMATS", "ExportFormat", "ExportOptions", "ExportedGame", "ExportedShot", "export_events", "exported_game",
    "find_format", "read_events",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format that games are exported in."""

    name: str
    """How it is named in commands and addresses."""
    title: str
    """What it is, for people."""
    media_type: str
    """Content type."""
    suffix: str
    """Of a file of it."""
    write: Callable[[ExportedGame], bytes]
    """Writes it."""
    all_kinds: bool = False
    """It holds events of all kinds, not shots and the game's state alone."""

    def file_name(self, game: str) -> str:
        """Name of a file with a game.

        Example:
            >>> FORMATS["nba"].file_name("games/final")
            'final.nba.json'
        """
        return f"{game.rpartition('/')[2]}.{self.suffix}"


FORMATS = {
    one.name: one
    for one in (
        ExportFormat("csv", "table of shots", "text/csv; charset=utf-8", "csv", csv_table.write),
        ExportFormat("json", "all events", "application/json", "json", contract.write, all_kinds=True),
        ExportFormat("nba", "NBA live play-by-play", "application/json", "nba.json", nba.write),
        ExportFormat("fiba", "FIBA LiveStats data.json", "application/json", "fiba.json", fiba.write),
        ExportFormat(
            "sportscode", "Sportscode XML", "application/xml", "sportscode.xml", film_formats.write_sportscode
        ),
        ExportFormat(
            "soccernet", "SoccerNet spotting", "application/json", "soccernet.json", film_formats.write_soccernet
        ),
        ExportFormat(
            "labelstudio", "Label Studio tasks", "application/json", "labelstudio.json",
            film_formats.write_label_studio,
        ),
        ExportFormat("webvtt", "WebVTT chapters", "text/vtt; charset=utf-8", "vtt", film_formats.write_webvtt),
        ExportFormat("svg", "shot chart", "image/svg+xml", "svg", chart.write_svg),
        ExportFormat("png", "shot chart", "image/png", "png", chart.write_png),
    )
}
"""Every format by its name."""


def find_format(name: str) -> ExportFormat:
    """A format by its name.

    Raises:
        InputError: there is none; the message lists them.

    Example:
        >>> find_format("csv").title
        'table of shots'
    """
    if name not in FORMATS:
        raise InputError(f"{name[:40]!r} is no format; use one of {', '.join(FORMATS)}", field="format")
    return FORMATS[name]


def export_events(
    events: Iterable[Event], name: str, options: ExportOptions | None = None, game: str = ""
) -> bytes:
    """A game's events in a format.

    Args:
        events: in the order of the log; of every event the last revision counts.
        name: of the format: a key of `FORMATS`.
        options: what the events do not say.
        game: ``games/{game}``, where the events are of several games.

    Raises:
        InputError: no such format, no events, or an option that does not fit.
    """
    return find_format(name).write(exported_game(events, options, game))
