"""Courtside: real-time basketball intelligence. This is what a program imports.

::

    import courtside

    for shot in courtside.analyze("game.mp4"):
        print(shot.time, shot.zone, shot.result)

    async with courtside.connect("gateway:50051") as client:
        async with client.subscribe("final", after=0) as events:
            async for event in events:
                print(event.shot)

Everything is loaded when it is first used: subscribing does not load the models' runtime, analyzing a film does not
load the client.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # type checkers know the name; to import `typing` takes longer than all else here

if TYPE_CHECKING:
    from courtside.court.point_pairs import PointPairs, read_calibration
    from courtside.court.recognised import RecognisedCourt
    from courtside.court.zones import ZONES, Zone
    from courtside.detections import Detections, ObjectClass
    from courtside.errors import CourtsideError, InputError
    from courtside.events import (
        Arc,
        Arm,
        CameraState,
        CameraStatus,
        Event,
        FilmShot,
        FormAlert,
        JointDeviation,
        Lifecycle,
        RimCrossing,
        Shooter,
        Shot,
        ShotForm,
        ShotView,
        ZoneSource,
        latest_shots,
    )
    from courtside.games import (
        Correction,
        GameClock,
        GameFormat,
        GameState,
        GameTime,
        RosterPlayer,
        ShotFacts,
        Side,
        Team,
    )
    from courtside.plays import Action, Jersey, Play, PlayerAction, PlayKind, Possession, PossessionEnd
    from courtside.shot_results import ShotResult, ShotType
    from courtside.skills import SkillEstimate, SkillLevel, TimeRange
    from courtside.statistics import PlayerStatistics, ZoneShots, player_statistics
    from courtside_client.client import Client, connect
    from courtside_client.errors import GatewayError
    from courtside_client.options import StreamOptions
    from courtside_client.stream import StreamReport
    from courtside_client.subscribe import Subscription
    from courtside_server.offline.api import analyze, analyze_events, estimate_skills
    from courtside_server.offline.court import recognise_court

__all__ = [
    "ZONES",
    "Action",
    "Arc",
    "Arm",
    "CameraState",
    "CameraStatus",
    "Client",
    "Correction",
    "CourtsideError",
    "Detections",
    "Event",
    "FilmShot",
    "FormAlert",
    "GameClock",
    "GameFormat",
    "GameState",
    "GameTime",
    "GatewayError",
    "InputError",
    "Jersey",
    "JointDeviation",
    "Lifecycle",
    "ObjectClass",
    "Play",
    "PlayKind",
    "PlayerAction",
    "PlayerStatistics",
    "PointPairs",
    "Possession",
    "PossessionEnd",
    "RecognisedCourt",
    "RimCrossing",
    "RosterPlayer",
    "Shooter",
    "Shot",
    "ShotFacts",
    "ShotForm",
    "ShotResult",
    "ShotType",
    "ShotView",
    "Side",
    "SkillEstimate",
    "SkillLevel",
    "StreamOptions",
    "StreamReport",
    "Subscription",
    "Team",
    "TimeRange",
    "Zone",
    "ZoneShots",
    "ZoneSource",
    "analyze",
    "analyze_events",
    "connect",
    "estimate_skills",
    "latest_shots",
    "player_statistics",
    "read_calibration",
    "recognise_court",
]

_HOMES = {
    "courtside.court.point_pairs": ("PointPairs", "read_calibration"),
    "courtside.court.recognised": ("RecognisedCourt",),
    "courtside.court.zones": ("ZONES", "Zone"),
    "courtside.detections": ("Detections", "ObjectClass"),
    "courtside.errors": ("CourtsideError", "InputError"),
    "courtside.events": (
        "Arc", "Arm", "CameraState", "CameraStatus", "Event", "FilmShot", "FormAlert", "JointDeviation", "Lifecycle",
        "RimCrossing", "Shooter", "Shot", "ShotForm", "ShotView", "ZoneSource", "latest_shots",
    ),
    "courtside.games": (
        "Correction", "GameClock", "GameFormat", "GameState", "GameTime", "RosterPlayer", "ShotFacts", "Side", "Team",
    ),
    "courtside.plays": ("Action", "Jersey", "Play", "PlayKind", "PlayerAction", "Possession", "PossessionEnd"),
    "courtside.shot_results": ("ShotResult", "ShotType"),
    "courtside.skills": ("SkillEstimate", "SkillLevel", "TimeRange"),
    "courtside.statistics": ("PlayerStatistics", "ZoneShots", "player_statistics"),
    "courtside_client.client": ("Client", "connect"),
    "courtside_client.errors": ("GatewayError",),
    "courtside_client.options": ("StreamOptions",),
    "courtside_client.stream": ("StreamReport",),
    "courtside_client.subscribe": ("Subscription",),
    "courtside_server.offline.api": ("analyze", "analyze_events", "estimate_skills"),
    "courtside_server.offline.court": ("recognise_court",),
}  # fmt: skip
"""Where each public name lives."""
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'courtside' has no attribute {name!r}")
    try:
        found = getattr(importlib.import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"courtside.{name} needs {error.name}, which is not installed: install `courtside` instead of "
            "`courtside-client`, which can stream and watch"
        ) from error
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
