"""Every model by the name of its folder in model_repository; a system is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

from courtside_training.common.served import ServedSystem
from courtside_training.errors import TrainingInputError

SYSTEMS: dict[str, str] = {
    "shot_clip": "courtside_training.shots.offer",
    "shot_videomae": "courtside_training.shots.videomae_offer",
    "shot_flight": "courtside_training.flight.offer",
    "rim_result": "courtside_training.rim.offer",
    "player_skills": "courtside_training.skills.offer",
    "shot_fingerprint": "courtside_training.fingerprint.offer",
    "player_actions": "courtside_training.actions.offer",
    "court_detector": "courtside_training.detector.offer",
    "player_pose": "courtside_training.pose.offer",
}


def system(name: str) -> ServedSystem:
    """A system's offer.

    Raises:
        TrainingInputError: nobody has that name.
    """
    if name not in SYSTEMS:
        raise TrainingInputError(f"unknown model {name!r}: use one of {', '.join(SYSTEMS)}")
    return import_module(SYSTEMS[name]).OFFER
