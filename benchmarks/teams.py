"""Teams by kit colour on simulated games as films: how many players are in the right team, and referees in none.

    python benchmarks/teams.py [--games N] [--first SEED]

Every game is seen by one camera, 30 frames 1.25 s apart. Players are cut out by their true boxes. Referees are once
left out, as the detector's class does, and once taken for players. The first quarter of a game does not count.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from courtside_server.players.config import TeamConfig
from courtside_server.players.crops import MARGIN, SIDE
from courtside_server.players.teams import NAMES, Teams
from courtside_server.types.players import PlayerCrop
from courtside_sim import CameraConfig, GameConfig, SimulatedCamera, simulate
from courtside_sim.config import CAMERA_KINDS

SIZE, FRAMES, STEP, FIRST = (1280, 720), 30, 1.25, 1.0
REFEREE, LEAST_HEIGHT = 1000, 40


@dataclass(frozen=True)
class Truth:
    """A crop and the team of the player, 0 or 1; -1 for a referee."""

    crop: PlayerCrop
    team: int


def frames(seed: int, kind: str) -> Iterator[list[Truth]]:
    """The crops of each frame of one game."""
    game = simulate(seed, GameConfig(duration=40.0, half=False if kind == "broadcast" else None))
    camera = SimulatedCamera(game, CameraConfig(kind, *SIZE), seed)
    for index in range(FRAMES):
        time = FIRST + STEP * index
        picture, truth = np.ascontiguousarray(camera.render(time)[:, :, ::-1]), camera.truth(time)
        people = list(zip(truth.players.tolist(), truth.boxes, truth.teams.tolist(), strict=True))
        people += [(REFEREE + number, box, -1) for number, box in enumerate(truth.referees)]
        yield [Truth(cut(picture, track, box), team) for track, box, team in people if box[3] - box[1] >= LEAST_HEIGHT]


def cut(picture: np.ndarray, track: int, box: np.ndarray) -> PlayerCrop:
    """The square round a box, as the server cuts it."""
    side = MARGIN * float(max(box[2] - box[0], box[3] - box[1]))
    x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    scale = SIDE / side
    matrix = np.array([[scale, 0, SIDE / 2 - x * scale], [0, scale, SIDE / 2 - y * scale]])
    pixels = cv2.warpAffine(picture, matrix, (SIDE, SIDE)).transpose(2, 0, 1)
    return PlayerCrop(track, np.ascontiguousarray(pixels), (x - side / 2, y - side / 2), side, box)


def main() -> None:
    """Print one row per game, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=10)
    parser.add_argument("--first", type=int, default=720_000, help="seed of the first game")
    args = parser.parse_args()
    sums: dict[bool, list[int]] = defaultdict(lambda: [0] * 5)
    for number in range(args.games):
        kind = CAMERA_KINDS[number % len(CAMERA_KINDS)]
        seen = list(frames(args.first + number, kind))
        for with_referees in (False, True):
            teams, found = Teams(TeamConfig()), defaultdict(int)
            for index, frame in enumerate(seen):
                kept = [one for one in frame if with_referees or one.team >= 0]
                for one in kept:
                    teams.add(one.crop)
                for one in kept if index >= FRAMES // 4 else ():
                    found[one.team, teams.team(one.crop.track)] += 1
            straight = sum(found[team, NAMES[team]] for team in (0, 1))
            crossed = sum(found[team, NAMES[1 - team]] for team in (0, 1))
            unknown = sum(found[team, ""] for team in (0, 1))
            referees = [sum(found[-1, name] for name in NAMES), found[-1, ""]]
            row = [max(straight, crossed), min(straight, crossed), unknown, *referees]
            sums[with_referees] = [one + other for one, other in zip(sums[with_referees], row, strict=True)]
            label = "referees taken for players" if with_referees else "players alone"
            print(f"{args.first + number} {kind:10s} {label:28s} right {row[0]:4d} wrong {row[1]:3d} none {row[2]:3d} "
                  f"referees in a team {row[3]} of {row[3] + row[4]}", flush=True)  # fmt: skip
    for with_referees, (right, wrong, unknown, inside, outside) in sums.items():
        label = "referees taken for players" if with_referees else "players alone"
        named, everybody = max(right + wrong, 1), max(right + wrong + unknown, 1)
        print(f"{label}: right {right / named:.3f} of those in a team, {right / everybody:.3f} of all; "
              f"referees in a team {inside} of {inside + outside}")  # fmt: skip


if __name__ == "__main__":
    main()
