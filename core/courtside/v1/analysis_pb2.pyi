import datetime

from courtside.v1 import common_pb2 as _common_pb2
from courtside.v1 import events_pb2 as _events_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MapMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAP_METHOD_UNSPECIFIED: _ClassVar[MapMethod]
    MAP_METHOD_PCA: _ClassVar[MapMethod]
    MAP_METHOD_TSNE: _ClassVar[MapMethod]

class SkillsStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SKILLS_STAGE_UNSPECIFIED: _ClassVar[SkillsStage]
    SKILLS_STAGE_UPLOAD: _ClassVar[SkillsStage]
    SKILLS_STAGE_FRAMES: _ClassVar[SkillsStage]
    SKILLS_STAGE_MODEL: _ClassVar[SkillsStage]
MAP_METHOD_UNSPECIFIED: MapMethod
MAP_METHOD_PCA: MapMethod
MAP_METHOD_TSNE: MapMethod
SKILLS_STAGE_UNSPECIFIED: SkillsStage
SKILLS_STAGE_UPLOAD: SkillsStage
SKILLS_STAGE_FRAMES: SkillsStage
SKILLS_STAGE_MODEL: SkillsStage

class ShotPoses(_message.Message):
    __slots__ = ("times", "keypoints", "heights", "release", "camera", "pixels_per_metre", "shot_id", "playback_speed")
    TIMES_FIELD_NUMBER: _ClassVar[int]
    KEYPOINTS_FIELD_NUMBER: _ClassVar[int]
    HEIGHTS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    PIXELS_PER_METRE_FIELD_NUMBER: _ClassVar[int]
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_SPEED_FIELD_NUMBER: _ClassVar[int]
    times: _containers.RepeatedScalarFieldContainer[float]
    keypoints: _containers.RepeatedScalarFieldContainer[float]
    heights: _containers.RepeatedScalarFieldContainer[float]
    release: float
    camera: str
    pixels_per_metre: float
    shot_id: str
    playback_speed: float
    def __init__(self, times: _Optional[_Iterable[float]] = ..., keypoints: _Optional[_Iterable[float]] = ..., heights: _Optional[_Iterable[float]] = ..., release: _Optional[float] = ..., camera: _Optional[str] = ..., pixels_per_metre: _Optional[float] = ..., shot_id: _Optional[str] = ..., playback_speed: _Optional[float] = ...) -> None: ...

class ShotReference(_message.Message):
    __slots__ = ("game_shot", "poses")
    GAME_SHOT_FIELD_NUMBER: _ClassVar[int]
    POSES_FIELD_NUMBER: _ClassVar[int]
    game_shot: GameShot
    poses: ShotPoses
    def __init__(self, game_shot: _Optional[_Union[GameShot, _Mapping]] = ..., poses: _Optional[_Union[ShotPoses, _Mapping]] = ...) -> None: ...

class GameShot(_message.Message):
    __slots__ = ("game", "event_id")
    GAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    game: str
    event_id: str
    def __init__(self, game: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...

class EnrollShooterRequest(_message.Message):
    __slots__ = ("name", "shots", "add", "height_cm")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_CM_FIELD_NUMBER: _ClassVar[int]
    name: str
    shots: _containers.RepeatedCompositeFieldContainer[ShotReference]
    add: bool
    height_cm: float
    def __init__(self, name: _Optional[str] = ..., shots: _Optional[_Iterable[_Union[ShotReference, _Mapping]]] = ..., add: _Optional[bool] = ..., height_cm: _Optional[float] = ...) -> None: ...

class EnrollShooterResponse(_message.Message):
    __slots__ = ("shooter",)
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    shooter: ShooterSummary
    def __init__(self, shooter: _Optional[_Union[ShooterSummary, _Mapping]] = ...) -> None: ...

class ShooterSummary(_message.Message):
    __slots__ = ("name", "shots", "height_cm", "enrolled", "model", "advice")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_CM_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    shots: int
    height_cm: float
    enrolled: _timestamp_pb2.Timestamp
    model: str
    advice: str
    def __init__(self, name: _Optional[str] = ..., shots: _Optional[int] = ..., height_cm: _Optional[float] = ..., enrolled: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., model: _Optional[str] = ..., advice: _Optional[str] = ...) -> None: ...

class ListShootersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListShootersResponse(_message.Message):
    __slots__ = ("shooters",)
    SHOOTERS_FIELD_NUMBER: _ClassVar[int]
    shooters: _containers.RepeatedCompositeFieldContainer[ShooterSummary]
    def __init__(self, shooters: _Optional[_Iterable[_Union[ShooterSummary, _Mapping]]] = ...) -> None: ...

class RemoveShooterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RemoveShooterResponse(_message.Message):
    __slots__ = ("shots",)
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    shots: int
    def __init__(self, shots: _Optional[int] = ...) -> None: ...

class ExportShooterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportShooterResponse(_message.Message):
    __slots__ = ("shooter", "shot")
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    shooter: ShooterSummary
    shot: GalleryShot
    def __init__(self, shooter: _Optional[_Union[ShooterSummary, _Mapping]] = ..., shot: _Optional[_Union[GalleryShot, _Mapping]] = ...) -> None: ...

class GalleryShot(_message.Message):
    __slots__ = ("poses", "gather", "release", "added", "model", "embedding")
    POSES_FIELD_NUMBER: _ClassVar[int]
    GATHER_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    poses: ShotPoses
    gather: float
    release: float
    added: _timestamp_pb2.Timestamp
    model: str
    embedding: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, poses: _Optional[_Union[ShotPoses, _Mapping]] = ..., gather: _Optional[float] = ..., release: _Optional[float] = ..., added: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., model: _Optional[str] = ..., embedding: _Optional[_Iterable[float]] = ...) -> None: ...

class CompareFormRequest(_message.Message):
    __slots__ = ("shot", "other", "shooter")
    SHOT_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    shot: ShotReference
    other: ShotReference
    shooter: str
    def __init__(self, shot: _Optional[_Union[ShotReference, _Mapping]] = ..., other: _Optional[_Union[ShotReference, _Mapping]] = ..., shooter: _Optional[str] = ...) -> None: ...

class CompareFormResponse(_message.Message):
    __slots__ = ("frames", "horizontal", "vertical", "torso_cm", "shot_joints", "reference_joints", "shot", "reference", "shot_elbow", "reference_elbow", "shot_knee", "reference_knee", "baseline_distance", "reference_shots", "warning")
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    HORIZONTAL_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_FIELD_NUMBER: _ClassVar[int]
    TORSO_CM_FIELD_NUMBER: _ClassVar[int]
    SHOT_JOINTS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_JOINTS_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SHOT_ELBOW_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ELBOW_FIELD_NUMBER: _ClassVar[int]
    SHOT_KNEE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_KNEE_FIELD_NUMBER: _ClassVar[int]
    BASELINE_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SHOTS_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    frames: int
    horizontal: _containers.RepeatedScalarFieldContainer[float]
    vertical: _containers.RepeatedScalarFieldContainer[float]
    torso_cm: float
    shot_joints: _containers.RepeatedScalarFieldContainer[float]
    reference_joints: _containers.RepeatedScalarFieldContainer[float]
    shot: _events_pb2.ShotForm
    reference: _events_pb2.ShotForm
    shot_elbow: _containers.RepeatedScalarFieldContainer[float]
    reference_elbow: _containers.RepeatedScalarFieldContainer[float]
    shot_knee: _containers.RepeatedScalarFieldContainer[float]
    reference_knee: _containers.RepeatedScalarFieldContainer[float]
    baseline_distance: float
    reference_shots: int
    warning: str
    def __init__(self, frames: _Optional[int] = ..., horizontal: _Optional[_Iterable[float]] = ..., vertical: _Optional[_Iterable[float]] = ..., torso_cm: _Optional[float] = ..., shot_joints: _Optional[_Iterable[float]] = ..., reference_joints: _Optional[_Iterable[float]] = ..., shot: _Optional[_Union[_events_pb2.ShotForm, _Mapping]] = ..., reference: _Optional[_Union[_events_pb2.ShotForm, _Mapping]] = ..., shot_elbow: _Optional[_Iterable[float]] = ..., reference_elbow: _Optional[_Iterable[float]] = ..., shot_knee: _Optional[_Iterable[float]] = ..., reference_knee: _Optional[_Iterable[float]] = ..., baseline_distance: _Optional[float] = ..., reference_shots: _Optional[int] = ..., warning: _Optional[str] = ...) -> None: ...

class GetEmbeddingMapRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetEmbeddingMapResponse(_message.Message):
    __slots__ = ("method", "points")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    method: MapMethod
    points: _containers.RepeatedCompositeFieldContainer[MapPoint]
    def __init__(self, method: _Optional[_Union[MapMethod, str]] = ..., points: _Optional[_Iterable[_Union[MapPoint, _Mapping]]] = ...) -> None: ...

class MapPoint(_message.Message):
    __slots__ = ("x", "y", "shooter", "shot_id")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    shooter: str
    shot_id: str
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., shooter: _Optional[str] = ..., shot_id: _Optional[str] = ...) -> None: ...

class EstimateSkillsRequest(_message.Message):
    __slots__ = ("query", "film")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FILM_FIELD_NUMBER: _ClassVar[int]
    query: SkillsQuery
    film: bytes
    def __init__(self, query: _Optional[_Union[SkillsQuery, _Mapping]] = ..., film: _Optional[bytes] = ...) -> None: ...

class SkillsQuery(_message.Message):
    __slots__ = ("film_bytes", "player")
    FILM_BYTES_FIELD_NUMBER: _ClassVar[int]
    PLAYER_FIELD_NUMBER: _ClassVar[int]
    film_bytes: int
    player: SkillsPlayer
    def __init__(self, film_bytes: _Optional[int] = ..., player: _Optional[_Union[SkillsPlayer, _Mapping]] = ...) -> None: ...

class SkillsPlayer(_message.Message):
    __slots__ = ("game", "camera", "session", "track_ids", "shooter")
    GAME_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    game: str
    camera: str
    session: str
    track_ids: _containers.RepeatedScalarFieldContainer[int]
    shooter: str
    def __init__(self, game: _Optional[str] = ..., camera: _Optional[str] = ..., session: _Optional[str] = ..., track_ids: _Optional[_Iterable[int]] = ..., shooter: _Optional[str] = ...) -> None: ...

class EstimateSkillsResponse(_message.Message):
    __slots__ = ("progress", "estimate")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    progress: SkillsProgress
    estimate: SkillEstimate
    def __init__(self, progress: _Optional[_Union[SkillsProgress, _Mapping]] = ..., estimate: _Optional[_Union[SkillEstimate, _Mapping]] = ...) -> None: ...

class SkillsProgress(_message.Message):
    __slots__ = ("stage", "done")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    stage: SkillsStage
    done: float
    def __init__(self, stage: _Optional[_Union[SkillsStage, str]] = ..., done: _Optional[float] = ...) -> None: ...

class SkillEstimate(_message.Message):
    __slots__ = ("skills", "not_enough_film", "caution", "film_seconds", "frames", "model", "ranges", "statistics")
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    NOT_ENOUGH_FILM_FIELD_NUMBER: _ClassVar[int]
    CAUTION_FIELD_NUMBER: _ClassVar[int]
    FILM_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    skills: _containers.RepeatedCompositeFieldContainer[SkillLevel]
    not_enough_film: str
    caution: str
    film_seconds: float
    frames: int
    model: str
    ranges: _containers.RepeatedCompositeFieldContainer[TimeRange]
    statistics: PlayerStatistics
    def __init__(self, skills: _Optional[_Iterable[_Union[SkillLevel, _Mapping]]] = ..., not_enough_film: _Optional[str] = ..., caution: _Optional[str] = ..., film_seconds: _Optional[float] = ..., frames: _Optional[int] = ..., model: _Optional[str] = ..., ranges: _Optional[_Iterable[_Union[TimeRange, _Mapping]]] = ..., statistics: _Optional[_Union[PlayerStatistics, _Mapping]] = ...) -> None: ...

class SkillLevel(_message.Message):
    __slots__ = ("skill", "group", "probabilities", "expected_level")
    SKILL_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_LEVEL_FIELD_NUMBER: _ClassVar[int]
    skill: str
    group: str
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    expected_level: float
    def __init__(self, skill: _Optional[str] = ..., group: _Optional[str] = ..., probabilities: _Optional[_Iterable[float]] = ..., expected_level: _Optional[float] = ...) -> None: ...

class TimeRange(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: float
    end: float
    def __init__(self, start: _Optional[float] = ..., end: _Optional[float] = ...) -> None: ...

class PlayerStatistics(_message.Message):
    __slots__ = ("camera", "session", "track_id", "name", "attempts", "made", "unknown_result", "free_throws", "free_throws_made", "points", "zones", "passes", "assists", "offensive_rebounds", "defensive_rebounds", "unknown_rebounds", "steals", "turnovers", "possessions", "ball_seconds")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_RESULT_FIELD_NUMBER: _ClassVar[int]
    FREE_THROWS_FIELD_NUMBER: _ClassVar[int]
    FREE_THROWS_MADE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    ASSISTS_FIELD_NUMBER: _ClassVar[int]
    OFFENSIVE_REBOUNDS_FIELD_NUMBER: _ClassVar[int]
    DEFENSIVE_REBOUNDS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_REBOUNDS_FIELD_NUMBER: _ClassVar[int]
    STEALS_FIELD_NUMBER: _ClassVar[int]
    TURNOVERS_FIELD_NUMBER: _ClassVar[int]
    POSSESSIONS_FIELD_NUMBER: _ClassVar[int]
    BALL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    camera: str
    session: str
    track_id: int
    name: str
    attempts: int
    made: int
    unknown_result: int
    free_throws: int
    free_throws_made: int
    points: int
    zones: _containers.RepeatedCompositeFieldContainer[ZoneShots]
    passes: int
    assists: int
    offensive_rebounds: int
    defensive_rebounds: int
    unknown_rebounds: int
    steals: int
    turnovers: int
    possessions: int
    ball_seconds: float
    def __init__(self, camera: _Optional[str] = ..., session: _Optional[str] = ..., track_id: _Optional[int] = ..., name: _Optional[str] = ..., attempts: _Optional[int] = ..., made: _Optional[int] = ..., unknown_result: _Optional[int] = ..., free_throws: _Optional[int] = ..., free_throws_made: _Optional[int] = ..., points: _Optional[int] = ..., zones: _Optional[_Iterable[_Union[ZoneShots, _Mapping]]] = ..., passes: _Optional[int] = ..., assists: _Optional[int] = ..., offensive_rebounds: _Optional[int] = ..., defensive_rebounds: _Optional[int] = ..., unknown_rebounds: _Optional[int] = ..., steals: _Optional[int] = ..., turnovers: _Optional[int] = ..., possessions: _Optional[int] = ..., ball_seconds: _Optional[float] = ...) -> None: ...

class ZoneShots(_message.Message):
    __slots__ = ("zone", "attempts", "made", "unknown_result")
    ZONE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_RESULT_FIELD_NUMBER: _ClassVar[int]
    zone: _common_pb2.Zone
    attempts: int
    made: int
    unknown_result: int
    def __init__(self, zone: _Optional[_Union[_common_pb2.Zone, str]] = ..., attempts: _Optional[int] = ..., made: _Optional[int] = ..., unknown_result: _Optional[int] = ...) -> None: ...
