"""Samples of the 0.3 s grid: the nearest frame, held pictures in gaps, the right pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.letterbox import letterbox
from courtside_server.types import STRIDE_S, Frame
from courtside_server.windows.sampler import ClipSampler


def frame_at(media: float, level: int = 0, size: tuple[int, int] = (64, 36)) -> Frame:
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = level
    return Frame("games/g/cameras/c", 0, media, 1000 + media, media, 0, planes)


def sampled(times, **options):
    sampler = ClipSampler(32, 18, **options)
    return [sample for time in times for sample in sampler.push(frame_at(time))]


def test_thirty_frames_per_second_give_a_sample_every_ninth_frame():
    samples = sampled([n / 30 for n in range(91)])
    assert [s.index for s in samples] == list(range(11))
    assert [round(s.media * 30) for s in samples] == list(range(0, 91, 9))
    assert not any(s.held for s in samples)


def test_film_at_twice_real_speed_is_sampled_twice_as_densely():
    samples = sampled([n / 30 for n in range(91)], time_scale=2.0)
    assert np.allclose(np.diff([s.media for s in samples]), 0.15, atol=1 / 60 + 1e-9)
    assert len(samples) == 21


def test_a_gap_holds_the_picture_before_it():
    samples = sampled([0.0, 0.1, 0.2, 0.3, 2.0])
    assert [round(s.media, 1) for s in samples] == [0.0, *[0.3] * 6]
    assert [s.held for s in samples] == [False, False, *[True] * 5]


@given(st.lists(st.floats(0.001, 0.29), min_size=1, max_size=120))
def test_whatever_the_jitter_each_sample_is_the_nearest_frame(gaps):
    times = np.cumsum([0.0, *gaps])
    samples = sampled(times)
    assert [s.index for s in samples] == list(range(len(samples)))
    assert len(samples) == int((times[-1] + 5e-7) // STRIDE_S) + 1 or abs(times[-1] % STRIDE_S) < 1e-6
    for sample in samples:
        nearest = np.abs(times - sample.index * STRIDE_S).min()
        assert abs(sample.media - sample.index * STRIDE_S) == pytest.approx(nearest, abs=1e-6)


def test_letterbox_keeps_shape_and_colour():
    bgr = np.zeros((120, 120, 3), np.uint8)
    bgr[:, :60] = (0, 0, 220)
    bgr[:, 60:] = (0, 200, 0)
    out = letterbox(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), 256, 144).pixels
    assert out.shape == (3, 144, 256) and out.dtype == np.uint8
    assert not out[:, :, :54].any() and not out[:, :, -54:].any(), "bars are black"
    red, green = out[:, 72, 80].astype(int), out[:, 72, 180].astype(int)
    assert red[0] > 200 and red[1] < 20 and green[1] > 185 and green[0] < 20


@pytest.mark.parametrize("size", [(640, 360), (480, 358), (3300, 450), (450, 3300), (2, 2), (1920, 1080)])
def test_letterbox_takes_any_even_size(size):
    assert letterbox(frame_at(0, 90, size).planes, 256, 144).pixels.max() > 0


def test_letterbox_is_what_training_sees():
    """Scaling the planes first differs from scaling RGB by rounding only."""
    rng = np.random.default_rng(3)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (360, 640, 3), dtype=np.uint8), (0, 0), 6)
    ours = letterbox(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), 256, 144).pixels
    theirs = cv2.resize(rgb, (256, 144), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    assert np.abs(ours.astype(int) - theirs).mean() < 1.0
