"""The command line `courtside-export`; torch and onnx are imported only by the commands that need them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from courtside_export.errors import ExportInputError
from courtside_training.errors import TrainingInputError

FILES = click.Path(path_type=Path, dir_okay=False)


@click.group()
def cli() -> None:
    """Turn trained checkpoints into entries of a model repository."""


@cli.command()
@click.option("--checkpoint", type=FILES, required=True, help="Written by `courtside-train shots fit`.")
@click.option("--to", "target", type=click.Choice(("onnx",)), default="onnx", show_default=True)
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), default=Path("model_repository"),
              show_default=True)
@click.option("--version", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--opset", type=int, default=17, show_default=True)
@click.option("--seed", "seeds", type=click.IntRange(min=0), multiple=True, default=(20_000,), show_default=True,
              help="Simulated games whose windows are compared.")
@click.option("--windows", type=click.IntRange(1, 500), default=24, show_default=True, help="Windows compared.")
@click.option("--evaluation", type=FILES, 
              help="Tables of `courtside-train shots evaluate --out`; then the card is written.")
@click.option("--notes", type=FILES, help="Markdown put into the card under 'On real film'.")
def shots(
    checkpoint: Path, target: str, repository: Path, version: int, opset: int, seeds: tuple[int, ...], windows: int,
    evaluation: Path | None, notes: Path | None,
) -> None:
    """Export the shot clip model: model.onnx, config.pbtxt, labels.txt, parity.json and MODEL_CARD.md."""
    for path in (checkpoint, evaluation, notes):
        if path is not None and not path.is_file():
            raise ExportInputError(f"no file at {path}")
    from courtside_export.card import write_card
    from courtside_export.clips import simulated_clips
    from courtside_export.entry import NAME, write_entry
    from courtside_export.onnx_export import export_onnx
    from courtside_export.parity import compare
    from courtside_export.speed import measure
    from courtside_training.shots.evaluate import torch_model
    from courtside_training.shots.onnx_model import onnx_model
    from courtside_training.shots.train import load_checkpoint, load_served

    served, found = load_served(checkpoint), load_checkpoint(checkpoint)
    folder = repository / NAME
    path = folder / str(version) / "model.onnx"
    size = export_onnx(served, path, opset)
    write_entry(folder)
    clips = simulated_clips(seeds, windows)
    parts = range(0, len(clips), 8)
    runs = []
    for model in (torch_model(served), onnx_model(path)):
        runs.append([_joined(outputs) for outputs in zip(*(model(clips[i : i + 8]) for i in parts), strict=True)])
    parity = compare(*runs)
    click.echo(f"{path}: {size / 1e6:.2f} MB, opset {opset}; {parity.clips} clips, decisions agree on "
               f"{parity.agreement:.1%}, largest difference {max(parity.largest.values()):.2e}")
    if evaluation is not None:
        text = notes.read_text() if notes else None
        write_card(folder, found, json.loads(evaluation.read_text()), parity, measure(path), size, opset, text)
        click.echo(f"{folder / 'MODEL_CARD.md'} written")


def _joined(parts: tuple) -> object:
    import numpy as np

    return np.concatenate(parts)


def main() -> None:
    """Run the command line; bad usage or input is one line and exit code 2."""
    try:
        code = cli.main(standalone_mode=False)
    except (ExportInputError, TrainingInputError) as error:
        click.echo(f"courtside-export: {error}", err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
