"""The flight model: windows of balls that are followed in, a WindowPrediction for each of them out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine, ModelInfo
from courtside_server.shots.trajectory import COLUMNS, COUNTED, FEWEST, TICK_S, TICKS, BallPath, ball_paths, track_window
from courtside_server.types import Observations, WindowPrediction
from courtside_server.windows.nms import release_position

VISIBLE_S = 0.1
"""Seconds from the ball leaving the fingers, which the model was taught, to its being visibly apart from the hand,
which is what people label and events say. Median over the labelled real clips, each left out in turn: 0.09-0.11 s."""


UNSEEN_S = 0.25
"""Seconds by which a release may lie before the first sighting of its ball."""


class FlightModel:
    """The ``flight`` face: tracks (``track`` float32 48x15) in, three heads out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a flight model's; the message says which and how.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._engine, self._name, self._timeout = engine, name, timeout
        check_track_face(engine.info(name), {"shot": (1,), "release": (TICKS,), "make": (1,)})

    async def predict(
        self, seen: Sequence[Observations], first: int, media: NDArray[np.float64], wall: NDArray[np.float64],
        due: float, time_scale: float, begin: float,
    ) -> list[WindowPrediction]:
        """Judge every moving ball of one window, the best seen ones where there are more than a batch holds.

        Args:
            seen: the window's observations.
            first: grid index of tick 0.
            media: (48,) media time of the ticks.
            wall: (48,) capture time of the ticks.
            due: when the last one was in.
            time_scale: real seconds a media second.
            begin: media time of the segment's first look.

        Raises:
            EngineError: the engine did not answer, or with something that is not a prediction.
        """
        paths = [path for path in ball_paths(seen) if len(path) >= FEWEST and path.moves]
        if not paths:
            return []
        info = self._engine.info(self._name)
        # Dozens of balls are things that look like balls for a moment: those seen least are left out.
        paths = sorted(paths, key=lambda path: -float(path.scores.sum()))[: max(info.max_batch_size, 1)]
        tracks = np.stack([track_window(path, seen, media, time_scale) for path in paths])
        out = await self._engine.infer(self._name, {"track": tracks}, timeout=self._timeout)
        if not all(np.isfinite(values).all() for values in out.values()):
            raise EngineError(f"model {info.name}:{info.version} answered with NaN; re-export it")
        late = VISIBLE_S / time_scale
        height = seen[-1].height
        said = []
        for row, path in enumerate(paths):
            release = out["release"][row]
            left = float(np.interp(release_position(release), range(TICKS), media))
            if left < max(begin, float(path.media[0]) - UNSEEN_S / time_scale):
                continue  # it left the hand before anybody saw it: there is nothing to time it by
            said.append(
                WindowPrediction(
                    index=first, media=media + late, wall=wall + VISIBLE_S, shot=float(out["shot"][row, 0]),
                    release=release, zone=None, make=float(out["make"][row, 0]), model=f"{info.name}:{info.version}",
                    due=due, counted=COUNTED, track=path.track, place=_place(path, left, height),
                )
            )  # fmt: skip
        return said


def _place(path: BallPath, media: float, height: int) -> tuple[float, float]:
    x, y = (float(np.interp(media, path.media, column)) / height for column in path.places.T)
    return x, y


def check_track_face(info: ModelInfo, outputs: dict[str, tuple[int, ...]]) -> None:
    """Check that a model takes ball tracks and gives ``outputs``.

    Raises:
        ModelInvalid: naming the tensor, what it is and what it must be.
    """
    track = info.inputs.get("track")
    if track is None or track.dtype != np.float32 or tuple(track.shape) != (TICKS, COLUMNS):
        found = "nothing" if track is None else f"{track.dtype} {list(track.shape)}"
        raise ModelInvalid(
            f"model {info.name} reads no ball tracks: input 'track' must be float32 [{TICKS}, {COLUMNS}], "
            f"found {found}",
            model=info.name,
        )
    for name, shape in outputs.items():
        spec = info.outputs.get(name)
        if spec is None or tuple(spec.shape) != shape:
            found = "nothing" if spec is None else str(list(spec.shape))
            raise ModelInvalid(
                f"model {info.name}: output {name!r} must be {list(shape)}, found {found}", model=info.name
            )


SPAN_S = TICK_S * (TICKS - 1)
"""Real seconds from a window's first to its last tick."""
