"""The child process that analyzes one film for a gateway: ``python -m courtside_server.offline.film_worker``.

Arguments: film, settings as TOML, name of the game, work (``shots`` or ``candidates``). Writes JSON lines to standard
output: ``{"event": …}`` for every revision of every event, ``{"analyzed": seconds}``, with ``candidates`` also
``{"candidates": […], "frames": [seconds, …]}``, and at the end ``{"end": true}`` or ``{"error": text}``, with
``advice`` where there is one. With ``shots`` it leaves the film without its dead time as condensed.mp4 beside the film
(``condensed``: its seconds). Ends with its standard input, so that it does not outlive the gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from courtside_server.settings import Settings
    from courtside_server.shots.detector import ShotChange

LEAST_PROBABILITY = 0.05
"""Probability from which a window makes a candidate, and a candidate is shown to a person."""
_THRESHOLDS = ("shots.flight.threshold", "shots.clip.threshold", "shots.candidate.min_probability",
               "shots.candidate.announce")  # fmt: skip
_REPORT_S = 0.5
"""Least seconds between two reports of progress."""


def yield_to_others() -> None:
    """Run only when nothing else wants the processor. Call it before threads are started."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(19)
    with contextlib.suppress(AttributeError, OSError):  # Linux only
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Analyze the film of the command line."""
    yield_to_others()
    # What libraries print must not get among the lines.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    film, settings, game, work = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]

    def write(message: dict[str, Any]) -> None:
        lines.write(json.dumps(message) + "\n")
        lines.flush()

    from courtside_server.errors import CourtsideError

    try:
        asyncio.run(_analyze(film, settings, game, work, write))
    except CourtsideError as error:
        write({"error": error.message})
    except BrokenPipeError:
        os._exit(1)


async def _analyze(path: Path, config: Path, game: str, work: str, write: Any) -> None:
    from courtside.film import Film
    from courtside_server.errors import CourtsideError
    from courtside_server.offline.analyze import FilmAnalyzer, film_settings
    from courtside_server.settings import load_settings
    from courtside_server.telemetry.logs import configure_logs

    flags: dict[str, Any] = dict(film_settings(actions=False, form=False))
    if work == "candidates":
        flags.update(dict.fromkeys(_THRESHOLDS, LEAST_PROBABILITY))
    settings = load_settings(config, flags)
    configure_logs("error", settings.log_format)
    film = Film(path)
    rate, reported = film.info.frame_rate or 30.0, 0.0

    def report(count: int) -> None:
        nonlocal reported
        if (now := time.monotonic()) - reported >= _REPORT_S:
            reported = now
            write({"analyzed": count / rate})

    async with FilmAnalyzer(settings) as analyzer:
        analysis = analyzer.analyze(path, film, game=game)
        lines: list[str] = []
        found: dict[tuple[int, int], ShotChange] = {}
        if work == "candidates":
            analysis.on_shots = lambda scene, all_: found.update({(scene, one.candidate.key): one for one in all_})
        async with contextlib.aclosing(analysis.events(report)) as events:
            async for event in events:
                lines.append(event.to_json())
                write({"event": json.loads(lines[-1])})
    if work == "candidates":
        candidates = [one for one in map(_candidate, found.values()) if one["probability"] >= LEAST_PROBABILITY]
        write({"candidates": candidates, "frames": frame_times(path)})
    advice = [analysis.advice] if analysis.advice else []
    if analysis.damaged:
        advice.append(f"{analysis.damaged} frames are damaged; shots in them may be missing or wrong")
    try:
        film.check_end()
    except CourtsideError as error:  # what is there was analyzed
        advice.append(error.message)
    if work == "shots":
        write({"condensed": await _condense(path, lines, settings)})
    write({"end": True, "analyzed": analysis.packets / rate, "advice": ". ".join(advice)})


async def _condense(path: Path, events: list[str], settings: Settings) -> float:
    """Write the film without its dead time; gives its seconds, 0 where there is none."""
    from courtside_server.errors import CourtsideError
    from courtside_server.offline.condense import shorten_film

    table, out = path.with_name("events.jsonl"), path.with_name("condensed.mp4")
    out.unlink(missing_ok=True)
    table.write_text("\n".join(events) + "\n", "utf-8")
    try:
        return round((await shorten_film(path, out, settings, events=table)).cut.seconds, 2)
    except (CourtsideError, OSError):  # nothing to show, or no room: the shots are there all the same
        return 0.0


def _candidate(change: ShotChange) -> dict[str, Any]:
    state = change.state
    probability = change.candidate.score if state.probability is None else state.probability
    return {
        "time": round(change.candidate.media, 4), "probability": round(probability, 4),
        "result": state.result.name.lower(), "type": state.type.name.lower(),
        "court": None if state.court is None else [round(one, 2) for one in state.court],
    }  # fmt: skip


def frame_times(path: Path) -> list[float]:
    """Seconds of every frame in the order shown, from the film's beginning as its events count it."""
    import av

    from courtside.film import Film, coded_packets, file_address, video_stream

    info = Film(path).info
    with av.open(file_address(path)) as container:
        packets = coded_packets(container, video_stream(container))
        stamps = sorted(packet.pts for packet in packets if packet.pts is not None and not packet.is_discard)
    return [round(float((stamp - info.first_pts) * info.time_base), 4) for stamp in stamps]


def _end_with_stdin() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
