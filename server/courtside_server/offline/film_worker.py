"""The child process that analyzes one film for a gateway: ``python -m courtside_server.offline.film_worker``.

Arguments: film, settings as TOML, name of the game. Writes JSON lines to standard output: ``{"event": …}`` for every
revision of every event, ``{"analyzed": seconds}``, and at the end ``{"end": true}`` or ``{"error": text}``, with
``advice`` where there is one. Ends with its standard input, so that it does not outlive the gateway.
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
from typing import Any

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
    film, settings, game = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

    def write(message: dict[str, Any]) -> None:
        lines.write(json.dumps(message) + "\n")
        lines.flush()

    from courtside_server.errors import CourtsideError

    try:
        asyncio.run(_analyze(film, settings, game, write))
    except CourtsideError as error:
        write({"error": error.message})
    except BrokenPipeError:
        os._exit(1)


async def _analyze(path: Path, config: Path, game: str, write: Any) -> None:
    from courtside.film import Film
    from courtside_server.errors import CourtsideError
    from courtside_server.offline.analyze import FilmAnalyzer, film_settings
    from courtside_server.settings import load_settings
    from courtside_server.telemetry.logs import configure_logs

    settings = load_settings(config, film_settings(actions=False, form=False))
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
        async with contextlib.aclosing(analysis.events(report)) as events:
            async for event in events:
                write({"event": json.loads(event.to_json())})
    advice = [analysis.advice] if analysis.advice else []
    if analysis.damaged:
        advice.append(f"{analysis.damaged} frames are damaged; shots in them may be missing or wrong")
    try:
        film.check_end()
    except CourtsideError as error:  # what is there was analyzed
        advice.append(error.message)
    write({"end": True, "analyzed": analysis.packets / rate, "advice": ". ".join(advice)})


def _end_with_stdin() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
