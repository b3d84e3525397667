"""A simulated film by its address, such as sim://7?camera=behind: frames in order, and their ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from .camera import SimulatedCamera
from .config import CAMERA_KINDS, WARM_UP_PLAYERS, CameraConfig, GameConfig
from .game import FILM_STREAM, Game, simulate, stream
from .truth import ShotTruth

_QUERY = {
    "camera": str,
    "width": int,
    "height": int,
    "fps": float,
    "duration": float,
    "players": int,
    "balls": int,
}


class SimulatedFilm:
    """A game filmed by one camera at a fixed rate.

    Attributes:
        camera: The camera.
        game: The game it films.
        fps: Frames per second.
        width, height: Frame size in pixels.
    """

    def __init__(self, camera: SimulatedCamera, fps: float):
        """Film with `camera` at `fps`."""
        self.camera, self.fps = camera, fps
        self.width, self.height = camera.width, camera.height

    @property
    def game(self) -> Game:
        """The game being filmed."""
        return self.camera.game

    @property
    def shots(self) -> tuple[ShotTruth, ...]:
        """Every shot in order of release."""
        return self.camera.game.shots

    def __len__(self) -> int:
        """Number of frames."""
        return int(self.game.duration * self.fps + 1e-6)

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield (time in seconds, (height, width, 3) uint8 BGR) in order."""
        for index in range(len(self)):
            time = index / self.fps
            yield time, self.camera.render(time)


def _parse(url: str) -> tuple[int, dict]:
    parts = urlsplit(url)
    if parts.scheme != "sim":
        raise ValueError(f"{url!r} is not a simulation address: expected sim://SEED")
    if (
        not parts.netloc.isascii()
        or not parts.netloc.isdigit()
        or parts.path not in ("", "/")
        or parts.fragment
    ):
        raise ValueError(f"{url!r} has no seed: expected sim://SEED with a non-negative whole number")
    options: dict = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in _QUERY:
            raise ValueError(f"unknown simulation option {key!r}: use one of {', '.join(_QUERY)}")
        if key in options:
            raise ValueError(f"simulation option {key!r} is given twice")
        try:
            options[key] = _QUERY[key](value)
        except ValueError:
            raise ValueError(f"simulation option {key!r} cannot be {value!r}") from None
    return int(parts.netloc), options


def open_simulation(
    url_or_seed: str | int,
    *,
    duration: float = 60.0,
    fps: float = 30.0,
    width: int = 640,
    height: int = 360,
    camera: str | None = None,
    players: int | None = None,
    balls: int = 1,
) -> SimulatedFilm:
    """Open a simulated film by seed or by address; options in the address override the arguments.

    When the camera's kind is not given, the seed draws it. The game suits the camera: a few players at one basket for
    'behind' and 'phone', half-court play for 'sideline' and 'corner', full-court play for 'broadcast'. With two balls
    it is a warm-up of ten players, or of `players`, at one basket, or at both for 'broadcast'.

    Args:
        url_or_seed: A seed, or sim://SEED with optional ?camera=&width=&height=&fps=&duration=&players=&balls=.
        duration: Seconds.
        fps: Frames per second.
        width: Pixels.
        height: Pixels.
        camera: One of `CAMERA_KINDS`, or None.
        players: 1 to 10, or None.
        balls: 1, or 2 for a warm-up of two groups.

    Raises:
        ValueError: An unknown option or an impossible value; the message is one line.
    """
    options = {
        "duration": duration,
        "fps": fps,
        "width": width,
        "height": height,
        "camera": camera,
        "players": players,
        "balls": balls,
    }
    if isinstance(url_or_seed, str):
        seed, chosen = _parse(url_or_seed)
        options.update(chosen)
    else:
        seed = int(url_or_seed)
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    if not 1 <= options["fps"] <= 240:
        raise ValueError(f"fps must be 1 to 240, not {options['fps']}")
    rng = stream(seed, FILM_STREAM)
    drawn = CAMERA_KINDS[int(rng.integers(len(CAMERA_KINDS)))]
    kind = options["camera"] if options["camera"] is not None else drawn
    view = CameraConfig(kind, options["width"], options["height"])
    low, high = {"behind": (2, 5), "phone": (1, 5), "sideline": (2, 9), "corner": (2, 11), "broadcast": (6, 11)}[kind]
    count = int(rng.integers(low, high))
    if options["balls"] == 2:
        count = WARM_UP_PLAYERS
    count = count if options["players"] is None else options["players"]
    config = GameConfig(
        duration=options["duration"], players=count, half=kind != "broadcast", balls=options["balls"]
    )
    return SimulatedFilm(SimulatedCamera(simulate(seed, config), view), options["fps"])
