"""Highlights and skills: which stretches, which frames, what the model sees and what becomes of its answer."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from player_scenes import FPS, observations
from skill_support import CAMERA, FakeEngine, events_of, grey, write_film

from courtside.errors import UndecodableFilm
from courtside.film import Film
from courtside.skills import GROUPS, SKILLS, TimeRange
from courtside.statistics import PlayerTrack
from courtside_server.errors import BadRequest, EngineError
from courtside_server.players.highlight_crops import PlayerBoxes
from courtside_server.players.highlight_frames import Stopped, fitted, index_film, read_frames, sample_times
from courtside_server.players.highlights import Highlight, highlight_of
from courtside_server.players.skills import SkillEstimator, SkillsModel
from courtside_server.players.skills_config import SkillsConfig

SEVEN = [PlayerTrack(CAMERA, "", 7)]


# --- highlights ----------------------------------------------------------------------------------------------------


def test_a_highlight_is_the_players_plays_with_film_round_them_merged() -> None:
    events = events_of(shots=3, every=60.0)
    found = highlight_of(events, SEVEN, SkillsConfig())
    assert found.ranges == (TimeRange(2.0, 12.5), TimeRange(62.0, 72.0), TimeRange(122.0, 132.0))
    assert found.plays == 4, "three shots and the pass; possessions that lead to the shots are seen in them"
    nine = highlight_of(events, [PlayerTrack(CAMERA, "", 9)], SkillsConfig())
    assert (nine.ranges, nine.plays) == ((TimeRange(3.5, 13.5),), 1)
    assert highlight_of(events, [PlayerTrack(CAMERA, "", 8)], SkillsConfig()) == Highlight((), 0)


def test_a_long_game_gives_at_most_ten_minutes_of_the_best() -> None:
    found = highlight_of(events_of(shots=200, every=30.0), SEVEN, SkillsConfig())
    assert 590 <= found.seconds <= 600 and found.plays == 60


# --- frames --------------------------------------------------------------------------------------------------------


def test_times_are_the_middles_of_equal_parts_of_the_stretches() -> None:
    assert sample_times([TimeRange(0.0, 64.0)], 4) == [8.0, 24.0, 40.0, 56.0]
    assert sample_times([TimeRange(10.0, 12.0), TimeRange(50.0, 56.0)], 4) == [11.0, 51.0, 53.0, 55.0]


@pytest.mark.parametrize("gop", [5, 1000])
def test_the_frames_are_those_of_their_times_in_films_with_many_keyframes_and_with_one(tmp_path, gop: int) -> None:
    film = Film(write_film(tmp_path / "a.mp4", 200.0, gop=gop))
    index = index_film(film, 1e9, threading.Event())
    assert (index.seconds, index.cut, len(index.keys) > 1) == (200.0, False, gop == 5)
    times, counted = [5.5, 105.5, 105.6, 106.0, 195.5], []
    frames = read_frames(film, index, times, (96, 56), counted.append, threading.Event())
    assert frames.shape == (5, 3, 56, 96) and counted == [1, 2, 3, 4, 5]
    wanted = [grey(int(time) / 200) for time in times]
    np.testing.assert_allclose(frames.mean((1, 2, 3)), wanted, atol=3)


def test_a_film_whose_second_half_cannot_be_decoded_is_damaged_and_reading_can_be_stopped(tmp_path) -> None:
    film = Film(write_film(tmp_path / "a.mp4", 100.0))
    index = index_film(Film(write_film(tmp_path / "whole.mp4", 200.0)), 1e9, threading.Event())
    with pytest.raises(UndecodableFilm, match="3 of 6 frames cannot be decoded; copy it anew"):
        read_frames(film, index, [10, 20, 30, 110, 120, 130], (96, 56), lambda _: None, threading.Event())
    stop = threading.Event()
    with pytest.raises(Stopped):
        read_frames(film, index, [10, 90], (96, 56), lambda _: stop.set(), stop)


def test_a_picture_is_used_as_long_as_it_is_shown(tmp_path) -> None:
    film = Film(write_film(tmp_path / "slides.mp4", 200.0, step=10.0))
    index = index_film(film, 1e9, threading.Event())
    frames = read_frames(film, index, [9.0, 11.0, 99.9], (96, 56), lambda _: None, threading.Event())
    np.testing.assert_allclose(frames.mean((1, 2, 3)), [grey(0), grey(0.05), grey(0.45)], atol=3)


def test_pictures_of_another_shape_get_borders_and_are_not_distorted() -> None:
    white = np.full((400, 300, 3), 255, np.uint8)
    portrait = fitted(white, (192, 112))
    assert portrait.shape == (112, 192, 3)
    assert (portrait[:, 54:138] == 255).all() and not portrait[:, :54].any() and not portrait[:, 138:].any()
    assert (fitted(white[:169], (192, 112)) == 255).all(), "16:9 is stretched, as in training"


def test_the_window_of_a_highlight_follows_the_player_smoothly_and_stays_in_the_picture(tmp_path) -> None:
    boxes = PlayerBoxes(SkillsConfig())
    for step in range(90):  # player 7 runs to the right for 6 s, every third box is 30 px too wide on one side
        x = 100 + 10 * step + 30 * (step % 3 == 0)
        boxes.add(observations(step / FPS, {7: (x, 500), 8: (1200, 500)}, height=100))
    windows = [boxes.window([7], step / 10, (1280, 720), 12 / 7) for step in range(60)]
    left, top, right, bottom = np.array(windows).T
    assert {*(right - left), *(bottom - top)} <= {548, 549, 320}, "3.2 heights, of the shape that the model takes"
    assert left[0] == 0 and np.abs(np.diff(left[20:50]) - 15).max() < 6 and (top == top[0]).all()
    assert boxes.window([7], 20.0, (1280, 720), 12 / 7) is None and boxes.window([9], 1.0, (1280, 720), 12 / 7) is None
    film = Film(write_film(tmp_path / "a.mp4", 5.0))
    index, part = index_film(film, 1e9, threading.Event()), (0, 0, 24, 14)
    given: list[tuple[float, tuple[int, int]]] = []

    def window(time: float, picture: tuple[int, int], shape: float) -> tuple[int, int, int, int]:
        given.append((time, picture))
        return part

    frames = read_frames(film, index, [1.5, 3.5], (48, 28), lambda _: None, threading.Event(), window)
    assert frames.shape == (2, 3, 28, 48) and given == [(1.5, (96, 56)), (3.5, (96, 56))]


# --- estimates -----------------------------------------------------------------------------------------------------


async def test_an_estimate_has_twenty_levels_in_five_groups_and_says_what_they_are_worth(tmp_path) -> None:
    engine, done = FakeEngine(), []
    estimator = SkillEstimator(engine, SkillsConfig(), 5.0)
    found = await estimator.estimate(write_film(tmp_path / "a.mp4", 200.0), on_progress=done.append)
    assert [skill.skill for skill in found.skills] == list(SKILLS) and found.not_enough_film == ""
    steals = found.skills[SKILLS.index("Steals")]
    assert (steals.group, steals.level) == ("Defense", "Good") and steals.expected == pytest.approx(0.6 * 3 + 0.1 * 7)
    groups = {skill.skill: skill.group for skill in found.skills}
    assert (groups["Fouls"], groups["Turnovers"]) == ("Defense", "Playmaking"), "not as the columns are ordered"
    assert set(found.groups()) == set(GROUPS)
    assert "28.5 %" in found.caution and "25.8 %" in found.caution and found.model == "player_skills:9"
    assert engine.seen[0].shape == (1, 8, 3, 56, 96)
    wanted = [grey((part + 0.5) / 8) for part in range(8)]
    np.testing.assert_allclose(engine.seen[0][0].mean((1, 2, 3)), wanted, atol=3)
    await asyncio.sleep(0)
    assert done[-1] == 1.0


async def test_too_little_film_gives_no_numbers_and_too_much_is_refused(tmp_path) -> None:
    estimator = SkillEstimator(FakeEngine(), SkillsConfig(), 5.0)
    short = await estimator.estimate(write_film(tmp_path / "short.mp4", 5.0, step=0.5))
    assert short.skills == () and short.not_enough_film.startswith("not enough film: 5 s, levels need 160 s")
    with pytest.raises(BadRequest, match="longer than 20 minutes, so it is no highlight of one player"):
        await estimator.estimate(write_film(tmp_path / "long.mp4", 3 * 3600.0, step=60.0))
    highlight = highlight_of(events_of(shots=3), SEVEN, SkillsConfig())
    few = await estimator.estimate(tmp_path / "short.mp4", highlight=highlight)
    assert few.skills == () and "name the player in 4 plays, levels need 16" in few.not_enough_film
    later = Highlight((TimeRange(4000.0, 4200.0),), 20)
    with pytest.raises(BadRequest, match="ends before the player's first play at 4000 s"):
        await estimator.estimate(tmp_path / "short.mp4", highlight=later)


async def test_a_cancelled_estimate_ends_when_its_thread_has(tmp_path, monkeypatch) -> None:
    began, ended = threading.Event(), threading.Event()

    def read_until_stopped(film, index, times, size, on_frame, stop, windows):
        began.set()
        assert stop.wait(10.0)
        ended.set()
        raise Stopped

    monkeypatch.setattr("courtside_server.players.skills.read_frames", read_until_stopped)
    film = write_film(tmp_path / "a.mp4", 200.0)
    task = asyncio.create_task(SkillEstimator(FakeEngine(), SkillsConfig(), 5.0).estimate(film))
    assert await asyncio.to_thread(began.wait, 10.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_model_with_its_skills_in_another_order_is_read_right() -> None:
    answer = np.zeros((20, 5), np.float32)
    answer[:, 0] = 1.0
    answer[0] = (0, 0, 0, 0, 1)
    model = SkillsModel(FakeEngine(order=SKILLS[::-1], answer=answer), "player_skills", 1.0)
    found = model.request(np.zeros((8, 3, 56, 96), np.uint8)).parse({"levels": answer[None]})
    assert found[-1].tolist() == [0, 0, 0, 0, 1] and found[0].tolist() == [1, 0, 0, 0, 0]
    with pytest.raises(EngineError, match="no probabilities"):
        model.request(np.zeros((8, 3, 56, 96), np.uint8)).parse({"levels": np.full((1, 20, 5), np.nan)})
