"""What a gateway answers about shooters and their forms, as plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from courtside.errors import BadRequest
from courtside.events import ShotForm
from courtside.names import parse_game
from courtside.records import from_message
from courtside.shot_poses import ShotPoses
from courtside.timestamps import from_timestamp
from courtside.v1 import analysis_pb2

GameShot = tuple[str, str]
"""A game and the event id of one of its shots."""


@dataclass(frozen=True, slots=True)
class EnrolledShooter:
    """An enrolled shooter.

    Attributes:
        name: as it was enrolled.
        shots: good shots in the gallery.
        height_cm: height of the body; None where it is not known.
        enrolled: Unix seconds.
        model: whose embeddings are kept, ``name:version``.
        advice: one sentence where the gallery is too small for something; otherwise empty.
    """

    name: str
    shots: int
    height_cm: float | None
    enrolled: float
    model: str
    advice: str

    @classmethod
    def from_proto(cls, message: analysis_pb2.ShooterSummary) -> Self:
        """The shooter of a message."""
        return cls(
            message.name, message.shots, message.height_cm or None, from_timestamp(message.enrolled), message.model,
            message.advice,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ExportedShot:
    """One shot of a gallery: its poses, the gather (media seconds), when it was added (Unix seconds), its embedding."""

    poses: ShotPoses
    gather: float
    added: float
    model: str
    embedding: NDArray[np.float32]

    @classmethod
    def from_proto(cls, message: analysis_pb2.GalleryShot) -> Self:
        """The shot of a message."""
        return cls(
            ShotPoses.from_proto(message.poses), message.gather, from_timestamp(message.added), message.model,
            np.array(message.embedding, np.float32),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ExportedShooter:
    """Everything that a gateway keeps of a shooter."""

    shooter: EnrolledShooter
    shots: tuple[ExportedShot, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FormComparison:
    """How a shot differs from a reference, between gather and release.

    Attributes:
        difference: (F, 17, 2) shot minus reference, torso lengths to the right and up; NaN where not both are seen.
        torso_cm: centimetres per torso length; None where no scale is known.
        shot_joints: (F, 17, 2) torso lengths from the left shoulder, y up.
        reference_joints: the same of the reference.
        shot: measures of the shot.
        reference: measures of the reference.
        baseline_distance: distance from the shooter's good shots, standard deviations; None without a baseline.
        reference_shots: good shots in the reference.
        warning: one sentence where the two should not be compared; otherwise empty.
    """

    difference: NDArray[np.float64]
    torso_cm: float | None
    shot_joints: NDArray[np.float64]
    reference_joints: NDArray[np.float64]
    shot: ShotForm
    reference: ShotForm
    baseline_distance: float | None
    reference_shots: int
    warning: str

    @classmethod
    def from_proto(cls, message: analysis_pb2.CompareFormResponse) -> Self:
        """The comparison of a message."""
        parts = np.array([message.horizontal, message.vertical]).reshape(2, message.frames, -1)
        shape = (message.frames, -1, 2)
        distance = message.baseline_distance if message.HasField("baseline_distance") else None
        return cls(
            np.moveaxis(parts, 0, -1), message.torso_cm or None, np.array(message.shot_joints).reshape(shape),
            np.array(message.reference_joints).reshape(shape), from_message(ShotForm, message.shot),
            from_message(ShotForm, message.reference), distance, message.reference_shots, message.warning,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One shot on the map of all galleries: near points are similar forms."""

    x: float
    y: float
    shooter: str
    shot_id: str


def shot_reference(shot: ShotPoses | GameShot) -> analysis_pb2.ShotReference:
    """The message of a shot.

    Raises:
        BadRequest: neither poses nor a game and an event id.
    """
    if isinstance(shot, ShotPoses):
        return analysis_pb2.ShotReference(poses=shot.to_proto())
    try:
        game, event_id = shot
    except (TypeError, ValueError):
        raise BadRequest("a shot must be poses, or a game and the event id of its shot", field="shots") from None
    name = parse_game(game, allow_id=True)
    return analysis_pb2.ShotReference(game_shot=analysis_pb2.GameShot(game=name, event_id=event_id))
