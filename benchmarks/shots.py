"""Clip windows on held-out simulated games: a hop of 0.3 s and of half a window, with all and with the middle samples.

    python benchmarks/shots.py --games 20

Every game is rendered, encoded as H.264 and decoded. The gateway's own stages then sample it, form windows, score them
and apply temporal non-maximum suppression. The model scores each window of the 0.3 s hop once; the wider hop uses every
eighth prediction. The ratio is F1 of the default (0.3 s, middle samples) over F1 of half windows with all samples.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import av
import numpy as np
from accuracy.scores import ShotScores, match, score
from rich.console import Console
from rich.progress import track
from rich.table import Table

from courtside.court.zones import ZONES
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.settings import Settings
from courtside_server.shots.models.clip import ClipModel
from courtside_server.types import Frame, Lifecycle, Sample, Window, WindowPrediction
from courtside_server.windows.config import NmsConfig
from courtside_server.windows.nms import ShotCandidate, TemporalNms
from courtside_server.windows.sampler import ClipSampler
from courtside_server.windows.scheduler import WindowScheduler
from courtside_sim import open_simulation

FIRST_HELD_OUT_SEED = 20_000
"""Models are trained on smaller seeds."""
TIMEOUT_S = 30.0
"""Seconds that the engine may take for one window."""


@dataclass
class Game:
    """One simulated game: its true shots, and the model's prediction of every 0.3 s window."""

    seed: int
    camera: str
    shots: tuple
    predictions: list[WindowPrediction]


def coded(film) -> Iterator[Frame]:
    """The film's frames, encoded as H.264 and decoded again, as the decode stage gives them."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = film.width, film.height, "yuv420p"
    encoder.framerate, encoder.options = round(film.fps), {"preset": "veryfast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    for index, (time, bgr) in enumerate(film):
        frame = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(packet):
                planes = decoded.to_ndarray(format="yuv420p")
                yield Frame("games/sim/cameras/c", index, time, time, time, 0, planes)


async def play(seed: int, seconds: float, engine: EmbeddedEngine, model: ClipModel) -> Game:
    """Run one game through sampling, windows and model."""
    film = open_simulation(f"sim://{seed}", duration=seconds)
    sampler, scheduler = ClipSampler(*model.input_size), WindowScheduler[Sample]("games/sim/cameras/c", 0, hop=1)
    windows = [w for frame in coded(film) for s in sampler.push(frame) for w in scheduler.add(s)]
    windows.extend(scheduler.flush())

    async def predict(window: Window[Sample]) -> WindowPrediction:
        request = model.request(window)
        return request.parse(await engine.infer(request.model, request.inputs, timeout=request.timeout))

    predictions = []
    for start in range(0, len(windows), 4):
        predictions += await asyncio.gather(*map(predict, windows[start : start + 4]))
    return Game(seed, str(film.camera.kind), film.shots, predictions)


def suppress(predictions: list[WindowPrediction], config: NmsConfig) -> list[ShotCandidate]:
    """The shots that stay after temporal non-maximum suppression, in order of release."""
    nms = TemporalNms(config)
    latest: dict[int, ShotCandidate] = {}
    for changed in (*map(nms.update, predictions), nms.flush()):
        latest.update((candidate.key, candidate) for candidate in changed)
    kept = (candidate for candidate in latest.values() if candidate.lifecycle is not Lifecycle.RETRACTED)
    return sorted(kept, key=lambda candidate: candidate.media)


def evaluate(games: list[Game], hop: int, config: NmsConfig) -> tuple[ShotScores, float, np.ndarray]:
    """Scores over all games, zone accuracy of the matched shots, and the zones' confusion counts (true x found)."""
    total, confusion = ShotScores(0, 0, 0, ()), np.zeros((7, 7), int)
    for game in games:
        predictions = [p for p in game.predictions if (p.index + 4) % hop == 0]
        found = suppress(predictions, config)
        times, truth = [s.media for s in found], [s.release_time for s in game.shots]
        total += score(times, truth)
        for f, a in match(times, truth, 0.3):
            confusion[ZONES.index(game.shots[a].zone), int(np.argmax(found[f].zone))] += 1
    return total, confusion.trace() / max(1, confusion.sum()), confusion


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first-seed", type=int, default=FIRST_HELD_OUT_SEED)
    parser.add_argument("--model", default="shot_clip")
    parser.add_argument("--repository", type=Path, default=Path("model_repository"))
    parser.add_argument("--sweep", action="store_true", help="also rows for other thresholds and shares of support")
    options = parser.parse_args()
    engine = EmbeddedEngine(options.repository)
    await engine.start([options.model])
    model = ClipModel(engine, options.model, timeout=TIMEOUT_S)
    seeds = range(options.first_seed, options.first_seed + options.games)
    games = [await play(seed, options.seconds, engine, model) for seed in track(seeds, "games")]
    await engine.close()

    defaults = Settings().shots.clip
    table = Table(title=f"{options.games} held-out games of {options.seconds:.0f} s, tolerance 0.3 s")
    for column in ("hop", "middle samples", "threshold", "support", "shots", "found", "precision", "recall", "F1",
                   "median |error| s", "zones right"):
        table.add_column(column, justify="right")
    rows = [
        (hop, middle, defaults.threshold, defaults.min_support if hop == 1 else 0.0)
        for hop in (8, 1) for middle in (False, True)
    ]
    if options.sweep:
        rows += [(hop, True, t, s) for hop in (8, 1) for t in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
                 for s in ((0.0,) if hop == 8 else (0.0, 0.2, 0.4, 0.6, 0.8))]
    f1 = {}
    for hop, middle, threshold, support in rows:
        config = defaults.model_copy(
            update={"threshold": threshold, "middle_only": middle, "min_support": support}
        )
        scores, zones, _ = evaluate(games, hop, config)
        f1.setdefault((hop, middle), scores.f1)
        table.add_row(
            "half window" if hop == 8 else "0.3 s", "yes" if middle else "no", f"{threshold}", f"{support}",
            str(scores.actual), str(scores.found), f"{scores.precision:.3f}", f"{scores.recall:.3f}",
            f"{scores.f1:.3f}", f"{scores.median_error:.3f}", f"{zones:.3f}",
        )
    console = Console(width=140)
    console.print(table)
    ratio = f1[1, True] / f1[8, False] if f1[8, False] else float("nan")
    console.print(f"ratio of F1, default to half windows with all samples: {ratio:.3f}")
    for kind in sorted({game.camera for game in games}):
        scores, zones, _ = evaluate([g for g in games if g.camera == kind], 1, defaults)
        console.print(
            f"camera {kind}: {scores.actual} shots, F1 {scores.f1:.3f}, precision {scores.precision:.3f}, "
            f"recall {scores.recall:.3f}, median error {scores.median_error:.3f} s, zones {zones:.3f}"
        )
    console.print("zone confusion (rows true, columns found):")
    console.print(evaluate(games, 1, defaults)[2])


if __name__ == "__main__":
    asyncio.run(main())
