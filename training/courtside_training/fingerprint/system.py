"""The system `fingerprint`."""

from __future__ import annotations

from typing import ClassVar

from courtside_training.common.system import System


class FingerprintSystem(System):
    """Declared for the registry; the commands stand in `commands.py` still."""

    name = "fingerprint"
    help = "Shot fingerprint: who shot, what type, form drift."
    export_specs: ClassVar = {"shot_fingerprint": "courtside_training.fingerprint.export_spec"}


SYSTEM = FingerprintSystem()
