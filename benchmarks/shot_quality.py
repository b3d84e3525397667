"""Types of shots on simulated games, as the server weighs them: boxes with a detector's errors, no pixel is drawn.

    python benchmarks/shot_quality.py [GAMES] [FIRST_SEED]

Each game is seen by one camera at 15 frames per second: players, the ball and the rims with noise, some of them missed.
The truth is the game's own: the footwork, the pass that came before, the feet.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration
from courtside.events import ShotType
from courtside_server.shots.context import ShotContext, shot_context
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.shooter import find_shooters
from courtside_server.shots.shot_type import shot_type
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim
from courtside_server.types import ObjectClass, Observations
from courtside_sim import CameraConfig, Game, GameConfig, SimulatedCamera, simulate
from courtside_sim.config import CAMERA_KINDS
from courtside_sim.truth import Action, FrameTruth, ShotTruth
from courtside_sim.truth import ShotType as Footwork

SIZE, RATE, SECONDS = (1280, 720), 15.0, 60.0
BEFORE, AFTER = 4.0, 2.6
"""Seconds of observations round a release."""
BALL_TRACK = 77
MISSED_PLAYER, MISSED_BALL, BALL_ERROR, RIM_ERROR = 0.1, 0.25, 0.12, 0.03
"""Shares that are not detected; errors as shares of radius and width."""
NOISE = (0.01, 0.02, 0.04)
"""Errors of players' boxes as shares of their height; one is drawn for each shot."""
CRITERIA = ShotCriteria()


@dataclass(frozen=True)
class SeenShot:
    """One shot: its truth, and what a camera sees of it.

    Attributes:
        truth: of the game.
        kind: the type that the game's truth amounts to.
        release: seconds, with a detector's error.
        observations: from `BEFORE` to `AFTER`, with errors; camera motion is known.
        path: the ball from 0.8 s before the release on.
        rim: (5,) of the rim.
        shooter: the track that is found, None without one.
        court: from pixels to metres, exact.
        defender: metres from the shooter to the nearest opponent; inf without one.
        distance: metres from the shooter to the point below the rim.
    """

    truth: ShotTruth
    kind: ShotType
    release: float
    observations: list[Observations]
    path: Trajectory
    rim: NDArray[np.float64] | None
    shooter: int | None
    court: Calibration | None
    defender: float
    distance: float

    def context(self, known_court: bool) -> ShotContext:
        """The shot's context with its court, or without."""
        return shot_context(
            self.path, self.observations, self.shooter, self.rim, self.release, 1.0, CRITERIA.context,
            self.court if known_court else None,
        )  # fmt: skip


def seen_shots(games: int, first: int) -> Iterator[SeenShot]:
    """Shots of simulated games whose shooter and rim are in the picture."""
    times = np.arange(0.0, SECONDS, 1 / RATE)
    for seed in range(first, first + games):
        kind = CAMERA_KINDS[seed % len(CAMERA_KINDS)]
        game = simulate(seed, GameConfig(duration=SECONDS, half=False if kind == "broadcast" else None))
        camera = SimulatedCamera(game, CameraConfig(kind, *SIZE), seed)
        track = camera.truth_track(times)
        rng = np.random.default_rng([seed, 5])
        for shot in game.shots:
            low, at, high = np.searchsorted(times, shot.release_time + np.array([-BEFORE, 0.0, AFTER])).tolist()
            if shot.release_time < 1.5 or at >= len(times):
                continue
            frames = [track.frame(index) for index in range(low, min(high, len(times)))]
            now = frames[at - low]
            shooter = list(now.players).index(shot.shooter)
            if now.in_view[shooter] and camera.sees(game.court.rim_centre(shot.basket), shot.release_time):
                found = _seen(game, camera, shot, frames, at - low, shooter, rng)
                if found is not None:
                    yield found


def _seen(
    game: Game, camera: SimulatedCamera, shot: ShotTruth, frames: list[FrameTruth], at: int, shooter: int,
    rng: np.random.Generator,
) -> SeenShot | None:
    rim = game.court.rim_centre(shot.basket)
    pans = np.array([camera.lens(frame.time).project(rim)[0][:2] for frame in frames])
    noise = float(rng.choice(NOISE))
    observations = [
        _observed(frame, pan, noise, rng) for frame, pan in zip(frames, pans - pans[at], strict=True)
    ]
    release = shot.release_time + float(rng.normal(0.08, 0.05))
    after = [one for one in observations if one.media >= release - 0.8]
    path = next((path for path in ball_trajectories(after) if path.track == BALL_TRACK), None)
    if path is None:
        return None
    shooters = find_shooters(path, after, release, 1.0, CRITERIA.shooter)
    spots = frames[at].positions
    teams = frames[at].teams
    apart = [
        math.dist(spots[shooter], spot) for spot, team in zip(spots, teams, strict=True) if team != shot.team
    ]
    return SeenShot(
        shot, _kind(shot, frames, at, shooter), release, observations, path, nearest_rim(observations, path.positions),
        shooters[0][0] if shooters else None, _court(game, camera, shot), min(apart, default=math.inf),
        math.dist((shot.x, shot.y), rim[:2]),
    )  # fmt: skip


def _observed(frame: FrameTruth, pan: NDArray[np.float64], noise: float, rng: np.random.Generator) -> Observations:
    boxes: list[NDArray[np.float64]] = []
    kinds: list[ObjectClass] = []
    tracks: list[int] = []
    for box, player, inside in zip(frame.boxes, frame.players, frame.in_view, strict=True):
        tall = float(box[3] - box[1])
        if inside and tall >= 8 and rng.random() > MISSED_PLAYER:
            boxes.append(box + rng.normal(0, noise, 4) * tall)
            kinds.append(ObjectClass.PLAYER)
            tracks.append(int(player))
    x, y, radius, visible = frame.ball.tolist()
    if visible and rng.random() > MISSED_BALL:
        x, y = np.array([x, y]) + rng.normal(0, BALL_ERROR * radius, 2)
        boxes.append(np.array([x - radius, y - radius, x + radius, y + radius]))
        kinds.append(ObjectClass.BALL)
        tracks.append(BALL_TRACK)
    for number, box in enumerate(frame.rims):
        if box[2] - box[0] > 2:
            boxes.append(box + rng.normal(0, RIM_ERROR, 4) * (box[2] - box[0]))
            kinds.append(ObjectClass.RIM)
            tracks.append(number + 1)
    return Observations(
        "c", 0, frame.time, frame.time, frame.time, *SIZE, (float(pan[0]), float(pan[1])),
        np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32),
        np.array(kinds, np.int64), np.array(tracks, np.int64),
    )  # fmt: skip


def _kind(shot: ShotTruth, frames: list[FrameTruth], at: int, shooter: int) -> ShotType:
    if shot.layup:
        return ShotType.LAYUP
    if shot.shot_type is not Footwork.CATCH_AND_SHOOT:
        return ShotType.STEP_BACK if shot.shot_type is Footwork.STEP_BACK else ShotType.SIDE_STEP
    first = at
    while first > 0 and frames[first - 1].ball_holder == shot.shooter:
        first -= 1
    held = shot.release_time - frames[first].time
    dribbled = any(int(frame.actions[shooter]) == Action.DRIBBLE for frame in frames[first:at])
    return ShotType.CATCH_AND_SHOOT if first and held <= 2.0 and not dribbled else ShotType.JUMP_SHOT


def _court(game: Game, camera: SimulatedCamera, shot: ShotTruth) -> Calibration | None:
    rim, sign = game.court.rim_centre(shot.basket), 1.0 if shot.basket == 0 else -1.0
    lens = camera.lens(shot.release_time)
    floor = np.array([[rim[0] - sign * ahead, left] for ahead in (1, 3, 6, 9, 12) for left in (-6, -3, 0, 3, 6)])
    pixels, depths = lens.project(np.column_stack([floor, np.zeros(len(floor))]))
    seen = np.asarray(depths) > 0.5
    return Calibration.fit(game.court, pixels[seen], floor[seen]) if seen.sum() > 5 else None


def print_types(shots: list[SeenShot]) -> None:
    """How many types are right, with a known court and without."""
    kinds = [kind for kind in ShotType if kind is not ShotType.UNKNOWN]
    for known in (True, False):
        counts: Counter[tuple[ShotType, ShotType]] = Counter()
        for shot in shots:
            counts[shot.kind, shot_type(shot.context(known), CRITERIA.type)[0]] += 1
        right = sum(count for (kind, found), count in counts.items() if kind is found)
        print(f"{'known court' if known else 'no court'}: type right {right / len(shots):.2f} of {len(shots)}")
        print(f"  {'':16s}" + "".join(f"{found!s:>16s}" for found in ShotType))
        for kind in kinds:
            if any(truth is kind for truth, _ in counts):
                print(f"  {kind!s:16s}" + "".join(f"{counts[kind, found]:16d}" for found in ShotType))
    errors = [abs((shot.context(True).distance or np.nan) - shot.distance) for shot in shots]
    print(f"distance on a known court: {np.nanmedian(errors):.2f} m off in the middle")


def main(games: int, first: int) -> None:
    """Print all figures."""
    shots = list(seen_shots(games, first))
    print_types(shots)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers + [90, 710_000][len(numbers) :]))
