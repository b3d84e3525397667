"""Held-out simulated games as films."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import av

import courtside_sim
from courtside_sim import open_simulation


@dataclass(frozen=True)
class GameFilm:
    """A simulated game: its film, its camera's kind, and (media seconds, made) of each shot."""

    path: Path
    camera: str
    shots: tuple[tuple[float, bool], ...]


def game_film(folder: Path, seed: int, seconds: float, balls: int = 1) -> GameFilm:
    """The game of a seed, with two `balls` its warm-up; written once for each state of the simulation's source."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{seconds:g}-{balls}-{_simulation()}.mp4"
    truth = path.with_suffix(".json")
    if not truth.is_file():
        new = path.with_suffix(f".{os.getpid()}.mp4")
        camera, shots = write_game(new, seed, seconds, balls)
        new.replace(path)
        truth.write_text(json.dumps({"camera": camera, "shots": [(s.release_time, bool(s.made)) for s in shots]}))
    known = json.loads(truth.read_text())
    return GameFilm(path, known["camera"], tuple((media, made) for media, made in known["shots"]))


def _simulation() -> str:
    """Identifies the simulation's source."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(Path(courtside_sim.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_game(path: Path, seed: int, seconds: float, balls: int = 1) -> tuple[str, tuple]:
    """Write the game of a seed as H.264, with two `balls` its warm-up; give its camera's kind and its true shots."""
    film = open_simulation(f"sim://{seed}", duration=seconds, balls=balls)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(film.fps))
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "22"}
        for _, bgr in film:
            for packet in stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return str(film.camera.kind), tuple(film.shots)
