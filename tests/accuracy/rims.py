"""Clips that show little more than a rim, classified by the gateway's own detector, trackers and rim model."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from accuracy.answers import AnswerStore
from accuracy.replay import CAMERA, Bench, detect, started, track

from courtside_server.rings.tracks import TrackRing
from courtside_server.settings import Settings
from courtside_server.shots.criteria import FlightWindowConfig, ResultConfig
from courtside_server.shots.models.rim import LOOKBACK_S
from courtside_server.shots.result import ResultVote, first_at_rim, is_air_ball
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim
from courtside_server.types import Frame, ShotResult

MARGIN = 1.5
"""The clip is put into a frame so many times as tall: the gateway sees rims in whole courts, not alone."""


def classify_clips(folder: Path, store: AnswerStore | None = None) -> dict[str, list[tuple[int, int]]]:
    """For every clip of ``make`` and ``miss``: 1 or 0, whether its result is right, and whether it has one."""
    settings, out = Settings(), {}
    with started(settings, store) as bench:
        for kind, wanted in (("make", ShotResult.MADE), ("miss", ShotResult.MISSED)):
            films = sorted((folder / kind).glob("*.mp4"))
            results = [classify(path, bench, settings.perception.detector_fps) for path in films]
            out[kind] = [(int(result is wanted), int(result is not ShotResult.UNKNOWN)) for result in results]
    return out


def frames(path: Path) -> list[Frame]:
    """A clip's frames in the middle of a grey 16:9 picture, about as large as rims are in whole courts."""
    out = []
    with av.open(str(path)) as container:
        for index, picture in enumerate(container.decode(video=0)):
            rgb = picture.to_ndarray(format="rgb24")
            tall = round(rgb.shape[0] * MARGIN / 2) * 2
            wide = max(round(tall * 16 / 9 / 2) * 2, round(rgb.shape[1] / 2) * 2 + 2)
            canvas = np.full((tall, wide, 3), 114, np.uint8)
            top, left = (tall - rgb.shape[0]) // 2, (wide - rgb.shape[1]) // 2
            canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
            planes = av.VideoFrame.from_ndarray(canvas, format="rgb24").to_ndarray(format="yuv420p")
            media = float(picture.time or index / 30)
            out.append(Frame(CAMERA, index, media, media, 0.0, 0, planes))
    return out


def classify(path: Path, bench: Bench, fps: float) -> ShotResult:
    """What the rim model makes of one clip: its answers over time, added up as the gateway does."""
    config = ResultConfig()
    assert bench.models.rim is not None
    ring, vote, last, first = TrackRing(10.0), ResultVote(config), -1.0, None
    for observations in track(detect(frames(path), bench, fps)):
        ring.append(observations)
        now = observations.media
        if now - last < config.interval - 1e-6:
            continue
        last = now
        window = ring.between(now - LOOKBACK_S, now)
        ball = whole_trajectory(window)
        reached = first_at_rim(ball, rim_of(window, ball), 0.0, config)
        first = reached if first is None else first
        if first is not None and now - first <= config.watch_time:
            answer = bench.infer(bench.models.rim.request(ball, window, now, 1.0))
            assert answer is not None
            vote.add(answer)
    window = ring.between(0.0, 1e9)
    ball = whole_trajectory(window)
    if vote.final is ShotResult.UNKNOWN and is_air_ball(ball, rim_of(window, ball), 0.0, config):
        return ShotResult.MISSED
    return vote.final


def rim_of(window: list, path: Trajectory) -> np.ndarray | None:
    """The rim that the ball comes nearest to; None without a ball or a rim."""
    return nearest_rim(window, path.positions) if len(path) else None


def whole_trajectory(window: list) -> Trajectory:
    """All moving balls of a window as one: a clip shows one shot, however often its track breaks."""
    best: dict[float, tuple[float, ...]] = {}
    for path in ball_trajectories(window):
        if len(path) >= 3 and not path.extent() > FlightWindowConfig().min_travel:
            continue
        for media, position, size, score in zip(path.media, path.positions, path.sizes, path.scores, strict=True):
            if media not in best or score > best[media][3]:
                best[media] = (*position, size, score)
    times = np.array(sorted(best))
    rows = np.array([best[time] for time in times]).reshape(-1, 4)
    return Trajectory(0, times, rows[:, :2], rows[:, 2], rows[:, 3])
