"""A cut is detected; a pan, a shake and a dark noisy picture are no cuts."""

from __future__ import annotations

import cv2
import numpy as np

from courtside_server.perception.scene_cut import SceneCutDetector
from courtside_sim import open_simulation


def cuts(pictures: list[np.ndarray]) -> list[int]:
    detector = SceneCutDetector()
    planes = (cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420) for picture in pictures)
    return [index for index, one in enumerate(planes) if detector.update(one)]


def film(seed: int, count: int, step: float = 0.04) -> list[np.ndarray]:
    game = open_simulation(seed, duration=3.0, fps=25.0)
    return [game.camera.render(index * step) for index in range(count)]


def test_a_cut_between_two_cameras_is_found_where_it_is():
    first, second = film(1, 12), film(2, 12)
    assert cuts(first + second + first[:6]) == [12, 24]


def test_a_camera_that_plays_on_has_no_cuts():
    assert cuts(film(3, 50)) == []


def test_a_fast_pan_is_no_cut():
    wide = cv2.resize(film(4, 1)[0], (1280, 720))
    assert cuts([wide[100:460, 16 * index : 16 * index + 640].copy() for index in range(40)]) == []


def test_a_shaking_dark_and_noisy_picture_has_no_cuts():
    rng = np.random.default_rng(0)
    base = (film(5, 1)[0] * 0.3).astype(np.int16)
    noisy = [np.clip(base + rng.normal(0, 12, base.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    assert cuts(noisy) == []


def test_what_is_concealed_is_no_cut_but_a_cut_behind_it_is():
    game, other = ([cv2.cvtColor(one, cv2.COLOR_BGR2YUV_I420) for one in film(seed, 12)] for seed in (1, 2))
    concealed = [np.roll(planes, 90, 0)[::-1].copy() for planes in game[4:8]]
    detector = SceneCutDetector()
    assert not any(detector.update(planes) for planes in game[:4])
    assert not any(detector.update(planes, damaged=True) for planes in concealed)
    assert not any(detector.update(planes) for planes in game[8:])
    assert not detector.update(other[0], damaged=True)
    assert detector.update(other[1])
