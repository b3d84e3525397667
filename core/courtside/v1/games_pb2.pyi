import datetime

from courtside.v1 import common_pb2 as _common_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_HOME: _ClassVar[Side]
    SIDE_AWAY: _ClassVar[Side]
SIDE_UNSPECIFIED: Side
SIDE_HOME: Side
SIDE_AWAY: Side

class RosterPlayer(_message.Message):
    __slots__ = ("number", "name")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    number: str
    name: str
    def __init__(self, number: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class Team(_message.Message):
    __slots__ = ("name", "short_name", "colour", "players")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHORT_NAME_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    PLAYERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    short_name: str
    colour: str
    players: _containers.RepeatedCompositeFieldContainer[RosterPlayer]
    def __init__(self, name: _Optional[str] = ..., short_name: _Optional[str] = ..., colour: _Optional[str] = ..., players: _Optional[_Iterable[_Union[RosterPlayer, _Mapping]]] = ...) -> None: ...

class GameClock(_message.Message):
    __slots__ = ("period", "remaining_seconds", "running", "set_time", "set_by")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    REMAINING_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    SET_TIME_FIELD_NUMBER: _ClassVar[int]
    SET_BY_FIELD_NUMBER: _ClassVar[int]
    period: int
    remaining_seconds: float
    running: bool
    set_time: _timestamp_pb2.Timestamp
    set_by: str
    def __init__(self, period: _Optional[int] = ..., remaining_seconds: _Optional[float] = ..., running: _Optional[bool] = ..., set_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., set_by: _Optional[str] = ...) -> None: ...

class GameFormat(_message.Message):
    __slots__ = ("periods", "period_seconds", "overtime_seconds")
    PERIODS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    periods: int
    period_seconds: float
    overtime_seconds: float
    def __init__(self, periods: _Optional[int] = ..., period_seconds: _Optional[float] = ..., overtime_seconds: _Optional[float] = ...) -> None: ...

class GameState(_message.Message):
    __slots__ = ("home", "away", "format", "clock", "home_score", "away_score", "home_adjustment", "away_adjustment", "unassigned_points", "home_basket", "title")
    HOME_FIELD_NUMBER: _ClassVar[int]
    AWAY_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    HOME_SCORE_FIELD_NUMBER: _ClassVar[int]
    AWAY_SCORE_FIELD_NUMBER: _ClassVar[int]
    HOME_ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    AWAY_ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    UNASSIGNED_POINTS_FIELD_NUMBER: _ClassVar[int]
    HOME_BASKET_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    home: Team
    away: Team
    format: GameFormat
    clock: GameClock
    home_score: int
    away_score: int
    home_adjustment: int
    away_adjustment: int
    unassigned_points: int
    home_basket: int
    title: str
    def __init__(self, home: _Optional[_Union[Team, _Mapping]] = ..., away: _Optional[_Union[Team, _Mapping]] = ..., format: _Optional[_Union[GameFormat, _Mapping]] = ..., clock: _Optional[_Union[GameClock, _Mapping]] = ..., home_score: _Optional[int] = ..., away_score: _Optional[int] = ..., home_adjustment: _Optional[int] = ..., away_adjustment: _Optional[int] = ..., unassigned_points: _Optional[int] = ..., home_basket: _Optional[int] = ..., title: _Optional[str] = ...) -> None: ...

class GameTime(_message.Message):
    __slots__ = ("period", "remaining_seconds", "home_score", "away_score")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    REMAINING_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HOME_SCORE_FIELD_NUMBER: _ClassVar[int]
    AWAY_SCORE_FIELD_NUMBER: _ClassVar[int]
    period: int
    remaining_seconds: float
    home_score: int
    away_score: int
    def __init__(self, period: _Optional[int] = ..., remaining_seconds: _Optional[float] = ..., home_score: _Optional[int] = ..., away_score: _Optional[int] = ...) -> None: ...

class ShotFacts(_message.Message):
    __slots__ = ("happened", "result", "type", "points", "court_x", "court_y", "team", "number")
    HAPPENED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    COURT_X_FIELD_NUMBER: _ClassVar[int]
    COURT_Y_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    happened: bool
    result: _common_pb2.ShotResult
    type: _common_pb2.ShotType
    points: int
    court_x: float
    court_y: float
    team: Side
    number: str
    def __init__(self, happened: _Optional[bool] = ..., result: _Optional[_Union[_common_pb2.ShotResult, str]] = ..., type: _Optional[_Union[_common_pb2.ShotType, str]] = ..., points: _Optional[int] = ..., court_x: _Optional[float] = ..., court_y: _Optional[float] = ..., team: _Optional[_Union[Side, str]] = ..., number: _Optional[str] = ...) -> None: ...

class CorrectionStep(_message.Message):
    __slots__ = ("by", "time", "facts", "comment")
    BY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    by: str
    time: _timestamp_pb2.Timestamp
    facts: ShotFacts
    comment: str
    def __init__(self, by: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., facts: _Optional[_Union[ShotFacts, _Mapping]] = ..., comment: _Optional[str] = ...) -> None: ...

class Correction(_message.Message):
    __slots__ = ("steps", "by_model")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    BY_MODEL_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[CorrectionStep]
    by_model: ShotFacts
    def __init__(self, steps: _Optional[_Iterable[_Union[CorrectionStep, _Mapping]]] = ..., by_model: _Optional[_Union[ShotFacts, _Mapping]] = ...) -> None: ...

class SetGameRequest(_message.Message):
    __slots__ = ("game", "title", "home", "away", "format", "home_basket")
    GAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    AWAY_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    HOME_BASKET_FIELD_NUMBER: _ClassVar[int]
    game: str
    title: str
    home: Team
    away: Team
    format: GameFormat
    home_basket: int
    def __init__(self, game: _Optional[str] = ..., title: _Optional[str] = ..., home: _Optional[_Union[Team, _Mapping]] = ..., away: _Optional[_Union[Team, _Mapping]] = ..., format: _Optional[_Union[GameFormat, _Mapping]] = ..., home_basket: _Optional[int] = ...) -> None: ...

class SetGameResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: GameState
    def __init__(self, state: _Optional[_Union[GameState, _Mapping]] = ...) -> None: ...

class GetGameRequest(_message.Message):
    __slots__ = ("game",)
    GAME_FIELD_NUMBER: _ClassVar[int]
    game: str
    def __init__(self, game: _Optional[str] = ...) -> None: ...

class GetGameResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: GameState
    def __init__(self, state: _Optional[_Union[GameState, _Mapping]] = ...) -> None: ...

class ListGamesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListGamesResponse(_message.Message):
    __slots__ = ("games",)
    GAMES_FIELD_NUMBER: _ClassVar[int]
    games: _containers.RepeatedCompositeFieldContainer[GameSummary]
    def __init__(self, games: _Optional[_Iterable[_Union[GameSummary, _Mapping]]] = ...) -> None: ...

class GameSummary(_message.Message):
    __slots__ = ("game", "title", "high_water_mark", "state")
    GAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    HIGH_WATER_MARK_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    game: str
    title: str
    high_water_mark: int
    state: GameState
    def __init__(self, game: _Optional[str] = ..., title: _Optional[str] = ..., high_water_mark: _Optional[int] = ..., state: _Optional[_Union[GameState, _Mapping]] = ...) -> None: ...

class SetClockRequest(_message.Message):
    __slots__ = ("game", "period", "remaining_seconds", "running", "by")
    GAME_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    REMAINING_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    game: str
    period: int
    remaining_seconds: float
    running: bool
    by: str
    def __init__(self, game: _Optional[str] = ..., period: _Optional[int] = ..., remaining_seconds: _Optional[float] = ..., running: _Optional[bool] = ..., by: _Optional[str] = ...) -> None: ...

class SetClockResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: GameState
    def __init__(self, state: _Optional[_Union[GameState, _Mapping]] = ...) -> None: ...

class AdjustScoreRequest(_message.Message):
    __slots__ = ("game", "side", "points", "by")
    GAME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    game: str
    side: Side
    points: int
    by: str
    def __init__(self, game: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., points: _Optional[int] = ..., by: _Optional[str] = ...) -> None: ...

class AdjustScoreResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: GameState
    def __init__(self, state: _Optional[_Union[GameState, _Mapping]] = ...) -> None: ...

class CorrectShotRequest(_message.Message):
    __slots__ = ("game", "event_id", "facts", "by", "comment", "revision")
    GAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    game: str
    event_id: str
    facts: ShotFacts
    by: str
    comment: str
    revision: int
    def __init__(self, game: _Optional[str] = ..., event_id: _Optional[str] = ..., facts: _Optional[_Union[ShotFacts, _Mapping]] = ..., by: _Optional[str] = ..., comment: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class CorrectShotResponse(_message.Message):
    __slots__ = ("sequence", "revision")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    revision: int
    def __init__(self, sequence: _Optional[int] = ..., revision: _Optional[int] = ...) -> None: ...

class UndoCorrectionRequest(_message.Message):
    __slots__ = ("game", "event_id", "by")
    GAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    game: str
    event_id: str
    by: str
    def __init__(self, game: _Optional[str] = ..., event_id: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class UndoCorrectionResponse(_message.Message):
    __slots__ = ("sequence", "revision")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    revision: int
    def __init__(self, sequence: _Optional[int] = ..., revision: _Optional[int] = ...) -> None: ...

class AddShotRequest(_message.Message):
    __slots__ = ("camera", "media_offset", "session", "media_segment", "event_time", "facts", "by", "comment")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    camera: str
    media_offset: float
    session: str
    media_segment: int
    event_time: _timestamp_pb2.Timestamp
    facts: ShotFacts
    by: str
    comment: str
    def __init__(self, camera: _Optional[str] = ..., media_offset: _Optional[float] = ..., session: _Optional[str] = ..., media_segment: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., facts: _Optional[_Union[ShotFacts, _Mapping]] = ..., by: _Optional[str] = ..., comment: _Optional[str] = ...) -> None: ...

class AddShotResponse(_message.Message):
    __slots__ = ("event_id", "sequence")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    sequence: int
    def __init__(self, event_id: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...
