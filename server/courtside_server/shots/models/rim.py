"""The rim model: a ball's path and the crops round the rim in; open, made and missed out, at one time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.perception.detector import GREY
from courtside_server.perception.rim_crop import CROP_SIDE
from courtside_server.shots.models.flight_input import RIM_COLUMNS, RIM_TRACK, STEP_S, STEPS, flight_input
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import ObjectClass, Observations

CROPS = 24
"""Crops per window: its last 1.15 s. Part of the model's signature."""
LOOKBACK_S = 2.4
"""Real seconds of observations that a window reads."""
_MAX_CROP_DISTANCE_S = 0.2
"""Media seconds between a time step and the crop that stands for it; the model was trained with this value."""


class RimModel:
    """The rim model: ``crops`` uint8 24x3x64x64 and ``track`` float32 48x15 in; ``verdict`` (3) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a rim model's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._name, self._timeout = name, timeout
        crops = TensorSpec("crops", np.dtype(np.uint8), (CROPS, 3, CROP_SIDE, CROP_SIDE))
        verdict = TensorSpec("verdict", np.dtype(np.float32), (3,))
        check_signature(engine.info(name), inputs=[crops, RIM_TRACK], outputs=[verdict])

    def request(
        self, path: Trajectory, observations: Sequence[Observations], now: float, time_scale: float
    ) -> InferenceRequest[NDArray[np.float64]]:
        """Ask for the probabilities (3,) of open, made and missed at media time ``now``.

        Args:
            path: the trajectory of the shot's ball.
            observations: of the window that ends now.
            now: media seconds.
            time_scale: real seconds per media second.
        """
        media = np.asarray(now - (STEPS - 1 - np.arange(STEPS)) * STEP_S / time_scale, np.float64)
        track = np.zeros((STEPS, RIM_COLUMNS), np.float32)
        if len(path):
            track = flight_input(path, observations, media, time_scale)[:, :RIM_COLUMNS]
            track[:, 5] = track[:, 5] > 0
        crops = rim_crops(observations, track, media[-CROPS:])
        inputs: dict[str, NDArray[Any]] = {"track": track[np.newaxis], "crops": crops[np.newaxis]}
        return InferenceRequest(self._name, inputs, self._timeout, self._parse)

    def _parse(self, outputs: Outputs) -> NDArray[np.float64]:
        probabilities: NDArray[np.float64] = outputs["verdict"][0].astype(np.float64)
        if not np.isfinite(probabilities).all():
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        return probabilities


def rim_crops(
    observations: Sequence[Observations], track: NDArray[np.float32], media: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Crops (24, 3, 64, 64) of the rim that ``track`` is measured from, in the frames nearest to ``media`` (24,)."""
    out = np.full((len(media), 3, CROP_SIDE, CROP_SIDE), GREY, np.uint8)
    frames = [frame for frame in observations if frame.rim_crops]
    if not frames or track[0, 5] < 0.5:
        return out
    times = np.array([frame.media for frame in frames])
    for row, time in enumerate(media):
        near = int(np.argmin(np.abs(times - time)))
        if abs(times[near] - time) > _MAX_CROP_DISTANCE_S:
            continue
        crop = _crop_at(frames[near], float(track[0, 6]), float(track[0, 7]), float(track[0, 8]))
        if crop is not None:
            out[row] = crop
    return out


def _crop_at(frame: Observations, x: float, y: float, width: float) -> NDArray[np.uint8] | None:
    """The crop of the rim at (x, y), camera motion removed."""
    for row in frame.rows(ObjectClass.RIM):
        box = frame.boxes[row]
        middle = (float(box[0] + box[2]) / 2 - frame.pan[0], float(box[1] + box[3]) / 2 - frame.pan[1])
        if abs(middle[0] - x) < width and abs(middle[1] - y) < width:
            crop = frame.rim_crops.get(int(frame.tracks[row]))
            if crop is not None:
                return crop
    return None
