from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_UNSPECIFIED: _ClassVar[Action]
    ACTION_BLOCK: _ClassVar[Action]
    ACTION_PASS: _ClassVar[Action]
    ACTION_RUN: _ClassVar[Action]
    ACTION_DRIBBLE: _ClassVar[Action]
    ACTION_SHOOT: _ClassVar[Action]
    ACTION_BALL_IN_HAND: _ClassVar[Action]
    ACTION_DEFENCE: _ClassVar[Action]
    ACTION_PICK: _ClassVar[Action]
    ACTION_NO_ACTION: _ClassVar[Action]
    ACTION_WALK: _ClassVar[Action]

class PossessionEnd(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POSSESSION_END_UNSPECIFIED: _ClassVar[PossessionEnd]
    POSSESSION_END_PASS: _ClassVar[PossessionEnd]
    POSSESSION_END_SHOT: _ClassVar[PossessionEnd]
    POSSESSION_END_LOST: _ClassVar[PossessionEnd]

class PlayKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAY_KIND_UNSPECIFIED: _ClassVar[PlayKind]
    PLAY_KIND_PASS: _ClassVar[PlayKind]
    PLAY_KIND_REBOUND: _ClassVar[PlayKind]
    PLAY_KIND_STEAL: _ClassVar[PlayKind]
    PLAY_KIND_TURNOVER: _ClassVar[PlayKind]
    PLAY_KIND_ASSIST: _ClassVar[PlayKind]
ACTION_UNSPECIFIED: Action
ACTION_BLOCK: Action
ACTION_PASS: Action
ACTION_RUN: Action
ACTION_DRIBBLE: Action
ACTION_SHOOT: Action
ACTION_BALL_IN_HAND: Action
ACTION_DEFENCE: Action
ACTION_PICK: Action
ACTION_NO_ACTION: Action
ACTION_WALK: Action
POSSESSION_END_UNSPECIFIED: PossessionEnd
POSSESSION_END_PASS: PossessionEnd
POSSESSION_END_SHOT: PossessionEnd
POSSESSION_END_LOST: PossessionEnd
PLAY_KIND_UNSPECIFIED: PlayKind
PLAY_KIND_PASS: PlayKind
PLAY_KIND_REBOUND: PlayKind
PLAY_KIND_STEAL: PlayKind
PLAY_KIND_TURNOVER: PlayKind
PLAY_KIND_ASSIST: PlayKind

class Jersey(_message.Message):
    __slots__ = ("number", "agreement", "readings", "name", "team")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    number: str
    agreement: float
    readings: int
    name: str
    team: str
    def __init__(self, number: _Optional[str] = ..., agreement: _Optional[float] = ..., readings: _Optional[int] = ..., name: _Optional[str] = ..., team: _Optional[str] = ...) -> None: ...

class PlayerAction(_message.Message):
    __slots__ = ("action", "confidence", "track_id", "end_media_offset", "model", "jersey")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    END_MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    JERSEY_FIELD_NUMBER: _ClassVar[int]
    action: Action
    confidence: float
    track_id: int
    end_media_offset: float
    model: str
    jersey: Jersey
    def __init__(self, action: _Optional[_Union[Action, str]] = ..., confidence: _Optional[float] = ..., track_id: _Optional[int] = ..., end_media_offset: _Optional[float] = ..., model: _Optional[str] = ..., jersey: _Optional[_Union[Jersey, _Mapping]] = ...) -> None: ...

class Possession(_message.Message):
    __slots__ = ("track_id", "confidence", "end_media_offset", "end", "team", "jersey")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    END_MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    JERSEY_FIELD_NUMBER: _ClassVar[int]
    track_id: int
    confidence: float
    end_media_offset: float
    end: PossessionEnd
    team: str
    jersey: Jersey
    def __init__(self, track_id: _Optional[int] = ..., confidence: _Optional[float] = ..., end_media_offset: _Optional[float] = ..., end: _Optional[_Union[PossessionEnd, str]] = ..., team: _Optional[str] = ..., jersey: _Optional[_Union[Jersey, _Mapping]] = ...) -> None: ...

class Play(_message.Message):
    __slots__ = ("kind", "track_id", "other_track_id", "confidence", "shot", "offensive", "jersey", "other_jersey")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    OFFENSIVE_FIELD_NUMBER: _ClassVar[int]
    JERSEY_FIELD_NUMBER: _ClassVar[int]
    OTHER_JERSEY_FIELD_NUMBER: _ClassVar[int]
    kind: PlayKind
    track_id: int
    other_track_id: int
    confidence: float
    shot: str
    offensive: bool
    jersey: Jersey
    other_jersey: Jersey
    def __init__(self, kind: _Optional[_Union[PlayKind, str]] = ..., track_id: _Optional[int] = ..., other_track_id: _Optional[int] = ..., confidence: _Optional[float] = ..., shot: _Optional[str] = ..., offensive: _Optional[bool] = ..., jersey: _Optional[_Union[Jersey, _Mapping]] = ..., other_jersey: _Optional[_Union[Jersey, _Mapping]] = ...) -> None: ...
