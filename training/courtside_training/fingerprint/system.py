"""The system `fingerprint`: shooter and shot type from the motion between gather and release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import (
    FILES,
    FOLDER,
    OUT,
    THREADS,
    checkpoint_option,
    count_option,
    rate_option,
    write_json,
)
from courtside_training.common.system import RunContext, SmokeRun, Stage, System

SMOKE_EPOCHS = 4
DATA = click.option(
    "--data", type=FOLDER, help="Folder of recorded shots (shots.csv and keypoint files) instead of simulated ones."
)


@click.command()
@checkpoint_option("fingerprint")
@THREADS
@click.option("--out", type=FILES, default=Path("runs/fingerprint/tsne.png"), show_default=True,
              help="PNG file to write.")
@click.option("--players", type=click.IntRange(2, 20), default=12, show_default=True)
@click.option("--per-kind", type=click.IntRange(1, 100), default=8, show_default=True,
              help="Shots of each type per player.")  # fmt: skip
def tsne(checkpoint: Path, threads: int, out: Path, players: int, per_kind: int) -> None:
    """Plot the shots of test players before training, after phase one and after phase two."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    import numpy as np

    from courtside_training.common.splits import SPLITS
    from courtside_training.fingerprint import evaluate, protocol, train
    from courtside_training.fingerprint.network import load_encoder
    from courtside_training.fingerprint.simulated import simulate_shots
    from courtside_training.fingerprint.tsne import draw

    first = SPLITS["test"][0]
    camera = [protocol.camera("front quarter")]
    shots = simulate_shots(range(first, first + players), per_kind, np.random.default_rng(0), camera)
    encoder = load_encoder(checkpoint)
    spaces = {"before: normalised coordinates": evaluate.raw_space(shots)}
    early = train.contrastive_path(checkpoint)
    if early.is_file():
        spaces["after phase one (contrastive)"] = evaluate.projected(load_encoder(early), shots)
    spaces["after phase two (triplet)"] = evaluate.space(protocol.torch_embed(encoder), shots, encoder.config.who)
    draw(spaces, out)
    click.echo(f"{len(shots)} shots of {players} players → {out}")


@click.command()
@checkpoint_option("fingerprint")
@THREADS
@OUT
@click.option("--data", type=FILES, required=True, help="The file freethrows.npz.")
@click.option("--shuffles", type=click.IntRange(20, 100_000), default=500, show_default=True, help="Permutations.")
@click.option("--plot", type=FILES, help="PNG of every throw's deviation in the camera from the front quarter.")
def freethrows(
    checkpoint: Path, threads: int, out: Path | None, data: Path, shuffles: int, plot: Path | None
) -> None:
    """Evaluate on real free throws in the views of several cameras: made against missed, early against late."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.fingerprint import freethrows as throws
    from courtside_training.fingerprint.network import load_encoder
    from courtside_training.fingerprint.protocol import torch_embed

    embed = torch_embed(load_encoder(checkpoint))
    with progress() as bar:
        task = bar.add_task("freethrows", total=None)
        result = throws.measure(
            data, embed, shuffles=shuffles, report=lambda text: bar.update(task, description=text)
        )
    text = throws.tables(result)
    write_json(out, {"freethrows": result, "freethrows_table": text}, merge=True)
    click.echo(text)
    if plot:
        throws.draw(result, "front quarter", plot)


@click.command()
@checkpoint_option("fingerprint")
@THREADS
@OUT
@click.option("--poses", type=FOLDER, required=True,
              help="Folder with a folder for each shooter, which holds files of poses (.poses.npz).")  # fmt: skip
def film(checkpoint: Path, threads: int, out: Path | None, poses: Path) -> None:
    """Tell real shooters apart from the poses of their shots on film, one shot left out at a time."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.fingerprint import filmed
    from courtside_training.fingerprint.network import load_encoder
    from courtside_training.fingerprint.protocol import torch_embed

    encoder = load_encoder(checkpoint)
    result = filmed.measure(filmed.read(poses), torch_embed(encoder), encoder.config.who)
    text = filmed.table(result)
    write_json(out, {"film": result, "film_table": text}, merge=True)
    click.echo(text)


class FingerprintSystem(System):
    """Simulated or recorded shots to `shot_fingerprint`."""

    name = "fingerprint"
    help = "Shot fingerprint: who shot, what type, form drift."
    export_specs: ClassVar = {"shot_fingerprint": "courtside_training.fingerprint.export_spec"}
    sample = "shots"
    fit_help = "Train both phases; writes checkpoints after every epoch and when interrupted."
    fit_options = (
        DATA, count_option("--epochs", 20, "Epochs of the triplet phase."),
        count_option("--contrastive-epochs", 3, "Epochs of the contrastive phase."), rate_option(2e-3),
    )  # fmt: skip
    evaluate_help = "Measure shooter and type on players not used for training, by camera, and good against bad form."
    evaluate_options = (
        DATA,
        click.option("--players", type=click.IntRange(12, 500), default=36, show_default=True,
                     help="Simulated test players."),
        click.option("--per-kind", type=click.IntRange(3, 100), default=10, show_default=True,
                     help="Shots of each type per player."),
        click.option("--trials", type=click.IntRange(1, 10_000), default=100, show_default=True),
    )  # fmt: skip
    merge_results = True
    commands = (tsne, freethrows, film)

    def stages(
        self, context: RunContext, *, data: Path | None, epochs: int, contrastive_epochs: int, rate: float
    ) -> Iterator[Stage]:
        """See `System.stages`."""
        from courtside_training.fingerprint import train
        from courtside_training.fingerprint.network import Encoder
        from courtside_training.fingerprint.published import read_shots, split

        given = split(read_shots(data))[0] if data else None
        config = train.TrainConfig(
            contrastive_epochs=contrastive_epochs, triplet_epochs=epochs, rate=rate, seed=context.seed
        )
        early, last = train.contrastive_path(context.checkpoint), context.checkpoint
        yield Stage(train.contrastive_fit(Encoder(), config, early, given), early.is_file())
        yield Stage(train.triplet_fit(train.from_contrastive(last), config, last, given), last.is_file())

    def evaluate(
        self, context: RunContext, *, data: Path | None, players: int, per_kind: int, trials: int
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        from courtside_training.fingerprint import protocol
        from courtside_training.fingerprint.network import load_encoder

        encoder = load_encoder(context.checkpoint)
        embed, who = protocol.torch_embed(encoder), encoder.config.who
        if data:
            return {"published data": protocol.recorded_report(embed, who, data, trials)}
        task = context.bar.add_task("evaluate", total=None)
        return {
            "simulated": protocol.simulated_report(
                embed, who, players, per_kind, trials, lambda text: context.bar.update(task, description=text)
            )
        }

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.fingerprint.tables import recorded_tables, simulated_tables

        if "simulated" in result:
            return simulated_tables(result["simulated"])
        return recorded_tables(result["published data"])

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """Both phases with a narrow network."""
        import torch

        from courtside_training.common.fit import Fit
        from courtside_training.fingerprint import train
        from courtside_training.fingerprint.network import Encoder, EncoderConfig

        config = train.TrainConfig(
            contrastive_epochs=SMOKE_EPOCHS, triplet_epochs=SMOKE_EPOCHS, shots=12, pairs=12, players=12, per_kind=2,
            steps=16, batch=12, views=1, errors=0.3,
        )  # fmt: skip

        def make(build: Any, checkpoint: Path) -> Fit:
            torch.manual_seed(0)
            return build(Encoder(EncoderConfig(channels=16, hidden=16, layers=1)), config, checkpoint)

        for build in (train.contrastive_fit, train.triplet_fit):
            yield SmokeRun("shot_fingerprint", lambda checkpoint, build=build: make(build, checkpoint), SMOKE_EPOCHS)


SYSTEM = FingerprintSystem()
"""The system `fingerprint`."""
