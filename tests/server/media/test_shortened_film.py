"""Films without dead time and reels: what is kept, how it is joined, how bad input is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from page_server import shot_draft

from courtside.court.zones import Zone
from courtside.events import Event, Lifecycle, Shot
from courtside.plays import Play, PlayKind, Possession, PossessionEnd
from courtside.shot_results import ShotResult
from courtside.skills import TimeRange
from courtside_server.cli import condense as condense_command
from courtside_server.cli import reel as reel_command
from courtside_server.media.condense import ReelFilter, condense, shot_title
from courtside_server.media.config import CondenseConfig
from courtside_server.media.film_cut import Stopped, choose_pieces, cut_film
from courtside_server.media.vtt import Chapter

from ..ingest.coded import number_of, picture

FPS = 30
CONFIG = CondenseConfig(before_shot_s=0.5, after_shot_s=0.5, join_s=0.2)


def event(event_id: str, media: float, payload: Any, lifecycle: Lifecycle = Lifecycle.CONFIRMED) -> Event:
    return Event(
        game="games/g", camera="games/g/cameras/film", event_id=event_id, lifecycle=lifecycle, event_time=media,
        media_offset=media, payload=payload, sequence=1, revision=1, append_time=0.0,
    )  # fmt: skip


def shot(event_id: str, media: float, lifecycle: Lifecycle = Lifecycle.CONFIRMED, **changes: Any) -> Event:
    payload = shot_draft(event_id, media).payload
    assert isinstance(payload, Shot)
    return event(event_id, media, replace(payload, **changes), lifecycle)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`close.mp4` with a keyframe every half second and sound, `far.mkv` with one at its beginning only."""
    folder = tmp_path_factory.mktemp("films")
    for name, gop in (("close.mp4", 15), ("far.mkv", 500)):
        with av.open(str(folder / name), "w") as film:
            video = film.add_stream("libx264", rate=FPS, options={
                "preset": "ultrafast", "x264-params": f"keyint={gop}:scenecut=0:bframes=2:b-adapt=0",
            })  # fmt: skip
            video.width, video.height, video.pix_fmt = 192, 128, "yuv420p"
            sound = film.add_stream("aac", rate=48000)
            for number in range(120):
                frame = av.VideoFrame.from_ndarray(picture(number), "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                film.mux(video.encode(frame))
                samples = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), "flt", "mono")
                samples.sample_rate, samples.pts, samples.time_base = 48000, number * 1600, Fraction(1, 48000)
                film.mux(sound.encode(samples))
            film.mux(video.encode())
            film.mux(sound.encode())
    return folder


def shown(path: Path) -> tuple[list[int], float]:
    """The numbers of a film's pictures, and how long its sound is."""
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
        assert [round(float(frame.pts * frame.time_base) * FPS) for frame in frames] == list(range(len(frames)))
        numbers = [number_of(frame.to_ndarray(format="yuv420p")) for frame in frames]
    with av.open(str(path)) as film:
        streams = film.streams.audio
        sound = [float(frame.pts * frame.time_base) for frame in film.decode(streams)] if streams else []
    return numbers, max(sound, default=0.0)


def chapters(kept: Sequence[tuple[float, float, float]]) -> list[Chapter]:
    return [Chapter(at, at + end - start, f"from {start:.1f}") for start, end, at in kept]


RANGES = [TimeRange(1.1, 1.4), TimeRange(3.2, 3.5)]


def test_close_keyframes_are_copied_and_far_ones_encoded_again(films: Path, tmp_path: Path) -> None:
    cut = cut_film(films / "close.mp4", out := tmp_path / "a.mp4", RANGES, chapters, max_extra=9.0)
    numbers, sound = shown(out)
    first, second = numbers[:13], numbers[13:]
    assert not cut.encoded and first[0] == 30 and second[0] == 90, "each begins with the keyframe before"
    assert first[-1] >= 41 and second[-1] >= 104 and numbers == sorted(set(numbers)), "no picture twice, none missing"
    assert sound == pytest.approx(cut.seconds, abs=0.05), "sound comes along"
    with av.open(str(out)) as film:
        assert [one["metadata"]["title"] for one in film.chapters()] == ["from 1.0", "from 3.0"]

    cut = cut_film(films / "far.mkv", out := tmp_path / "b.mp4", RANGES, chapters, max_extra=0.5)
    numbers, _ = shown(out)
    assert cut.encoded and numbers == [*range(33, 42), *range(96, 105)], "encoded stretches are exact"
    assert cut.kept[1] == pytest.approx((3.2, 3.5, 0.3))


@pytest.mark.parametrize("max_extra", [9.0, -1.0], ids=["copied", "encoded"])
def test_recordings_that_were_joined_go_on(tmp_path: Path, max_extra: float) -> None:
    """Two transport streams one behind the other: time stamps begin again, the film's media time goes on."""
    for part in range(2):
        with av.open(str(tmp_path / f"{part}.ts"), "w") as film:
            video = film.add_stream("libx264", rate=FPS, options={"x264-params": "keyint=15:scenecut=0"})
            video.width, video.height, video.pix_fmt = 192, 128, "yuv420p"
            for number in range(30):
                frame = av.VideoFrame.from_ndarray(picture(number + 30 * part), "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                film.mux(video.encode(frame))
            film.mux(video.encode())
    (tmp_path / "joined.ts").write_bytes(b"".join((tmp_path / f"{part}.ts").read_bytes() for part in range(2)))
    ranges = [TimeRange(0.5, 0.7), TimeRange(1.5, 1.7)]
    cut_film(tmp_path / "joined.ts", out := tmp_path / "a.mp4", ranges, chapters, max_extra=max_extra)
    numbers, _ = shown(out)
    assert {*range(15, 21), *range(45, 51)} <= set(numbers) <= {*range(15, 25), *range(45, 55)}


def test_pieces_that_share_keyframes_are_one() -> None:
    times = [number / 10 for number in range(40)]
    pieces = choose_pieces(times, [0, 20], [TimeRange(0.5, 0.9), TimeRange(1.2, 1.5), TimeRange(3.9, 9.0)])
    assert [(one.first, one.last) for one in pieces] == [(0, 14), (20, 39)]
    assert choose_pieces(times, [0], [TimeRange(7.0, 8.0)]) == []


def test_stopping_leaves_no_film(films: Path, tmp_path: Path) -> None:
    stop = Flag()
    stop.set()
    with pytest.raises(Stopped):
        cut_film(films / "close.mp4", tmp_path / "a.mp4", RANGES, chapters, max_extra=9.0, stop=stop)
    assert not list(tmp_path.iterdir())


def test_what_is_worth_seeing() -> None:
    events = [
        shot("a", 10.0, Lifecycle.PROVISIONAL), shot("a", 10.0, result=ShotResult.MADE),
        shot("b", 10.9), shot("gone", 30.0, Lifecycle.RETRACTED),
        shot("no", 35.0, Lifecycle.RETRACTED, probability=0.01),
        shot("replay", 40.0, replay_of="a"),
        event("c", 50.0, Possession(player=7, confidence=0.9, end=60.0, ended=PossessionEnd.LOST)),
        event("d", 70.0, Possession(player=7, confidence=0.9, end=80.0, ended=PossessionEnd.PASS)),
        event("e", 90.0, Play(kind=PlayKind.STEAL, player=7, confidence=0.9)),
    ]  # fmt: skip
    plan = condense(events, CONFIG)
    found = [(one.start, one.end) for one in plan.ranges]
    assert found == [(9.5, 11.4), (29.5, 30.5), (57.0, 60.0), (88.0, 92.0)], "what was retracted is kept to be safe"
    listed = plan.chapters([(9.5, 11.4, 0.0), (29.5, 30.5, 1.9)])
    assert [one.event_id for one in listed] == ["a", "b"] and listed[0].end == listed[1].start == pytest.approx(0.95)
    assert listed[0].title == "0:10 made shot left mid-range" == shot_title(10.0, events[1].payload)  # type: ignore[arg-type]


def test_a_reel_shows_some_shots_only() -> None:
    events = [
        shot("a", 10.0, shooter=7, result=ShotResult.MADE), shot("b", 20.0, shooter=8, zone=Zone.PAINT_EXTENDED),
        shot("c", 30.0, Lifecycle.RETRACTED, shooter=7), shot("d", 40.0, shooter=7),
    ]  # fmt: skip

    def times(reel: ReelFilter) -> list[float]:
        return [one.time for one in condense(events, CONFIG, reel=reel).highlights]

    assert times(ReelFilter(tracks=[7])) == [10.0, 40.0]
    assert times(ReelFilter(tracks=[7], made_only=True)) == [10.0]
    assert times(ReelFilter(zones=[Zone.PAINT_EXTENDED])) == [20.0]


def test_the_commands_write_film_and_chapters(films: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(one.to_json() for one in (shot("a", 1.2, shooter=7), shot("b", 3.0, shooter=8))))
    settings = tmp_path / "settings.toml"
    settings.write_text("[media.condense]\nbefore_shot_s = 0.3\nafter_shot_s = 0.2\n")
    options = ["--events", str(events), "--config", str(settings), "--out"]
    done = CliRunner().invoke(condense_command, [str(films / "close.mp4"), *options, str(tmp_path / "short.mp4")])
    assert done.exit_code == 0, done.output
    assert "of 0:04" in done.output and "2 shots" in done.output
    assert "0:01 shot left mid-range" in (tmp_path / "short.vtt").read_text()
    done = CliRunner().invoke(
        reel_command, [str(films / "close.mp4"), "--player", "8", *options, str(tmp_path / "reel.mp4")]
    )
    assert done.exit_code == 0 and "1 shots" in done.output
    assert set(range(81, 96)) <= set(shown(tmp_path / "reel.mp4")[0]) <= set(range(75, 100))


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        (condense_command, ["FILM", "--out", "FILM"], "is the film itself"),
        (condense_command, ["FILM", "--out", "a.gif"], "choose one of these suffixes"),
        (condense_command, ["FILM", "--out", "none/a.mp4"], "there is no folder"),
        (condense_command, ["none.mp4"], "no such file"),
        (condense_command, ["FILM", "--out", "a.mp4", "--events", "none"], "cannot be read"),
        (reel_command, ["FILM"], "name what the reel shows"),
        (reel_command, ["FILM", "--zone", "corner"], "is none of paint-extended"),
        (reel_command, ["FILM", "--shooter", "Anna"], "--shooter needs --events"),
        (reel_command, ["FILM", "--player", "9", "--out", "a.mp4", "--events", "EVENTS"], "players with shots: 7 (1)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events").write_text(shot("a", 1.2, shooter=7).to_json())
    named = {"FILM": str(films / "close.mp4"), "EVENTS": str(tmp_path / "events")}
    done = CliRunner().invoke(command, [named.get(one, one) for one in arguments])
    assert done.exit_code in (1, 2) and words in done.output and done.output.count("\n") == 1, done.output
    assert sorted(one.name for one in tmp_path.iterdir()) == ["events"]


