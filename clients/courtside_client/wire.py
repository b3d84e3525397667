"""The client's types as messages of ``courtside.v1``."""

from __future__ import annotations

import time

from courtside.media import SourceInfo
from courtside.timestamps import to_timestamp
from courtside.v1 import ingest_pb2
from courtside_client.encode import MAX_NOMINAL_RATE, MIN_NOMINAL_RATE
from courtside_client.options import Mode, Plan, StreamOptions
from courtside_client.spool import Spooled


def descriptor_request(
    camera: str, info: SourceInfo, plan: Plan, size: tuple[int, int], options: StreamOptions, session: str
) -> ingest_pb2.StreamFramesRequest:
    """The first message of a connection.

    Args:
        camera: resource name.
        info: the source.
        plan: what is sent.
        size: width and height of the coded picture, pixels.
        options: how to send it.
        session: the session to resume; empty for a new one.
    """
    film = options.effective_mode is Mode.FILM
    return ingest_pb2.StreamFramesRequest(
        stream=ingest_pb2.StreamDescriptor(
            camera=camera,
            codec=plan.codec,
            mode=ingest_pb2.STREAM_MODE_FILM if film else ingest_pb2.STREAM_MODE_LIVE,
            width=size[0],
            height=size[1],
            # A label that no camera can have is none; the server learns the rate from the frames.
            frame_rate=info.frame_rate if MIN_NOMINAL_RATE <= info.frame_rate <= MAX_NOMINAL_RATE else 0.0,
            codec_config=info.codec_config if plan.passthrough else b"",
            time_base_numerator=info.time_base.numerator,
            time_base_denominator=info.time_base.denominator,
            first_pts=info.first_pts,
            epoch=options.epoch,
            session=session,
            client_time=to_timestamp(time.time()),
            rotation_degrees=info.rotation,
            mirrored=info.mirrored,
            time_scale=options.time_scale,
        )
    )


def packet_request(item: Spooled) -> ingest_pb2.StreamFramesRequest:
    """One packet."""
    packet = item.packet
    return ingest_pb2.StreamFramesRequest(
        packet=ingest_pb2.Packet(
            sequence=item.sequence,
            capture_time=to_timestamp(packet.capture_time),
            pts=packet.pts,
            dts=packet.dts,
            keyframe=packet.keyframe,
            decode_only=packet.decode_only,
            data=packet.data,
            damaged=packet.damaged,
        )
    )
