"""Film speed: how fast a scene of a film runs, from every free flight of a ball in it, before shots are looked for.

A ball that flies far or high across the picture is in nobody's hand, and falls with 9.81 m/s²: its size and the rim's
give the scale (see `shots.playback`). A dribbled ball is pushed and seems to fall faster, a carried one slower; neither
goes far, so they do not count. A ball that comes towards the camera does not count either: its scale changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import PlaybackConfig
from courtside_server.shots.playback import free_stretches, residual_noise, speed_of_fall
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim
from courtside_server.types import Observations

_CHUNK = 64
"""Observations that are searched at once; half of them are searched again with the next ones."""
_ENDS = 2
"""Detections at each end of a flight that may belong to the hand or the rim."""
_MAX_FALLS = 64
"""Falls that are kept; more change nothing."""


@dataclass(frozen=True, slots=True)
class Fall:
    """One free flight.

    Attributes:
        begin: when it began, media seconds.
        end: when it ended, media seconds.
        speed: how many times faster than real life the film runs, as this fall shows it.
        exact: so well seen that it needs no second one.
    """

    begin: float
    end: float
    speed: float
    exact: bool = False


class FilmSpeed:
    """Measures the speed of one scene while its observations come.

    Args:
        config: the numbers that decide.

    Attributes:
        falls: the free flights so far.
    """

    def __init__(self, config: PlaybackConfig) -> None:
        self._config = config
        self._recent: list[Observations] = []
        self.falls: list[Fall] = []

    def add(self, observations: Observations) -> bool:
        """Take the scene's next observations; return whether there may be more falls now."""
        self._recent.append(observations)
        if len(self._recent) < _CHUNK:
            return False
        self.measure()
        # What began in the second half may go on.
        del self._recent[: _CHUNK // 2]
        return True

    def measure(self) -> None:
        """Search what was not searched yet."""
        for path in ball_trajectories(self._recent):
            if len(path) < self._config.flight_detections:
                continue
            for fall in free_flights(path, nearest_rim(self._recent, path.positions), self._config):
                known = any(fall.begin < other.end and other.begin < fall.end for other in self.falls)
                if not known and len(self.falls) < _MAX_FALLS:
                    self.falls.append(fall)

    @property
    def speed(self) -> float | None:
        """How fast the scene runs (1: real speed); None while too little was seen, or the falls do not agree."""
        return scene_speed(self.falls, self._config)


def scene_speed(falls: list[Fall], config: PlaybackConfig) -> float | None:
    """The speed on which a scene's falls agree; None where they do not, or are too few.

    What lies between slow motion and a sped-up film is real speed: views from above or below shorten a fall.

    Args:
        falls: the scene's free flights.
        config: how many must agree, and how well.
    """
    if not falls:
        return None
    logs = np.log([fall.speed for fall in falls])
    agree = np.abs(logs - np.median(logs)) <= np.log1p(config.agreement)
    enough = 1 if any(fall.exact for fall, near in zip(falls, agree, strict=True) if near) else config.min_falls
    if agree.sum() < max(enough, config.min_agreeing * len(falls)):
        return None
    speed = float(np.exp(np.median(logs[agree])))
    return 1.0 if config.slow < speed < config.fast else speed


def free_flights(path: Trajectory, rim: NDArray[np.float64] | None, config: PlaybackConfig) -> list[Fall]:
    """The stretches of a ball's trajectory in which it was in nobody's hand.

    Args:
        path: the ball's trajectory, at most some seconds.
        rim: (4,) xyxy of the rim in the trajectory's pixels; None where none was seen.
        config: which stretches count.
    """
    times, positions, sizes = path.media, path.positions, path.sizes
    # Most tracks stay too low in all they do: what only looks like a ball, and balls in hands.
    if np.ptp(positions[:, 1]) < min(config.least_height, config.high_flight) * sizes.min():
        return []
    found, taken = [], np.zeros(len(path), bool)
    stretches = free_stretches(
        times, positions[:, 1], sizes, config.flight_detections, config.max_gap, config.flight_noise
    )
    rows = [(x, y, size) for (x, y), size in zip(positions.tolist(), sizes.tolist(), strict=True)]
    for first, last in stretches:
        part = slice(first, last)
        if not taken[part].any() and _goes_far(rows[part], config):
            fall = _fall(times[part], positions[part], sizes[part], rim, config)
            if fall is not None:
                taken[part] = True
                found.append(fall)
    return found


def _goes_far(rows: list[tuple[float, float, float]], config: PlaybackConfig) -> bool:
    """Whether a ball flies so far or so high that it is in nobody's hand.

    Of a hundred stretches all but a few are shorter; plain numbers decide that several times faster than arrays.

    Args:
        rows: x, y and size of each detection, pixels.
        config: how far is far.
    """
    across, down, sizes = zip(*rows, strict=True)
    size = median(sizes)
    far = max(across) - min(across) >= config.far_flight * size
    return bool(max(down) - min(down) >= (config.least_height if far else config.high_flight) * size)


def _fall(
    times: NDArray[np.float64], positions: NDArray[np.float64], sizes: NDArray[np.float64],
    rim: NDArray[np.float64] | None, config: PlaybackConfig,
) -> Fall | None:
    """A stretch as a fall; None where the ball may be in a hand, or the fall is not measured well enough."""
    size, half, since = float(np.median(sizes)), len(sizes) // 2, times - times[0]
    high = float(np.ptp(positions[:, 1])) / size
    if abs(np.log(np.median(sizes[:half]) / np.median(sizes[half:]))) > np.log1p(config.max_growth):
        return None
    fall, covariance = np.polyfit(since, positions[:, 1], 2, cov="unscaled")
    noise = residual_noise(positions[:, 1] - np.polyval(fall, since), 3) / size
    # A ball that flies away from the camera slows down across the picture, so a straight line is too strict.
    aside = residual_noise(positions[:, 0] - np.polyval(np.polyfit(since, positions[:, 0], 2), since), 3) / size
    error = max(noise, config.least_noise) * size * float(np.sqrt(covariance[0, 0])) / float(fall[0])
    if max(noise, aside) > config.flight_noise or error > config.flight_error:
        return None
    # The longest stretch may begin in the hand or end at the rim; without its ends it fits better.
    inner = since[_ENDS:-_ENDS], positions[_ENDS:-_ENDS, 1]
    exact = len(inner[0]) >= config.exact_detections and high >= config.high_flight
    if exact:
        fall = np.polyfit(*inner, 2)
        exact = residual_noise(inner[1] - np.polyval(fall, inner[0]), 3) <= config.exact_noise * size
    if fall[0] <= 0:
        return None
    speed = speed_of_fall(2 * float(fall[0]), size, rim)
    if speed <= config.slow and high < config.slow_height:
        return None
    return Fall(float(times[0]), float(times[-1]), speed, exact)
