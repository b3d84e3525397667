"""The command line `courtside-export`; only the commands that need torch and onnx import them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from courtside_export.errors import ExportInputError
from courtside_training.errors import TrainingInputError

FILES = click.Path(path_type=Path, dir_okay=False)
FOLDERS = click.Path(path_type=Path, file_okay=False)
REPOSITORY = click.option(
    "--repository", type=FOLDERS, default=Path("model_repository"), show_default=True, help="Folder in Triton's layout."
)


class _Models(click.Group):
    """A group with one command per model of the registry; all of them have the same options."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*_names(), *super().list_commands(context)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        known = super().get_command(context, name)
        if known is not None:
            return known
        if name not in _names():
            raise ExportInputError(f"unknown model {name!r}: use one of {', '.join(_names())}")
        return click.Command(
            name, params=export.params, callback=lambda **options: _export(name, options),
            help=f"Export a checkpoint of {name} as a new version.\n\n{export.help}",
            short_help=f"Export a checkpoint of {name}.",
        )


def _names() -> list[str]:
    from courtside_training.common.registry import model_names

    return model_names()


@click.group(cls=_Models)
def cli() -> None:
    """Export trained checkpoints to a model repository, and choose which version is served."""


@click.command()
@click.option("--checkpoint", type=FILES, required=True, help="Written by `courtside-train SYSTEM fit`.")
@click.option("--to", "target", type=click.Choice(("onnx", "tensorrt")), default="onnx", show_default=True,
              help="Format of the model file.")
@click.option("--fp16", is_flag=True, help="Half precision, for GPUs; inputs and outputs keep their types.")
@click.option("--int8", is_flag=True, help="Static INT8 quantisation with one scale per output channel.")
@click.option("--also", type=click.Choice(("fp16", "int8")), multiple=True,
              help="Also measure and report this precision, without keeping its file.")
@click.option("--calibration", type=click.IntRange(8, 10_000), default=100, show_default=True,
              help="Number of simulated samples for INT8 calibration.")
@click.option("--opset", type=int, default=17, show_default=True, help="ONNX opset of the graph.")
@click.option("--repository", type=FOLDERS, show_default="model_repository, with TensorRT model_repository_tensorrt",
              help="Folder in Triton's layout; created when missing.")
@click.option("--graph", type=FILES, help="With --to tensorrt: write the ONNX graph for TensorRT to this file, build "
              "no engine, and print the trtexec command that builds the engine on another machine.")
@click.option("--version", type=click.IntRange(min=1), help="Version number; default: one more than the newest.")
@click.option("--evaluation", type=FILES,
              help="Written by `courtside-train SYSTEM evaluate --out`; needed for a model card.")
@click.option("--alias", help="Serve the new version under this name (or the model's own) from now on.")
@click.option("--samples", type=click.IntRange(2, 10_000), default=64, show_default=True,
              help="Number of simulated samples on which checkpoint and file are compared.")
@click.option("--score", "scored", type=click.IntRange(0, 100_000), default=0, show_default=True,
              help="Number of held-out cases on which checkpoint and file are scored; 0 for none.")
@click.option("--no-speed", is_flag=True, help="Do not measure speed.")
def export(**options: Any) -> None:
    """Writes model.onnx (or model.plan) and report.json; with --evaluation also the model card."""


def _export(name: str, options: dict[str, Any]) -> None:
    given = SimpleNamespace(**options)
    checkpoint, target, evaluation, graph = given.checkpoint, given.target, given.evaluation, given.graph
    found = None
    if graph is not None and target != "tensorrt":
        raise ExportInputError("--graph needs --to tensorrt; --to onnx writes the graph into the repository")
    for path in (checkpoint, evaluation):
        if path is not None and not path.is_file():
            raise ExportInputError(f"no file at {path}")
    if evaluation is not None:
        try:
            found = json.loads(evaluation.read_text("utf-8"))
        except ValueError:
            raise ExportInputError(f"{evaluation} is not an evaluation: write one with `evaluate --out`") from None
    from rich.console import Console

    from courtside_export.aliases import set_alias
    from courtside_export.exporting import export_graph, export_model
    from courtside_export.settings import ExportSettings
    from courtside_training.common.runtime import prepare

    prepare(threads=2)
    settings = ExportSettings(
        target, given.fp16, given.int8, given.also, given.calibration, given.opset, given.version, given.samples,
        not given.no_speed, given.scored, found,
    )
    repository = given.repository or Path("model_repository" if target == "onnx" else "model_repository_tensorrt")
    with Console(stderr=True).status(name) as spinner:
        def progress(text: str) -> None:
            spinner.update(f"{name}: {text}")

        if graph is not None:
            command = export_graph(name, checkpoint, repository, graph, settings, progress)
            click.echo(f"{graph} written; build the engine on the machine that will run it:\n{command}")
            return
        report = export_model(name, checkpoint, repository, settings, progress)
    click.echo(f"{report.folder}: {report.size / 1e6:.2f} MB, {report.precision}, opset {report.opset}")
    click.echo(
        f"parity: {report.parity.samples} samples, decisions agree on {report.parity.agreement:.1%}, "
        f"largest difference {max(report.parity.largest.values()):.2e}"
    )
    if report.speed is not None:
        times = ", ".join(f"{key} {value:.3g} ms" for key, value in report.speed.median.items())
        click.echo(f"speed: {times}{' (machine in use by others)' if report.speed.in_use else ''}")
    for key, figures in report.score.items():
        click.echo(f"score of {key}: {', '.join(f'{k} {v:.4g}' for k, v in figures.items())}")
    for line in (*(f"{variant.precision}: {variant.verdict}" for variant in report.variants), *report.notes):
        click.echo(line)
    if given.alias is not None:
        set_alias(repository, given.alias, report.model, report.version)
        click.echo(f"{given.alias} now serves {report.model} version {report.version}")


@cli.command()
@click.argument("alias")
@click.argument("version", metavar="[MODEL:]VERSION")
@REPOSITORY
def alias(alias: str, version: str, repository: Path) -> None:
    """Serve a version under the name ALIAS; a running service switches without losing a request.

    ALIAS is a model's own name (`courtside-export alias shot_clip 2`) or another one (`… alias shots shot_clip:2`).
    """
    from courtside_export.aliases import set_alias

    model, _, number = version.rpartition(":")
    if not number.isdigit() or not int(number):
        raise ExportInputError(f"{version!r} is not a version: give a number, or MODEL:NUMBER")
    set_alias(repository, alias, model or alias, int(number))
    click.echo(f"{alias} now serves {model or alias} version {number}")


@cli.command()
@REPOSITORY
def table(repository: Path) -> None:
    """Print the Markdown table of every exported version: size, speed, parity, INT8."""
    from courtside_export.report import table as text

    click.echo(text(repository), nl=False)


@cli.command()
@REPOSITORY
@click.option("--model", default="shot_clip", show_default=True, help="The clip model that reads the decoded images.")
@click.option("--device", type=click.Choice(("cpu", "gpu")), default="gpu", show_default=True,
              help="Device that decodes the JPEGs.")
def dali(repository: Path, model: str, device: str) -> None:
    """Write the DALI preprocessing model and the ensemble (JPEGs → clip model) for NVIDIA's Triton container."""
    from courtside_export.dali import write_ensemble

    for folder in write_ensemble(repository, model, device):
        click.echo(f"{folder} written")


def main() -> None:
    """Run the command line; bad usage or input prints one line and exits with code 2."""
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
