"""Sweep one number that decides, and say what leaving one source out would have chosen.

    make accuracy SWEEP=shots.filters.max_rim_distance
    make accuracy SWEEP=--real-film
    python tests/accuracy/sweep.py shots.flight.threshold [--steps 7] [--sets footage,footage2]
    python tests/accuracy/sweep.py --list

With several names, or ``--real-film`` for every number whose evidence is real film, the table has one row a number.
Every clip is detected once; tracking and shots are replayed with each value between the ends of the number's search
range. The first table shows each value on all clips. The second leaves one source out at a time: the value with the
best F1 on the other sources (the default among equals) and its score on the source left out. Its last line is what to
expect on film that nothing was chosen on.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import structlog
from accuracy.answers import AnswerStore, default_folder
from accuracy.labels import Clip, ClipScore, Found, read_clips, score_clip
from accuracy.replay import Bench, Detected, detect, detector_fps, film_frames, find_shots, resampled, started, track
from accuracy.report import interval, total
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from courtside_server.parameters import Parameter, parameters
from courtside_server.settings import Settings, load_settings
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.types import Observations

ROOT = Path(__file__).parents[2]
CONSOLE = Console(width=130)
_REAL_FILM = re.compile(r"\b(real|labelled) (real )?clips?\b|\bfilms?\b|\bthe (broadcast|gym) clip", re.IGNORECASE)
"""What the evidence of a number names that was chosen on real film."""
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


def chosen_on_real_film() -> dict[str, Parameter]:
    """Every swept number whose evidence is real film."""
    return {name: parameter for name, parameter in swept().items() if _REAL_FILM.search(parameter.evidence)}


Scores = dict[Path, dict[Any, ClipScore]]
"""Of every clip, its score with every value of a number."""


def scores(clips: list[Clip], tried: dict[str, list[Any]], store: AnswerStore | None = None) -> dict[str, Scores]:
    """Of every number, the scores with its values."""
    out: dict[str, Scores] = {name: {} for name in tried}
    with started(load_settings(flags={"tracking.detection.min_score": LOWEST_SCORE}), store) as bench:
        for clip in progress(clips, "clips", console=Console(stderr=True)):
            replay = _Replay(clip, bench)
            for name, values_ in tried.items():
                out[name][clip.path] = {value: replay.score(name, value) for value in values_}
    return out


class _Replay:
    """One clip with its detections, tracked and searched again with other numbers; what the default gives is kept."""

    def __init__(self, clip: Clip, bench: Bench) -> None:
        self._clip, self._bench = clip, bench
        self._fps = detector_fps(clip.path, Settings().perception.detector_fps, clip.speed)
        self._detected: Detected = detect(film_frames(clip.path), bench, self._fps, clip.speed)
        self._tracked: list[Observations] = track(self._detected, clip.speed)
        self._default: ClipScore | None = None
        self._defaults = {name: parameter.default for name, parameter in swept().items()}

    def score(self, name: str, value: Any) -> ClipScore:
        """The clip's score with one number changed."""
        if value == self._defaults[name]:
            if self._default is None:
                self._default = self._search(self._tracked, ShotCriteria())
            return self._default
        clip, settings = self._clip, load_settings(flags={name: value})
        if not name.startswith("tracking."):
            return self._search(self._tracked, settings.shots)
        detected = self._detected
        if name.startswith("tracking.people."):
            with started(load_settings(flags={name: value, "tracking.detection.min_score": LOWEST_SCORE})) as own:
                detected = detect(film_frames(clip.path), own, self._fps, clip.speed, settings.tracking)
        if name.startswith(("tracking.camera_motion.", "tracking.scene_cut.")):
            frames = film_frames(clip.path)
            detected = resampled(frames, detected, self._bench, self._fps, clip.speed, settings.tracking)
        return self._search(track(detected, clip.speed, settings.tracking), settings.shots)

    def _search(self, seen: list[Observations], criteria: ShotCriteria) -> ClipScore:
        found = find_shots(seen, self._bench, self._clip.speed, criteria)
        return score_clip([Found.of(change) for change in found], self._clip)


def values_table(parameter: Parameter, tried: list[Any], table: Scores) -> Table:
    """Each value on all clips."""
    out = Table("value", "found", "right", "of", "precision", "recall", "F1 (95 %)", "median error, s", "results right",
                title=f"{parameter.name} ({parameter.unit}): {parameter.meaning}")  # fmt: skip
    for value in tried:
        parts = [row[value] for row in table.values()]
        whole, (low, high) = total(parts), interval(parts)
        found = whole.scores
        mark = " (default)" if value == parameter.default else ""
        out.add_row(f"{value:g}{mark}", str(found.found), str(found.true_positives), str(found.actual),
                    f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.3f} ({low:.2f}-{high:.2f})",
                    f"{found.median_error:.3f}", f"{whole.right} of {whole.known}")  # fmt: skip
    return out


def left_out_table(
    clips: list[Clip], parameter: Parameter, tried: list[Any], table: Scores
) -> tuple[Table, ClipScore]:
    """What leaving one source out chooses, and all sources' scores together."""
    out = Table("source left out", "chosen", "found", "right", "of", title="leave one source out")
    parts = left_out(clips, parameter, tried, table)
    for source, (best, mine) in parts.items():
        found = total(mine).scores
        out.add_row(source, f"{best:g}", str(found.found), str(found.true_positives), str(found.actual))
    return out, total([score for _, mine in parts.values() for score in mine])


def left_out(
    clips: list[Clip], parameter: Parameter, tried: list[Any], table: Scores
) -> dict[str, tuple[Any, list[ClipScore]]]:
    """For every source the value that the others choose (the default among equals), and its clips' scores with it."""
    ordered, out = sorted(tried, key=lambda value: value != parameter.default), {}
    for source in dict.fromkeys(clip.source for clip in clips):
        others = [clip.path for clip in clips if clip.source != source] or [clip.path for clip in clips]
        best = max(ordered, key=lambda value: total([table[path][value] for path in others]).scores.f1)
        out[source] = best, [table[clip.path][best] for clip in clips if clip.source == source]
    return out


def summary_table(clips: list[Clip], tried: dict[str, list[Any]], table: dict[str, Scores]) -> Table:
    """One row a number: what all sources choose, what each without one chooses, and the score left out."""
    known = swept()
    out = Table("number", "default", "F1 (95 %)", "best of all", "F1", "chosen with a source left out (sources)",
                "F1 left out (95 %)", title=f"chosen on real film, {len(clips)} clips")  # fmt: skip
    for name, values_ in tried.items():
        parameter = known[name]
        parts = left_out(clips, parameter, values_, table[name])
        chosen = Counter(best for best, _ in parts.values())
        held = [score for _, mine in parts.values() for score in mine]
        best = max(
            sorted(values_, key=lambda value: value != parameter.default),
            key=lambda value: total([row[value] for row in table[name].values()]).scores.f1,
        )
        default = [row[parameter.default] for row in table[name].values()]
        out.add_row(name, f"{parameter.default:g}", _f1(default), f"{best:g}",
                    f"{total([row[best] for row in table[name].values()]).scores.f1:.3f}",
                    ", ".join(f"{value:g} ({count})" for value, count in chosen.most_common()), _f1(held))  # fmt: skip
    return out


def _f1(parts: list[ClipScore]) -> str:
    low, high = interval(parts)
    return f"{total(parts).scores.f1:.3f} ({low:.2f}-{high:.2f})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="names of numbers in the settings, such as shots.flight.threshold")
    parser.add_argument("--list", action="store_true", help="print every number that can be swept")
    parser.add_argument("--real-film", action="store_true", help="sweep every number whose evidence is real film")
    parser.add_argument("--cache", type=Path, default=default_folder(), help="where models' answers are kept")
    parser.add_argument("--steps", type=int, default=7, help="values between the ends of the search range")
    parser.add_argument("--sets", default="footage,footage2", help="folders of labelled clips")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    known = swept()
    if options.list or not (options.names or options.real_film):
        for parameter in known.values():
            CONSOLE.print(f"{parameter.name} = {parameter.default:g} {parameter.unit}. {parameter.meaning}")
        return
    for name in set(options.names) - set(known):
        sys.exit(f"{name!r} is no number that can be swept; --list prints them all")
    folders = [options.data / name for name in options.sets.split(",")]
    clips = [clip for folder in folders if folder.is_dir() for clip in read_clips(folder) if clip.labelled]
    if not clips:
        sys.exit(f"no labelled clips in {', '.join(map(str, folders))}: name their parent folder with --data")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    store = AnswerStore(options.cache)
    if options.real_film or len(options.names) > 1:
        names = options.names or list(chosen_on_real_film())
        every = {name: values(known[name], options.steps) for name in names}
        CONSOLE.print(summary_table(clips, every, scores(clips, every, store)))
        return
    parameter = known[options.names[0]]
    tried = values(parameter, options.steps)
    table = scores(clips, {parameter.name: tried}, store)[parameter.name]
    CONSOLE.print(values_table(parameter, tried, table))
    without, whole = left_out_table(clips, parameter, tried, table)
    CONSOLE.print(without)
    found = whole.scores
    CONSOLE.print(
        f"{len(clips)} clips, left out: precision {found.precision:.2f}, recall {found.recall:.2f}, F1 {found.f1:.3f}, "
        f"median error {found.median_error:.3f} s, results {whole.right} of {whole.known} right"
    )


if __name__ == "__main__":
    main()
