"""A page server that also takes films; a scripted child analyzes them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from page_server import PageServer, shot_draft
from tests_support import write_flash_film

from courtside_server.api.film_routes import FilmUploads
from courtside_server.films.config import FilmsConfig
from courtside_server.films.film_folder import FilmStore
from courtside_server.films.queue import FilmQueue
from courtside_server.types import Lifecycle, ShotResult

_WORKER = """
import pathlib, sys, time
script, content, settings, game, work = sys.argv
folder = pathlib.Path(script).parent
assert pathlib.Path(content).stat().st_size and pathlib.Path(settings).read_text() == "settings"
for line in (folder / "lines.jsonl").read_text().splitlines():
    print(line.replace("GAME", game), flush=True)
if work == "candidates":
    print((folder / "candidates.json").read_text(), flush=True)
while not (folder / "go").exists():
    time.sleep(0.02)
print('{"end": true, "analyzed": 1.0, "advice": "one frame is damaged"}', flush=True)
"""


class FilmServer(PageServer):
    """Serves films from a folder; the child finds two shots and ends when :meth:`let_go` was called.

    Args:
        folder: of the event log and the films.
        port: to serve on; 0 for any.
        limits: settings of films.
    """

    def __init__(self, folder: Path, port: int = 0, **limits: Any) -> None:
        super().__init__(folder / "events.sqlite3", port)
        self._folder, self._limits = folder, limits
        (folder / "worker.py").write_text(_WORKER)
        events = [
            shot_draft("s1", 100.4, result=ShotResult.MADE), shot_draft("s2", 100.8, result=ShotResult.MISSED),
            shot_draft("s3", 100.9, Lifecycle.PROVISIONAL),
        ]  # fmt: skip
        lines = [json.dumps({"analyzed": 0.5})]
        for draft in events:
            values = json.loads(draft.logged(1, 1, 0.0).to_json())
            values.update(game="games/GAME", camera="games/GAME/cameras/film")
            lines.append(json.dumps({"event": values}))
        candidates = [
            {"time": time, "probability": probability, "result": "unknown", "type": "jump_shot", "court": None}
            for time, probability in ((0.1, 0.95), (0.5, 0.45), (0.9, 0.07))
        ]  # fmt: skip
        frames = [round(number / 30, 4) for number in range(30)]
        (folder / "candidates.json").write_text(json.dumps({"candidates": candidates, "frames": frames}))
        (folder / "lines.jsonl").write_text("\n".join(lines))

    def let_go(self) -> None:
        """Let this child, and every later one, end."""
        (self._folder / "go").touch()

    async def _start(self) -> None:
        await super()._start()
        self.films = FilmStore(self._folder / "films", FilmsConfig(**self._limits))
        self.films.load()
        worker = (sys.executable, str(self._folder / "worker.py"))
        self.queue = FilmQueue(self.films, self.games, lambda: "settings", worker)
        self._work = [asyncio.create_task(self.queue.run()), asyncio.create_task(self.queue.clean())]
        app: Any = self._server.config.app
        app.router.routes[0:0] = FilmUploads(self.films, self.queue).routes()

    async def _stop(self) -> None:
        await self.queue.close()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await super()._stop()


def write_film(path: Path, size: int = 0) -> Path:
    """One second of film; padded with an empty box to a size in bytes, if that is larger."""
    write_flash_film(path, [0.5], 1.0)
    if (rest := size - path.stat().st_size) > 8:
        with path.open("ab") as file:
            file.write(rest.to_bytes(4, "big") + b"free" + bytes(rest - 8))
    return path
