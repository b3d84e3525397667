"""The system `shots`: was a ball shot in a clip, when was it released, from which zone, and does it go in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import click

from courtside_training.common.options import FILES, FOLDER, count_option
from courtside_training.common.splits import SPLITS
from courtside_training.common.system import RunContext, SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError
from courtside_training.shots import commands
from courtside_training.shots.commands import FILM, GAMES, HOME, stored_games

SMOKE_EPOCHS = 4


class ShotSystem(System):
    """Simulated or labelled film to `shot_clip` and `shot_videomae`."""

    name = "shots"
    help = "Shot analytics: shot, release, zone, make probability."
    export_specs: ClassVar = {
        "shot_clip": "courtside_training.shots.export_spec",
        "shot_videomae": "courtside_training.shots.videomae_export_spec",
    }
    sample = "windows"
    fit_checkpoint = "[default: runs/shots/last.pt, or runs/shots/videomae.pt]"
    fit_options = (
        click.option("--model", type=click.Choice(("light", "videomae-tiny", "videomae-small", "videomae-base")),
                     default="light", show_default=True),
        click.option("--film", type=FOLDER,
                     help="Folder of film.  [default: runs/shots/film, with --labels runs/shots/real]"),
        click.option("--labels", type=FILES, help="CSV of shots on real film: video, release_time, type, made, x, y."),
        click.option("--films", type=FOLDER, help="Folder with the videos of --labels."),
        click.option("--court", type=click.Choice(("nba", "fiba")), default="nba", show_default=True,
                     help="Court of --labels, whose three-point line divides the zones."),
        click.option("--loader", type=click.Choice(("auto", "pyav", "dali")), default="auto", show_default=True,
                     help="What decodes --films; DALI needs a GPU."),
        click.option("--init", help="VideoMAE: start from this local folder or cached hub name."),
        GAMES,
        count_option("--epochs", 14),
        count_option("--positives", 400, "Windows with a release per epoch; twice as many without one are added."),
        click.option("--batch", type=click.IntRange(2, 256), help="Windows per step.  [default: by model]"),
        click.option("--rate", type=click.FloatRange(1e-6, 1.0), help="Peak learning rate.  [default: by model]"),
        click.option("--focal", is_flag=True, help="Focal loss for the shot head."),
        click.option("--zone-balanced", is_flag=True, help="Draw every zone equally often."),
    )  # fmt: skip
    evaluate_help = "Measure windows, releases, zones and makes on held-out games."
    evaluate_options = (
        FILM,
        click.option("--split", type=click.Choice(tuple(SPLITS)), default="test", show_default=True),
        count_option("--games", 20),
        click.option("--onnx", type=FILES, help="Evaluate this exported model instead."),
        click.option("--plot", type=FILES, help="Draw the make probability's reliability into this PNG."),
    )
    commands = (
        commands.render, commands.fit_zone, commands.fit_result, commands.join, commands.calibrate, commands.restore,
        commands.ablate,
    )  # fmt: skip

    def stages(
        self, context: RunContext, *, model: str, film: Path | None, labels: Path | None, films: Path | None,
        court: str, loader: str, init: str | None, games: int | None, epochs: int, positives: int, batch: int | None,
        rate: float | None, focal: bool, zone_balanced: bool,
    ) -> Iterator[Stage]:
        """See `System.stages`; ``context.checkpoint`` may be None."""
        if (labels is None) != (films is None):
            raise TrainingInputError("--labels and --films belong together: give both")
        if init is not None and model == "light":
            raise TrainingInputError("--init is for VideoMAE: choose a --model videomae-…")
        film = film or HOME / ("real" if labels else "film")
        if labels is not None and films is not None:
            _import(labels, films, film, court, loader, context.seed)
        found = stored_games(film, "train", games)
        from courtside_training.shots.models import BATCH, RATE
        from courtside_training.shots.train import TrainConfig, light_fit

        config = TrainConfig(
            seed=context.seed, epochs=epochs, positives=positives, batch=batch or BATCH[model],
            rate=rate or RATE[model], focal=focal, zone_balanced=zone_balanced,
        )  # fmt: skip
        if model == "light":
            yield Stage(light_fit(found, config, context.checkpoint or HOME / "last.pt"))
            return
        from courtside_training.shots.videomae import SIZES, videomae_fit

        size = SIZES[model.removeprefix("videomae-")]
        yield Stage(videomae_fit(found, size, config, context.checkpoint or HOME / "videomae.pt", init))

    def evaluate(
        self, context: RunContext, *, film: Path, split: str, games: int, onnx: Path | None, plot: Path | None
    ) -> dict[str, Any]:
        """See `System.evaluate`."""
        found = stored_games(film, split, games)
        from courtside_training.shots.evaluate import full_report
        from courtside_training.shots.models import load_any, temperature
        from courtside_training.shots.onnx_model import onnx_model
        from courtside_training.shots.predictions import torch_model
        from courtside_training.shots.tables import reliability_plot

        served, content = load_any(context.checkpoint)
        model = onnx_model(onnx, context.threads) if onnx else torch_model(served)
        task = context.bar.add_task(f"evaluate {split}")
        result = full_report(
            model, found, lambda done, total: context.bar.update(task, completed=done, total=total),
            temperature(content),
        )  # fmt: skip
        if plot:
            reliability_plot(result, plot)
        return {**result, "split": split}

    def tables(self, result: dict[str, Any]) -> str:
        """See `System.tables`."""
        from courtside_training.shots.tables import tables

        return tables(result)

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """One short game; the clip network with both networks beside it, then a toy VideoMAE."""
        from courtside_training.common.fit import Fit
        from courtside_training.shots.calibrate import calibrate_checkpoint
        from courtside_training.shots.footage import FootagePlan, ensure, load
        from courtside_training.shots.moment_train import MomentConfig, result_fit, zone_fit
        from courtside_training.shots.network import NetworkConfig
        from courtside_training.shots.result import ResultConfig
        from courtside_training.shots.train import TrainConfig, join, light_fit
        from courtside_training.shots.videomae import SIZES, videomae_fit
        from courtside_training.shots.zone_head import ZoneNetworkConfig

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            games = [load(seed, folder) for seed in ensure((0,), folder, FootagePlan(8.0))]
            config = TrainConfig(epochs=SMOKE_EPOCHS, positives=4, batch=4, rate=5e-3)

            def light(path: Path) -> Fit:
                return light_fit(games, config, path, NetworkConfig(8, 16, 24, 32))

            def finish(path: Path) -> None:
                zone, result = folder / "zone.pt", folder / "result.pt"
                zone_fit(games, MomentConfig(4, 4), zone, ZoneNetworkConfig(8, 16, 16, 32)).run()
                result_fit(games, MomentConfig(4, 4), result, ResultConfig(8, 8, 16)).run()
                join(path, zone=zone, result=result)
                calibrate_checkpoint(path, games, hop_s=0.9)

            yield SmokeRun("shot_clip", light, SMOKE_EPOCHS, finish)
            yield SmokeRun(
                "shot_videomae", lambda path: videomae_fit(games, SIZES["toy"], config, path), SMOKE_EPOCHS,
                lambda path: calibrate_checkpoint(path, games, hop_s=0.9),
            )  # fmt: skip


def _import(labels: Path, films: Path, film: Path, court: str, loader: str, seed: int) -> None:
    from courtside_training.shots.films import import_films
    from courtside_training.shots.shot_labels import read_labels

    found = import_films(
        read_labels(labels, court), films, film, loader, seed, lambda name: click.echo(f"decoded {name}", err=True)
    )
    click.echo("  ".join(f"{split}: {len(videos)} videos" for split, videos in found.items()), err=True)


SYSTEM = ShotSystem()
