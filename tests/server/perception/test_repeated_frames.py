"""Frames that repeat the one before are not given to the detector; the smallest ball that moves makes a new one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from courtside_server.perception.frame_sampler import FrameSampler
from courtside_server.perception.repeated_frames import RepeatedFrames
from courtside_server.types import Frame


def picture(shift=0.0, size=6.0, noise=0.0, seed=0, width=640, height=360):
    """A court with a ball of ``size`` pixels that is ``shift`` pixels from where it began, as I420."""
    rng = np.random.default_rng(7)
    court = cv2.resize(rng.uniform(60, 190, (9, 16)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    cv2.circle(court, (round((100 + shift) * 16), 100 * 16), round(size * 8), 40.0, -1, cv2.LINE_AA, 4)
    court = court + np.random.default_rng(seed).normal(0, noise, court.shape)
    grey = np.full((height // 2, width), 128, np.uint8)
    return np.concatenate([np.clip(court, 0, 255).astype(np.uint8), grey])


def repeats(*pictures) -> list[bool]:
    found = RepeatedFrames()
    return [found.update(one) for one in pictures]


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_an_encoder_leaves_of_nothing_is_a_repeat(noise):
    assert repeats(*(picture(noise=noise, seed=seed) for seed in range(3))) == [False, True, True]


def test_where_much_moves_repeats_of_an_encoder_with_few_bits_are_known():
    moving = [picture(20.0 * step, 30.0) for step in range(6)]
    again = moving[-1].copy()
    again[40:56, 200:216] += 8
    assert repeats(*moving, again) == [False] * 6 + [True]
    still = [picture(2.0 * step, 6.0, noise=1.0, seed=step) for step in range(2)]
    assert repeats(*still) == [False] * 2


@pytest.mark.parametrize(("width", "height"), [(320, 180), (640, 360), (1280, 720)])
def test_a_small_ball_that_moves_is_new(width, height):
    size = 6.0 * height / 360
    moved = [picture(4.0 * step, size, width=width, height=height) for step in range(4)]
    assert repeats(*moved) == [False] * 4


def test_the_noise_of_a_camera_is_new():
    """A live picture never stands still, even where nothing moves."""
    assert repeats(*(picture(noise=6.0, seed=seed) for seed in range(3))) == [False] * 3


def test_a_frame_that_was_concealed_and_one_of_another_size_are_new():
    found = RepeatedFrames()
    found.update(picture())
    assert not found.update(picture(), damaged=True)
    assert not found.update(picture(width=320, height=180))


def given(shown: list[int], fps: float, detector_fps: float = 15.0) -> list[float]:
    """Media times of the frames that the detector gets of a film that shows these pictures."""
    sampler = FrameSampler(lambda *_: (640, 384), detector_fps)
    pictures = {index: picture(4.0 * index) for index in set(shown)}
    frames = [Frame("c", n, n / fps, 0.0, 0.0, 0, pictures[index]) for n, index in enumerate(shown)]
    return [round(found.media * fps) for frame in frames if (found := sampler.push(frame)) is not None]


def test_a_picture_is_given_once_and_when_it_is_first_shown():
    shown = [index for index in range(10) for _ in range(6)]  # ten pictures per second in a film of 60
    assert given(shown, 60.0) == [6 * index for index in range(10)]


def test_a_film_of_24_pictures_in_60_frames_is_seen_at_true_times():
    shown = [index for index in range(12) for _ in range(3 if index % 2 else 2)]
    first = [shown.index(index) for index in range(12)]
    taken = given(shown, 60.0)
    assert set(taken) <= set(first) and len(taken) >= 7


def test_what_is_at_rest_is_still_seen_now_and_then():
    assert given([0] * 120, 60.0) == [0, 30, 60, 90]
