"""When a scene's court is searched for, when it counts as known, and when no longer."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from courtside.court.homography import Calibration
from courtside.court.measures import FIBA
from courtside_server.court import estimator
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtEstimate, CourtPicture
from courtside_server.court.court_place import Feet
from courtside_server.court.estimator import MAX_WAITING, CourtEstimator
from courtside_server.court.scene_court import SceneCourt
from courtside_server.types import DetectorFrame, ObjectClass, Observations

RIM = np.array([200.0, 50.0, 220.0, 60.0])
MATRIX = np.array([[0.05, 0.0, -5.0], [0.0, -0.05, 5.0], [0.0, 0.0, 1.0]])
FEET = (180.0, 130.0)
PEOPLE = [Feet(*FEET, 1.0, 1.0)]
STILL = (0.0, 0.0)


def estimate(shift: float = 0.0, margin: float = 10.0, pan: tuple[float, float] = (0.0, 0.0)) -> CourtEstimate:
    matrix = MATRIX + np.array([[0, 0, shift], [0, 0, 0], [0, 0, 0]])
    return CourtEstimate(
        1.0, pan, RIM, (Calibration(FIBA, matrix, 0.0),), np.ones(1), 200.0, margin, 1.0, 0.0, np.array([FEET]), 0
    )


def scene(answers, config=CourtConfig(), media=(0.0, 0.5, 1.0), pan=(0.0, 0.0)):
    """A scene that was seen at some times, and the pictures that it has had recognised."""
    pictures: list[CourtPicture] = []

    def recognise(picture, _):
        pictures.append(picture)
        answer: Future = Future()
        answer.set_result(answers[min(len(pictures), len(answers)) - 1])
        return answer

    court = SceneCourt(config, 1.0, recognise)
    see(court, media, pan)
    return court, pictures


def see(court: SceneCourt, media, pan=(0.0, 0.0), rim=RIM) -> None:
    for at in media:
        pixels = np.zeros((3, 384, 640), np.uint8)
        frame = DetectorFrame("c", 0, 0, at, at, at, pixels, 1.0, (0, 12), 640, 360, pan, False)
        boxes = np.array([rim, [280, 60, 320, 150]], np.float32) + np.tile(np.float32(pan), 2)
        kinds = np.array([ObjectClass.RIM, ObjectClass.PLAYER])
        seen = Observations(
            "c", 0, at, at, at, 640, 360, pan, boxes, np.ones(2, np.float32), kinds, np.array([1, 2])
        )  # fmt: skip
        court.update(frame, seen)


def test_a_court_is_known_once_two_pictures_give_the_same_one():
    court, pictures = scene([estimate(), estimate(0.3)])
    assert court.at(PEOPLE, RIM, STILL) is None
    court.request(STILL)
    place = court.at(PEOPLE, RIM, STILL)
    assert place.court == pytest.approx((4.0, -1.5)) and len(pictures) == 2
    assert pictures[0].pixels.shape == (360, 640, 3) and len(pictures[0].people) == 3
    court.request(STILL)
    assert len(pictures) == 2


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        (estimate(), None, False),
        (estimate(), estimate(3.0), False),
        (estimate(margin=1.0), estimate(margin=1.0), False),
        (estimate(margin=1.0), estimate(), True),
    ],
    ids=["none", "elsewhere", "both uncertain", "one uncertain"],
)
def test_one_of_two_pictures_must_be_certain_and_both_must_show_the_same_court(first, second, known):
    court, pictures = scene([first, second])
    court.request(STILL)
    assert (court.at(PEOPLE, RIM, STILL) is not None) is known and len(pictures) == 2


def test_a_court_that_leaves_no_doubt_needs_one_picture_the_one_that_shows_what_was_seen_at_the_release():
    court, pictures = scene([estimate(margin=40.0)])
    see(court, [1.5, 2.0], pan=(60.0, 0.0))
    court.request(STILL)
    assert len(pictures) == 1 and pictures[0].pan == STILL and court.at(PEOPLE, RIM, STILL) is not None


def test_a_court_in_vain_is_searched_for_ever_more_rarely():
    court, pictures = scene([None])
    for _ in range(3):
        court.request(STILL)
    assert len(pictures) == 1
    see(court, [6.5])
    court.request(STILL)
    see(court, [12.0])
    court.request(STILL)
    assert len(pictures) == 2


def test_a_camera_that_turned_away_and_another_basket_have_no_known_court():
    court, _ = scene([estimate(), estimate()])
    court.request(STILL)
    assert court.at(PEOPLE, RIM + 100, STILL) is None and court.at(PEOPLE, RIM, STILL) is not None
    assert court.at(PEOPLE, RIM, (80.0, 0.0)) is None


def test_the_same_feet_are_placed_once_and_others_anew(monkeypatch):
    """An open shot is placed with every frame."""
    court, _ = scene([estimate(), estimate(0.3)])
    court.request(STILL)
    placed, place = [], CourtEstimate.at
    monkeypatch.setattr(CourtEstimate, "at", lambda self, *given: placed.append(given[0]) or place(self, *given))
    first = court.at(PEOPLE, RIM, STILL)
    assert [court.at(PEOPLE, RIM, STILL) for _ in range(5)] == [first] * 5 and len(placed) == 1
    assert court.at([Feet(160.0, 130.0, 1.0, 1.0)], RIM, STILL).court != first.court and len(placed) == 2


def test_a_camera_that_zooms_shows_it_by_the_rim_and_the_court_is_carried_on():
    court, pictures = scene([estimate(margin=40.0), replace(estimate(margin=40.0), rim=RIM + 8)])
    court.request(STILL)
    assert court.at(PEOPLE, RIM, STILL) is not None and not pictures[0].known
    see(court, [6.0, 6.5], rim=RIM + 8)
    assert court.at(PEOPLE, RIM, STILL) is None
    court.request(STILL)
    assert pictures[-1].known and pictures[-1].earlier is not None and len(pictures) == 2
    assert court.at(PEOPLE, RIM + 8, STILL) is not None


def test_a_zone_that_differs_between_possible_courts_is_uncertain():
    poses = (estimate().calibrations[0], estimate(7.0).calibrations[0])
    unsure = replace(estimate(), weights=np.ones(2) / 2, calibrations=poses)
    court, _ = scene([unsure, unsure])
    court.request(STILL)
    assert not court.is_certain(court.at(PEOPLE, RIM, STILL).zone)


def test_live_searches_give_way_to_everything_else(monkeypatch):
    monkeypatch.setattr(estimator, "recognise_court", lambda picture, config: priority())
    courts = CourtEstimator()
    assert courts.submit(None, CourtConfig(), film=False).result(5) == max(10, priority())
    courts.close()


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_more_live_searches_than_there_is_room_for_are_refused_and_none_blocks(monkeypatch):
    release: Future = Future()
    monkeypatch.setattr(estimator, "recognise_court", lambda picture, config: release.result())
    courts = CourtEstimator()
    answers = [courts.submit(None, CourtConfig(), film=False) for _ in range(MAX_WAITING + 1)]
    assert answers[-1] is None and not any(answer.done() for answer in answers[:-1])
    release.set_result(estimate())
    assert all(answer.result(5) is not None for answer in answers[:-1])
    assert courts.submit(None, CourtConfig(), film=True).done()
    courts.close()
