"""The broadcast overlay: from a durable event to what a viewer sees, and the page's memory over a long game.

    python benchmarks/overlay.py --shots 60 --long 3000

A real Chromium shows the page, over a real event log, hub and HTTP port; no camera and no model. "shown" is the first
animation frame after the page has changed, by the clock of this machine, which both sides share. The long run publishes
as many shots as fast as they go, three revisions each, and reads the page's heap after a garbage collection.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chromium import Chromium
from page_server import GAME, PageServer, shot_draft

from courtside_server.types import Lifecycle, ShotResult

HEAP = "performance.memory.usedJSHeapSize"
NOTE = """
window.seen = {};
const note = () => {
  const { event } = document.querySelector('#card').dataset;
  if (event) seen[event] ??= Date.now();
  requestAnimationFrame(note);
};
note(); 1
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=60)
    parser.add_argument("--long", type=int, default=3000, help="shots of the long run")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder, PageServer(Path(folder) / "events.sqlite3") as server:
        (Path(folder) / "profile").mkdir()
        with Chromium(Path(folder) / "profile", size=(1920, 1200)) as browser:
            server.do(server.games.set_game(GAME, home_basket=0))
            browser.open(f"{server.address}/overlay/?game=final&show=bug,card,chart,heat")
            browser.until("document.querySelector('#bug .points')?.dataset.drawn")
            browser.evaluate(NOTE)
            appended = {}
            for number in track(range(options.shots), "shots", console=console):
                draft = shot_draft(f"s{number}", time.time(), Lifecycle.PROVISIONAL)
                (event,) = server.do(server.games.publish([draft]))
                appended[event.event_id] = event.append_time
                browser.until(f"seen['{event.event_id}']")
            seen = browser.evaluate("seen")
            taken = np.array([seen[event_id] - 1000 * at for event_id, at in appended.items()])
            p50, p95 = np.percentile(taken, [50, 95])
            sizes = f"p50 {p50:.0f} ms, p95 {p95:.0f}, most {taken.max():.0f}"
            console.print(f"durable to shown, {len(taken)} shots: {sizes}")
            heaps = []
            for number in track(range(options.long), "long game", console=console):
                event_id, now = f"long{number}", time.time()
                server.publish(shot_draft(event_id, now, Lifecycle.PROVISIONAL))
                server.publish(shot_draft(event_id, now, make_probability=0.5))
                server.publish(shot_draft(event_id, now, result=ShotResult.MADE if number % 2 else ShotResult.MISSED))
                if number % (options.long // 6) == 0:
                    browser.until(f"document.querySelector('#card').dataset.event === '{event_id}'")
                    browser._send("HeapProfiler.collectGarbage")
                    heaps.append(browser.evaluate(HEAP) / 2**20)
            sizes = ", ".join(f"{one:.1f}" for one in heaps)
            console.print(f"heap of the page, MiB, at each sixth of the long game: {sizes}")


if __name__ == "__main__":
    main()
