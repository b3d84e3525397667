import datetime

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
MAP_METHOD_UNSPECIFIED: MapMethod
MAP_METHOD_PCA: MapMethod
MAP_METHOD_TSNE: MapMethod

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
