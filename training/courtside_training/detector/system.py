"""The system `detector`."""

from __future__ import annotations

from typing import ClassVar

from courtside_training.common.system import System


class DetectorSystem(System):
    """Declared for the registry; the commands stand in `commands.py` still."""

    name = "detector"
    help = "Ball, rim, player and referee detector."
    export_specs: ClassVar = {"court_detector": "courtside_training.detector.export_spec"}


SYSTEM = DetectorSystem()
