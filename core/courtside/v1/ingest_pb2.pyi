import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Codec(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CODEC_UNSPECIFIED: _ClassVar[Codec]
    CODEC_H264: _ClassVar[Codec]
    CODEC_HEVC: _ClassVar[Codec]
    CODEC_JPEG: _ClassVar[Codec]
    CODEC_RAW_RGB: _ClassVar[Codec]

class StreamMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STREAM_MODE_UNSPECIFIED: _ClassVar[StreamMode]
    STREAM_MODE_LIVE: _ClassVar[StreamMode]
    STREAM_MODE_FILM: _ClassVar[StreamMode]
CODEC_UNSPECIFIED: Codec
CODEC_H264: Codec
CODEC_HEVC: Codec
CODEC_JPEG: Codec
CODEC_RAW_RGB: Codec
STREAM_MODE_UNSPECIFIED: StreamMode
STREAM_MODE_LIVE: StreamMode
STREAM_MODE_FILM: StreamMode

class StreamFramesRequest(_message.Message):
    __slots__ = ("stream", "packet", "end")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    stream: StreamDescriptor
    packet: Packet
    end: EndOfStream
    def __init__(self, stream: _Optional[_Union[StreamDescriptor, _Mapping]] = ..., packet: _Optional[_Union[Packet, _Mapping]] = ..., end: _Optional[_Union[EndOfStream, _Mapping]] = ...) -> None: ...

class StreamDescriptor(_message.Message):
    __slots__ = ("camera", "codec", "mode", "width", "height", "frame_rate", "codec_config", "time_base_numerator", "time_base_denominator", "first_pts", "epoch", "session", "client_time", "rotation_degrees", "time_scale", "mirrored")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_FIELD_NUMBER: _ClassVar[int]
    CODEC_CONFIG_FIELD_NUMBER: _ClassVar[int]
    TIME_BASE_NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    TIME_BASE_DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    FIRST_PTS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    CLIENT_TIME_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DEGREES_FIELD_NUMBER: _ClassVar[int]
    TIME_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIRRORED_FIELD_NUMBER: _ClassVar[int]
    camera: str
    codec: Codec
    mode: StreamMode
    width: int
    height: int
    frame_rate: float
    codec_config: bytes
    time_base_numerator: int
    time_base_denominator: int
    first_pts: int
    epoch: int
    session: str
    client_time: _timestamp_pb2.Timestamp
    rotation_degrees: int
    time_scale: float
    mirrored: bool
    def __init__(self, camera: _Optional[str] = ..., codec: _Optional[_Union[Codec, str]] = ..., mode: _Optional[_Union[StreamMode, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., frame_rate: _Optional[float] = ..., codec_config: _Optional[bytes] = ..., time_base_numerator: _Optional[int] = ..., time_base_denominator: _Optional[int] = ..., first_pts: _Optional[int] = ..., epoch: _Optional[int] = ..., session: _Optional[str] = ..., client_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rotation_degrees: _Optional[int] = ..., time_scale: _Optional[float] = ..., mirrored: _Optional[bool] = ...) -> None: ...

class Packet(_message.Message):
    __slots__ = ("sequence", "capture_time", "pts", "dts", "keyframe", "decode_only", "data", "damaged")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    PTS_FIELD_NUMBER: _ClassVar[int]
    DTS_FIELD_NUMBER: _ClassVar[int]
    KEYFRAME_FIELD_NUMBER: _ClassVar[int]
    DECODE_ONLY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    capture_time: _timestamp_pb2.Timestamp
    pts: int
    dts: int
    keyframe: bool
    decode_only: bool
    data: bytes
    damaged: bool
    def __init__(self, sequence: _Optional[int] = ..., capture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pts: _Optional[int] = ..., dts: _Optional[int] = ..., keyframe: _Optional[bool] = ..., decode_only: _Optional[bool] = ..., data: _Optional[bytes] = ..., damaged: _Optional[bool] = ...) -> None: ...

class EndOfStream(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamFramesResponse(_message.Message):
    __slots__ = ("accepted", "status")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    accepted: Accepted
    status: IngestStatus
    def __init__(self, accepted: _Optional[_Union[Accepted, _Mapping]] = ..., status: _Optional[_Union[IngestStatus, _Mapping]] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("session", "next_sequence", "limits", "server_time")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    session: str
    next_sequence: int
    limits: Limits
    server_time: _timestamp_pb2.Timestamp
    def __init__(self, session: _Optional[str] = ..., next_sequence: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_width", "max_height", "max_pixels")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_WIDTH_FIELD_NUMBER: _ClassVar[int]
    MAX_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_width: int
    max_height: int
    max_pixels: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_width: _Optional[int] = ..., max_height: _Optional[int] = ..., max_pixels: _Optional[int] = ...) -> None: ...

class IngestStatus(_message.Message):
    __slots__ = ("ack_sequence", "lag", "dropped", "received", "target_fps", "request_keyframe", "server_time", "windows_scored", "done", "decoded", "damaged")
    class DroppedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ACK_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAG_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_KEYFRAME_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_SCORED_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    DECODED_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    ack_sequence: int
    lag: _duration_pb2.Duration
    dropped: _containers.ScalarMap[str, int]
    received: int
    target_fps: float
    request_keyframe: bool
    server_time: _timestamp_pb2.Timestamp
    windows_scored: int
    done: bool
    decoded: int
    damaged: int
    def __init__(self, ack_sequence: _Optional[int] = ..., lag: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., dropped: _Optional[_Mapping[str, int]] = ..., received: _Optional[int] = ..., target_fps: _Optional[float] = ..., request_keyframe: _Optional[bool] = ..., server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., windows_scored: _Optional[int] = ..., done: _Optional[bool] = ..., decoded: _Optional[int] = ..., damaged: _Optional[int] = ...) -> None: ...
