"""`courtside-train fingerprint …`: fit both phases, evaluate, t-SNE, real free throws, and a quick smoke run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from courtside_training.common.options import (
    FILES,
    FOLDER,
    OUT,
    SEED,
    THREADS,
    checkpoint_option,
    rate_option,
    system_group,
    write_json,
)
from courtside_training.errors import TrainingInputError

CHECKPOINT = checkpoint_option("fingerprint")
DATA = click.option(
    "--data", type=FOLDER,
    help="Folder of recorded shots (shots.csv and keypoint files) in place of simulated ones.",
)  # fmt: skip


def _write(out: Path | None, key: str, result: dict[str, Any], **more: object) -> None:
    """Put `result` under `key` of a JSON file, beside what is there already."""
    if out is None:
        return
    try:
        found = json.loads(out.read_text()) if out.is_file() else {}
    except ValueError as error:
        raise TrainingInputError(f"{out} is no JSON file: name another") from error
    write_json(out, {**found, key: result, **more})


fingerprint = system_group(
    "fingerprint", "Shot fingerprint: who shot and how, from the body's motion between gather and release."
)


@fingerprint.command()
@CHECKPOINT
@DATA
@THREADS
@click.option("--epochs", type=click.IntRange(min=1), default=20, show_default=True, help="Of the triplet phase.")
@click.option("--contrastive-epochs", type=click.IntRange(min=1), default=3, show_default=True)
@rate_option(2e-3)
@SEED
@click.option("--resume", is_flag=True, help="Go on from the checkpoints of either phase.")
def fit(
    checkpoint: Path, data: Path | None, threads: int, epochs: int, contrastive_epochs: int, rate: float, seed: int,
    resume: bool,
) -> None:
    """Train both phases; checkpoints are written after every epoch and when interrupted."""
    from courtside_training.common.progress import progress, reporter
    from courtside_training.common.runtime import prepare

    prepare(threads, seed)
    from courtside_training.fingerprint import train
    from courtside_training.fingerprint.network import Encoder
    from courtside_training.fingerprint.published import read_shots, split

    given = split(read_shots(data))[0] if data else None
    config = train.TrainConfig(contrastive_epochs=contrastive_epochs, triplet_epochs=epochs, rate=rate, seed=seed)
    early = train.contrastive_path(checkpoint)
    with progress() as bar:
        first = train.contrastive_fit(Encoder(), config, early, given)
        if resume and early.is_file():
            first.resume()
        first.run(reporter(bar, contrastive_epochs, first.steps))
        second = train.triplet_fit(train.from_contrastive(checkpoint), config, checkpoint, given)
        if resume and checkpoint.is_file():
            second.resume()
        history = second.run(reporter(bar, epochs, second.steps))
    click.echo(
        f"phase one {first.history.epochs} epochs, {first.history.seconds:.0f} s; phase two {history.epochs} epochs, "
        f"{history.samples} shots, {history.seconds:.0f} s → {checkpoint}"
    )


@fingerprint.command()
@CHECKPOINT
@DATA
@THREADS
@OUT
@click.option("--players", type=click.IntRange(12, 500), default=36, show_default=True, help="Simulated test players.")
@click.option("--per-kind", type=click.IntRange(3, 100), default=10, show_default=True, help="Shots a type a player.")
@click.option("--trials", type=click.IntRange(1, 10_000), default=100, show_default=True)
def evaluate(
    checkpoint: Path, data: Path | None, threads: int, out: Path | None, players: int, per_kind: int, trials: int
) -> None:
    """Measure who and what type on shooters never trained on, camera by camera, and good against distorted form."""
    from courtside_training.common.progress import progress
    from courtside_training.common.runtime import prepare

    prepare(threads)
    from courtside_training.fingerprint import protocol
    from courtside_training.fingerprint.network import load_encoder

    encoder = load_encoder(checkpoint)
    embed = protocol.torch_embed(encoder)
    if data:
        click.echo(_evaluate_published(embed, encoder.config.who, data, trials, out))
        return
    with progress() as bar:
        task = bar.add_task("evaluate", total=None)
        result = protocol.simulated_report(
            embed, encoder.config.who, players, per_kind, trials, lambda text: bar.update(task, description=text)
        )
    _write(out, "simulated", result)
    click.echo(protocol.tables(result))


def _evaluate_published(embed: Any, who: int, data: Path, count: int, out: Path | None) -> str:
    import numpy as np

    from courtside_sim.sequences import SHOT_TYPES
    from courtside_training.common.tables import confusion_table, markdown
    from courtside_training.fingerprint import evaluate as measures
    from courtside_training.fingerprint.published import read_shots, split

    shots = split(read_shots(data))[1]
    found = measures.space(embed, shots, who)
    result = measures.trials(found, found, np.random.default_rng(0), count, cast=True)
    _write(out, "published data", result)
    row = [f"{result[name]:.3f} ± {result[name + '_std']:.3f}" for name in ("who", "type")]
    people = confusion_table(np.array(result["who_confusion"]), [shots.names[p] for p in np.unique(shots.players)][:12])
    types = confusion_table(np.array(result["type_confusion"]), SHOT_TYPES)
    return "\n\n".join([markdown(["who", "type"], [row]), people, types])


@fingerprint.command()
@CHECKPOINT
@THREADS
@click.option("--out", type=FILES, default=Path("runs/fingerprint/tsne.png"),
              show_default=True, help="PNG to write.")
@click.option("--players", type=click.IntRange(2, 20), default=12, show_default=True)
@click.option("--per-kind", type=click.IntRange(1, 100), default=8, show_default=True)
def tsne(checkpoint: Path, threads: int, out: Path, players: int, per_kind: int) -> None:
    """Draw test shooters' shots before learning, after phase one and after phase two."""
    from courtside_training.common.runtime import prepare

    prepare(threads)
    import numpy as np

    from courtside_training.fingerprint import evaluate as measures
    from courtside_training.fingerprint import protocol, train
    from courtside_training.fingerprint.network import load_encoder
    from courtside_training.fingerprint.simulated import simulate_shots
    from courtside_training.fingerprint.tsne import draw
    from courtside_training.shots.geometry import SPLITS

    first = SPLITS["test"][0]
    camera = [protocol.camera("front quarter")]
    shots = simulate_shots(range(first, first + players), per_kind, np.random.default_rng(0), camera)
    encoder = load_encoder(checkpoint)
    spaces = {"before: normalised coordinates": measures.raw_space(shots)}
    early = train.contrastive_path(checkpoint)
    if early.is_file():
        spaces["after phase one (contrastive)"] = measures.projected(load_encoder(early), shots)
    spaces["after phase two (triplet)"] = measures.space(protocol.torch_embed(encoder), shots, encoder.config.who)
    draw(spaces, out)
    click.echo(f"{len(shots)} shots of {players} players → {out}")


@fingerprint.command()
@CHECKPOINT
@THREADS
@OUT
@click.option("--data", type=FILES, required=True, help="freethrows.npz")
@click.option("--shuffles", type=click.IntRange(20, 100_000), default=500, show_default=True, help="Permutations.")
def freethrows(checkpoint: Path, threads: int, out: Path | None, data: Path, shuffles: int) -> None:
    """Measure real free throws from several cameras: made against missed, early against late."""
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
    _write(out, "freethrows", result, freethrows_table=text)
    click.echo(text)
