"""The smoke run: three small films, a tiny network, both training steps."""

from __future__ import annotations

from pathlib import Path

from courtside_sim.game_bank import bank
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.skills.films import simulated
from courtside_training.skills.geometry import BANKS, FRAMES, HEIGHT, WIDTH, worlds
from courtside_training.skills.network import SkillConfig
from courtside_training.skills.train import (
    SYSTEM,
    FilmConfig,
    FrameConfig,
    film_features,
    fit_frames,
    fit_skills,
    with_encoder,
)

EPOCHS, FILMS = 8, 3
TINY = SkillConfig(channels=(8, 8, 16), detector=False, feature=16, width=16, layers=1, heads=2, dropout=0.0)


def run_smoke() -> None:
    """Raises click.ClickException when a step fails."""
    prepare(1)
    # The games that the export takes its samples from, so that they are simulated only once.
    source, pair = bank(BANKS["test"][0], 2, 20.0, (WIDTH, HEIGHT)), worlds("train")[0]
    films = [simulated(seed, source, pair, FRAMES) for seed in range(FILMS)]

    def make(checkpoint: Path) -> Fit:
        frames = FrameConfig(FitConfig(epochs=1, rate=5e-3, average=0.9), batch=32)
        plays = fit_frames(films, TINY, frames, checkpoint.with_name("smoke-frames.pt"))
        plays.run()
        network = with_encoder(TINY, plays.average.encoder)
        features = film_features(network.encoder, films)
        config = FilmConfig(FitConfig(epochs=EPOCHS, rate=2e-2, average=0.9), batch=2)
        return fit_skills(films, features, network, config, checkpoint)

    smoke(SYSTEM, make, EPOCHS)
