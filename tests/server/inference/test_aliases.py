"""aliases.toml: what it says, and flips under load that lose no request, with both engines."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from courtside_server.errors import ModelInvalid
from courtside_server.inference.aliases import Alias, AliasWatch, read_aliases
from courtside_server.inference.engine import Engine
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.inference.repository import ModelRepository
from courtside_server.inference.triton.engine import TritonEngine
from courtside_server.inference.triton.process import TritonProcess
from courtside_server.telemetry.metrics import Metrics

from .conftest import add_model, write_onnx

ONE = {"x": np.array([[1, 2, 3, 4]], np.float32)}


def write_aliases(root: Path, text: str) -> None:
    """Replace aliases.toml in one step, as `courtside-export alias` does."""
    (root / ".aliases").write_text(text)
    os.replace(root / ".aliases", root / "aliases.toml")


def test_the_file_names_versions(tmp_path: Path) -> None:
    path = tmp_path / "aliases.toml"
    assert read_aliases(path) == {}
    path.write_text('clip = 2\nshots = "clip:1"\n')
    assert read_aliases(path) == {"clip": Alias("clip", "2"), "shots": Alias("clip", "1")}
    nested = ("clip = " + "[" * 5000 + "]" * 5000, ".".join(["clip"] * 2000) + " = 1")
    for text in ("clip = 0", 'clip = "newest"', "clip = 1.5", "clip = true", "clip", 'a = "../b:1"', *nested):
        path.write_text(text)
        with pytest.raises(ModelInvalid, match=r"aliases\.toml"):
            read_aliases(path)


def test_a_name_is_looked_up(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("clip", versions=(1, 2, 3))
    models = ModelRepository(repository)
    assert models.find("clip").info.version == "3" and not models.find("clip").pinned
    write_aliases(repository, 'clip = 2\nshots = "clip:1"\nodd = "clip:9"\n')
    assert models.find("clip").file() == repository / "clip" / "2" / "model.onnx"
    shots = models.find("shots")
    assert (shots.info.name, shots.info.version, shots.pinned) == ("clip", "1", True)
    with pytest.raises(ModelInvalid, match=r"names version 9 of model 'clip', but .* contains \[1, 2, 3\]"):
        models.find("odd")


@pytest.fixture(params=["embedded", "triton", "triton with shared memory"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """`async with start(root, name, metrics)`: an engine that follows the aliases of its repository."""

    @asynccontextmanager
    async def running(name: str, metrics: Metrics | None = None) -> AsyncIterator[tuple[Path, Engine, AliasWatch]]:
        if request.param == "embedded":
            root = tmp_path / "repository"
            root.mkdir(exist_ok=True)
            make: Callable[[], Engine] = lambda: EmbeddedEngine(root, metrics=metrics)  # noqa: E731
        else:
            triton: TritonProcess = request.getfixturevalue("triton")
            root, shared = triton.repository, request.param != "triton"
            make = lambda: TritonEngine(  # noqa: E731
                triton.url, repository=root, shared_memory=shared, health_interval=0.05, metrics=metrics
            )
        add_model(root, name, scale=2.0)  # version v multiplies by 2 v
        write_onnx(root / name / "2" / "model.onnx", scale=4.0)
        write_aliases(root, f"{name} = 1\n")
        engine = make()
        watch = AliasWatch(engine, ModelRepository(root), [name], interval=0.02)
        following = asyncio.create_task(watch.run())
        try:
            await engine.start([name])
            yield root, engine, watch
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await engine.close()
            (root / "aliases.toml").unlink(missing_ok=True)

    return running


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def load(engine: Engine, name: str, streams: int = 4) -> AsyncIterator[list[float]]:
    """Send requests without a pause; yields the answers in order. Any error fails the test at the end."""
    answers: list[float] = []
    stop = asyncio.Event()

    async def stream() -> None:
        while not stop.is_set():
            answers.append(float((await engine.infer(name, ONE, timeout=10))["y"][0, 0]))

    streaming = [asyncio.create_task(stream()) for _ in range(streams)]
    try:
        yield answers
    finally:
        stop.set()
        await asyncio.gather(*streaming)


async def further(answers: list[float], count: int = 30) -> None:
    seen = len(answers)
    await until(lambda: len(answers) >= seen + count)


async def test_a_flip_under_load_loses_no_request(start: Callable[..., Any]) -> None:
    metrics = Metrics()
    async with start("flipped", metrics) as (root, engine, _):
        def serving() -> float | None:
            labels = {"model": "flipped", "engine": engine.name}
            return metrics.registry.get_sample_value("courtside_model_version", labels)

        assert serving() == 1 and engine.info("flipped").version == "1"
        async with load(engine, "flipped") as answers:
            await further(answers)
            for version in (2, 1):
                write_aliases(root, f"flipped = {version}\n")
                await until(lambda: serving() == version)  # noqa: B023
                await further(answers)
                assert set(answers[-10:]) == {2.0 * version}
        assert Counter(answers).keys() == {2.0, 4.0} and engine.info("flipped").version == "1"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(lambda path: path.write_bytes(b"no model"), "ONNX"), (lambda path: write_onnx(path, shape=(5,)), "'x'")],
    ids=["corrupt", "other shape"],
)
@pytest.mark.parametrize("start", ["embedded", "triton"], indirect=True)
async def test_a_bad_version_leaves_the_old_serving(start: Callable[..., Any], spoil: Any, says: str) -> None:
    async with start("spoilt") as (root, engine, _):
        path = root / "spoilt" / "2" / "model.onnx"
        spoil(path)
        with structlog.testing.capture_logs() as logs:
            async with load(engine, "spoilt", streams=2) as answers:
                await further(answers)
                write_aliases(root, "spoilt = 2\n")
                await until(lambda: any("refused" in line["event"] for line in logs))
                await further(answers)
            assert set(answers) == {2.0} and engine.info("spoilt").version == "1" and engine.ready("spoilt")
            assert any(says in line.get("error", "") for line in logs), logs
            refusals = len([line for line in logs if "refused" in line["event"]])
            assert refusals == 1, "it is logged once, not at every check"
        write_onnx(path, scale=4.0)  # repaired, and written again
        write_aliases(root, "spoilt = 2\n")
        await until(lambda: engine.info("spoilt").version == "2")
        assert (await engine.infer("spoilt", ONE, timeout=5))["y"][0, 0] == 4


async def test_another_signature_is_refused(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("clip")
    make_model("wide", dims=(5,))
    make_model("small", batch=2)
    add_model(repository, "renamed")
    (repository / "renamed" / "labels.txt").write_text("d\nc\nb\na\n")
    write_aliases(repository, 'live = "clip:1"\n')
    engine = EmbeddedEngine(repository)
    await engine.start(["live"])
    for other, says in (
        ("wide", r"wide version 1 cannot replace clip version 1: input 'x' is float32 \[5\], it must be float32 \[4\]"),
        ("small", "it takes 2 rows, the running one 8"),
        ("renamed", "its labels differ"),
    ):
        write_aliases(repository, f'live = "{other}:1"\n')
        with pytest.raises(ModelInvalid, match=says):
            await engine.start(["live"])
        assert engine.info("live").name == "clip"
    await engine.close()


async def test_triton_holds_only_what_names_stand_for(triton: TritonProcess) -> None:
    root = triton.repository
    add_model(root, "held", versions=(1, 2, 3))
    add_model(root, "other", versions=(1,), scale=10.0)
    write_aliases(root, 'held = 1\nlive = "held:2"\n')
    engine = TritonEngine(triton.url, repository=root, health_interval=0.05)

    def loaded() -> set[tuple[str, str]]:
        return {(n, v) for n, v, state, _ in triton.ready_models() if state == "READY" and n in ("held", "other")}

    async def answers(name: str) -> float:
        return float((await engine.infer(name, ONE, timeout=5))["y"][0, 0])

    try:
        await engine.start(["held", "live"])
        assert (await answers("held"), await answers("live")) == (2, 4)
        assert await asyncio.to_thread(loaded) == {("held", "1"), ("held", "2")}
        write_aliases(root, 'held = 3\nlive = "other:1"\n')
        await engine.start(["held", "live"])
        assert (await answers("held"), await answers("live")) == (6, 10)
        assert await asyncio.to_thread(loaded) == {("held", "3"), ("other", "1")}
    finally:
        await engine.close()
        (root / "aliases.toml").unlink()


async def test_a_restarted_triton_gets_the_version_back(triton: TritonProcess) -> None:
    root = triton.repository
    add_model(root, "kept", versions=(1, 2))
    write_aliases(root, "kept = 1\n")
    engine = TritonEngine(triton.url, repository=root, health_interval=0.05)
    try:
        await engine.start(["kept"])
        await asyncio.to_thread(triton.kill)
        await until(lambda: not engine.ready("kept"))
        write_aliases(root, "kept = 9\n")  # no such version: what answered before comes back
        await asyncio.to_thread(triton.start)
        await until(lambda: engine.ready("kept"))
        assert (await engine.infer("kept", ONE, timeout=5))["y"][0, 0] == 2
    finally:
        await engine.close()
        (root / "aliases.toml").unlink()


async def test_an_engine_that_is_away_is_tried_again(make_model: Callable[..., Path], repository: Path) -> None:
    make_model("clip", versions=(1, 2))
    write_aliases(repository, "clip = 2\n")
    started: list[Any] = []

    class Away(EmbeddedEngine):
        async def start(self, models: Any) -> None:
            from courtside_server.errors import EngineUnavailable

            started.append(models)
            if len(started) == 2:
                raise EngineUnavailable("not now")
            await super().start(models)

    engine = Away(repository)
    await engine.start(["clip"])
    write_aliases(repository, "clip = 1\n")
    switches: list[str] = []
    watch = AliasWatch(
        engine, ModelRepository(repository), ["clip"], on_switch=lambda: switches.append(engine.info("clip").version)
    )
    checks: list[Awaitable[None]] = [watch.check(), watch.check(), watch.check()]
    await checks[0]
    assert engine.info("clip").version == "2" and not switches
    await checks[1]
    assert engine.info("clip").version == "1" and switches == ["1"]
    await checks[2]
    assert switches == ["1"]
    assert len(started) == 3, "and not again after that"
    await engine.close()
