"""The simulated court: physics, players, cameras and pictures, with the full truth of every frame."""

from .camera import SimulatedCamera
from .config import CAMERA_KINDS, CameraConfig, GameConfig
from .court import ZONES, Court, Zone, court_lines, fiba, is_three, make_court, nba, place, zone_spot
from .film import SimulatedFilm, open_simulation
from .game import Game, simulate
from .truth import Action, FrameTruth, ShotTruth

__all__ = [
    "CAMERA_KINDS",
    "ZONES",
    "Action",
    "CameraConfig",
    "Court",
    "FrameTruth",
    "Game",
    "GameConfig",
    "ShotTruth",
    "SimulatedCamera",
    "SimulatedFilm",
    "Zone",
    "court_lines",
    "fiba",
    "is_three",
    "make_court",
    "nba",
    "open_simulation",
    "place",
    "simulate",
    "zone_spot",
]
