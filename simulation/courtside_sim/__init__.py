"""The simulated court: physics, players, cameras and rendered frames, with the ground truth of every frame."""

from .actions import ACTION_LABELS, action_labels
from .camera import SimulatedCamera
from .config import CAMERA_KINDS, CameraConfig, GameConfig
from .court import FIBA, NBA, ZONES, Court, Zone, court_lines, make_court, zone_at
from .film import SimulatedFilm, open_simulation
from .game import Game, simulate
from .truth import Action, FrameTruth, ShotTruth, ShotType
from .viewing import TruthTrack

__all__ = [
    "ACTION_LABELS",
    "CAMERA_KINDS",
    "FIBA",
    "NBA",
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
    "make_court",
    "open_simulation",
    "simulate",
    "zone_at",
]
