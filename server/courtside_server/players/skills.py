"""Estimates of a player's skills: the skill model, and the way from a film to twenty levels.

film ──► index, length ──► 64 frames, evenly spaced ──► model ──► levels, or why there is not enough film
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from courtside.errors import SourceLost
from courtside.film import Film
from courtside.skills import CAUTION, GROUP_OF, LEVELS, SKILLS, SkillEstimate, SkillLevel, TimeRange
from courtside.statistics import PlayerStatistics
from courtside_server.errors import BadRequest, EngineError, ModelInvalid, UndecodableFilm
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs, picture_size
from courtside_server.players.highlight_frames import FilmIndex, Windows, index_film, read_frames, sample_times
from courtside_server.players.highlights import Highlight
from courtside_server.players.skills_config import SkillsConfig

_T = TypeVar("_T")
_FRAMES = TensorSpec("frames", np.dtype(np.uint8), (-1, 3, -1, -1))
_LEVELS = TensorSpec("levels", np.dtype(np.float32), (len(SKILLS), len(LEVELS)))


class SkillsModel:
    """The skill model: ``frames`` uint8 (F, 3, H, W) RGB in; ``levels`` (20, 5) probabilities out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Attributes:
        version: ``name:version`` of the model that answers now.
        frames: F, the frames it takes.
        size: their width and height.

    Raises:
        ModelInvalid: the model's tensors or skills are not those that the service needs; the message says which.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        info = engine.info(name)
        check_signature(info, inputs=[_FRAMES], outputs=[_LEVELS])
        self.frames, self.size = info.inputs["frames"].shape[0], picture_size(info, "frames")
        if self.frames < 1:
            raise ModelInvalid(f"model {name!r} does not fix its number of frames ({info.source})", model=name)
        skills = tuple(info.parameters.get("skills", ",".join(SKILLS)).split(","))
        if sorted(skills) != sorted(SKILLS):
            raise ModelInvalid(f"model {name!r} has other skills than the 20 of BASKET ({info.source})", model=name)
        self._name, self._timeout, self._batched = name, timeout, bool(info.max_batch_size)
        self._order = [skills.index(skill) for skill in SKILLS]
        self.version = f"{name}:{info.version}"

    def request(self, frames: NDArray[np.uint8]) -> InferenceRequest[NDArray[np.float64]]:
        """Estimate the levels of one film (F, 3, H, W): (20, 5) float64, rows in the order of SKILLS that sum to 1."""
        return InferenceRequest(
            self._name, {"frames": frames[None] if self._batched else frames}, self._timeout, self._parse
        )

    def _parse(self, outputs: Outputs) -> NDArray[np.float64]:
        found = np.asarray(outputs["levels"], np.float64).reshape(len(SKILLS), len(LEVELS))[self._order]
        sums = found.sum(1, keepdims=True)
        if not np.isfinite(found).all() or (found < 0).any() or (sums <= 0).any():
            raise EngineError(f"model {self._name} answered with no probabilities; export it again")
        return np.asarray(found / sums, np.float64)


class SkillEstimator:
    """Estimates skills from films; starts the model when it is first needed.

    Reading films runs in a thread, the model in the engine.

    Args:
        engine: a started engine.
        config: the model's name, and limits.
        timeout: seconds that an answer of the model may take.
    """

    def __init__(self, engine: Engine, config: SkillsConfig, timeout: float) -> None:
        self._engine, self.config, self._timeout = engine, config, timeout
        self._starting = asyncio.Lock()

    async def estimate(
        self, path: Path, *, name: str = "", untrusted: bool = False, highlight: Highlight | None = None,
        statistics: PlayerStatistics | None = None, windows: Windows = lambda time, picture, shape: None,
        on_progress: Callable[[float], None] = lambda done: None, on_model: Callable[[], None] = lambda: None,
    ) -> SkillEstimate:  # fmt: skip
        """Estimate the skills of the player whom a film shows.

        A cancelled call returns once the thread that reads the film has stopped, after the frame it is at.

        Args:
            path: the film.
            name: what it is called in messages.
            untrusted: it is somebody else's.
            highlight: the stretches that show the player; None: the whole film does.
            statistics: go into the answer.
            windows: give the part of each picture that shows the player; the whole picture by default.
            on_progress: called with the share of the frames that are read, on the event loop.
            on_model: called when the model begins.

        Raises:
            SourceError: the file is no film, or cannot be read to its end.
            BadRequest: it is too long, or ends before the highlight begins.
            EngineError: the model cannot be used.
        """
        config, loop = self.config, asyncio.get_running_loop()
        if highlight is not None and (why := too_few_plays(highlight, config)):
            return SkillEstimate(
                not_enough_film=why, film_seconds=highlight.seconds, ranges=highlight.ranges, statistics=statistics
            )
        film = await asyncio.to_thread(Film, path, name=name, untrusted=untrusted)
        most = config.max_film_s if highlight is None else highlight.ranges[-1].end
        index = await _stoppable(lambda stop: index_film(film, most, stop))
        ranges = _ranges(film, index, highlight, config)
        seconds = sum(one.seconds for one in ranges)
        shown = () if highlight is None else tuple(ranges)
        if seconds < config.min_film_s:
            why = (
                f"not enough film: {seconds:.0f} s, levels need {config.min_film_s:.0f} s of one player at least "
                "(8 to 10 minutes are good)"
            )
            return SkillEstimate(not_enough_film=why, film_seconds=seconds, ranges=shown, statistics=statistics)
        model = await self._model()
        times = sample_times(ranges, model.frames)

        def on_frame(count: int) -> None:
            loop.call_soon_threadsafe(on_progress, count / len(times))

        frames = await _stoppable(lambda stop: read_frames(film, index, times, model.size, on_frame, stop, windows))
        on_model()
        request = model.request(frames)
        answer = await self._engine.infer(request.model, request.inputs, timeout=request.timeout)
        return SkillEstimate(
            skills=_levels(request.parse(answer)), caution=CAUTION, film_seconds=seconds, frames=len(frames),
            model=model.version, ranges=shown, statistics=statistics,
        )  # fmt: skip

    async def _model(self) -> SkillsModel:
        async with self._starting:
            name = self.config.model
            try:
                await self._engine.start([name])  # also a newer version, where the repository's aliases name one
            except EngineError as error:
                try:
                    return SkillsModel(self._engine, name, self._timeout)  # the version that runs answers on
                except EngineError:
                    raise error from None
            return SkillsModel(self._engine, name, self._timeout)


def too_few_plays(highlight: Highlight, config: SkillsConfig) -> str:
    """Why a highlight does not show enough of a player, one sentence; empty where it does."""
    if highlight.plays >= config.min_plays:
        return ""
    plays = f"{highlight.plays} play" + ("s" if highlight.plays != 1 else "")
    return f"not enough film: the events name the player in {plays}, levels need {config.min_plays} at least"


def _ranges(film: Film, index: FilmIndex, highlight: Highlight | None, config: SkillsConfig) -> list[TimeRange]:
    """The stretches that are used, as far as the film has them.

    Raises:
        BadRequest: see :meth:`SkillEstimator.estimate`.
    """
    if highlight is None:
        if index.cut:
            raise BadRequest(
                f"{film.info.name} is longer than {config.max_film_s / 60:.0f} minutes, so it is no highlight of one "
                "player: cut it, or name the player (courtside skills FILM --player TRACK)", field="film",
            )  # fmt: skip
        return [TimeRange(0.0, index.seconds)]
    found = [
        TimeRange(one.start, min(one.end, index.seconds)) for one in highlight.ranges if one.start < index.seconds
    ]
    if not found:
        raise BadRequest(
            f"{film.info.name} is {index.seconds:.0f} s long and ends before the player's first play at "
            f"{highlight.ranges[0].start:.0f} s: it is not the film of these events", field="film",
        )  # fmt: skip
    return found


def _levels(probabilities: NDArray[np.float64]) -> tuple[SkillLevel, ...]:
    expected = probabilities @ np.arange(len(LEVELS))
    return tuple(
        SkillLevel(skill, GROUP_OF[skill], tuple(row.tolist()), float(mean))
        for skill, row, mean in zip(SKILLS, probabilities, expected, strict=True)
    )


async def _stoppable(work: Callable[[threading.Event], _T]) -> _T:
    """Run work in a thread; a cancelled call ends once the work has."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except SourceLost as error:  # of a file that is not read while it is written
        raise UndecodableFilm(error.message, error.source) from None
    finally:
        stop.set()
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # of a cancelled call nobody waits for it
