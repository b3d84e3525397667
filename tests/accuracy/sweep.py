"""Sweep one number that decides, and say what leaving one source out would have chosen.

    make accuracy SWEEP=shots.filters.max_rim_distance
    python tests/accuracy/sweep.py shots.flight.threshold [--steps 7] [--sets footage,footage2]
    python tests/accuracy/sweep.py --list

Every clip is detected once; tracking and shots are replayed with each value between the ends of the number's search
range. The first table shows each value on all clips. The second leaves one source out at a time: the value with the
best F1 on the other sources (the default among equals) and its score on the source left out. Its last line is what to
expect on film that nothing was chosen on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from accuracy.labels import Clip, ClipScore, Found, read_clips, score_clip
from accuracy.replay import Bench, Detected, detect, detector_fps, film_frames, find_shots, resampled, started, track
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from courtside_server.parameters import Parameter, parameters
from courtside_server.settings import Settings, load_settings
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.types import Observations

ROOT = Path(__file__).parents[2]
CONSOLE = Console(width=130)
LOWEST_SCORE = 0.05
"""Detections are kept from this score on, so that the lowest score can be swept."""


def swept() -> dict[str, Parameter]:
    """Every number with a search range, by its name in the settings."""
    found = (parameter for parameter in parameters(Settings) if parameter.search is not None)
    return {parameter.name: parameter for parameter in found}


def values(parameter: Parameter, steps: int) -> list[Any]:
    """Values from one end of the search range to the other, the default among them."""
    assert parameter.search is not None
    low, high = parameter.search
    whole = isinstance(parameter.default, int)
    grid = {round(float(value), 4) for value in np.linspace(low, high, steps)} | {float(parameter.default)}
    return sorted({round(value) if whole else value for value in grid})


def scores(clips: list[Clip], parameter: Parameter, tried: list[Any]) -> dict[Path, dict[Any, ClipScore]]:
    """Of every clip, its score with every value."""
    out = {}
    with started(load_settings(flags={"tracking.detection.min_score": LOWEST_SCORE})) as bench:
        for clip in progress(clips, "clips", console=Console(stderr=True)):
            fps = detector_fps(clip.path, Settings().perception.detector_fps, clip.speed)
            detected = detect(film_frames(clip.path), bench, fps, clip.speed)
            out[clip.path] = {value: _score(clip, parameter.name, value, detected, fps, bench) for value in tried}
    return out


def _score(clip: Clip, name: str, value: Any, detected: Detected, fps: float, bench: Bench) -> ClipScore:
    settings = load_settings(flags={name: value})
    if name.startswith("tracking.people."):
        with started(load_settings(flags={name: value, "tracking.detection.min_score": LOWEST_SCORE})) as own:
            detected = detect(film_frames(clip.path), own, fps, clip.speed, settings.tracking)
    if name.startswith(("tracking.camera_motion.", "tracking.scene_cut.")):
        detected = resampled(film_frames(clip.path), detected, bench, fps, clip.speed, settings.tracking)
    seen: list[Observations] = track(detected, clip.speed, settings.tracking)
    criteria: ShotCriteria = settings.shots
    return score_clip([Found.of(change) for change in find_shots(seen, bench, clip.speed, criteria)], clip)


def summed(parts: list[ClipScore]) -> ClipScore:
    """All of them together."""
    return sum(parts, ClipScore())


def interval(parts: list[ClipScore], draws: int = 2000) -> tuple[float, float]:
    """95 % confidence interval of F1, by drawing clips with replacement."""
    rng = np.random.default_rng(0)
    counts = np.array([(p.scores.true_positives, p.scores.found + p.scores.actual) for p in parts], float)
    drawn = counts[rng.integers(len(parts), size=(draws, len(parts)))].sum(1)
    low, high = np.percentile(2 * drawn[:, 0] / np.maximum(drawn[:, 1], 1), (2.5, 97.5))
    return float(low), float(high)


def values_table(parameter: Parameter, tried: list[Any], table: dict[Path, dict[Any, ClipScore]]) -> Table:
    """Each value on all clips."""
    out = Table("value", "found", "right", "of", "precision", "recall", "F1 (95 %)", "median error, s", "results right",
                title=f"{parameter.name} ({parameter.unit}): {parameter.meaning}")  # fmt: skip
    for value in tried:
        parts = [row[value] for row in table.values()]
        total, (low, high) = summed(parts), interval(parts)
        found = total.scores
        mark = " (default)" if value == parameter.default else ""
        out.add_row(f"{value:g}{mark}", str(found.found), str(found.true_positives), str(found.actual),
                    f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.3f} ({low:.2f}-{high:.2f})",
                    f"{found.median_error:.3f}", f"{total.right} of {total.known}")  # fmt: skip
    return out


def left_out_table(
    clips: list[Clip], parameter: Parameter, tried: list[Any], table: dict[Path, dict[Any, ClipScore]]
) -> tuple[Table, ClipScore]:
    """What leaving one source out chooses, and all sources' scores together."""
    out = Table("source left out", "chosen", "found", "right", "of", title="leave one source out")
    ordered, total = sorted(tried, key=lambda value: value != parameter.default), ClipScore()
    for source in dict.fromkeys(clip.source for clip in clips):
        others = [clip.path for clip in clips if clip.source != source] or [clip.path for clip in clips]
        best = max(ordered, key=lambda value: summed([table[path][value] for path in others]).scores.f1)
        mine = summed([table[clip.path][best] for clip in clips if clip.source == source])
        total += mine
        found = mine.scores
        out.add_row(source, f"{best:g}", str(found.found), str(found.true_positives), str(found.actual))
    return out, total


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", help="a number's name in the settings, such as shots.flight.threshold")
    parser.add_argument("--list", action="store_true", help="print every number that can be swept")
    parser.add_argument("--steps", type=int, default=7, help="values between the ends of the search range")
    parser.add_argument("--sets", default="footage,footage2", help="folders of labelled clips")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    known = swept()
    if options.list or not options.name:
        for parameter in known.values():
            CONSOLE.print(f"{parameter.name} = {parameter.default:g} {parameter.unit}. {parameter.meaning}")
        return
    if options.name not in known:
        sys.exit(f"{options.name!r} is no number that can be swept; --list prints them all")
    folders = [options.data / name for name in options.sets.split(",")]
    clips = [clip for folder in folders if folder.is_dir() for clip in read_clips(folder) if clip.labelled]
    if not clips:
        sys.exit(f"no labelled clips in {', '.join(map(str, folders))}: name their parent folder with --data")
    parameter = known[options.name]
    tried = values(parameter, options.steps)
    table = scores(clips, parameter, tried)
    CONSOLE.print(values_table(parameter, tried, table))
    left_out, total = left_out_table(clips, parameter, tried, table)
    CONSOLE.print(left_out)
    found = total.scores
    CONSOLE.print(
        f"{len(clips)} clips, left out: precision {found.precision:.2f}, recall {found.recall:.2f}, F1 {found.f1:.3f}, "
        f"median error {found.median_error:.3f} s, results {total.right} of {total.known} right"
    )


if __name__ == "__main__":
    main()
