"""The flight model: the balls of one window in, a prediction for each of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.shots.criteria import FlightWindowConfig
from courtside_server.shots.models.flight_input import COUNTED, STEPS, TRACK, flight_inputs
from courtside_server.shots.trajectory import Trajectory, ball_trajectories
from courtside_server.types import Observations, WindowPrediction
from courtside_server.windows.nms import release_position

_FLOAT = np.dtype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FlightWindow:
    """One window of 48 time steps, due for the flight model.

    Attributes:
        index: grid index of time step 0.
        media: (48,) media time of the time steps, seconds.
        wall: (48,) capture time of the time steps, Unix seconds.
        due: server monotonic seconds when the last one was complete.
        time_scale: real seconds per media second.
        begin: media time of the segment's first detector frame.
        observations: what was seen in it, oldest first.
    """

    index: int
    media: NDArray[np.float64]
    wall: NDArray[np.float64]
    due: float
    time_scale: float
    begin: float
    observations: Sequence[Observations]


class FlightModel:
    """The flight model: ``track`` float32 48x19 in; ``shot``, ``release`` and ``make`` out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.
        config: which balls are scored and how a release is timed.

    Raises:
        ModelInvalid: the model's tensors are not a flight model's; the message names the tensor.
    """

    def __init__(
        self, engine: Engine, name: str, timeout: float, config: FlightWindowConfig = FlightWindowConfig()
    ) -> None:
        self._engine, self._name, self._timeout, self._config = engine, name, timeout, config
        outputs = [TensorSpec(output, _FLOAT, shape) for output, shape in (
            ("shot", (1,)), ("release", (STEPS,)), ("make", (1,)),
        )]  # fmt: skip
        check_signature(engine.info(name), inputs=[TRACK], outputs=outputs)

    def request(self, window: FlightWindow) -> InferenceRequest[list[WindowPrediction]] | None:
        """Ask for the shots of one window's balls; None where no ball moves.

        Where more balls move than a batch holds, those seen best are scored.
        """
        config = self._config
        paths = [
            path for path in ball_trajectories(window.observations)
            if len(path) >= config.min_detections and path.extent() > config.min_travel
        ]  # fmt: skip
        if not paths:
            return None
        info = self._engine.info(self._name)
        paths = sorted(paths, key=lambda path: -float(path.scores.sum()))[: max(info.max_batch_size, 1)]
        tracks = flight_inputs(paths, window.observations, window.media, window.time_scale)
        label = f"{info.name}:{info.version}"
        return InferenceRequest(
            self._name, {"track": tracks}, self._timeout, lambda outputs: self._parse(window, paths, label, outputs)
        )

    def _parse(
        self, window: FlightWindow, paths: Sequence[Trajectory], label: str, outputs: Outputs
    ) -> list[WindowPrediction]:
        if not all(np.isfinite(values).all() for values in outputs.values()):
            raise EngineError(f"model {label} answered with NaN; export it again")
        config, scale = self._config, window.time_scale
        delay = config.visible_delay / scale
        height = window.observations[-1].height
        predictions = []
        for row, path in enumerate(paths):
            release = outputs["release"][row]
            left = float(np.interp(release_position(release), range(STEPS), window.media))
            if left < max(window.begin, float(path.media[0]) - config.max_unseen_release / scale):
                continue  # The ball left the hand before it was ever seen: the release cannot be timed.
            x, y = (float(np.interp(left, path.media, column)) / height for column in path.positions.T)
            predictions.append(
                WindowPrediction(
                    index=window.index, media=window.media + delay, wall=window.wall + config.visible_delay,
                    shot=float(outputs["shot"][row, 0]), release=release, zone=None,
                    make=float(outputs["make"][row, 0]), model=label, due=window.due, counted=COUNTED,
                    track=path.track, position=(x, y),
                )
            )  # fmt: skip
        return predictions
