"""The system `skills`."""

from __future__ import annotations

from typing import ClassVar

from courtside_training.common.system import System


class SkillSystem(System):
    """Declared for the registry; the commands stand in `commands.py` still."""

    name = "skills"
    help = "Skill estimation: 20 skills from a highlight film."
    export_specs: ClassVar = {"player_skills": "courtside_training.skills.export_spec"}


SYSTEM = SkillSystem()
