"""How often the rim and the shot's own ball are in sight of the gateway, every frame of a clip looked at.

No clip's labels say where the ball is, so it counts as found in a frame where something is taken for a ball in the
place where the shot's own ball is on its way, as the gateway follows it at its own rate: a release that was missed has
none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy.labels import TOLERANCE_S, Clip, frame_times, read_clips
from accuracy.walk import film_frames, find_shots, look_rate, observe, started

from courtside_server.settings import Settings
from courtside_server.shots.detector import Finders, FlightRules
from courtside_server.shots.state import chained
from courtside_server.shots.trajectory import BallPath, ball_paths
from courtside_server.types import ObjectClass, Observations

AFTER = 12
"""Frames after a release in which the ball is asked for."""
RIM_IN_SIGHT: dict[str, tuple[tuple[int, int], ...]] = {
    "broadcast_full_court": ((0, 24), (87, 179)),
    "panorama_full_court": (),
}
"""First and last frames between which a person sees a whole rim, by eye; clips that are not named show one always."""


@dataclass(frozen=True)
class Sight:
    """Of one clip: frames that show a rim and those in which it was found; likewise the ball after each release."""

    rim_shown: int
    rim_found: int
    balls: tuple[tuple[int, int], ...]


def sights(folder: Path) -> dict[Path, Sight]:
    """Of every clip in a folder with a ``labels.csv``."""
    return asyncio.run(_sights(read_clips(folder)))


async def _sights(clips: list[Clip]) -> dict[Path, Sight]:
    async with started(Settings()) as (models, rules):
        return {clip.path: await sight(clip, models, rules) for clip in clips}


async def sight(clip: Clip, models: Finders, rules: FlightRules) -> Sight:
    """What is seen of one clip."""
    assert models.detector is not None
    times, rate = np.array(frame_times(clip.path)), look_rate(clip.path, 1000.0, clip.speed)
    seen = await observe(film_frames(clip.path), models.detector, rate, clip.speed)
    shown = np.zeros(len(times), bool)
    for first, last in RIM_IN_SIGHT.get(clip.path.stem, ((0, len(times)),)):
        shown[first : last + 1] = True
    held = {_frame(times, o.media) for o in seen if len(o.steady(ObjectClass.RIM))}
    found = sum(bool(shown[index]) for index in held)
    rate = look_rate(clip.path, Settings().perception.look_rate, clip.speed)
    tracked = await observe(film_frames(clip.path), models.detector, rate, clip.speed)
    shots, balls = await find_shots(tracked, models, rules, rate, clip.speed), []
    for media, _ in clip.releases:
        near = [change.story.ball for change in shots if abs(change.shot.media - media) * clip.speed <= TOLERANCE_S]
        after = times[_frame(times, media) :][:AFTER]
        around = [o for o in tracked if after[0] - 1.0 <= o.media <= after[-1] + 1.0]
        paths = {path.track: path for path in ball_paths(around)}
        path = chained(paths, near[0], clip.speed) if near and near[0] is not None else BallPath.none()
        flight = [o for o in seen if after[0] - 1e-6 <= o.media <= after[-1] + 1e-6]
        balls.append((len(after), sum(_shows(observations, path) for observations in flight)))
    return Sight(int(shown.sum()), found, tuple(balls))


def _frame(times: np.ndarray, media: float) -> int:
    """The frame shown at `media`."""
    return int(np.abs(times - media).argmin())


def _shows(observations: Observations, path: BallPath) -> bool:
    """Whether something is taken for a ball where a path (in the same stabilised pixels) leads at that moment."""
    balls = observations.steady(ObjectClass.BALL)
    if not len(path) or not len(balls):
        return False
    where = [np.interp(observations.media, path.media, column) for column in path.places.T]
    apart = np.hypot(*((balls[:, :2] + balls[:, 2:4]) / 2 - where).T)
    return bool(apart.min() <= np.median(path.sizes))
