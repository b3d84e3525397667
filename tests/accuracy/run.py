"""`make accuracy`: the default profile on real clips, the detector's sets, rim clips and held-out simulated games.

    python tests/accuracy/run.py --data ../shared/data --games 20

Prints one table a part, with the aim beside each figure; what is not there is left out with a line that says so.
Nothing here is a test that passes or fails: it measures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from accuracy.labels import Clip, ClipScore, last_revisions, read_clips, score_clip
from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).parents[2]
CONSOLE = Console(width=150)


def analyze(path: Path, speed: float, more: list[str]) -> tuple[str, float]:
    """What ``courtside analyze`` prints of a film, and the seconds it took."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "courtside_client.cli", "analyze", str(path), "--playback-speed", str(speed)]
    done = subprocess.run(
        [*command, "--format", "jsonl", "--quiet", *more], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout, time.monotonic() - begin


def clips_table(folder: Path, more: list[str]) -> None:
    """Every clip with what was found in it, then the labelled ones together."""
    table = Table("clip", "found", "right", "missed", "false", "errors, s", "results right", "times real time")
    total = ClipScore()
    for clip in track(read_clips(folder), "clips", console=Console(stderr=True)):
        text, seconds = analyze(clip.path, clip.speed, more)
        found = last_revisions(text)
        score = score_clip(found, clip)
        total += score if clip.labelled else ClipScore()
        table.add_row(clip.path.stem, *_cells(score, clip), f"{_length(clip) / seconds:.2f}")
    CONSOLE.print(table)
    scores = total.scores
    CONSOLE.print(
        f"labelled clips: precision {scores.precision:.2f} (aim .90), recall {scores.recall:.2f} (aim .90), "
        f"F1 {scores.f1:.2f}, median error {scores.median_error:.3f} s (aim .050), "
        f"results {total.right} of {total.known} right, {total.emitted} emitted (aim 8 of 10)"
    )


def _cells(score: ClipScore, clip: Clip) -> list[str]:
    scores = score.scores
    false = scores.found - scores.true_positives
    if not clip.labelled:
        return [str(scores.found), "-", "-", "no labels", "-", "-"]
    errors = " ".join(f"{error:+.2f}" for error in scores.errors)
    missed = scores.actual - scores.true_positives
    return [str(scores.found), str(scores.true_positives), str(missed), str(false), errors,
            f"{score.right} of {score.known}"]  # fmt: skip


def _length(clip: Clip) -> float:
    """Real seconds that a clip shows."""
    import av

    with av.open(str(clip.path)) as container:
        return float(container.duration or 0) / 1e6 * clip.speed


def visibility_table(folder: Path) -> None:
    """How often rim and ball are detected."""
    from accuracy.visibility import visibilities

    table = Table("clip", "rim, frames", "ball after each release", title="detected (aims: rim .95, ball .85)")
    frames = found = 0
    for path, visible in visibilities(folder).items():
        rim = f"{visible.rim_found} of {visible.rim_shown}" if visible.rim_shown else "none in view"
        table.add_row(path.stem, rim, " ".join(f"{mine}/{all_}" for all_, mine in visible.balls))
        frames, found = (total + sum(row[i] for row in visible.balls) for i, total in enumerate((frames, found)))
    CONSOLE.print(table)
    CONSOLE.print(f"ball found in {found} of {frames} frames after a release ({found / max(frames, 1):.1%})")


def variants_table(folder: Path) -> None:
    """The labelled clips as other cameras might have filmed them."""
    from accuracy.variants import variants

    table = Table("clips", "found", "right", "of", "median error, s", "results right", title="the clips seen otherwise")
    total = ClipScore()
    for name, score in variants(folder).items():
        found = score.scores
        total += score
        table.add_row(name, str(found.found), str(found.true_positives), str(found.actual),
                      f"{found.median_error:.3f}", f"{score.right} of {score.known}")  # fmt: skip
    CONSOLE.print(table)
    found = total.scores
    CONSOLE.print(f"all of them: precision {found.precision:.2f}, recall {found.recall:.2f}, F1 {found.f1:.2f}")


def detector_table(data: Path) -> None:
    """The detector's AP50 on the published validation sets."""
    from courtside_export.running import onnx_run
    from courtside_training.detector.evaluate import measure, published_sets

    newest = max((ROOT / "model_repository" / "court_detector").glob("*/model.onnx"))
    run = onnx_run(newest)
    aims = "detector AP50 (aims: player .92, rim .85, ball .75)"
    table = Table("set", "ball", "rim", "player", "referee", title=aims)
    for name, records in published_sets(data).items():
        found = measure(run, (record.load() for record in records))["AP50"]
        table.add_row(name, *(f"{found[kind]:.3f}" for kind in ("ball", "rim", "player", "referee")))
    CONSOLE.print(table)


def games_table(count: int, seconds: float, more: list[str], balls: int = 1) -> None:
    """Held-out simulated games (with two balls: warm-ups of ten players) through H.264 and ``courtside analyze``."""
    from accuracy.games import write_game
    from accuracy.scores import ShotScores, score

    name = "games" if balls == 1 else "warm-ups"
    total, known, right = ShotScores(0, 0, 0, ()), 0, 0
    table = Table("game", "camera", "shots", "found", "right", title=f"simulated {name}")
    with tempfile.TemporaryDirectory() as folder:
        for seed in track(range(20_000, 20_000 + count), name, console=Console(stderr=True)):
            path = Path(folder) / f"{seed}.mp4"
            kind, shots = write_game(path, seed, seconds, balls)
            found = last_revisions(analyze(path, 1.0, more)[0])
            one = score([f.media for f in found], [s.release_time for s in shots])
            total += one
            for shot in shots:
                near = [f for f in found if abs(f.media - shot.release_time) <= 0.3 and f.result != "unspecified"]
                known += bool(near)
                right += bool(near) and (near[0].result == "made") == shot.made
            table.add_row(str(seed), kind, str(one.actual), str(one.found), str(one.true_positives))
            path.unlink()
    CONSOLE.print(table)
    false = (total.found - total.true_positives) / max(count * seconds / 600, 1e-9)
    CONSOLE.print(
        f"simulated {name}: precision {total.precision:.2f}, recall {total.recall:.2f}, F1 {total.f1:.2f}, "
        f"median error {total.median_error:.3f} s, results {right} of {known} right, {false:.1f} false shots in ten "
        "minutes (aim 1)"
    )


def main() -> None:
    """Run every part whose data is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--warm-ups", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--parts", default="clips,clips2,visibility,variants,detector,rims,games,warm-ups")
    parser.add_argument("--config", type=Path, help="settings for analyze")
    options = parser.parse_args()
    more = ["--config", str(options.config)] if options.config else []
    parts = options.parts.split(",")
    for name, folder, run in (
        ("clips", options.data / "footage", lambda f: clips_table(f, more)),
        ("clips2", options.data / "footage2", lambda f: clips_table(f, more)),
        ("visibility", options.data / "footage", visibility_table),
        ("variants", options.data / "footage", variants_table),
        ("detector", options.data / "detection", detector_table),
        ("rims", options.data / "rim_outcome", rims_table),
    ):
        if name in parts and not folder.is_dir():
            CONSOLE.print(f"{name}: left out, there is no {folder.name} in {options.data.name}")
        elif name in parts:
            run(folder)
    if "games" in parts and options.games:
        games_table(options.games, options.seconds, more)
    if "warm-ups" in parts and options.warm_ups:
        games_table(options.warm_ups, options.seconds, more, balls=2)


def rims_table(folder: Path) -> None:
    """Clips of rims, made or missed."""
    from accuracy.rims import classify_clips

    table = Table("kind", "clips", "right", "wrong", "unknown", title="rim clips (aim: .90 right)")
    right = every = 0
    for kind, (yes, no, open_) in classify_clips(folder).items():
        table.add_row(kind, str(yes + no + open_), str(yes), str(no), str(open_))
        right, every = right + yes, every + yes + no + open_
    CONSOLE.print(table)
    CONSOLE.print(f"rim clips: {right} of {every} right ({right / max(every, 1):.1%})")


if __name__ == "__main__":
    main()
