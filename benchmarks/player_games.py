"""Held-out simulated games as films through the whole product: actions, possession, plays, shooters and who they are.

    python benchmarks/player_games.py [--games N] [--first SEED] [--seconds S] [--keep FOLDER] [--shooters N]

Each game is rendered at 1280x720 and 15 fps, encoded, and analyzed as `courtside analyze --actions --form` does. Tracks
belong to players by their boxes, frame by frame. Actions are counted over windows of 1.6 s, once on the tracked players
and once on true boxes; the label is what the player does at the window's middle. Plays are right where the same player
does the same within a second. With `--keep` films and what was found in them are kept, so that a second run is quick.

`--shooters` measures who shot and how instead: games of two players, in each of which the first half of a player's
shots is enrolled and the second half recognised among the players of all games. On simulated pixels the pose network is
poor.
"""

from __future__ import annotations

import argparse
import asyncio
import pickle
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.errors import BadRequest
from courtside.events import Event, Lifecycle
from courtside.film import Film
from courtside.plays import PlayKind
from courtside.shot_poses import ShotPoses
from courtside_server.compose import make_engine, make_player_models, player_models
from courtside_server.inference.engine import Engine
from courtside_server.offline.analyze import FilmAnalyzer
from courtside_server.players.actions import ORDER, ActionModel, action_window
from courtside_server.players.crops import cut_crop
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.form import form_of
from courtside_server.players.pose import PoseModel
from courtside_server.players.pose_tracks import PoseTracks
from courtside_server.settings import Settings, load_settings
from courtside_server.types import UNTRACKED, Frame, ObjectClass, Observations
from courtside_server.types.players import Pose
from courtside_sim import CameraConfig as SimulatedCameraConfig
from courtside_sim import FrameTruth, GameConfig, SimulatedCamera, SimulatedFilm, action_labels, simulate
from courtside_sim.game_plays import PlayKind as TruePlay
from courtside_sim.game_plays import find_plays

SIZE, FPS = (1280, 720), 15
LEAST_IOU, LEAST_HEIGHT = 0.4, 40
HOP_S, NEAR_S = 0.6, 1.0
KINDS = {
    TruePlay.PASS: PlayKind.PASS, TruePlay.ASSIST: PlayKind.ASSIST,
    TruePlay.OFFENSIVE_REBOUND: PlayKind.REBOUND, TruePlay.DEFENSIVE_REBOUND: PlayKind.REBOUND,
}  # fmt: skip
"""The plays of a simulated game that events name; nobody steals the ball there."""


@dataclass
class Seen:
    """What the product saw of one film."""

    observations: list[Observations] = field(default_factory=list)
    poses: list[Pose] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    shots: dict[str, ShotPoses] = field(default_factory=dict)


class Score:
    """Counts of right and wrong, by name."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.all: Counter[str] = Counter()

    def add(self, name: str, right: bool) -> None:
        """Count one."""
        self.all[name] += 1
        self.right[name] += right

    def share(self, name: str) -> str:
        """The share that is right."""
        total = self.all[name]
        return f"{self.right[name] / total:.2f} of {total}" if total else "none"


def film_of(seed: int, seconds: float, players: int | None = None) -> SimulatedFilm:
    """A game as a film: of two players on a half court where their number is given."""
    interval = 4.0 if players else 6.0
    half = True if players else None
    game = simulate(seed, GameConfig(duration=seconds, players=players, half=half, shot_interval=interval))
    return SimulatedFilm(SimulatedCamera(game, SimulatedCameraConfig(None, *SIZE), seed), FPS)


def write(film: SimulatedFilm, path: Path) -> None:
    """Render and encode."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _, picture in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


async def analyze(path: Path, settings: Settings) -> Seen:
    """A film through the product."""
    seen = Seen()
    async with FilmAnalyzer(settings, 1.0) as analyzer:
        analysis = analyzer.analyze(path, Film(path))
        analysis.on_tracks = lambda one: seen.observations.append(replace(one, rim_crops={}))
        analysis.on_pose = seen.poses.append
        analysis.on_shot_poses = seen.shots.__setitem__
        seen.events = [event async for event in analysis.events()]
    return seen


def owners(observations: Observations, truth: FrameTruth) -> dict[int, int]:
    """The player of each track, by the best overlap of boxes."""
    rows = [row for row in observations.rows(ObjectClass.PLAYER) if observations.tracks[row] != UNTRACKED]
    found: dict[int, int] = {}
    if not rows:
        return found
    boxes, true = observations.boxes[rows], truth.boxes
    low, high = np.maximum(boxes[:, None, :2], true[:, :2]), np.minimum(boxes[:, None, 2:], true[:, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    areas = [(one[:, 2:] - one[:, :2]).prod(-1) for one in (boxes, true)]
    overlap = common / np.maximum(areas[0][:, None] + areas[1] - common, 1.0)
    for index, row in enumerate(rows):
        best = int(overlap[index].argmax())
        if overlap[index, best] >= LEAST_IOU and overlap[:, best].argmax() == index:
            found[int(observations.tracks[row])] = int(truth.players[best])
    return found


class Game:
    """One film, what was seen in it, and its truth at each detector frame."""

    def __init__(self, film: SimulatedFilm, seen: Seen) -> None:
        self.film, self.seen = film, seen
        self.truths = [film.camera.truth(one.media) for one in seen.observations]
        self.owners = [owners(*pair) for pair in zip(seen.observations, self.truths, strict=True)]
        self.media = np.array([one.media for one in seen.observations])
        self.final = {event.event_id: event for event in seen.events if event.lifecycle is not Lifecycle.RETRACTED}
        for event in seen.events:
            if event.lifecycle is Lifecycle.RETRACTED:
                self.final.pop(event.event_id, None)

    def player(self, track: int | None, media: float) -> int | None:
        """The player of a track near a time."""
        near = np.argsort(np.abs(self.media - media))[:8]
        return next((self.owners[one][track] for one in near if track in self.owners[one]), None)

    def label(self, player: int, media: float) -> int | None:
        """The action of a player who is in view and large enough, a row of `ORDER`."""
        truth = self.film.camera.truth(media)
        row = list(truth.players).index(player)
        if not truth.in_view[row] or truth.boxes[row, 3] - truth.boxes[row, 1] < LEAST_HEIGHT:
            return None
        return int(action_labels(truth.actions[row : row + 1])[0])


async def action_pairs(
    game: Game, observations: Sequence[Observations], poses: Sequence[Pose], model: ActionModel, engine: Engine,
    settings: Settings, owner: Any,
) -> list[tuple[int, int]]:  # fmt: skip
    """True and read action of each window."""
    tracks, pairs = PoseTracks("c", settings.players.pose, 1.0, memory=1e9), []
    for pose in sorted(poses, key=lambda one: one.media):
        tracks.add(pose)
    ends = np.arange(1.6, observations[-1].media, HOP_S) if observations else []
    for end in ends:
        seen = [one for one in observations if end - 2.0 <= one.media <= end + 0.3]
        for track in {pose.track for pose in poses if abs(pose.media - end + 0.8) < 0.8}:
            own = tracks.track(track, end - 2.0, end + 0.3)
            if own is None or len(own) < 3:
                continue
            window = action_window(own, seen, float(end), 1.0)
            player = owner(track, window.middle)
            label = None if player is None else game.label(player, window.middle)
            if window.steps < settings.players.actions.min_steps or label is None:
                continue
            request = model.request(window)
            answer = request.parse(await engine.infer(request.model, request.inputs, timeout=60.0))
            pairs.append((label, int(answer.argmax())))
    return pairs


async def from_true_boxes(game: Game, model: PoseModel, engine: Engine) -> tuple[list[Observations], list[Pose]]:
    """Observations and poses of true boxes, 10 per second."""
    observations, poses = [], []
    for media in np.arange(0, game.film.game.duration, 0.1):
        media = float(media)
        picture, truth = game.film.camera.render(media), game.film.camera.truth(media)
        frame = Frame("c", 0, media, media, media, 0, cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420))
        tall = truth.in_view & (truth.boxes[:, 3] - truth.boxes[:, 1] >= LEAST_HEIGHT)
        ball = truth.ball[:2] + truth.ball[2] * np.array([[-1, -1], [1, 1]])
        boxes = [*truth.boxes[tall], *([ball.ravel()] if truth.ball[3] else [])]
        kinds = [ObjectClass.PLAYER] * int(tall.sum()) + [ObjectClass.BALL] * (len(boxes) - int(tall.sum()))
        tracks = [*truth.players[tall], *[1] * (len(boxes) - int(tall.sum()))]
        observations.append(Observations(
            "c", 0, media, media, media, *SIZE, (0.0, 0.0), np.array(boxes, np.float32).reshape(-1, 4),
            np.full(len(boxes), 0.9, np.float32), np.array(kinds, np.int64), np.array(tracks, np.int64),
        ))  # fmt: skip
        for player, box in zip(truth.players[tall], truth.boxes[tall], strict=True):
            crop = cut_crop(frame, int(player), box.astype(np.float32), 0.0)
            if crop is not None:
                request = model.request(crop, media, (0.0, 0.0))
                poses.append(request.parse(await engine.infer(request.model, request.inputs, timeout=60.0)))
    return observations, poses


def possession(game: Game, score: Score) -> None:
    """Who has the ball in each detector frame, as the events say it."""
    held = [event for event in game.final.values() if event.possession is not None]
    for media, truth, owner in zip(game.media, game.truths, game.owners, strict=True):
        true = truth.ball_holder
        if true is not None and not truth.in_view[list(truth.players).index(true)]:
            continue
        now = [one for one in held if one.media_offset <= media <= one.possession.end]
        track = max(now, key=lambda one: one.media_offset).possession.player if now else None
        holder = None if track is None else owner.get(track, game.player(track, media))
        score.add("possession: all frames", holder == true)
        score.add("possession: somebody has it" if true is not None else "possession: nobody has it", holder == true)


def plays(game: Game, score: Score) -> None:
    """Plays found of the true ones, and right of those that were emitted."""
    true = [(KINDS[one.kind], one.player, one.time) for one in find_plays(game.film.game) if one.kind in KINDS]
    true += [(PlayKind.PASS, player, time) for kind, player, time in true if kind is PlayKind.ASSIST]
    emitted = [(one.play.kind, game.player(one.play.player, one.media_offset), one.media_offset)
            for one in game.final.values() if one.play is not None]  # fmt: skip
    for name, rows, others in (("recall", true, emitted), ("precision", emitted, true)):
        for kind, player, time in rows:
            right = any(other[:2] == (kind, player) and abs(other[2] - time) <= NEAR_S for other in others)
            score.add(f"{kind}: {name}", right)


def shooters(game: Game, score: Score) -> None:
    """Shots whose shooter is the true one."""
    for shot in game.film.shots:
        shots = [one for one in game.final.values() if one.shot is not None]
        near = [one for one in shots if abs(one.media_offset - shot.release_time) < 0.5]
        score.add("shots found", bool(near))
        if near:
            best = min(near, key=lambda one: abs(one.media_offset - shot.release_time))
            assert best.shot is not None
            score.add("shooter", game.player(best.shot.shooter, shot.release_time - 0.2) == shot.shooter)


def f1(pairs: Sequence[tuple[int, int]]) -> str:
    """Accuracy, macro F1 and F1 by class."""
    true, read = np.array(pairs).reshape(-1, 2).T
    values, lines = [], []
    for row, action in enumerate(ORDER):
        own = true == row
        if own.any():
            values.append(2 * (own & (read == row)).sum() / (own.sum() + (read == row).sum()))
            lines.append(f"{action} {values[-1]:.2f} ({own.sum()})")
    total = f"accuracy {(true == read).mean():.2f} of {len(true)}, macro F1 {np.mean(values):.2f}"
    return f"{total}; F1 {', '.join(lines)}"


async def kept(folder: Path, name: str, film: SimulatedFilm, settings: Settings) -> Seen:
    """What the product sees of a film; from the folder where it is there already."""
    record = folder / f"{name}.pkl"
    if record.exists():
        with record.open("rb") as file:
            return pickle.load(file)
    path = folder / f"{name}.mp4"
    if not path.exists():
        write(film, path)
    seen = await analyze(path, settings)
    with record.open("wb") as file:
        pickle.dump(seen, file)
    return seen


async def measure_games(given: argparse.Namespace, folder: Path, settings: Settings, engine: Engine) -> None:
    models = make_player_models(settings, engine)
    assert models is not None and models.actions is not None
    score, tracked, boxed = Score(), [], []
    for seed in range(given.first, given.first + given.games):
        film = film_of(seed, given.seconds)
        game = Game(film, await kept(folder, str(seed), film, settings))
        for measure in (possession, plays, shooters):
            measure(game, score)
        tracked += await action_pairs(
            game, game.seen.observations, game.seen.poses, models.actions, engine, settings, game.player
        )
        if not given.no_boxes:
            observations, poses = await from_true_boxes(game, models.pose, engine)
            boxed += await action_pairs(
                game, observations, poses, models.actions, engine, settings, lambda track, media: track
            )
    print(f"actions, tracked players: {f1(tracked)}")
    if boxed:
        print(f"actions, true boxes: {f1(boxed)}")
    for name in score.all:
        print(f"{name}: {score.share(name)}")


async def measure_shooters(given: argparse.Namespace, folder: Path, settings: Settings, engine: Engine) -> None:
    model = FingerprintModel(engine, settings.players.form.model, 60.0)
    vectors: dict[tuple[int, int], list[tuple[NDArray[np.float32], int]]] = defaultdict(list)
    score = Score()
    for seed in range(given.first, given.first + given.shooters):
        film = film_of(seed, given.seconds, players=2)
        game = Game(film, await kept(folder, f"two-{seed}", film, settings))
        for shot in film.shots:
            found = [poses for poses in game.seen.shots.values() if abs(poses.release - shot.release_time) < 0.5]
            score.add("shots with poses", bool(found))
            if found:
                try:
                    request = model.request(form_of(found[0], settings.players.form).inputs[np.newaxis])
                except BadRequest:
                    score.add("poses with a form", False)
                    continue
                score.add("poses with a form", True)
                answer = request.parse(await engine.infer(request.model, request.inputs, timeout=60.0))
                vectors[seed, shot.shooter].append((answer[0], int(shot.shot_type)))
    halves = {name: len(own) // 2 for name, own in vectors.items() if len(own) >= 4}
    enrolled = [(name, *one) for name, half in halves.items() for one in vectors[name][:half]]
    for name, half in halves.items():
        for vector, kind in vectors[name][half:]:
            for what, part, row, true in (("who", model.who, 0, name), ("type", slice(model.who.stop, None), 2, kind)):
                apart = [float(np.linalg.norm(one[1][part] - vector[part])) for one in enrolled]
                nearest = [enrolled[index][row] for index in np.argsort(apart, kind="stable")[:3]]
                title = f"who of {len(halves)} shooters" if what == "who" else what
                score.add(title, Counter(nearest).most_common(1)[0][0] == true)
            same = [one for one in enrolled if one[0][0] == name[0]]
            apart = [float(np.linalg.norm(one[1][model.who] - vector[model.who])) for one in same]
            score.add("who of the two in his game", same[int(np.argmin(apart))][0] == name)
    for name in score.all:
        print(f"{name}: {score.share(name)}")


async def run(given: argparse.Namespace) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        settings = load_settings()
        nobody_enrolled = settings.events.model_copy(update={"data_dir": Path(temporary)})
        settings = settings.model_copy(update={"events": nobody_enrolled})
        engine = make_engine(settings)
        await engine.start([*player_models(settings), settings.players.form.model])
        try:
            await (measure_shooters if given.shooters else measure_games)(given, folder, settings, engine)
        finally:
            await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=6, help="number of games")
    parser.add_argument("--first", type=int, default=20110, help="seed of the first one")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a game")
    parser.add_argument("--keep", type=Path, help="folder for films and what was found in them")
    parser.add_argument("--no-boxes", action="store_true", help="leave the true boxes out")
    parser.add_argument("--shooters", type=int, default=0, help="measure who shot in so many games of two instead")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
