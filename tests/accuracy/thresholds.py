"""Which thresholds would have been chosen without a clip, and what they give on it: leave-one-clip-out.

    python tests/accuracy/thresholds.py [--data ../shared/data]

Every clip is looked at and tracked once; what the flight rules make of it is then replayed for each pair of
thresholds. A clip's row shows the pair with the best F1 on the other clips (the default among equals) and its score
on the clip itself; the last row adds those scores up: what to expect of film that nothing was chosen on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from accuracy.labels import Clip, ClipScore, Found, read_clips, score_clip
from accuracy.walk import film_frames, find_shots, look_rate, observe, started
from rich.console import Console
from rich.progress import track
from rich.table import Table

from courtside_server.settings import Settings
from courtside_server.shots.detector import Finders, FlightRules
from courtside_server.types import Observations

ROOT = Path(__file__).parents[2]
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
SUPPORTS = (0.05, 0.15, 0.25, 0.4)
Pair = tuple[float, float]


async def replay(clip: Clip, rate: float, seen: list[Observations], models: Finders, rules: FlightRules) -> ClipScore:
    """What the finder makes of a clip's observations."""
    shots = await find_shots(seen, models, rules, rate, clip.speed)
    return score_clip([Found.of(change) for change in shots], clip)


async def scores(clips: list[Clip], settings: Settings) -> dict[Path, dict[Pair, ClipScore]]:
    """Of every clip, its score with every pair of threshold and support."""
    out = {}
    async with started(settings) as (models, base):
        for clip in track(clips, "clips", console=Console(stderr=True)):
            assert models.detector is not None
            rate = look_rate(clip.path, settings.perception.look_rate, clip.speed)
            seen = await observe(film_frames(clip.path), models.detector, rate, clip.speed)
            out[clip.path] = {
                (threshold, support): await replay(
                    clip, rate, seen, models,
                    replace(base, merge=replace(base.merge, threshold=threshold, min_support=support)),
                )
                for threshold, support in product(THRESHOLDS, SUPPORTS)
            }  # fmt: skip
    return out


def summed(parts: list[ClipScore]) -> ClipScore:
    """All of them together."""
    return sum(parts, ClipScore())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    settings, console = Settings(), Console(width=130)
    default = (settings.perception.threshold, settings.perception.min_support)
    clips = [clip for clip in read_clips(options.data / "footage") if clip.labelled]
    table = asyncio.run(scores(clips, settings))
    pairs = sorted(next(iter(table.values())), key=lambda pair: pair != default)

    grid = Table("threshold", *(f"support {support}" for support in SUPPORTS), title="F1 on all clips")
    for threshold in THRESHOLDS:
        row = [summed([table[clip.path][threshold, support] for clip in clips]).scores.f1 for support in SUPPORTS]
        grid.add_row(str(threshold), *(f"{value:.3f}" for value in row))
    console.print(grid)

    left = Table("left out", "threshold, support", "found", "right", "of", "errors, s", title="leave one clip out")
    total = ClipScore()
    for clip in clips:
        others = [other.path for other in clips if other is not clip]
        best = max(pairs, key=lambda pair: summed([table[path][pair] for path in others]).scores.f1)
        score = table[clip.path][best]
        total += score
        errors = " ".join(f"{error:+.2f}" for error in score.scores.errors)
        left.add_row(clip.path.stem, f"{best[0]}, {best[1]}", str(score.scores.found), str(score.scores.true_positives),
                     str(score.scores.actual), errors)
    console.print(left)
    found = total.scores
    console.print(
        f"together: precision {found.precision:.2f}, recall {found.recall:.2f}, F1 {found.f1:.2f}, median error "
        f"{found.median_error:.3f} s, results {total.right} of {total.judged} right"
    )


if __name__ == "__main__":
    main()
