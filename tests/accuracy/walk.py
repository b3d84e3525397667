"""A film walked through as the gateway does: frames, looks, tracked observations, and the shots that are found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import av

from courtside_server.compose import make_engine, make_finders, model_names, pipeline_rules
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.tracker import Looker, Observer, TrackIds
from courtside_server.settings import Settings
from courtside_server.shots.detector import Finders, FlightRules, Profile, ShotChange, ShotFinder
from courtside_server.types import Frame, Lifecycle, Observations
from courtside_server.windows.nms import MergeRules

CAMERA = "games/accuracy/cameras/c"


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[tuple[Finders, FlightRules]]:
    """The settings' models on an engine that runs meanwhile, and their rules of flight."""
    engine = make_engine(settings)
    await engine.start(model_names(settings))
    try:
        yield make_finders(settings, engine, 30.0), pipeline_rules(settings).flight
    finally:
        await engine.close()


def film_frames(path: Path) -> Iterator[Frame]:
    """Every frame of a film, on its own clock since the first."""
    with av.open(str(path)) as container:
        first = None
        for index, picture in enumerate(container.decode(video=0)):
            first = picture.time if first is None else first
            media = float(picture.time - first)
            yield Frame(CAMERA, index, media, media, media, 0, picture.to_ndarray(format="yuv420p"))


def look_rate(path: Path, most: float, speed: float) -> float:
    """Looks a real second at a film: `most`, or every frame where it has fewer; `speed` real seconds a film's."""
    with av.open(str(path)) as container:
        return min(most, float(container.streams.video[0].average_rate or most) / speed)


async def observe(
    frames: Iterable[Frame], detector: CourtDetector, rate: float, speed: float = 1.0
) -> list[Observations]:
    """Everything that is tracked at `rate` looks a real second."""
    looker, observer = Looker(detector.input_size, rate, speed), Observer(TrackIds.fresh(), rate * speed, speed)
    looks = (look for frame in frames if (look := looker.offer(frame)) is not None)
    return [observer.observe(look, await detector.detect(look)) for look in looks]


async def find_shots(
    seen: Iterable[Observations], models: Finders, rules: FlightRules, rate: float, speed: float = 1.0,
    retracted: bool = False,
) -> list[ShotChange]:
    """The shots that stand at the end of a film's observations, by release; with those taken back if asked for."""

    async def ask(call: Callable[[], Awaitable[object]]) -> object:
        return await call()

    finder = ShotFinder(
        Profile.FLIGHT, models, MergeRules(), rules, TrackIds.fresh(), rate * speed, speed, lambda *_: None, ask
    )
    latest: dict[int, ShotChange] = {}
    for observations in seen:
        latest |= {change.shot.key: change for change in await finder.on_observations(observations)}
    latest |= {change.shot.key: change for change in await finder.flush()}
    kept = [change for change in latest.values() if retracted or change.shot.lifecycle is not Lifecycle.RETRACTED]
    return sorted(kept, key=lambda change: change.shot.media)
