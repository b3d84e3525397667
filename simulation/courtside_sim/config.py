"""Settings of a game and its camera; a setting of None is drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass

CAMERA_KINDS = ("sideline", "behind", "broadcast", "phone", "corner")
"""The camera positions that can be simulated."""
WARM_UP_PLAYERS = 10
"""Players of a warm-up when their number is not set."""


@dataclass(frozen=True)
class GameConfig:
    """A game to simulate.

    Attributes:
        duration: Seconds.
        step_rate: Simulation steps per second.
        players: 1 to 10, or None to let the seed draw 2 to 10.
        court: 'nba', 'fiba' or None.
        half: True for a half court, False for a full one, or None.
        shot_interval: Mean seconds between two releases of a ball that the players aim for.
        balls: 1 for a game; 2 for a warm-up of two groups, with ten players when `players` is None.
    """

    duration: float = 60.0
    step_rate: float = 60.0
    players: int | None = None
    court: str | None = None
    half: bool | None = None
    shot_interval: float = 6.0
    balls: int = 1

    def __post_init__(self) -> None:
        """Check the values; raises ValueError."""
        if not 0.5 <= self.duration <= 7200:
            raise ValueError(f"duration must be 0.5 to 7200 seconds, not {self.duration}")
        if not 30 <= self.step_rate <= 240:
            raise ValueError(f"step_rate must be 30 to 240 per second, not {self.step_rate}")
        if self.players is not None and not 1 <= self.players <= 10:
            raise ValueError(f"players must be 1 to 10, not {self.players}")
        if self.court not in (None, "nba", "fiba"):
            raise ValueError(f"unknown court {self.court!r}: use 'nba' or 'fiba'")
        if not 2.0 <= self.shot_interval <= 60:
            raise ValueError(f"shot_interval must be 2 to 60 seconds, not {self.shot_interval}")
        if self.balls not in (1, 2):
            raise ValueError(f"balls must be 1 or 2, not {self.balls}")
        if self.balls == 2 and self.players == 1:
            raise ValueError("two balls need at least 2 players, not 1")


@dataclass(frozen=True)
class CameraConfig:
    """A camera.

    Attributes:
        kind: One of `CAMERA_KINDS`, or None to let the seed draw it.
        width, height: Frame size in pixels.
        compression: Whether frames go through the lossy compression of the style.
    """

    kind: str | None = None
    width: int = 640
    height: int = 360
    compression: bool = True

    def __post_init__(self) -> None:
        """Check the kind and the size; raises ValueError."""
        if self.kind is not None and self.kind not in CAMERA_KINDS:
            raise ValueError(f"unknown camera {self.kind!r}: use one of {', '.join(CAMERA_KINDS)}")
        if not (64 <= self.width <= 3840 and 64 <= self.height <= 2160):
            raise ValueError(f"frame size must be 64x64 to 3840x2160, not {self.width}x{self.height}")
