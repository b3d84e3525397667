"""Fixtures that every folder may use: a model whose answer is known, films whose shots are known, a real gateway."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from allowed_skips import ALLOWED
from loud_skips import LoudSkips
from shot_film import ShotFilm, write_shot_film
from tests_support import FLASH_CONFIG, FOOTAGE, GatewayProcess, flash_model, make_flash_gateway, write_flash_film

pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """In CI a test that does not run fails the run."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        config.pluginmanager.register(LoudSkips(ALLOWED), "loud skips")


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of real films."""
    if not FOOTAGE.is_dir():
        pytest.skip("real films are not on this machine")
    return FOOTAGE


@pytest.fixture(scope="session")
def flash_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository with the ``flash`` model in it."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "flash" / "1").mkdir(parents=True)
    (folder / "flash" / "config.pbtxt").write_text(FLASH_CONFIG)
    (folder / "flash" / "1" / "model.onnx").write_bytes(flash_model())
    return folder


@pytest.fixture(scope="session")
def flash_film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes films for the ``flash`` model: ``flash_film(flashes, seconds, **options) -> path``."""
    folder = tmp_path_factory.mktemp("films")
    count = iter(range(1000))

    def make(flashes: Sequence[float], seconds: float, suffix: str = ".mp4", **options: object) -> Path:
        return write_flash_film(folder / f"film{next(count)}{suffix}", flashes, seconds, **options)

    return make


@pytest.fixture(scope="session")
def shot_film(tmp_path_factory: pytest.TempPathFactory) -> ShotFilm:
    """Four seconds of a simulated game with one shot, for the default profile."""
    return write_shot_film(tmp_path_factory.mktemp("film") / "shot.mp4")


@pytest.fixture
def default_gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """A running gateway as everybody gets it: the shipped models, the default profile, no option."""
    process = GatewayProcess(tmp_path / "data")
    process.start()
    process.wait_serving()
    yield process
    process.stop()


@pytest.fixture
def gateway(tmp_path: Path, flash_repository: Path) -> Iterator[GatewayProcess]:
    """A running gateway with the ``flash`` model and profile ``clip``: for what needs exact control."""
    process = make_flash_gateway(tmp_path / "data", flash_repository)
    process.start()
    process.wait_serving()
    yield process
    process.stop()
