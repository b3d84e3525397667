"""The simulated court: physics, players, cameras and rendered frames, with the ground truth of every frame."""

from .actions import ACTION_LABELS, action_labels
from .camera import SimulatedCamera
from .config import CAMERA_KINDS, CameraConfig, GameConfig
from .court import ZONES, Court, Zone, court_lines, fiba, is_three, make_court, nba, place
from .film import SimulatedFilm, open_simulation
from .game import Game, simulate
from .truth import Action, FrameTruth, ShotTruth, ShotType
from .viewing import TruthTrack

__all__ = [
    "ACTION_LABELS",
    "CAMERA_KINDS",
    "ZONES",
    "Action",
    "CameraConfig",
    "Court",
    "FrameTruth",
    "Game",
    "GameConfig",
    "ShotTruth",
    "ShotType",
    "SimulatedCamera",
    "SimulatedFilm",
    "TruthTrack",
    "Zone",
    "action_labels",
    "court_lines",
    "fiba",
    "is_three",
    "make_court",
    "nba",
    "open_simulation",
    "place",
    "simulate",
]
