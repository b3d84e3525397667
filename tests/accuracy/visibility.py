"""How often the gateway detects the rim and the shot's own ball, with every frame of a clip as a detector frame.

The labels do not say where the ball is. It counts as found in a frame where a ball is detected at the position of the
shot's own trajectory, as the gateway tracks it at its own rate. A release that was missed has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy.labels import TOLERANCE_S, Clip, frame_times, read_clips
from accuracy.replay import Bench, detect, detector_fps, film_frames, find_shots, started, track

from courtside_server.settings import Settings
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, rejoin
from courtside_server.types import ObjectClass, Observations

AFTER = 12
"""Frames after a release in which the ball is looked for."""
RIM_IN_VIEW: dict[str, tuple[tuple[int, int], ...]] = {
    "broadcast_full_court": ((0, 24), (87, 179)),
    "panorama_full_court": (),
}
"""First and last frames between which a person sees a whole rim, by eye; clips that are not named show one always."""


@dataclass(frozen=True)
class Visibility:
    """Of one clip: frames that show a rim, those in which it was found, and (frames, found) of the ball per release."""

    rim_shown: int
    rim_found: int
    balls: tuple[tuple[int, int], ...]


def visibilities(folder: Path) -> dict[Path, Visibility]:
    """Of every clip in a folder with a ``labels.csv``."""
    with started(Settings()) as bench:
        return {clip.path: visibility(clip, bench) for clip in read_clips(folder)}


def visibility(clip: Clip, bench: Bench) -> Visibility:
    """What is detected in one clip."""
    criteria = ShotCriteria()
    times, fps = np.array(frame_times(clip.path)), detector_fps(clip.path, 1000.0, clip.speed)
    seen = track(detect(film_frames(clip.path), bench, fps, clip.speed), clip.speed)
    shown = np.zeros(len(times), bool)
    for first, last in RIM_IN_VIEW.get(clip.path.stem, ((0, len(times)),)):
        shown[first : last + 1] = True
    with_rim = {_frame(times, o.media) for o in seen if len(o.steady(ObjectClass.RIM))}
    found = sum(bool(shown[index]) for index in with_rim)
    fps = detector_fps(clip.path, Settings().perception.detector_fps, clip.speed)
    tracked = track(detect(film_frames(clip.path), bench, fps, clip.speed), clip.speed)
    shots, balls = find_shots(tracked, bench, clip.speed), []
    for media, _ in clip.releases:
        near = [
            change.state.ball for change in shots if abs(change.candidate.media - media) * clip.speed <= TOLERANCE_S
        ]
        after = times[_frame(times, media) :][:AFTER]
        around = [o for o in tracked if after[0] - 1.0 <= o.media <= after[-1] + 1.0]
        paths = {path.track: path for path in ball_trajectories(around)}
        path = Trajectory.empty()
        if near and near[0] is not None:
            path = rejoin(paths, near[0], clip.speed, criteria.trajectory, criteria.flight.min_travel)
        flight = [o for o in seen if after[0] - 1e-6 <= o.media <= after[-1] + 1e-6]
        balls.append((len(after), sum(_shows(observations, path) for observations in flight)))
    return Visibility(int(shown.sum()), found, tuple(balls))


def _frame(times: np.ndarray, media: float) -> int:
    """The frame shown at `media`."""
    return int(np.abs(times - media).argmin())


def _shows(observations: Observations, path: Trajectory) -> bool:
    """Whether a ball is detected at the trajectory's position at that moment (both with camera motion removed)."""
    balls = observations.steady(ObjectClass.BALL)
    if not len(path) or not len(balls):
        return False
    where = [np.interp(observations.media, path.media, column) for column in path.positions.T]
    apart = np.hypot(*((balls[:, :2] + balls[:, 2:4]) / 2 - where).T)
    return bool(apart.min() <= np.median(path.sizes))
