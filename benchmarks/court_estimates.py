"""Courts without calibration on simulated games: how often one is recognised, and how well feet are placed.

    python benchmarks/court_estimates.py [GAMES] [FIRST_SEED]

One picture of every shot's release, its people and its rim from the ground truth with a detector's errors. A court is
certain by `CourtConfig`; that a second picture must agree is left out here.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import cv2
import numpy as np

from courtside.court.zones import ZONES
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtPicture, recognise_court
from courtside_server.court.court_place import Feet
from courtside_sim.camera import SimulatedCamera
from courtside_sim.config import CAMERA_KINDS, CameraConfig, GameConfig
from courtside_sim.game import Game, simulate
from courtside_sim.truth import ShotTruth

SIZE = (640, 360)
SHOTS = 3
"""Shots of each game."""
RIM_ERROR, BOX_ERROR = 0.05, 0.02
"""Errors of a detector: share of a rim's width and of a person's height, one standard deviation."""
FEET_ERROR = 2.0
"""Pixels, one standard deviation that the feet are assumed to have; here they are exact."""


@dataclass(frozen=True)
class Placed:
    """One shot: whether its court was certain, metres off, whether zone and points were right (None: unknown)."""

    kind: str
    certain: bool
    off: float
    probability: float
    zone: bool | None
    points: bool | None


def picture(game: Game, camera: SimulatedCamera, shot: ShotTruth, random: np.random.Generator) -> CourtPicture:
    """The release of a shot; people of the second and a half before, camera motion removed."""
    now, lens = shot.release_time, camera.lens(shot.release_time)
    far = lens.position + lens.rotation[2] * 15.0
    people = []
    for at in np.arange(max(now - 1.5, 0.0), now + 0.01, 0.25):
        truth = camera.truth(at)
        shift = lens.project(far)[0] - camera.lens(at).project(far)[0]
        people.append(truth.boxes[truth.in_view] + np.tile(shift, 2))
    boxes = np.concatenate(people).astype(float)
    boxes += random.normal(0, BOX_ERROR, boxes.shape) * (boxes[:, 3:] - boxes[:, 1:2])
    truth = camera.truth(now)
    rim = truth.rims[shot.basket].astype(float)
    rim += random.normal(0, RIM_ERROR * (rim[2] - rim[0]) + 0.3, 4)
    whole = (boxes[:, 1] > 2) & (boxes[:, 3] < SIZE[1] - 3)
    hidden = np.concatenate([truth.boxes[truth.in_view], truth.referees]).astype(float)
    pixels = np.ascontiguousarray(camera.render(now)[:, :, ::-1])
    return CourtPicture(pixels, 1.0, (0.0, 0.0), now, rim, boxes[whole], hidden)


def compared(game: Game, camera: SimulatedCamera, shot: ShotTruth, found, config: CourtConfig) -> Placed:
    """Compare where the shooter stood with where he is placed."""
    feet = camera.lens(shot.release_time).project(np.array([shot.x, shot.y, 0.0]))[0]
    exact = [Feet(*feet, FEET_ERROR, FEET_ERROR)]
    spot = None if found is None or not found.is_certain(config) else found.at(exact, config)
    if spot is None:
        return Placed(camera.kind, False, np.nan, 0.0, None, None)
    best = found.calibrations[0].court
    here = best.to_local(*spot.court, best.nearer_basket(spot.court[0]))
    off = float(np.hypot(*np.subtract(here, game.court.to_local(shot.x, shot.y, shot.basket))))
    likely = max(spot.zone)
    if likely < config.min_zone_probability:
        return Placed(camera.kind, True, off, likely, None, None)
    zone = ZONES[int(np.argmax(spot.zone))]
    return Placed(camera.kind, True, off, likely, zone is shot.zone, (zone.points == 3) == shot.three)


def main(games: int, first: int) -> None:
    cv2.setNumThreads(1)
    config, random, placed, spent = CourtConfig(), np.random.default_rng(first), [], 0.0
    for number in range(games):
        kind = CAMERA_KINDS[number % len(CAMERA_KINDS)]
        game = simulate(first + number, GameConfig(duration=30.0, half=False if kind == "broadcast" else None))
        camera = SimulatedCamera(game, CameraConfig(kind, *SIZE), first + number)
        for shot in game.shots[:SHOTS]:
            if camera.sees(game.court.rim_centre(shot.basket), shot.release_time):
                shown = picture(game, camera, shot, random)
                start = time.process_time()
                found = recognise_court(shown, config)
                spent += time.process_time() - start
                placed.append(compared(game, camera, shot, found, config))
    print(f"{len(placed)} shots, {spent / len(placed):.2f} s of CPU each")
    print("camera     shots  certain  metres off: median  90 %   zones given  right  points right")
    for kind in (*CAMERA_KINDS, "all"):
        rows = [one for one in placed if kind in ("all", one.kind)]
        known = [one for one in rows if one.certain]
        given = [one for one in known if one.zone is not None]
        off = np.array([one.off for one in known] or [np.nan])
        print(
            f"{kind:10s} {len(rows):5d} {len(known):8d} {np.median(off):19.2f} {np.percentile(off, 90):5.2f}"
            f" {len(given):13d} {sum(bool(one.zone) for one in given):6d} {sum(bool(one.points) for one in given):13d}"
        )
    for low, high in ((0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        rows = [one for one in placed if one.zone is not None and low <= one.probability < high]
        if rows:
            mean = np.mean([one.probability for one in rows])
            print(f"zones of probability {mean:.2f}: {np.mean([one.zone for one in rows]):.2f} right of {len(rows)}")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers + [100, 92000][len(numbers) :]))
