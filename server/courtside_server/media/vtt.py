"""WebVTT: chapters and captions of a film, as browsers and players read them (W3C, WebVTT)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a film with a title.

    Attributes:
        start: seconds of the film.
        end: seconds of the film.
        title: one line.
        event_id: the event that it shows; empty where it is none.
    """

    start: float
    end: float
    title: str
    event_id: str = ""


def web_vtt(chapters: Iterable[Chapter]) -> str:
    """Chapters as a WebVTT file.

    Args:
        chapters: in order.

    Example:
        >>> print(web_vtt([Chapter(1.5, 4.0, "made layup <7>")]), end="")
        WEBVTT
        <BLANKLINE>
        1
        00:00:01.500 --> 00:00:04.000
        made layup &lt;7&gt;
    """
    cues = ["WEBVTT\n"]
    for number, one in enumerate(chapters, 1):
        text = " ".join(one.title.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"\n{number}\n{_time(one.start)} --> {_time(max(one.end, one.start + 0.001))}\n{text}\n")
    return "".join(cues)


def _time(seconds: float) -> str:
    milliseconds = max(round(seconds * 1000), 0)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
