"""Zones without calibration as the product gives them: films of single shots of simulated games, tracked feet.

    python benchmarks/court_zones.py [GAMES] [FIRST_SEED]

Up to two shots of each game, from 2 s before the release to 1.9 s after it, as H.264 through `courtside.analyze`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

import courtside
from courtside.events import ZoneSource
from courtside_sim.camera import SimulatedCamera
from courtside_sim.config import CAMERA_KINDS, CameraConfig, GameConfig
from courtside_sim.game import simulate
from courtside_sim.truth import ShotTruth

SIZE, FPS = (640, 360), 30
BEFORE, AFTER = 2.0, 1.9
"""Seconds of film before and after a release."""
SHOTS, NEAR = 2, 0.35
"""Shots of each game; seconds between a true release and one that is found."""


def shots(games: int, first: int) -> Iterator[tuple[SimulatedCamera, ShotTruth]]:
    """Shots whose shooter and rim are in the picture."""
    for number in range(games):
        kind = CAMERA_KINDS[number % len(CAMERA_KINDS)]
        game = simulate(first + number, GameConfig(duration=40.0, half=False if kind == "broadcast" else None))
        camera, taken = SimulatedCamera(game, CameraConfig(kind, *SIZE), first + number), 0
        for shot in game.shots:
            at = shot.release_time
            if taken < SHOTS and at >= BEFORE and camera.sees(game.court.rim_centre(shot.basket), at):
                truth = camera.truth(at)
                if truth.in_view[list(truth.players).index(shot.shooter)]:
                    taken += 1
                    yield camera, shot


def write(path: Path, camera: SimulatedCamera, shot: ShotTruth) -> None:
    """One shot as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "22"}
        for index in range(round((BEFORE + AFTER) * FPS)):
            picture = camera.render(shot.release_time - BEFORE + index / FPS)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def main(games: int, first: int) -> None:
    """Print how many zones are right, by where they come from and how probable they are."""
    rows: list[tuple[ZoneSource, float, bool, bool]] = []
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.mp4"
        for camera, shot in shots(games, first):
            count += 1
            write(path, camera, shot)
            for found in courtside.analyze(path):
                if abs(found.time - BEFORE) <= NEAR and found.zone_probabilities:
                    points = found.points == (3 if shot.three else 2)
                    rows.append((
                        found.zone_source, max(found.zone_probabilities), found.zone.name == shot.zone.name, points,
                    ))  # fmt: skip
    print(f"{count} shots, {len(rows)} with a zone")
    for source in (ZoneSource.COURT_ESTIMATE, ZoneSource.MODEL):
        for low, high in ((0.0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01), (0.0, 1.01)):
            chosen = [row for row in rows if row[0] is source and low <= row[1] < high]
            if chosen:
                mean, right, points = np.array([row[1:] for row in chosen], float).mean(0)
                print(f"{source!s:15s} {low:.1f}-{min(high, 1):.1f}: mean {mean:.2f}, zone right {right:.2f}, points "
                      f"right {points:.2f} of {len(chosen)}")  # fmt: skip


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers + [25, 75_000][len(numbers) :]))
