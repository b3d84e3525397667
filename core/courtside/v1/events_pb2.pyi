import datetime

from courtside.v1 import common_pb2 as _common_pb2
from courtside.v1 import games_pb2 as _games_pb2
from courtside.v1 import players_pb2 as _players_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Lifecycle(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFECYCLE_UNSPECIFIED: _ClassVar[Lifecycle]
    LIFECYCLE_PROVISIONAL: _ClassVar[Lifecycle]
    LIFECYCLE_CONFIRMED: _ClassVar[Lifecycle]
    LIFECYCLE_RETRACTED: _ClassVar[Lifecycle]

class Arm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ARM_UNSPECIFIED: _ClassVar[Arm]
    ARM_LEFT: _ClassVar[Arm]
    ARM_RIGHT: _ClassVar[Arm]

class CameraState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAMERA_STATE_UNSPECIFIED: _ClassVar[CameraState]
    CAMERA_STATE_ONLINE: _ClassVar[CameraState]
    CAMERA_STATE_OFFLINE: _ClassVar[CameraState]
    CAMERA_STATE_DISCONTINUITY: _ClassVar[CameraState]
    CAMERA_STATE_DEGRADED: _ClassVar[CameraState]
    CAMERA_STATE_RECOVERED: _ClassVar[CameraState]

class RestartReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESTART_REASON_UNSPECIFIED: _ClassVar[RestartReason]
    RESTART_REASON_OTHER_LOG: _ClassVar[RestartReason]
    RESTART_REASON_EVICTED: _ClassVar[RestartReason]
LIFECYCLE_UNSPECIFIED: Lifecycle
LIFECYCLE_PROVISIONAL: Lifecycle
LIFECYCLE_CONFIRMED: Lifecycle
LIFECYCLE_RETRACTED: Lifecycle
ARM_UNSPECIFIED: Arm
ARM_LEFT: Arm
ARM_RIGHT: Arm
CAMERA_STATE_UNSPECIFIED: CameraState
CAMERA_STATE_ONLINE: CameraState
CAMERA_STATE_OFFLINE: CameraState
CAMERA_STATE_DISCONTINUITY: CameraState
CAMERA_STATE_DEGRADED: CameraState
CAMERA_STATE_RECOVERED: CameraState
RESTART_REASON_UNSPECIFIED: RestartReason
RESTART_REASON_OTHER_LOG: RestartReason
RESTART_REASON_EVICTED: RestartReason

class Event(_message.Message):
    __slots__ = ("game", "sequence", "event_id", "revision", "lifecycle", "camera", "event_time", "media_offset", "append_time", "session", "media_segment", "shot", "camera_status", "form_alert", "action", "possession", "play", "game_state", "correction", "game_time")
    GAME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    APPEND_TIME_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    CAMERA_STATUS_FIELD_NUMBER: _ClassVar[int]
    FORM_ALERT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    POSSESSION_FIELD_NUMBER: _ClassVar[int]
    PLAY_FIELD_NUMBER: _ClassVar[int]
    GAME_STATE_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    GAME_TIME_FIELD_NUMBER: _ClassVar[int]
    game: str
    sequence: int
    event_id: str
    revision: int
    lifecycle: Lifecycle
    camera: str
    event_time: _timestamp_pb2.Timestamp
    media_offset: float
    append_time: _timestamp_pb2.Timestamp
    session: str
    media_segment: int
    shot: Shot
    camera_status: CameraStatus
    form_alert: FormAlert
    action: _players_pb2.PlayerAction
    possession: _players_pb2.Possession
    play: _players_pb2.Play
    game_state: _games_pb2.GameState
    correction: _games_pb2.Correction
    game_time: _games_pb2.GameTime
    def __init__(self, game: _Optional[str] = ..., sequence: _Optional[int] = ..., event_id: _Optional[str] = ..., revision: _Optional[int] = ..., lifecycle: _Optional[_Union[Lifecycle, str]] = ..., camera: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., media_offset: _Optional[float] = ..., append_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., session: _Optional[str] = ..., media_segment: _Optional[int] = ..., shot: _Optional[_Union[Shot, _Mapping]] = ..., camera_status: _Optional[_Union[CameraStatus, _Mapping]] = ..., form_alert: _Optional[_Union[FormAlert, _Mapping]] = ..., action: _Optional[_Union[_players_pb2.PlayerAction, _Mapping]] = ..., possession: _Optional[_Union[_players_pb2.Possession, _Mapping]] = ..., play: _Optional[_Union[_players_pb2.Play, _Mapping]] = ..., game_state: _Optional[_Union[_games_pb2.GameState, _Mapping]] = ..., correction: _Optional[_Union[_games_pb2.Correction, _Mapping]] = ..., game_time: _Optional[_Union[_games_pb2.GameTime, _Mapping]] = ...) -> None: ...

class Shot(_message.Message):
    __slots__ = ("probability", "release_uncertainty", "zone", "zone_probabilities", "zone_source", "points", "result", "make_probability", "shooter_track_id", "type", "type_probability", "rim_crossing", "team", "awarded_points", "court_x", "court_y", "model", "windows_agreeing", "windows_covering", "interrupted", "arc", "views", "playback_speed", "replay_of", "form", "identity", "jersey")
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    RELEASE_UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    ZONE_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    ZONE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    MAKE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    RIM_CROSSING_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    AWARDED_POINTS_FIELD_NUMBER: _ClassVar[int]
    COURT_X_FIELD_NUMBER: _ClassVar[int]
    COURT_Y_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_AGREEING_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_COVERING_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    ARC_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_SPEED_FIELD_NUMBER: _ClassVar[int]
    REPLAY_OF_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    JERSEY_FIELD_NUMBER: _ClassVar[int]
    probability: float
    release_uncertainty: float
    zone: _common_pb2.Zone
    zone_probabilities: _containers.RepeatedScalarFieldContainer[float]
    zone_source: _common_pb2.Source
    points: int
    result: _common_pb2.ShotResult
    make_probability: float
    shooter_track_id: int
    type: _common_pb2.ShotType
    type_probability: float
    rim_crossing: RimCrossing
    team: _games_pb2.Side
    awarded_points: int
    court_x: float
    court_y: float
    model: str
    windows_agreeing: int
    windows_covering: int
    interrupted: bool
    arc: BallArc
    views: _containers.RepeatedCompositeFieldContainer[ShotView]
    playback_speed: float
    replay_of: str
    form: ShotForm
    identity: Shooter
    jersey: _players_pb2.Jersey
    def __init__(self, probability: _Optional[float] = ..., release_uncertainty: _Optional[float] = ..., zone: _Optional[_Union[_common_pb2.Zone, str]] = ..., zone_probabilities: _Optional[_Iterable[float]] = ..., zone_source: _Optional[_Union[_common_pb2.Source, str]] = ..., points: _Optional[int] = ..., result: _Optional[_Union[_common_pb2.ShotResult, str]] = ..., make_probability: _Optional[float] = ..., shooter_track_id: _Optional[int] = ..., type: _Optional[_Union[_common_pb2.ShotType, str]] = ..., type_probability: _Optional[float] = ..., rim_crossing: _Optional[_Union[RimCrossing, _Mapping]] = ..., team: _Optional[_Union[_games_pb2.Side, str]] = ..., awarded_points: _Optional[int] = ..., court_x: _Optional[float] = ..., court_y: _Optional[float] = ..., model: _Optional[str] = ..., windows_agreeing: _Optional[int] = ..., windows_covering: _Optional[int] = ..., interrupted: _Optional[bool] = ..., arc: _Optional[_Union[BallArc, _Mapping]] = ..., views: _Optional[_Iterable[_Union[ShotView, _Mapping]]] = ..., playback_speed: _Optional[float] = ..., replay_of: _Optional[str] = ..., form: _Optional[_Union[ShotForm, _Mapping]] = ..., identity: _Optional[_Union[Shooter, _Mapping]] = ..., jersey: _Optional[_Union[_players_pb2.Jersey, _Mapping]] = ...) -> None: ...

class ShotForm(_message.Message):
    __slots__ = ("tempo_seconds", "release_height_torsos", "release_height_cm", "set_elbow_degrees", "set_knee_degrees", "release_elbow_degrees", "release_knee_degrees", "arm", "seen", "release_height_estimated")
    TEMPO_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_HEIGHT_TORSOS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_HEIGHT_CM_FIELD_NUMBER: _ClassVar[int]
    SET_ELBOW_DEGREES_FIELD_NUMBER: _ClassVar[int]
    SET_KNEE_DEGREES_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ELBOW_DEGREES_FIELD_NUMBER: _ClassVar[int]
    RELEASE_KNEE_DEGREES_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    RELEASE_HEIGHT_ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    tempo_seconds: float
    release_height_torsos: float
    release_height_cm: float
    set_elbow_degrees: float
    set_knee_degrees: float
    release_elbow_degrees: float
    release_knee_degrees: float
    arm: Arm
    seen: float
    release_height_estimated: bool
    def __init__(self, tempo_seconds: _Optional[float] = ..., release_height_torsos: _Optional[float] = ..., release_height_cm: _Optional[float] = ..., set_elbow_degrees: _Optional[float] = ..., set_knee_degrees: _Optional[float] = ..., release_elbow_degrees: _Optional[float] = ..., release_knee_degrees: _Optional[float] = ..., arm: _Optional[_Union[Arm, str]] = ..., seen: _Optional[float] = ..., release_height_estimated: _Optional[bool] = ...) -> None: ...

class Shooter(_message.Message):
    __slots__ = ("name", "probability", "baseline_distance")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    BASELINE_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    probability: float
    baseline_distance: float
    def __init__(self, name: _Optional[str] = ..., probability: _Optional[float] = ..., baseline_distance: _Optional[float] = ...) -> None: ...

class FormAlert(_message.Message):
    __slots__ = ("shooter", "event_ids", "statistic", "limit", "joints")
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    JOINTS_FIELD_NUMBER: _ClassVar[int]
    shooter: str
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    statistic: float
    limit: float
    joints: _containers.RepeatedCompositeFieldContainer[JointDeviation]
    def __init__(self, shooter: _Optional[str] = ..., event_ids: _Optional[_Iterable[str]] = ..., statistic: _Optional[float] = ..., limit: _Optional[float] = ..., joints: _Optional[_Iterable[_Union[JointDeviation, _Mapping]]] = ...) -> None: ...

class JointDeviation(_message.Message):
    __slots__ = ("joint", "horizontal_torsos", "vertical_torsos")
    JOINT_FIELD_NUMBER: _ClassVar[int]
    HORIZONTAL_TORSOS_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_TORSOS_FIELD_NUMBER: _ClassVar[int]
    joint: str
    horizontal_torsos: float
    vertical_torsos: float
    def __init__(self, joint: _Optional[str] = ..., horizontal_torsos: _Optional[float] = ..., vertical_torsos: _Optional[float] = ...) -> None: ...

class ShotView(_message.Message):
    __slots__ = ("camera", "event_time", "media_offset", "session", "media_segment", "lifecycle", "probability", "result", "make_probability", "shooter_track_id")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    MAKE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    camera: str
    event_time: _timestamp_pb2.Timestamp
    media_offset: float
    session: str
    media_segment: int
    lifecycle: Lifecycle
    probability: float
    result: _common_pb2.ShotResult
    make_probability: float
    shooter_track_id: int
    def __init__(self, camera: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., media_offset: _Optional[float] = ..., session: _Optional[str] = ..., media_segment: _Optional[int] = ..., lifecycle: _Optional[_Union[Lifecycle, str]] = ..., probability: _Optional[float] = ..., result: _Optional[_Union[_common_pb2.ShotResult, str]] = ..., make_probability: _Optional[float] = ..., shooter_track_id: _Optional[int] = ...) -> None: ...

class BallArc(_message.Message):
    __slots__ = ("release_angle_degrees", "entry_angle_degrees", "apex_metres", "uncertainty_degrees")
    RELEASE_ANGLE_DEGREES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ANGLE_DEGREES_FIELD_NUMBER: _ClassVar[int]
    APEX_METRES_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_DEGREES_FIELD_NUMBER: _ClassVar[int]
    release_angle_degrees: float
    entry_angle_degrees: float
    apex_metres: float
    uncertainty_degrees: float
    def __init__(self, release_angle_degrees: _Optional[float] = ..., entry_angle_degrees: _Optional[float] = ..., apex_metres: _Optional[float] = ..., uncertainty_degrees: _Optional[float] = ...) -> None: ...

class RimCrossing(_message.Message):
    __slots__ = ("depth_inches", "side_inches", "entry_angle_degrees", "uncertainty_inches", "entry_uncertainty_degrees")
    DEPTH_INCHES_FIELD_NUMBER: _ClassVar[int]
    SIDE_INCHES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ANGLE_DEGREES_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_INCHES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_UNCERTAINTY_DEGREES_FIELD_NUMBER: _ClassVar[int]
    depth_inches: float
    side_inches: float
    entry_angle_degrees: float
    uncertainty_inches: float
    entry_uncertainty_degrees: float
    def __init__(self, depth_inches: _Optional[float] = ..., side_inches: _Optional[float] = ..., entry_angle_degrees: _Optional[float] = ..., uncertainty_inches: _Optional[float] = ..., entry_uncertainty_degrees: _Optional[float] = ...) -> None: ...

class CameraStatus(_message.Message):
    __slots__ = ("state", "detail")
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    state: CameraState
    detail: str
    def __init__(self, state: _Optional[_Union[CameraState, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class SubscribeEventsRequest(_message.Message):
    __slots__ = ("game", "after_sequence", "cameras", "log", "kinds")
    GAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CAMERAS_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    game: str
    after_sequence: int
    cameras: _containers.RepeatedScalarFieldContainer[str]
    log: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, game: _Optional[str] = ..., after_sequence: _Optional[int] = ..., cameras: _Optional[_Iterable[str]] = ..., log: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ...) -> None: ...

class SubscribeEventsResponse(_message.Message):
    __slots__ = ("event", "heartbeat", "restart", "log")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    RESTART_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    event: Event
    heartbeat: Heartbeat
    restart: Restart
    log: str
    def __init__(self, event: _Optional[_Union[Event, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., restart: _Optional[_Union[Restart, _Mapping]] = ..., log: _Optional[str] = ...) -> None: ...

class Restart(_message.Message):
    __slots__ = ("reason", "earliest_sequence")
    REASON_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    reason: RestartReason
    earliest_sequence: int
    def __init__(self, reason: _Optional[_Union[RestartReason, str]] = ..., earliest_sequence: _Optional[int] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("high_water_mark", "server_time", "latency")
    HIGH_WATER_MARK_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    high_water_mark: int
    server_time: _timestamp_pb2.Timestamp
    latency: EventLatency
    def __init__(self, high_water_mark: _Optional[int] = ..., server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latency: _Optional[_Union[EventLatency, _Mapping]] = ...) -> None: ...

class EventLatency(_message.Message):
    __slots__ = ("announced_p50_seconds", "announced_p95_seconds", "final_p50_seconds", "final_p95_seconds")
    ANNOUNCED_P50_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCED_P95_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FINAL_P50_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FINAL_P95_SECONDS_FIELD_NUMBER: _ClassVar[int]
    announced_p50_seconds: float
    announced_p95_seconds: float
    final_p50_seconds: float
    final_p95_seconds: float
    def __init__(self, announced_p50_seconds: _Optional[float] = ..., announced_p95_seconds: _Optional[float] = ..., final_p50_seconds: _Optional[float] = ..., final_p95_seconds: _Optional[float] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("game", "after_sequence", "page_size", "page_token")
    GAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    game: str
    after_sequence: int
    page_size: int
    page_token: str
    def __init__(self, game: _Optional[str] = ..., after_sequence: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token", "high_water_mark", "earliest_sequence", "log")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_WATER_MARK_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    next_page_token: str
    high_water_mark: int
    earliest_sequence: int
    log: str
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., high_water_mark: _Optional[int] = ..., earliest_sequence: _Optional[int] = ..., log: _Optional[str] = ...) -> None: ...

class GetEventRequest(_message.Message):
    __slots__ = ("game", "event_id")
    GAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    game: str
    event_id: str
    def __init__(self, game: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...

class GetEventResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: Event
    def __init__(self, event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...
