"""Stream descriptors and packets: checked and converted from messages."""

from __future__ import annotations

import math
import time

from courtside.names import CameraName
from courtside.timestamps import from_timestamp
from courtside.v1 import ingest_pb2
from courtside_server.errors import BadDescriptor, BadPacket, BadRequest
from courtside_server.ingest.limits import IngestConfig
from courtside_server.types import Codec, EncodedPacket, StreamInfo, StreamMode

_CODECS = {
    ingest_pb2.CODEC_H264: Codec.H264,
    ingest_pb2.CODEC_HEVC: Codec.HEVC,
    ingest_pb2.CODEC_JPEG: Codec.JPEG,
    ingest_pb2.CODEC_RAW_RGB: Codec.RAW_RGB,
}
_MODES = {ingest_pb2.STREAM_MODE_LIVE: StreamMode.LIVE, ingest_pb2.STREAM_MODE_FILM: StreamMode.FILM}
_MAX_CONFIG = 64 * 2**10
"""Bytes of ``codec_config``."""
_FRAME_RATES = (0.1, 1000.0)
"""Least and most frames per second."""
_MAX_TIME_SCALE = 100.0
"""True seconds per media second; its inverse is the smallest."""
_EPOCH_LEAD_S = 86_400.0
"""Seconds that an epoch, which is by default the client's wall clock, may lie ahead of ours."""
_MAX_SESSION = 128
"""Characters of a session id."""


def stream_info(message: ingest_pb2.StreamDescriptor, config: IngestConfig) -> StreamInfo:
    """Check a descriptor.

    Raises:
        BadDescriptor: a field is missing, unknown or outside its limits; ``fields["field"]`` names it.
    """
    try:
        camera = CameraName.parse(message.camera)
    except BadRequest as error:
        raise BadDescriptor(error.message, field="camera") from None
    codec = _CODECS.get(message.codec)
    _need(codec is not None, "codec", "is unknown; use CODEC_H264, CODEC_HEVC, CODEC_JPEG or CODEC_RAW_RGB")
    mode = _MODES.get(message.mode)
    _need(mode is not None, "mode", "is unknown; use STREAM_MODE_LIVE or STREAM_MODE_FILM")
    assert codec is not None and mode is not None
    for field, side in (("width", message.width), ("height", message.height)):
        _need(2 <= side <= config.max_side, field, f"is {side}; it must be 2 to {config.max_side} pixels")
    pixels = message.width * message.height
    _need(
        pixels <= config.max_pixels,
        "width",
        f"times height is {pixels} pixels; the limit is {config.max_pixels}, scale the picture down",
    )
    raw_too_large = codec is Codec.RAW_RGB and pixels * 3 > config.max_message_bytes
    _need(
        not raw_too_large,
        "codec",
        f"CODEC_RAW_RGB makes packets of {pixels * 3} bytes, the limit is {config.max_message_bytes}; encode the "
        "picture or scale it down",
    )
    _need(
        message.frame_rate == 0 or _FRAME_RATES[0] <= message.frame_rate <= _FRAME_RATES[1],
        "frame_rate",
        f"is {message.frame_rate:g}; it must be {_FRAME_RATES[0]:g} to {_FRAME_RATES[1]:g} frames per second, or 0 "
        "where it is unknown",
    )
    _need(
        len(message.codec_config) <= _MAX_CONFIG,
        "codec_config",
        f"has {len(message.codec_config)} bytes; the limit is {_MAX_CONFIG}",
    )
    for field, part in (
        ("time_base_numerator", message.time_base_numerator),
        ("time_base_denominator", message.time_base_denominator),
    ):
        _need(part > 0, field, "must not be zero")
    _need(message.epoch > 0, "epoch", "must be greater than zero; a higher one takes the camera over")
    most = int((time.time() + _EPOCH_LEAD_S) * 1000)
    _need(
        message.epoch <= most,
        "epoch",
        f"is {message.epoch}; it must be at most {most}, tomorrow in milliseconds since 1970, because no other client "
        "could ever take the camera over",
    )
    _need(len(message.session) <= _MAX_SESSION, "session", "is not a session of a gateway; leave it empty")
    _need(message.rotation_degrees in (0, 90, 180, 270), "rotation_degrees", "must be 0, 90, 180 or 270")
    time_scale = message.time_scale or 1.0
    _need(
        math.isfinite(time_scale) and 1 / _MAX_TIME_SCALE <= time_scale <= _MAX_TIME_SCALE,
        "time_scale",
        f"is {time_scale}; it must be {1 / _MAX_TIME_SCALE:g} to {_MAX_TIME_SCALE:g}, or 0 for 1",
    )
    return StreamInfo(
        camera=camera,
        codec=codec,
        mode=mode,
        width=message.width,
        height=message.height,
        frame_rate=message.frame_rate,
        codec_config=message.codec_config,
        time_base=message.time_base_numerator / message.time_base_denominator,
        first_pts=message.first_pts,
        epoch=message.epoch,
        session=message.session,
        rotation=message.rotation_degrees,
        time_scale=time_scale,
        mirrored=message.mirrored,
    )


def encoded_packet(message: ingest_pb2.Packet, arrival: float, config: IngestConfig) -> EncodedPacket:
    """Check a packet.

    Args:
        message: the packet.
        arrival: server monotonic seconds.
        config: limits.

    Raises:
        BadPacket: no data, too much data, or no capture time.
    """
    if not message.data:
        raise BadPacket(f"packet {message.sequence} has no data", sequence=message.sequence, field="data")
    if len(message.data) > config.max_message_bytes:
        raise BadPacket(
            f"packet {message.sequence} has {len(message.data)} bytes; the limit is {config.max_message_bytes} "
            "(Accepted.limits)",
            sequence=message.sequence,
            field="data",
        )
    if not message.HasField("capture_time"):
        raise BadPacket(
            f"packet {message.sequence} has no capture_time; set it to the camera's wall clock",
            sequence=message.sequence,
            field="capture_time",
        )
    return EncodedPacket(
        sequence=message.sequence,
        capture_time=from_timestamp(message.capture_time),
        arrival=arrival,
        pts=message.pts,
        dts=message.dts if message.HasField("dts") else None,
        keyframe=message.keyframe,
        decode_only=message.decode_only,
        data=message.data,
        damaged=message.damaged,
    )


def _need(condition: bool, field: str, complaint: str) -> None:
    if not condition:
        raise BadDescriptor(f"{field} {complaint}", field=field)
