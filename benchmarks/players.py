"""What each step of the players' room costs, on one core: crops, poses, actions, possession.

    python benchmarks/players.py [--players 10] [--rounds 60]

One simulated game at 720p gives the frame; its players are cut out, their poses and actions are read with the shipped
models. Times are medians in milliseconds; the last column is what a camera takes of one core at the default rates,
with this many players in view.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from courtside_server.compose import make_engine, make_player_models, player_models
from courtside_server.players.actions import STEPS, action_window
from courtside_server.players.config import PlayersConfig
from courtside_server.players.crops import cut_crop
from courtside_server.players.possession import PossessionFilter
from courtside_server.settings import load_settings
from courtside_server.types import Frame, ObjectClass, Observations
from courtside_server.types.players import PoseTrack
from courtside_sim import open_simulation

DETECTOR_FPS = 15.0


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of a call."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=10, help="players in view")
    parser.add_argument("--rounds", type=int, default=60, help="calls of each step")
    given = parser.parse_args()
    film = open_simulation(20006, duration=4.0, width=1280, height=720)
    picture, truth = film.camera.render(2.0), film.camera.truth(2.0)
    frame = Frame("c", 0, 2.0, 2.0, 2.0, 0, cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420))
    shown = truth.boxes[truth.in_view]
    boxes = np.resize(shown, (given.players, 4)).astype(np.float32)
    ball = np.array([[600, 300, 620, 320]], np.float32)
    seen = [
        Observations(
            "c", 0, step / DETECTOR_FPS, 0, 0, 1280, 720, (0.0, 0.0), np.concatenate([boxes, ball]),
            np.full(len(boxes) + 1, 0.9, np.float32),
            np.array([ObjectClass.PLAYER] * len(boxes) + [ObjectClass.BALL], np.int64),
            np.array([*range(1, len(boxes) + 1), 1], np.int64),
        )
        for step in range(30)
    ]  # fmt: skip
    settings, config = load_settings(), PlayersConfig()
    loop = asyncio.new_event_loop()
    engine = make_engine(settings)
    loop.run_until_complete(engine.start(player_models(settings)))
    models = make_player_models(settings, engine)
    assert models is not None
    crop = cut_crop(frame, 1, boxes[0], 0.0)
    assert crop is not None

    def run(name: str, inputs: dict[str, np.ndarray]) -> object:
        return loop.run_until_complete(engine.infer(name, inputs, timeout=30.0))

    times = np.arange(STEPS + 4) / 10
    track = PoseTrack(
        "c", 1, times, np.zeros((len(times), 17, 4), np.float32), np.full(len(times), 150, np.float32)
    )  # fmt: skip
    window = action_window(track, seen, 1.6, 1.0)
    followed = PossessionFilter(config.possession, 1.0, lambda player, media: None)
    clock = iter(range(10**9))

    def possession() -> None:
        one = seen[0]
        followed.push(Observations(
            "c", 0, next(clock) / DETECTOR_FPS, 0, 0, 1280, 720, one.pan, one.boxes, one.scores, one.classes, one.tracks
        ))  # fmt: skip

    crops = min(config.crops.live_rate, config.crops.player_rate * given.players)
    windows = given.players / config.actions.hop
    rows: list[tuple[str, Callable[[], object], float]] = [
        ("cut one player out of a 720p frame", lambda: cut_crop(frame, 1, boxes[0], 0.0), crops),
        ("pose of one crop", lambda: run(settings.perception.pose, {"crop": crop.pixels[None]}), crops),
        ("one action window", lambda: action_window(track, seen, 1.6, 1.0), windows),
        ("possession in one frame", possession, DETECTOR_FPS),
    ]
    if models.actions is not None:
        inputs = {"keypoints": window.keypoints[None], "context": window.context[None]}
        rows.append(("action of one window", lambda: run(settings.perception.actions, inputs), windows))
    table = Table(title=f"players of one live camera, {given.players} in view")
    for column in ("step", "ms", "per second", "share of a core"):
        table.add_column(column, justify="left" if column == "step" else "right")
    total = 0.0
    for name, work, rate in rows:
        cost = median_ms(work, given.rounds)
        total += cost * rate / 1000
        table.add_row(name, f"{cost:.2f}", f"{rate:.0f}", f"{cost * rate / 1000:.3f}")
    table.add_row("together", "", "", f"{total:.3f}")
    Console().print(table)
    loop.run_until_complete(engine.close())


if __name__ == "__main__":
    main()
