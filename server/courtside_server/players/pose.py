"""The pose model: a player's crop in, the keypoints out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import JOINTS
from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.players.crops import SIDE
from courtside_server.types.players import PlayerCrop, Pose


class PoseModel:
    """The pose model: ``crop`` uint8 3x256x256 in; ``keypoints`` float32 17x4 and ``person`` (1) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelNotFound: the engine has no such model.
        ModelInvalid: the model's tensors are not a pose model's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self.name, self._timeout = name, timeout
        crop = TensorSpec("crop", np.dtype(np.uint8), (3, SIDE, SIDE))
        keypoints = TensorSpec("keypoints", np.dtype(np.float32), (len(JOINTS), 4))
        person = TensorSpec("person", np.dtype(np.float32), (1,))
        check_signature(engine.info(name), inputs=[crop], outputs=[keypoints, person])

    def request(self, crop: PlayerCrop, media: float, pan: tuple[float, float]) -> InferenceRequest[Pose]:
        """Ask for the pose in a crop.

        Args:
            crop: of the player.
            media: media time of its frame, seconds.
            pan: x, y by which the picture has moved by then, pixels.
        """
        return InferenceRequest(
            self.name, {"crop": crop.pixels[np.newaxis]}, self._timeout,
            lambda outputs: self._parse(crop, media, pan, outputs),
        )  # fmt: skip

    def _parse(self, crop: PlayerCrop, media: float, pan: tuple[float, float], outputs: Outputs) -> Pose:
        found, person = outputs["keypoints"][0].astype(np.float32), float(outputs["person"][0, 0])
        if not np.isfinite(person):
            raise EngineError(f"model {self.name} answered with NaN; export it again")
        scale = crop.side / SIDE
        shift = np.array([crop.origin[0] - pan[0], crop.origin[1] - pan[1]], np.float32)
        keypoints = np.empty_like(found)
        # Centres of pixels: crop pixel i covers `scale` pixels of the frame.
        keypoints[:, :2] = (found[:, :2] + 0.5) * scale - 0.5 + shift
        keypoints[:, 2], keypoints[:, 3] = found[:, 2] * scale, found[:, 3]
        lost = ~np.isfinite(keypoints).all(axis=1)
        keypoints[lost, :3], keypoints[lost, 3] = np.nan, 0.0
        return Pose(crop.track, media, keypoints, person, _shifted(crop.box, pan))


def _shifted(box: NDArray[np.float32], pan: tuple[float, float]) -> NDArray[np.float32]:
    return box - np.array([*pan, *pan], np.float32)
