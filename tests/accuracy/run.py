"""`make accuracy`: the default profile on real clips, simulated games, rim clips and the detector's sets, in one table.

    python tests/accuracy/run.py [--only footage2] [--clips catfat_1,swish_vid4] [--render DIR] [--games 20]

Films go through what `courtside analyze` does. The models' answers are kept by the content of their inputs, so that
a second run computes only what has changed. Real clips are grouped by kind of camera and by source; for each clip that
fails there is a line that says why. What is not there is left out with a line. Nothing here passes or fails: it
measures.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from accuracy.answers import AnswerStore, cached_run, default_folder
from accuracy.failures import reasons
from accuracy.games import game_film
from accuracy.kinds import CameraKind
from accuracy.labels import Clip, ClipScore, read_clips, score_clip
from accuracy.product import FilmRun, run_film
from accuracy.report import Row, ratio_interval, statistic_interval, table, total
from rich.console import Console
from rich.progress import track
from rich.table import Table

from courtside_server.inference.repository import ModelRepository
from courtside_server.offline.analyze import film_settings
from courtside_server.settings import Settings, load_settings

if TYPE_CHECKING:
    from courtside_training.detector.average_precision import EvaluatedImage

ROOT = Path(__file__).parents[2]
CONSOLE = Console(width=240, highlight=False)
PROGRESS = Console(stderr=True)
PARTS = ("footage", "footage2", "games", "warm-ups", "rim_outcome", "detection")
EXTRA = ("visibility", "variants")
"""Parts that run only where they are named: they take long and repeat what the others show."""
Section = tuple[str, list[Row]]


@dataclass(frozen=True)
class Options:
    """What to measure, and how.

    Attributes:
        data: the folder of the sets.
        settings: the gateway's settings.
        store: the models' answers.
        folder: where simulated films are kept.
        clips: names of the clips to run; empty for all.
        hidden: the films' playback speeds are not declared.
        render: where the drawn films of clips that fail go; None draws none.
    """

    data: Path
    settings: Settings
    store: AnswerStore
    folder: Path
    clips: frozenset[str] = frozenset()
    hidden: bool = False
    render: Path | None = None


def clip_sections(names: Iterable[str], options: Options) -> list[Section]:
    """Real clips: each set, each kind of camera, each source. Prints why clips fail."""
    scored: list[tuple[str, Clip, ClipScore]] = []
    failed = Table("clip", "kind", "why", title="clips that fail", show_lines=False)
    for name in names:
        clips = [
            clip for clip in read_clips(options.data / name) if not options.clips or clip.path.stem in options.clips
        ]
        for clip in track(clips, name, console=PROGRESS, disable=not PROGRESS.is_terminal):
            run = run_clip(clip, options)
            if not clip.labelled:
                failed.add_row(clip.path.stem, "", f"no labels; {len(run.found)} shots found")
                continue
            scored.append((name, clip, score_clip(list(run.found), clip)))
            why = [*reasons(run, clip), *run.notes]
            if why:
                failed.add_row(clip.path.stem, clip.kind, "\n".join(why))
    if not scored:
        return []
    CONSOLE.print(failed)

    def group(key: Callable[[str, Clip], str], order: Iterable[str]) -> list[Row]:
        rows = [Row(value, tuple(score for name, clip, score in scored if key(name, clip) == value)) for value in order]
        return [row for row in rows if row.parts]

    sets = group(lambda name, _: name, dict.fromkeys(name for name, _, _ in scored))
    sources = sorted({clip.source for _, clip, _ in scored})
    return [
        ("real clips", [Row("all", tuple(score for _, _, score in scored)), *sets]),
        ("by kind of camera", group(lambda _, clip: clip.kind, CameraKind)),
        ("by source", group(lambda _, clip: clip.source, sources)),
    ]


def run_clip(clip: Clip, options: Options) -> FilmRun:
    """One clip; drawn where it fails and drawn films are wanted."""
    speed = None if options.hidden or clip.speed == 1.0 else clip.speed
    run = run_film(clip.path, speed, options.settings, options.store)
    if options.render is not None and clip.labelled and any(reasons(run, clip)):
        options.render.mkdir(parents=True, exist_ok=True)
        out = options.render / f"{clip.path.stem}.mp4"
        run_film(clip.path, speed, options.settings, options.store, out)
    return run


def games_section(count: int, seconds: float, options: Options, balls: int = 1) -> list[Section]:
    """Held-out simulated games (with two balls: warm-ups of ten players) as H.264 films."""
    name = "simulated games" if balls == 1 else "simulated warm-ups"
    by_camera: dict[str, list[ClipScore]] = {}
    seeds = range(20_000, 20_000 + count)
    for seed in track(seeds, name, console=PROGRESS, disable=not PROGRESS.is_terminal):
        game = game_film(options.folder / "games", seed, seconds, balls)
        releases = tuple((media, "made" if made else "missed") for media, made in game.shots)
        run = run_film(game.path, None, options.settings, options.store)
        clip = Clip(game.path, 1.0, releases, True)
        by_camera.setdefault(game.camera, []).append(score_clip(list(run.found), clip))
    every = [score for scores in by_camera.values() for score in scores]
    false = total(every).scores.found - total(every).scores.true_positives
    rate = f"{false / max(count * seconds / 600, 1e-9):.1f} false shots in ten minutes (aim 1)"
    rows = [Row(f"camera: {camera}", tuple(scores)) for camera, scores in sorted(by_camera.items())]
    return [(name, [Row("all", tuple(every), rate), *rows])]


def rims_section(folder: Path, options: Options) -> list[Section]:
    """Clips of rims, made or missed."""
    from accuracy.rims import classify_clips

    rows, every = [], []
    for kind, results in classify_clips(folder, options.store).items():
        every += results
        rows.append(_rim_row(kind, results))
    return [("rim clips (aim .90 right)", [_rim_row("all", every), *rows])]


def _rim_row(name: str, results: list[tuple[int, int]]) -> Row:
    right, known, count = sum(r for r, _ in results), sum(k for _, k in results), len(results)
    low, high = ratio_interval([(r, 1) for r, _ in results])
    share = right / max(count, 1)
    counts = f"{right} right, {known - right} wrong, {count - known} unknown of {count}"
    return Row(name, figure=f"{counts}: {share:.3f} ({low:.2f}-{high:.2f})")


def detector_section(data: Path, options: Options) -> list[Section]:
    """The detector's AP50 on the published validation sets, with intervals by image."""
    from courtside_export.running import onnx_run
    from courtside_training.detector.classes import CLASSES
    from courtside_training.detector.evaluate import detect, published_sets

    model = ModelRepository(options.settings.inference.repository).find(options.settings.perception.detector).file()
    run, rows = cached_run(options.store, model, onnx_run(model)), []
    for name, records in published_sets(data).items():
        images = list(detect(run, (record.load() for record in records)))
        figures = []
        for kind, label in enumerate(CLASSES):
            if any((image.true_classes == kind).any() for image in images):
                figures.append(f"{label} {statistic_interval(images, partial(_ap, kind=kind), draws=40)}")
        rows.append(Row(name, figure="AP50 " + ", ".join(figures)))
    return [("detector (aims: player .92, rim .85, ball .75)", rows)]


def _ap(images: list[EvaluatedImage], kind: int) -> float:
    from courtside_training.detector.average_precision import average_precision

    return average_precision(images, kind)[0]


def visibility_table(folder: Path) -> None:
    """How often rim and ball are detected."""
    from accuracy.visibility import visibilities

    out = Table("clip", "rim, frames", "ball after each release", title="detected (aims: rim .95, ball .85)")
    frames = found = 0
    for path, visible in visibilities(folder).items():
        rim = f"{visible.rim_found} of {visible.rim_shown}" if visible.rim_shown else "none in view"
        out.add_row(path.stem, rim, " ".join(f"{mine}/{all_}" for all_, mine in visible.balls))
        frames, found = (sum_ + sum(row[i] for row in visible.balls) for i, sum_ in enumerate((frames, found)))
    CONSOLE.print(out)
    CONSOLE.print(f"ball found in {found} of {frames} frames after a release ({found / max(frames, 1):.1%})")


def variants_section(folder: Path) -> list[Section]:
    """The labelled clips as other cameras might have filmed them."""
    from accuracy.variants import variants

    return [("footage seen otherwise", [Row(name, (score,)) for name, score in variants(folder).items()])]


def main() -> None:
    """Run every part whose data is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    names = ", ".join((*PARTS, *EXTRA))
    parser.add_argument("--only", help=f"parts to run, of {names}; by default all but the last two")
    parser.add_argument("--clips", help="names of real clips to run, without suffix")
    parser.add_argument("--render", type=Path, help="folder for drawn films of the clips that fail")
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--warm-ups", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a simulated game")
    parser.add_argument("--speed-hidden", action="store_true", help="do not declare the clips' playback speed")
    parser.add_argument("--config", type=Path, help="settings for analyze")
    parser.add_argument("--cache", type=Path, default=default_folder(), help="where models' answers are kept")
    parser.add_argument("--no-cache", action="store_true", help="keep no answers")
    given = parser.parse_args()
    parts = given.only.split(",") if given.only else ["footage", "footage2"] if given.clips else list(PARTS)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    unknown = sorted(set(parts) - {*PARTS, *EXTRA})
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {names}")
    folders = {"visibility": "footage", "variants": "footage"}
    for part in [part for part in parts if part not in ("games", "warm-ups")]:
        if not (given.data / folders.get(part, part)).is_dir():
            CONSOLE.print(f"{part}: left out, there is no {folders.get(part, part)} in {given.data.name}")
            parts.remove(part)
    with tempfile.TemporaryDirectory() as folder:
        store = AnswerStore(None if given.no_cache else given.cache)
        options = Options(
            given.data, load_settings(given.config, film_settings(actions=False, form=False)), store,
            Path(folder) if given.no_cache else given.cache,
            frozenset(given.clips.split(",") if given.clips else ()), given.speed_hidden, given.render,
        )  # fmt: skip
        sections = clip_sections([part for part in parts if part in ("footage", "footage2")], options)
        if "games" in parts and given.games:
            sections += games_section(given.games, given.seconds, options)
        if "warm-ups" in parts and given.warm_ups:
            sections += games_section(given.warm_ups, given.seconds, options, balls=2)
        if "rim_outcome" in parts:
            sections += rims_section(given.data / "rim_outcome", options)
        if "detection" in parts:
            sections += detector_section(given.data / "detection", options)
        if "variants" in parts:
            sections += variants_section(given.data / "footage")
        if sections:
            CONSOLE.print(table(sections))
        if "visibility" in parts:
            visibility_table(given.data / "footage")
        CONSOLE.print(f"answers of the models: {store.hits} kept ones used, {store.misses} computed")
        store.close()


if __name__ == "__main__":
    main()
