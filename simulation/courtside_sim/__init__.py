"""The simulated court: physics, players, cameras and rendered frames, with the ground truth of every frame."""

from .actions import ACTION_LABELS, action_labels
from .camera import SimulatedCamera
from .config import CAMERA_KINDS, CameraConfig, GameConfig
from .film import SimulatedFilm, open_simulation
from .game import Game, simulate
from .truth import Action, FrameTruth, ShotTruth, ShotType
from .viewing import TruthTrack

__all__ = [
    "ACTION_LABELS",
    "CAMERA_KINDS",
    "Action",
    "CameraConfig",
    "FrameTruth",
    "Game",
    "GameConfig",
    "ShotTruth",
    "ShotType",
    "SimulatedCamera",
    "SimulatedFilm",
    "TruthTrack",
    "action_labels",
    "open_simulation",
    "simulate",
]
