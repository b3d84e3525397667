"""The flight model's input is the one that training draws, and its answers become predictions."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shot_scenes import BALL, SHOOTER, around, flight, observed, play

from courtside_server.errors import EngineError
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.shots.models import flight_input
from courtside_server.shots.models.flight import FlightModel, FlightWindow
from courtside_server.shots.trajectory import ball_trajectories
from courtside_server.types import Observations
from courtside_training.flight import geometry, tracks


def test_the_window_is_the_one_training_draws():
    served = (flight_input.STEPS, flight_input.STEP_S, flight_input.COLUMNS)
    assert served == (geometry.TIME_STEPS, geometry.TIME_STEP_S, geometry.COLUMNS)
    assert (flight_input.COUNTED.start, flight_input.COUNTED.stop) == geometry.COUNTED
    assert flight_input.RIM_COLUMNS == geometry.RIM_COLUMNS
    assert (flight_input.BRIDGE_S, flight_input.EDGE_S) == (geometry.BRIDGE_S, geometry.EDGE_S)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.005, 0.4), min_size=1, max_size=40), st.integers(0, 1000))
def test_sightings_are_resampled_as_in_training(gaps, seed):
    times = np.cumsum(gaps) - 0.2
    values = np.random.default_rng(seed).normal(0, 50, (len(times), 4))
    known, out = flight_input.resample(np.arange(flight_input.STEPS) * flight_input.STEP_S, times, values)
    theirs, expected = tracks.resample(times, values)
    assert (known == theirs).all() and np.allclose(out, expected)


@pytest.mark.parametrize("pan", [0.0, 60.0])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_window_holds_the_ball_the_rim_and_the_player_whatever_the_camera_and_the_film_s_speed(pan, scale):
    filmed = [
        Observations("c", 0, o.media / scale, 0, 0, 960, 540, o.pan, o.boxes, o.scores, o.classes, o.tracks)
        for o in play(pan=pan)
    ]
    path = next(p for p in ball_trajectories(filmed) if p.track == 1)
    media = (0.2 + np.arange(flight_input.STEPS) * flight_input.STEP_S) / scale
    window = flight_input.flight_input(path, filmed, media, scale)
    assert window[:47, 0].all() and window[:, 5].all()
    step = 30
    expected = flight(0.2 + step * 0.05)
    assert window[step, 1:3] == pytest.approx(expected, abs=1.5)
    assert window[step, 6:8] == pytest.approx((499.2, 103.5), abs=0.1)
    assert window[2, 11:15] == pytest.approx(SHOOTER, abs=0.1)
    moved = min(filmed, key=lambda seen: abs(seen.media - media[step])).pan[0]
    assert window[step, 15:19] == pytest.approx((-moved, 0, 960 - moved, 540), abs=0.1)


class Engine:
    """A flight model of four rows at most."""

    shapes: ClassVar = {"shot": (1,), "release": (flight_input.STEPS,), "make": (1,)}

    def info(self, model):
        outputs = {name: TensorSpec(name, np.dtype(np.float32), shape) for name, shape in self.shapes.items()}
        return ModelInfo("shot_flight", "1", {"track": flight_input.TRACK}, outputs, 4)

    @classmethod
    def answer(cls, rows):
        return {name: np.full((rows, *shape), 0.5, np.float32) for name, shape in cls.shapes.items()}


def test_more_balls_than_a_batch_holds_leave_out_those_seen_least():
    film = play()
    crowd = [(300.0 + 40 * n, 200.0) for n in range(6)]
    film = [
        observed(o.media, [*zip(o.boxes, o.classes, o.tracks, strict=True),
                           *((around(x + 90 * o.media, y), BALL, 20 + n)
                             for n, (x, y) in enumerate(crowd) if index % 2)])
        for index, o in enumerate(film)
    ]  # fmt: skip
    media = 0.2 + np.arange(flight_input.STEPS) * flight_input.STEP_S
    request = FlightModel(Engine(), "shot_flight", 1.0).request(FlightWindow(0, media, media, 0.0, 1.0, 0.0, film))
    assert len(request.inputs["track"]) == 4
    predictions = request.parse(Engine.answer(4))
    assert predictions[0].track == 1


def test_a_window_without_a_moving_ball_needs_no_request():
    media = 0.2 + np.arange(flight_input.STEPS) * flight_input.STEP_S
    at_rest = [observed(o.media, [(around(700, 50), BALL, 5)]) for o in play()]
    window = FlightWindow(0, media, media, 0.0, 1.0, 0.0, at_rest)
    assert FlightModel(Engine(), "shot_flight", 1.0).request(window) is None


def test_nan_is_an_error_that_says_what_to_do():
    media = 0.2 + np.arange(flight_input.STEPS) * flight_input.STEP_S
    request = FlightModel(Engine(), "shot_flight", 1.0).request(FlightWindow(0, media, media, 0.0, 1.0, 0.0, play()))
    with pytest.raises(EngineError, match="export it again"):
        request.parse({name: values * np.nan for name, values in Engine.answer(1).items()})
