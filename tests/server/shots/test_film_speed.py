"""A scene's speed is measured by every free flight of a ball in it; hands do not count, and doubt means none."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import BALL, METRE, RIM, RIM_BOX, around, flight, observed

from courtside_server.shots.criteria import PlaybackConfig
from courtside_server.shots.film_speed import Fall, FilmSpeed, scene_speed

CONFIG = PlaybackConfig()


def bounce(time: float) -> tuple[float, float]:
    """A shot released at 1 s and its first bounce, from 2.2 s on."""
    if time < 2.2:
        return flight(time)
    t = time - 2.2
    return 500.0 + 60 * t, 330 - 5.0 * METRE * t + 0.5 * 9.81 * METRE * t * t


def measured(position, speed: float, fps: float = 15.0, until: float = 3.1, size=lambda time: 0.24 * METRE, noise=0.4):
    """The speed of a scene that a film shows at ``speed``: a ball whose real position is known."""
    rng, scene = np.random.default_rng(0), FilmSpeed(CONFIG)
    for media in np.arange(0.0, until / speed, 1 / fps):
        x, y = np.array(position(media * speed)) + rng.normal(0, noise, 2)
        scene.add(observed(media, [(around(x, y, size(media * speed)), BALL, 1), (RIM_BOX, RIM, 1)]))
    scene.measure()
    return scene.speed


@pytest.mark.parametrize("speed", [0.25, 0.4, 2.0])
def test_slow_motion_and_sped_up_film_are_measured_without_a_shot(speed):
    assert measured(bounce, speed, fps=30 if speed > 1 else 15) == pytest.approx(speed, rel=0.15)


@pytest.mark.parametrize("speed", [0.85, 1.0, 1.2])
def test_film_near_real_speed_counts_as_real(speed):
    assert measured(bounce, speed) == 1.0


@pytest.mark.parametrize("position", [
    lambda t: (100 + 80 * t, 250 + 8 * np.cos(6 * t)),  # carried by somebody who walks
    lambda t: (100 + 120 * t, 250 + 14 * np.cos(5 * t)),  # swung by somebody who runs
    lambda t: (100 + 5 * t, 300 - 45 * abs(np.sin(6.5 * t))),  # dribbled: pushed, so that it falls faster
    lambda t: (100.0, 250 - 60 * np.sin(2 * t)),  # raised and lowered
])  # fmt: skip
def test_a_ball_in_the_hands_never_shows_another_speed(position):
    assert measured(position, 1.0) in (None, 1.0)


def test_a_ball_that_comes_towards_the_camera_shows_none():
    assert measured(flight, 1.0, until=2.1, size=lambda t: 2.4 * np.exp(4 * max(t - 1, 0))) is None


def falls(*speeds: float, exact: bool = False) -> list[Fall]:
    return [Fall(2.0 * number, 2.0 * number + 0.6, speed, exact) for number, speed in enumerate(speeds)]


@pytest.mark.parametrize(("seen", "speed"), [
    (falls(), None),
    (falls(0.4), None),  # one fall may be an error
    (falls(0.4, exact=True), 0.4),
    (falls(0.4, 0.42), 0.41),
    (falls(2.0, 1.9, 1.1), 1.95),
    (falls(2.0, 1.0, 0.5), None),  # they do not agree
])  # fmt: skip
def test_falls_must_agree(seen, speed):
    assert scene_speed(seen, CONFIG) == (None if speed is None else pytest.approx(speed, abs=0.02))
