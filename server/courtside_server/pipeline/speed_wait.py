"""What a film's scene shows, kept until the speed at which it runs is known."""

from __future__ import annotations

from courtside_server.shots.criteria import PlaybackConfig
from courtside_server.shots.film_speed import FilmSpeed
from courtside_server.types import Observations, Sample, Window, WindowPrediction

ScoredWindow = tuple[Window[Sample], WindowPrediction | None]
"""A clip window with its prediction, where it was scored."""
SURE = 3
"""Falls after which another speed than the declared one is believed before the scene ends."""


class SpeedWait:
    """Keeps a scene's observations and clip windows in order, and measures how fast the scene runs.

    It keeps `PlaybackConfig.max_wait` seconds at most. Then nothing is dropped: the wait ends, and what is known
    counts.

    Args:
        config: the numbers that decide.

    Attributes:
        kept: what came so far.
    """

    def __init__(self, config: PlaybackConfig) -> None:
        self._config, self._measured = config, FilmSpeed(config)
        self.kept: list[Observations | ScoredWindow] = []
        self._begin: float | None = None

    def add_window(self, scored: ScoredWindow) -> None:
        """Keep a clip window."""
        self.kept.append(scored)

    def add(self, observations: Observations) -> bool:
        """Keep observations; return whether the wait is over."""
        self.kept.append(observations)
        self._begin = observations.media if self._begin is None else self._begin
        if observations.media - self._begin >= self._config.max_wait:
            return True
        if not self._measured.add(observations):
            return False
        speed = self._measured.speed
        return speed == 1.0 or (speed is not None and len(self._measured.falls) >= SURE)

    def end(self) -> float | None:
        """The speed by what was kept (1: as declared); None where it is not known."""
        self._measured.measure()
        return self._measured.speed

    @property
    def observations(self) -> list[Observations]:
        """What was kept of the observations."""
        return [one for one in self.kept if isinstance(one, Observations)]
