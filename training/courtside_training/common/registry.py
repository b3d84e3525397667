"""Every model by the name of its folder in model_repository; a system is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from courtside_training.common.export_spec import ExportSpec
from courtside_training.errors import TrainingInputError

SYSTEMS: dict[str, str] = {
    "shot_clip": "courtside_training.shots.export_spec",
    "shot_videomae": "courtside_training.shots.videomae_export_spec",
    "shot_flight": "courtside_training.flight.export_spec",
    "rim_result": "courtside_training.rim.export_spec",
    "player_skills": "courtside_training.skills.export_spec",
    "shot_fingerprint": "courtside_training.fingerprint.export_spec",
    "player_actions": "courtside_training.actions.export_spec",
    "court_detector": "courtside_training.detector.export_spec",
    "player_pose": "courtside_training.pose.export_spec",
}


def system(name: str) -> ExportSpec:
    """The export spec of a model.

    Raises:
        TrainingInputError: nobody has that name.
    """
    if name not in SYSTEMS:
        raise TrainingInputError(f"unknown model {name!r}: use one of {', '.join(SYSTEMS)}")
    return import_module(SYSTEMS[name]).EXPORT_SPEC
