"""Coded streams of numbered pictures: the number can be read back from the decoded pixels."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from courtside.names import CameraName
from courtside.timestamps import to_timestamp
from courtside.v1 import ingest_pb2
from courtside_server.types import Codec, EncodedPacket, StreamInfo, StreamMode

CAMERA = "games/test/cameras/left"
WIDTH, HEIGHT = 192, 128
BITS, BLOCK = 12, 16
_WIRE_CODEC = {
    Codec.H264: ingest_pb2.CODEC_H264, Codec.HEVC: ingest_pb2.CODEC_HEVC,
    Codec.JPEG: ingest_pb2.CODEC_JPEG, Codec.RAW_RGB: ingest_pb2.CODEC_RAW_RGB,
}


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """RGB: the number in white and black blocks along the top, a moving pattern below."""
    rgb = np.empty((height, width, 3), np.uint8)
    rows, columns = np.indices((height, width))
    rgb[..., 0] = 60 + (columns * 2 + number * 7) % 120
    rgb[..., 1] = 60 + (rows * 2 + number * 5) % 120
    rgb[..., 2] = 120
    for bit in range(BITS):
        rgb[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 16
    return rgb


def number_of(planes: np.ndarray) -> int:
    """The number of a picture, from its I420 planes."""
    levels = planes[4 : BLOCK - 4, : BITS * BLOCK].reshape(BLOCK - 8, BITS, BLOCK)[:, :, 4:-4].mean(axis=(0, 2))
    return sum(1 << bit for bit, level in enumerate(levels) if level > 128)


def damage(planes: np.ndarray, number: int) -> float:
    """Mean difference in grey levels of a decoded picture from the one that was encoded."""
    height = planes.shape[0] * 2 // 3
    expected = cv2.cvtColor(picture(number, planes.shape[1], height), cv2.COLOR_RGB2YUV_I420)
    return float(np.abs(expected[:height].astype(int) - planes[:height]).mean())


@dataclass(frozen=True)
class Coded:
    """A stream ready to be sent."""

    info: StreamInfo
    packets: tuple[EncodedPacket, ...]

    def descriptor(self, **changes: Any) -> ingest_pb2.StreamDescriptor:
        info, base = self.info, Fraction(self.info.time_base).limit_denominator(1_000_000)
        fields: dict[str, Any] = {
            "camera": info.camera.name, "codec": _WIRE_CODEC[info.codec], "epoch": info.epoch,
            "mode": ingest_pb2.STREAM_MODE_LIVE if info.mode is StreamMode.LIVE else ingest_pb2.STREAM_MODE_FILM,
            "width": info.width, "height": info.height, "frame_rate": info.frame_rate,
            "codec_config": info.codec_config, "time_base_numerator": base.numerator,
            "time_base_denominator": base.denominator, "rotation_degrees": info.rotation, "mirrored": info.mirrored,
            "client_time": to_timestamp(time.time()),
        }
        return ingest_pb2.StreamDescriptor(**fields | changes)

    def change(self, **changes: Any) -> Coded:
        return Coded(replace(self.info, **changes), self.packets)

    def film(self) -> Coded:
        return self.change(mode=StreamMode.FILM)


def message(packet: EncodedPacket | ingest_pb2.StreamDescriptor | None, **changes: Any) -> Any:
    """A packet, a descriptor or (``None``) the end, as a request."""
    if packet is None:
        return ingest_pb2.StreamFramesRequest(end=ingest_pb2.EndOfStream())
    if isinstance(packet, ingest_pb2.StreamDescriptor):
        return ingest_pb2.StreamFramesRequest(stream=packet)
    wire = ingest_pb2.Packet(
        sequence=packet.sequence, capture_time=to_timestamp(packet.capture_time or time.time()), pts=packet.pts,
        keyframe=packet.keyframe, decode_only=packet.decode_only, data=packet.data,
        damaged=packet.damaged,
    )
    for name, value in changes.items():
        if value is None:
            wire.ClearField(name)
        elif name == "capture_time":
            wire.capture_time.CopyFrom(value)
        else:
            setattr(wire, name, value)
    return ingest_pb2.StreamFramesRequest(packet=wire)


def encode(
    codec: Codec = Codec.H264, frames: int = 60, *, gop: int = 15, bframes: int = 0, lengths: bool = False,
    width: int = WIDTH, height: int = HEIGHT, fps: int = 30, numbers: Iterable[int] | None = None,
    open_gop: bool = False, intra_refresh: bool = False,
) -> Coded:
    """Encode numbered pictures.

    Args:
        lengths: length-prefixed packets with an avcC / hvcC record, as MP4 keeps them; else Annex B.
        intra_refresh: H.264 that renews its pictures in strips; a keyframe at the start only.
    """
    numbers = list(range(frames)) if numbers is None else list(numbers)
    config, packets = b"", []
    if codec is Codec.RAW_RGB:
        packets = [(picture(n, width, height).tobytes(), i, True) for i, n in enumerate(numbers)]
    elif codec is Codec.JPEG:
        for index, number in enumerate(numbers):
            bgr = cv2.cvtColor(picture(number, width, height), cv2.COLOR_RGB2BGR)
            packets.append((cv2.imencode(".jpg", bgr)[1].tobytes(), index, True))
    else:
        config, packets = _video(
            codec, numbers, gop, bframes, lengths, width, height, fps, open_gop, intra_refresh
        )
    info = StreamInfo(
        camera=CameraName.parse(CAMERA), codec=codec, mode=StreamMode.LIVE, width=width, height=height,
        frame_rate=float(fps), codec_config=config, time_base=1 / fps, first_pts=0, epoch=1, session="",
        rotation=0, time_scale=1.0,
    )
    return Coded(info, tuple(
        EncodedPacket(i, 0.0, 0.0, pts, None, key, False, data) for i, (data, pts, key) in enumerate(packets)
    ))


def _video(
    codec: Codec, numbers: Sequence[int], gop: int, bframes: int, lengths: bool, width: int, height: int, fps: int,
    open_gop: bool, intra_refresh: bool,
) -> tuple[bytes, list[tuple[bytes, int, bool]]]:
    context = av.VideoCodecContext.create("libx264" if codec is Codec.H264 else "libx265", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
    context.gop_size, context.max_b_frames = gop, bframes
    tools = f"b-adapt=0:keyint={gop}:scenecut=0" + (":intra-refresh=1" if intra_refresh else "")
    if codec is Codec.H264:
        # Without adaptive B-frames every run has as many as asked for.
        context.options = {"preset": "veryfast", "crf": "18", "x264-params": f"{tools}:open-gop={int(open_gop)}"}
    else:
        params = f"{tools}:open-gop={int(open_gop)}:bframes={bframes}:repeat-headers=1:log-level=none:pools=1"
        context.options = {"preset": "ultrafast", "crf": "15", "x265-params": params}
    if lengths:
        return _boxed(context, numbers, width, height, fps)
    packets = []
    for pts, number in enumerate(numbers):
        frame = av.VideoFrame.from_ndarray(picture(number, width, height), "rgb24")
        frame.pts = pts
        packets += context.encode(frame)
    packets += context.encode(None)
    return b"", [(bytes(p), p.pts, p.is_keyframe) for p in packets]


def _boxed(context: Any, numbers: Sequence[int], width: int, height: int, fps: int) -> Any:
    import io

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(context.name, rate=fps, options=dict(context.options))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = context.gop_size, context.max_b_frames
        for pts, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), "rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        stream = container.streams.video[0]
        config = bytes(stream.codec_context.extradata)
        unit = Fraction(1, fps) / stream.time_base
        packets = [
            (bytes(p), round(p.pts / unit), p.is_keyframe) for p in container.demux(stream) if p.size
        ]
    return config, packets


def info_of_film(path: Path) -> Coded:
    """A film's packets exactly as its container has them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size]
        info = StreamInfo(
            camera=CameraName.parse(CAMERA),
            codec=Codec.HEVC if stream.codec_context.name == "hevc" else Codec.H264,
            mode=StreamMode.FILM, width=stream.width, height=stream.height,
            frame_rate=float(stream.average_rate or 0), codec_config=bytes(stream.codec_context.extradata or b""),
            time_base=float(stream.time_base), first_pts=min(p.pts for p in packets), epoch=1, session="",
            rotation=0, time_scale=1.0,
        )
        coded = tuple(
            EncodedPacket(i, 0.0, 0.0, p.pts, p.dts, p.is_keyframe, p.is_discard, bytes(p))
            for i, p in enumerate(packets)
        )
    return Coded(info, coded)
