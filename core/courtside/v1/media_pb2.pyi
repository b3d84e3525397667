import datetime

from courtside.v1 import common_pb2 as _common_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MediaMoment(_message.Message):
    __slots__ = ("camera", "session", "media_segment", "media_offset")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    camera: str
    session: str
    media_segment: int
    media_offset: float
    def __init__(self, camera: _Optional[str] = ..., session: _Optional[str] = ..., media_segment: _Optional[int] = ..., media_offset: _Optional[float] = ...) -> None: ...

class GetClipRequest(_message.Message):
    __slots__ = ("game", "event_id", "moment", "camera", "before_seconds", "after_seconds", "all_cameras")
    GAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    BEFORE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    AFTER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ALL_CAMERAS_FIELD_NUMBER: _ClassVar[int]
    game: str
    event_id: str
    moment: MediaMoment
    camera: str
    before_seconds: float
    after_seconds: float
    all_cameras: bool
    def __init__(self, game: _Optional[str] = ..., event_id: _Optional[str] = ..., moment: _Optional[_Union[MediaMoment, _Mapping]] = ..., camera: _Optional[str] = ..., before_seconds: _Optional[float] = ..., after_seconds: _Optional[float] = ..., all_cameras: _Optional[bool] = ...) -> None: ...

class GetClipResponse(_message.Message):
    __slots__ = ("info", "data")
    INFO_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    info: ClipInfo
    data: bytes
    def __init__(self, info: _Optional[_Union[ClipInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class ClipInfo(_message.Message):
    __slots__ = ("content_type", "bytes", "cuts")
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CUTS_FIELD_NUMBER: _ClassVar[int]
    content_type: str
    bytes: int
    cuts: _containers.RepeatedCompositeFieldContainer[CutInfo]
    def __init__(self, content_type: _Optional[str] = ..., bytes: _Optional[int] = ..., cuts: _Optional[_Iterable[_Union[CutInfo, _Mapping]]] = ...) -> None: ...

class CutInfo(_message.Message):
    __slots__ = ("camera", "first_picture_time", "media_offset", "seconds", "codec")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    FIRST_PICTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_OFFSET_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    camera: str
    first_picture_time: _timestamp_pb2.Timestamp
    media_offset: float
    seconds: float
    codec: str
    def __init__(self, camera: _Optional[str] = ..., first_picture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., media_offset: _Optional[float] = ..., seconds: _Optional[float] = ..., codec: _Optional[str] = ...) -> None: ...

class ListRecordingsRequest(_message.Message):
    __slots__ = ("game",)
    GAME_FIELD_NUMBER: _ClassVar[int]
    game: str
    def __init__(self, game: _Optional[str] = ...) -> None: ...

class ListRecordingsResponse(_message.Message):
    __slots__ = ("recordings",)
    RECORDINGS_FIELD_NUMBER: _ClassVar[int]
    recordings: _containers.RepeatedCompositeFieldContainer[Recording]
    def __init__(self, recordings: _Optional[_Iterable[_Union[Recording, _Mapping]]] = ...) -> None: ...

class Recording(_message.Message):
    __slots__ = ("camera", "session", "start_time", "end_time", "bytes")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    camera: str
    session: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    bytes: int
    def __init__(self, camera: _Optional[str] = ..., session: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bytes: _Optional[int] = ...) -> None: ...

class CondenseGameRequest(_message.Message):
    __slots__ = ("game", "camera", "reel")
    GAME_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    REEL_FIELD_NUMBER: _ClassVar[int]
    game: str
    camera: str
    reel: Reel
    def __init__(self, game: _Optional[str] = ..., camera: _Optional[str] = ..., reel: _Optional[_Union[Reel, _Mapping]] = ...) -> None: ...

class Reel(_message.Message):
    __slots__ = ("track_ids", "shooter", "zones", "made_only")
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    SHOOTER_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    MADE_ONLY_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[int]
    shooter: str
    zones: _containers.RepeatedScalarFieldContainer[_common_pb2.Zone]
    made_only: bool
    def __init__(self, track_ids: _Optional[_Iterable[int]] = ..., shooter: _Optional[str] = ..., zones: _Optional[_Iterable[_Union[_common_pb2.Zone, str]]] = ..., made_only: _Optional[bool] = ...) -> None: ...

class CondenseGameResponse(_message.Message):
    __slots__ = ("progress", "info", "data")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    INFO_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    progress: float
    info: CondensedInfo
    data: bytes
    def __init__(self, progress: _Optional[float] = ..., info: _Optional[_Union[CondensedInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class CondensedInfo(_message.Message):
    __slots__ = ("camera", "bytes", "seconds", "game_seconds", "chapters")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    GAME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CHAPTERS_FIELD_NUMBER: _ClassVar[int]
    camera: str
    bytes: int
    seconds: float
    game_seconds: float
    chapters: _containers.RepeatedCompositeFieldContainer[Chapter]
    def __init__(self, camera: _Optional[str] = ..., bytes: _Optional[int] = ..., seconds: _Optional[float] = ..., game_seconds: _Optional[float] = ..., chapters: _Optional[_Iterable[_Union[Chapter, _Mapping]]] = ...) -> None: ...

class Chapter(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "title", "event_id")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    title: str
    event_id: str
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., title: _Optional[str] = ..., event_id: _Optional[str] = ...) -> None: ...
