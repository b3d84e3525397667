"""The system `pose`."""

from __future__ import annotations

from typing import ClassVar

from courtside_training.common.system import System


class PoseSystem(System):
    """Declared for the registry; the commands stand in `commands.py` still."""

    name = "pose"
    help = "Keypoints of one player."
    export_specs: ClassVar = {"player_pose": "courtside_training.pose.export_spec"}


SYSTEM = PoseSystem()
