"""The system `actions`."""

from __future__ import annotations

from typing import ClassVar

from courtside_training.common.system import System


class ActionsSystem(System):
    """Declared for the registry; the commands stand in `commands.py` still."""

    name = "actions"
    help = "Action tagging of tracked players."
    export_specs: ClassVar = {"player_actions": "courtside_training.actions.export_spec"}


SYSTEM = ActionsSystem()
