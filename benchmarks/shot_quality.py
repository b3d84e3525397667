"""Types, make probabilities and rim crossings of shots of simulated games: boxes with errors.

    python benchmarks/shot_quality.py [--games N] [--first SEED] [--fit] [--plot PNG]

Each game is seen by one camera at 15 frames per second: players, the ball and the rims with noise, some of them missed.
The truth is the game's own: the footwork, the pass that came before, the feet. `--fit` fits the weights of the make
probability to other games first, prints them and measures with them instead of those that are served.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration
from courtside.events import ShotType
from courtside_server.shots.arc import GRAVITY, fit_arc
from courtside_server.shots.context import ShotContext, shot_context
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.make_chance import WEIGHTS, MakeWeights, ShootingRecord, make_log_odds, make_terms
from courtside_server.shots.rim_crossing import INCHES, rim_crossing
from courtside_server.shots.shooter import find_shooters
from courtside_server.shots.shot_type import shot_type, type_probabilities
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim
from courtside_server.types import ObjectClass, Observations
from courtside_sim import CameraConfig, Game, GameConfig, SimulatedCamera, simulate
from courtside_sim.config import CAMERA_KINDS
from courtside_sim.truth import Action, FrameTruth, ShotTruth
from courtside_sim.truth import ShotType as Footwork
from courtside_training.common.measures import brier, expected_calibration_error, roc_auc

SIZE, RATE, SECONDS = (1280, 720), 15.0, 60.0
BEFORE, AFTER = 4.0, 2.6
"""Seconds of observations round a release."""
BALL_TRACK = 77
MISSED_PLAYER, MISSED_BALL, BALL_ERROR, RIM_ERROR = 0.1, 0.25, 0.12, 0.03
"""Shares that are not detected; errors as shares of radius and width."""
NOISE = (0.01, 0.02, 0.04)
"""Errors of players' boxes as shares of their height; one is drawn for each shot."""
PARTS = 6
"""Points of a reliability curve."""
CRITERIA = ShotCriteria()


@dataclass(frozen=True)
class SeenShot:
    """One shot: its truth, and what a camera sees of it.

    Attributes:
        game: its seed.
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
        crossing: inches past the front and to the right, and degrees, where the ball would come down through the rim's
            height without touching anything; None where it would not.
    """

    game: int
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
    crossing: tuple[float, float, float] | None

    @property
    def release_angle(self) -> float | None:
        """Degrees above the horizontal, where the view shows it."""
        arc = fit_arc(self.path, self.release, None if self.rim is None else self.rim[:4], 1.0, CRITERIA.arc)
        return None if arc is None else arc.release_angle

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
        game.seed, shot, _kind(shot, frames, at, shooter), release, observations, path,
        nearest_rim(observations, path.positions),
        shooters[0][0] if shooters else None, _court(game, camera, shot), min(apart, default=math.inf),
        math.dist((shot.x, shot.y), rim[:2]), _crossing(shot, frames, rim),
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


def _crossing(
    shot: ShotTruth, frames: list[FrameTruth], rim: NDArray[np.float64]
) -> tuple[float, float, float] | None:
    flying = [frame for frame in frames if 0.02 <= frame.time - shot.release_time <= 0.25]
    if len(flying) < 2 or shot.blocked_by >= 0:
        return None
    start, span = flying[0].ball_position, flying[-1].time - flying[0].time
    speed = (flying[-1].ball_position - start) / span + (0.0, 0.0, GRAVITY * span / 2)
    root = speed[2] ** 2 - 2 * GRAVITY * (rim[2] - start[2])
    if root < 0:
        return None
    time = (speed[2] + math.sqrt(root)) / GRAVITY
    off, ahead = start[:2] + speed[:2] * time - rim[:2], rim[:2] - (shot.x, shot.y)
    ahead = ahead / np.hypot(*ahead)
    angle = math.degrees(math.atan2(GRAVITY * time - speed[2], float(np.hypot(*speed[:2]))))
    return 9 + float(off @ ahead) * INCHES, float(off @ (ahead[1], -ahead[0])) * INCHES, angle


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


def expected_makes(
    shots: Sequence[SeenShot], known: bool, weights: MakeWeights = WEIGHTS, recorded: bool = True
) -> NDArray[np.float64]:
    """(N,) probabilities that shots go in, before the rim decides; ``recorded``: with what was made in their games."""
    out = []
    record, game = ShootingRecord(CRITERIA.make), -1
    for shot in shots:
        if shot.game != game:
            record, game = ShootingRecord(CRITERIA.make), shot.game
        context = shot.context(known)
        types = type_probabilities(context, CRITERIA.type)
        odds = make_log_odds(context, shot.release_angle, types, CRITERIA.make, weights)
        out.append(record.probability(odds, shot.shooter))
        if recorded:
            record.add(odds, shot.shooter, shot.truth.made)
    return np.array(out)


def fit_weights(shots: Sequence[SeenShot], decay: float = 4.0) -> MakeWeights:
    """Logistic regression with weight decay, on contexts with a known court and without."""
    rows, made = [], []
    for known in (True, False):
        for shot in shots:
            context = shot.context(known)
            rows.append((1.0, *make_terms(context, shot.release_angle, type_probabilities(context, CRITERIA.type))))
            made.append(float(shot.truth.made))
    terms, truth = np.array(rows), np.array(made)
    weights, shrink = np.zeros(terms.shape[1]), np.array([0.0] + [decay] * (terms.shape[1] - 1))
    for _ in range(30):
        chance = 1 / (1 + np.exp(-terms @ weights))
        curve = (terms * (chance * (1 - chance))[:, np.newaxis]).T @ terms + np.diag(shrink)
        weights = weights + np.linalg.solve(curve, terms.T @ (truth - chance) - shrink * weights)
    return MakeWeights(*np.round(weights, 3).tolist(), rate=round(float(truth.mean()), 3))


def print_makes(shots: Sequence[SeenShot], weights: MakeWeights, plot: Path | None) -> None:
    """Brier score, calibration error and ROC-AUC beside constant rates; a reliability table, and as a plot."""
    made = np.array([shot.truth.made for shot in shots], np.float64)
    rate = CRITERIA.make.base_rate
    shown = {f"always {constant:.2f}": np.full(len(made), constant) for constant in (rate, weights.rate)}
    for known in (True, False):
        where = "known court" if known else "no court"
        shown[where] = expected_makes(shots, known, weights)
        shown[f"{where}, no record"] = expected_makes(shots, known, weights, recorded=False)
    print(f"make probability before the rim decides, {len(made)} shots, {made.mean():.3f} made")
    for name, chance in shown.items():
        print(f"  {name:24s} Brier {brier(chance, made):.4f}  ECE {expected_calibration_error(chance, made):.3f}  "
              f"ROC-AUC {roc_auc(made > 0.5, chance):.3f}")  # fmt: skip
    curves = {name: _reliability(shown[name], made) for name in ("known court", "no court")}
    for name, rows in curves.items():
        print(f"  {name}: " + ", ".join(f"{mean:.2f} is {share:.2f} of {count}" for mean, share, count in rows))
    if plot is not None:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(5, 5))
        axes.plot([0, 1], [0, 1], "--", color="grey")
        for name, rows in curves.items():
            axes.plot([row[0] for row in rows], [row[1] for row in rows], "o-", label=name)
        axes.set(xlabel="make probability before the rim decides", ylabel="share made", xlim=(0, 1), ylim=(0, 1))
        axes.legend()
        figure.savefig(plot, dpi=110)


def _reliability(chance: NDArray[np.float64], made: NDArray[np.float64]) -> list[tuple[float, float, int]]:
    """Mean probability, share made and number of shots of equally large parts, by probability."""
    rows = np.array_split(np.argsort(chance), PARTS)
    return [(float(chance[part].mean()), float(made[part].mean()), len(part)) for part in rows]


def print_crossings(shots: Sequence[SeenShot]) -> None:
    """How far off depth, side and entry angle are, and of how many shots they are known; without layups and blocks."""
    kept = [shot for shot in shots if shot.crossing is not None and not shot.truth.layup]
    for known in (True, False):
        rows: dict[str, list[tuple[float, float, float]]] = {"depth": [], "side": [], "entry angle": []}
        for shot in kept:
            rim = None if shot.rim is None else shot.rim[:4]
            arc = fit_arc(shot.path, shot.release, rim, 1.0, CRITERIA.arc)
            found = rim_crossing(
                shot.path, shot.rim, shot.release, 1.0, shot.context(known), arc, CRITERIA.rim_crossing
            )
            if found is None or shot.crossing is None:
                continue
            errors = (found.uncertainty, found.uncertainty, found.entry_uncertainty)
            values = (found.depth, found.side, found.entry_angle)
            for name, value, truth, error in zip(rows, values, shot.crossing, errors, strict=True):
                if value is not None and error is not None:
                    rows[name].append((value, truth, error))
        print(f"at the rim, {'known court' if known else 'no court'}, {len(kept)} shots")
        for name, parts in rows.items():
            value, truth, error = np.array(parts).T
            off = np.abs(value - truth)
            print(f"  {name:12s} known of {len(parts) / len(kept):.2f}, {np.median(off):.1f} off in the middle, "
                  f"{np.percentile(off, 90):.1f} at 90 %, uncertainty {np.median(error):.1f}, correlation "
                  f"{np.corrcoef(value, truth)[0, 1]:.2f}, truth spreads {truth.std():.1f}")  # fmt: skip


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=90)
    parser.add_argument("--first", type=int, default=710_000, help="seed of the first game")
    parser.add_argument("--fit", action="store_true", help="fit the weights to 130 games from seed 700000")
    parser.add_argument("--plot", type=Path, help="PNG of the reliability")
    args = parser.parse_args()
    weights = WEIGHTS
    if args.fit:
        weights = fit_weights(list(seen_shots(130, 700_000)))
        print(weights)
    shots = list(seen_shots(args.games, args.first))
    print_types(shots)
    print_makes(shots, weights, args.plot)
    print_crossings(shots)


if __name__ == "__main__":
    main()
