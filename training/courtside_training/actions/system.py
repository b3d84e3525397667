"""The system `actions`: which of ten actions a tracked player does, by his keypoints over 1.6 seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from courtside_training.common.options import FILES, FOLDER, count_option, rate_option
from courtside_training.common.system import RunContext, SmokeRun, Stage, System

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.progress import Progress

    from courtside_training.actions.pool import Pool, Sources
    from courtside_training.actions.stored import Stored

DECAY, AVERAGE = 0.03, 0.99
"""Weight decay, and the share of the averaged weights that is kept per step of a thousand."""
TEST_GAMES = 12
SMOKE_EPOCHS = 4
SMOKE_CLIPS = 400
POSE = Path("model_repository/player_pose/2/model.onnx")


class ActionsSystem(System):
    """Real tracks, captured motion and simulated games to `player_actions`."""

    name = "actions"
    help = "Action tagging of tracked players from keypoints, ball and velocity."
    export_specs: ClassVar = {"player_actions": "courtside_training.actions.export_spec"}
    sample = "clips"
    fit_options = (
        click.option("--motion", type=FILES, help="Captured motion with a ball: skillmimic_ballplay.npz."),
        click.option("--games", type=click.IntRange(1, 3500), default=100, show_default=True,
                     help="Simulated training games of 20 s."),
        count_option("--clips", 24_000, "Clips of real film; half as many of each other source.", least=100),
        count_option("--epochs", 10), rate_option(3e-3),
        click.option("--folds/--no-folds", default=True, show_default=True,
                     help="Also train without some films, for `evaluate` and for the temperature."),
    )  # fmt: skip
    evaluate_help = "Measure on real films left out, on simulated games, and on SpaceJam's clips."
    evaluate_options = (
        click.option("--spacejam", type=FOLDER, help="Folder of SpaceJam's clips as JPEGs, with labels.csv."),
        click.option("--pose", type=FILES, default=POSE, show_default=True, help="Pose network for --spacejam."),
    )

    def stages(
        self, context: RunContext, *, motion: Path | None, games: int, clips: int, epochs: int, rate: float, folds: bool
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        import numpy as np

        from courtside_training.actions import evaluate, pool, train
        from courtside_training.actions.broadcast import load_stills, load_tracks, moments
        from courtside_training.common.fit import FitConfig

        stored = _stored(games, motion, context.bar)
        tracks, stills = load_tracks(), load_stills()
        known = moments(tracks)
        fit = FitConfig(epochs=epochs, rate=rate, weight_decay=DECAY, average=AVERAGE, seed=context.seed)
        config = train.ActionsConfig(fit)
        made = _pool(pool.Sources(tracks, known, stills, stored), clips, context)
        yield Stage(train.make_fit(made, config, context.checkpoint))
        for fold, left in enumerate(evaluate.folds(known.films) if folds else ()):
            path = fold_path(context.checkpoint, fold)
            fold_pool = made.without(np.unique(known.films[left]))
            yield Stage(train.make_fit(fold_pool, config, path), resume=path.is_file())
        if folds:
            _calibrate(context.checkpoint)

    def evaluate(self, context: RunContext, *, spacejam: Path | None, pose: Path) -> dict[str, Any]:
        """See `System.evaluate`."""
        import numpy as np

        from courtside_training.actions import evaluate
        from courtside_training.actions.games import games
        from courtside_training.actions.spacejam import pose_model, read
        from courtside_training.actions.train import load_served
        from courtside_training.common.running import torch_run
        from courtside_training.common.splits import SPLITS

        served = load_served(context.checkpoint)
        run = torch_run(served, batch=512)
        result = _left_out(context.checkpoint, served.temperature)
        first = SPLITS["test"][0]
        task = context.bar.add_task("test games", total=TEST_GAMES)
        stored = games(range(first, first + TEST_GAMES), report=lambda: context.bar.advance(task))
        result.update(evaluate.simulated(run, stored, np.random.default_rng(0)))
        if spacejam is not None:
            task = context.bar.add_task("SpaceJam", total=None)
            found = read(spacejam, pose_model(pose, context.threads), lambda: context.bar.advance(task))
            result.update(evaluate.spacejam(run, found))
        return result

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.actions.evaluate import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """The real tracks, one short game and a narrow network."""
        import numpy as np

        from courtside_training.actions import pool, train
        from courtside_training.actions.broadcast import load_tracks, moments
        from courtside_training.actions.games import game_windows
        from courtside_training.actions.network import ActionsNetworkConfig
        from courtside_training.common.fit import Fit, FitConfig

        tracks = load_tracks()
        sources = pool.Sources(tracks, moments(tracks), [], [game_windows(0, 6.0)])
        made = pool.make_pool(sources, SMOKE_CLIPS, np.random.default_rng(0), augment=False)
        config = train.ActionsConfig(
            FitConfig(epochs=SMOKE_EPOCHS, rate=5e-3, average=0.9), ActionsNetworkConfig(24, 0.1, 2), 64, 12
        )

        def make(checkpoint: Path) -> Fit:
            return train.make_fit(made, config, checkpoint)

        yield SmokeRun("player_actions", make, SMOKE_EPOCHS)


def fold_path(checkpoint: Path, fold: int) -> Path:
    """Checkpoint of the network that was trained without the films of a fold."""
    return checkpoint.with_name(f"{checkpoint.stem}-without-{fold}{checkpoint.suffix}")


def _stored(games: int, motion: Path | None, bar: Progress) -> list[Stored]:
    from courtside_training.actions.games import games as simulate
    from courtside_training.actions.motion import motion_windows

    task = bar.add_task("games", total=games)
    found = [simulate(range(games), report=lambda: bar.advance(task))]
    return [*found, motion_windows(motion)] if motion is not None else found


def _pool(sources: Sources, clips: int, context: RunContext) -> Pool:
    import numpy as np

    from courtside_training.actions.pool import make_pool

    task = context.bar.add_task("clips", total=None)
    return make_pool(sources, clips, np.random.default_rng(context.seed), report=lambda: context.bar.advance(task))


def _left_out_scores(checkpoint: Path) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
    """Class numbers and class scores of all clips of real players, from networks that were trained without their films.

    No clip if there are no such networks.
    """
    import numpy as np

    from courtside_training.actions import evaluate, pool, train
    from courtside_training.actions.broadcast import load_tracks, moments

    tracks = load_tracks()
    known = evaluate.players(tracks, moments(tracks))
    labels: list[NDArray[np.int64]] = []
    names = ("real films left out", "real films left out, keypoints only")
    scores: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    for fold, left in enumerate(evaluate.folds(known.films)):
        path = fold_path(checkpoint, fold)
        if not path.is_file() or not left.any():
            continue
        network = train.load_network(path)
        chosen = known.where(left)
        window = evaluate.real_window(tracks, chosen)
        labels.append(chosen.labels)
        for name, clips in zip(scores, (window, evaluate.without_context(window)), strict=True):
            scores[name].append(train.scores_of(network, pool.summaries(clips)))
    if not labels:
        return np.zeros(0, np.int64), {}
    return np.concatenate(labels), {name: np.concatenate(parts) for name, parts in scores.items()}


def _calibrate(checkpoint: Path) -> None:
    import numpy as np

    from courtside_training.actions.network import MODEL
    from courtside_training.common import checkpoint as checkpoints
    from courtside_training.common.measures import fit_temperature

    labels, scores = _left_out_scores(checkpoint)
    if len(labels):
        both = np.concatenate(list(scores.values()))
        temperature = fit_temperature(both, np.tile(labels, len(scores)))
        checkpoints.update(checkpoint, MODEL, temperature=float(temperature))


def _left_out(checkpoint: Path, temperature: float) -> dict[str, Any]:
    from scipy.special import softmax

    from courtside_training.actions.evaluate import figures

    labels, scores = _left_out_scores(checkpoint)
    return {name: figures(labels, softmax(found / temperature, -1)) for name, found in scores.items()}


SYSTEM = ActionsSystem()
"""The system `actions`."""
