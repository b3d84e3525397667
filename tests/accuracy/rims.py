"""Clips cut round a rim, judged by the gateway's own detector, trackers and rim model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import numpy as np
from accuracy.walk import CAMERA, observe

from courtside_server.compose import make_engine
from courtside_server.perception.detector import CourtDetector
from courtside_server.rings.tracks import TrackRing
from courtside_server.settings import Settings
from courtside_server.shots.models.rim import WATCH_S, RimModel, Verdict, first_at_rim, flew_past
from courtside_server.shots.state import JUDGE_EVERY_S
from courtside_server.shots.trajectory import BallPath, ball_paths, nearest_rim
from courtside_server.types import Frame, ShotResult

MARGIN = 1.5
"""A clip fills its picture with the rim; the gateway sees rims in whole courts: it is shown in a wider frame."""


def judge_clips(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Right, wrong and untold clips of ``make`` and ``miss``."""
    return asyncio.run(_judge_clips(folder))


async def _judge_clips(folder: Path) -> dict[str, tuple[int, int, int]]:
    settings = Settings()
    engine = make_engine(settings)
    look = settings.perception
    await engine.start([look.detector, look.rim])
    detector, model = CourtDetector(engine, look.detector, 10.0), RimModel(engine, look.rim, 10.0)
    out = {}
    try:
        for kind, wanted in (("make", ShotResult.MADE), ("miss", ShotResult.MISSED)):
            films = sorted((folder / kind).glob("*.mp4"))
            said = [await judge(path, detector, model, look.look_rate) for path in films]
            told = [result for result in said if result is not ShotResult.UNKNOWN]
            right = sum(result is wanted for result in told)
            out[kind] = (right, len(told) - right, len(said) - len(told))
    finally:
        await engine.close()
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


async def judge(path: Path, detector: CourtDetector, model: RimModel, rate: float) -> ShotResult:
    """What the rim model makes of one clip: its verdicts over time, summed as the gateway sums them."""
    ring, verdict, last, first = TrackRing(10.0), Verdict(), -1.0, None
    for observations in await observe(frames(path), detector, rate):
        ring.append(observations)
        now = observations.media
        if now - last < JUDGE_EVERY_S - 1e-6:
            continue
        last = now
        window = ring.between(now - 2.4, now)
        ball = whole_path(window)
        reached = first_at_rim(ball, rim_of(window, ball), 0.0)
        first = reached if first is None else first
        if first is not None and now - first <= WATCH_S:
            verdict.add(await model.judge(ball, window, now, 1.0), now)
    window = ring.between(0.0, 1e9)
    ball = whole_path(window)
    if verdict.settled is ShotResult.UNKNOWN and flew_past(ball, rim_of(window, ball), 0.0):
        return ShotResult.MISSED
    return verdict.settled


def rim_of(window: list, path: BallPath) -> np.ndarray | None:
    """The rim the ball comes nearest to; None without a ball or a rim."""
    return nearest_rim(window, path.places) if len(path) else None


def whole_path(window: list) -> BallPath:
    """All moving balls of a window as one: a clip shows one shot, however often its track breaks."""
    best: dict[float, tuple[float, ...]] = {}
    for path in ball_paths(window):
        if len(path) >= 3 and not path.moves:
            continue
        for media, place, size, score in zip(path.media, path.places, path.sizes, path.scores, strict=True):
            if media not in best or score > best[media][3]:
                best[media] = (*place, size, score)
    times = np.array(sorted(best))
    rows = np.array([best[time] for time in times]).reshape(-1, 4)
    return BallPath(0, times, rows[:, :2], rows[:, 2], rows[:, 3])
