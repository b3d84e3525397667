"""The smoke run: both shot networks learn, stop, go on, are joined, calibrated and exported, in miniature."""

from __future__ import annotations

import tempfile
from pathlib import Path

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke as run
from courtside_training.shots.calibrate import calibrate, make_temperature
from courtside_training.shots.evaluate import ask, torch_model
from courtside_training.shots.footage import Footage, FootagePlan, ensure, load
from courtside_training.shots.models import load_any
from courtside_training.shots.network import NetworkConfig
from courtside_training.shots.place_train import MomentConfig, place_fit, result_fit
from courtside_training.shots.placing import PlacerConfig
from courtside_training.shots.result import ResultConfig
from courtside_training.shots.train import SYSTEM, VIDEOMAE, TrainConfig, join, light_fit
from courtside_training.shots.windows import hop_windows

EPOCHS = 4
SEEDS = (0,)
SECONDS = 8.0


def run_smoke() -> None:
    """Run it; raises click.ClickException when something does not hold."""
    prepare(1)
    from courtside_training.shots.videomae import SIZES, videomae_fit

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        games = [load(seed, folder) for seed in ensure(SEEDS, folder, FootagePlan(SECONDS))]
        config = TrainConfig(epochs=EPOCHS, positives=4, batch=4, rate=5e-3)

        def light(path: Path) -> Fit:
            return light_fit(games, config, path, NetworkConfig(8, 16, 24, 32))

        def finish(path: Path) -> None:
            place, result = folder / "place.pt", folder / "result.pt"
            place_fit(games, MomentConfig(4, 4), place, PlacerConfig(8, 16, 16, 32)).run()
            result_fit(games, MomentConfig(4, 4), result, ResultConfig(8, 8, 16)).run()
            join(path, placer=place, result=result)
            _calibrate(path, SYSTEM, games)

        run(SYSTEM, light, EPOCHS, finish)
        run(
            VIDEOMAE, lambda path: videomae_fit(games, SIZES["toy"], config, path), EPOCHS,
            lambda path: _calibrate(path, VIDEOMAE, games),
        )


def _calibrate(path: Path, system: str, games: list[Footage]) -> None:
    model, _ = load_any(path, calibrated=False)
    answers = ask(torch_model(model), games, hop_windows(games, 0.9))
    scale, bias = calibrate(answers, games)
    checkpoints.update(path, system, calibration={
        "scale": scale, "bias": bias, "temperature": make_temperature(answers), "seeds": list(SEEDS),
    })
