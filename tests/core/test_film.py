"""The film reader: order, edit lists, rotation, damage and every codec, with one typed error for what is no film."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from skill_support import write_film as long_film

from courtside.errors import NoVideo, SourceError, SourceNotFound, UndecodableFilm
from courtside.film import Film
from courtside.orientation import upright
from courtside.parameter_sets import ParameterSets

COUNT = 40


def write_film(path: Path, codec: str = "libx264", **options: str) -> Path:
    """A film whose every frame is as bright as its number says."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index in range(COUNT):
            picture = np.full((72, 128, 3), 20 + 5 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def numbers(film: Film, start_pts: int | None = None) -> list[int]:
    """Which frames come out, by their brightness."""
    return [round((frame.picture().to_ndarray(format="gray").mean() - 20) / 5) for frame in film.frames(start_pts)]


def patched(path: Path, box: bytes, offset: int, data: bytes) -> Path:
    """Overwrite bytes of an MP4, counted from the end of a box's type."""
    content = bytearray(path.read_bytes())
    at = content.index(box) + len(box) + offset
    content[at : at + len(data)] = data
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("plain.mp4", "libx264", {"tune": "zerolatency"}),
        ("reordered.mp4", "libx264", {"bf": "3"}),
        ("reordered.mkv", "libx264", {"bf": "3"}),
        ("old.avi", "mpeg4", {"qmin": "1", "qmax": "1"}),
        ("pictures.avi", "mjpeg", {}),
    ],
)
def test_every_frame_comes_out_once_in_the_order_it_is_shown(tmp_path, name, codec, options):
    film = Film(write_film(tmp_path / name, codec, **options))
    assert numbers(film) == numbers(film) == list(range(COUNT)), "a film can be read again"
    assert (film.info.width, film.info.height, film.info.rotation, film.info.live) == (128, 72, 0, False)
    assert film.info.reordered == name.startswith("reordered") and film.undecodable == 0
    frames, packets = list(film.frames()), list(film.packets())
    assert frames[0].pts == film.info.first_pts and len(packets) == COUNT and packets[0].keyframe
    assert sorted(packet.pts for packet in packets) == [frame.pts for frame in frames]


def test_what_an_edit_list_cuts_away_is_decoded_but_not_shown(tmp_path):
    path = write_film(tmp_path / "cut.mp4", bf="0")
    ticks = int(0.5 / Film(path).info.time_base)  # five frames
    film = Film(patched(path, b"elst", 12, struct.pack(">i", ticks)))
    assert numbers(film) == list(range(5, COUNT))
    cut = [packet.decode_only for packet in film.packets()]
    assert cut == [True] * 5 + [False] * (COUNT - 5)
    assert film.info.first_pts == next(film.frames()).pts


def test_a_rotation_in_the_container_is_reported(tmp_path):
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 72 << 16, 0, 1 << 30)
    assert Film(patched(write_film(tmp_path / "phone.mp4"), b"tkhd", 40, matrix)).info.rotation == 90


@pytest.mark.parametrize("label", [2.0, 1000.0])
def test_the_frame_rate_is_that_of_the_pictures_whatever_the_container_says(tmp_path, label):
    path = write_film(tmp_path / "label.flv", "flv")
    film = Film(patched(path, b"framerate", 1, struct.pack(">d", label)))
    assert film.info.frame_rate == pytest.approx(10, rel=0.02) and numbers(film) == list(range(COUNT))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_display_matrix_is_a_mirror_and_a_turn(tmp_path, turn, mirrored):
    """By the definition: a stored (x, y) is shown at (ax + cy, bx + dy)."""
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    a, b, c, d = (-cosine if mirrored else cosine), (-sine if mirrored else sine), -sine, cosine
    matrix = struct.pack(">9i", *(v << 16 for v in (a, b)), 0, *(v << 16 for v in (c, d)), 0, 0, 0, 1 << 30)
    film = Film(patched(write_film(tmp_path / "phone.mp4"), b"tkhd", 40, matrix))
    assert (film.info.rotation, film.info.mirrored) == (turn, mirrored)
    stored = np.arange(12, dtype=np.uint8).reshape(3, 4)
    shown = upright(stored, turn, mirrored)
    corner = np.array([[a, c], [b, d]])
    where = {tuple(corner @ (x, y)): stored[y, x] for y in range(3) for x in range(4)}
    left, top = min(x for x, _ in where), min(y for _, y in where)
    assert shown.shape == ((4, 3) if turn % 180 else (3, 4))
    assert all(shown[y - top, x - left] == value for (x, y), value in where.items())
    out = np.empty_like(shown)
    upright(stored, turn, mirrored, out)
    assert (out == shown).all()


@pytest.mark.parametrize(("lead", "counted"), [(2.5, True), (0.05, False)])
def test_time_counts_from_sound_that_begins_before_the_picture(tmp_path, lead, counted):
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        video, audio = container.add_stream("libx264", rate=10), container.add_stream("aac", rate=48000)
        video.width, video.height, video.pix_fmt = 128, 72, "yuv420p"
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        for index in range(150):
            sound.rate, sound.pts = 48000, index * 1024
            container.mux(audio.encode(sound))
        for index in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((72, 128, 3), 90, np.uint8))
            picture.pts, picture.time_base = round((lead + index / 10) * 1000), Fraction(1, 1000)
            container.mux(video.encode(picture))
        container.mux(video.encode())
    film = Film(tmp_path / "film.mkv")
    first = next(film.frames()).pts
    begins = float((first - film.info.first_pts) * film.info.time_base)
    assert begins == pytest.approx(lead if counted else 0, abs=0.03)


def test_one_long_picture_does_not_spoil_the_frame_rate(tmp_path):
    plain = write_film(tmp_path / "plain.mp4", bf="0")
    with av.open(str(plain)) as source, av.open(str(tmp_path / "long.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        packets[-1].duration = round(120 / packets[-1].time_base)
        for packet in packets:
            packet.stream = stream
            out.mux(packet)
    assert Film(tmp_path / "long.mp4").info.frame_rate == pytest.approx(10)


def test_reading_can_begin_at_a_keyframe_before_a_time(tmp_path):
    film = Film(write_film(tmp_path / "film.mp4", g="10"))
    found = numbers(film, film.info.first_pts + int(2.55 / film.info.time_base))
    assert found == list(range(20, COUNT))


def test_a_film_that_is_cut_off_ends_there(tmp_path):
    path = write_film(tmp_path / "cut.mkv", g="10", tune="zerolatency")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = numbers(Film(path))
    assert found == list(range(len(found))) and 10 <= len(found) < COUNT


def test_a_packet_that_cannot_be_decoded_is_left_out_and_counted(tmp_path):
    path = write_film(tmp_path / "hurt.avi", "mjpeg")
    content = bytearray(path.read_bytes())
    starts = [i for i in range(len(content) - 8) if content.startswith(b"00dc", i) and content[i + 8] == 0xFF]
    size = struct.unpack("<I", content[starts[7] + 4 : starts[7] + 8])[0]
    content[starts[7] + 8 : starts[7] + 8 + size] = bytes(size)
    path.write_bytes(bytes(content))
    film = Film(path)
    assert numbers(film) == [n for n in range(COUNT) if n != 7] and film.undecodable == 1


def test_a_stream_that_appears_in_the_middle_of_a_film_is_left_out(tmp_path):
    path = long_film(tmp_path / "hurt.ts", 300.0)
    content = bytearray(path.read_bytes())
    starts = [at for at in range(0, len(content), 188) if content[at + 1] & 0x5F == 0x41 and content[at + 2] == 0]
    content[starts[-20] + 2] ^= 0xFF  # one packet of the video gets an id of its own
    path.write_bytes(content)
    assert len(list(Film(path).packets())) == 299


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_film_with_lost_bytes_gives_its_pictures_and_says_which_are_damaged(tmp_path, codec):
    path = tmp_path / "lossy.ts"
    source = np.random.default_rng(1)
    still = source.integers(0, 240, (180, 320, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"g": "10", "bf": "0", "sc_threshold": "0", "b": "3M"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(COUNT):
            picture = still + source.integers(0, 15, (180, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        at = [packet.pos for packet in container.demux(video=0) if packet.size][25] + 2 * 188
    data = path.read_bytes()
    path.write_bytes(data[:at] + data[at + 188 :])
    film = Film(path)
    packets = list(film.packets())
    assert [index for index, packet in enumerate(packets) if packet.keyframe] == [0, 10, 20, 30]
    hurt = [index for index, packet in enumerate(packets) if packet.damaged]
    assert len(packets) == COUNT and len(hurt) == 1 and 20 < hurt[0] < 30
    assert len(list(film.frames())) == COUNT and 0 <= film.damaged - (30 - hurt[0]) <= 1


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("nowhere.mp4", None, SourceNotFound), ("text.mp4", b"hello", UndecodableFilm),
        ("empty.mp4", b"", UndecodableFilm), (".", None, UndecodableFilm), ("\udcff.mp4", None, SourceNotFound),
    ],
)  # fmt: skip
def test_what_is_no_film_is_one_clear_error(tmp_path, name, content, error):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error) as caught:
        Film(tmp_path / name)
    assert isinstance(caught.value, SourceError) and "\n" not in caught.value.message
    assert caught.value.source == str(tmp_path / name) and caught.value.exit_code == 2


def test_sound_alone_is_no_film(tmp_path):
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(NoVideo):
        Film(tmp_path / "sound.wav")


@pytest.mark.parametrize("name", ["2026-11-22T20:15:00.mp4", "final:q1.mp4", "http:a.mp4", "game [1080p] %d.mp4"])
def test_a_name_is_a_name_and_no_address(tmp_path, monkeypatch, name):
    write_film(tmp_path / "plain.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert numbers(Film(name)) == numbers(Film(Path(name))) == list(range(COUNT))


def test_a_name_that_is_too_long_is_no_such_file():
    with pytest.raises(SourceNotFound):
        Film("x" * 5000 + ".mp4")


class Changed:
    """A keyframe with which a container gives a new decoder configuration."""

    is_keyframe = True

    def __init__(self, data: bytes, config: bytes) -> None:
        self._data, self._config = data, config

    def has_sidedata(self, kind: str) -> bool:
        return kind == "new_extradata"

    def get_sidedata(self, kind: str) -> bytes:
        return self._config

    def __bytes__(self) -> bytes:
        return self._data


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_parameter_sets_that_change_come_with_the_packets(tmp_path, codec):
    """An encoder comes back with another size; FLV and MP4 have the new sets beside the packets only."""
    parts = []
    for name, size in (("a.mp4", (128, 72)), ("b.mp4", (192, 108))):
        with av.open(str(tmp_path / name), "w") as container:
            options = {"bf": "0", "x265-params": "log-level=none:bframes=0"}
            stream = container.add_stream(codec, rate=10, options=options)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for _ in range(5):
                picture = np.full((size[1], size[0], 3), 90, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode())
        parts.append(av.open(str(tmp_path / name)))
    streams = [part.streams.video[0] for part in parts]
    configs = [bytes(stream.codec_context.extradata) for stream in streams]
    packets = [packet for part in parts for packet in part.demux(video=0) if packet.size]
    sets = ParameterSets(streams[0].codec_context.name, configs[0])
    coded = [sets.complete(packet) for packet in packets[:5]] + [sets.complete(Changed(bytes(packets[5]), configs[1]))]
    coded += [sets.complete(packet) for packet in packets[6:]]
    assert coded[:5] == [bytes(packet) for packet in packets[:5]]
    context = av.CodecContext.create(streams[0].codec_context.name, "r")
    context.extradata = configs[0]
    pictures = [picture for data in coded for picture in context.decode(av.Packet(data))] + context.decode(None)
    assert [picture.width for picture in pictures] == [128] * 5 + [192] * 5
    for part in parts:
        part.close()


@pytest.mark.parametrize("record", ["", "01", "0164001effe1ffff67"])
def test_a_record_that_cannot_be_read_changes_nothing(record):
    packet = Changed(b"picture", bytes.fromhex(record))
    assert ParameterSets("h264", bytes.fromhex("0164001effe100")).complete(packet) == b"picture"
