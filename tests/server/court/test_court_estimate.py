"""A court that nobody calibrated, recognised in a drawn picture of which everything is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from courtside.court.measures import FIBA, NBA, court_lines
from courtside.court.zones import ZONES, zone_at
from courtside_server.court import court_estimate
from courtside_server.court.config import CourtConfig
from courtside_server.court.court_estimate import CourtPicture, recognise_court
from courtside_server.court.court_place import Feet
from courtside_sim.lens import Lens, look_at

CONFIG = CourtConfig()
WIDTH, HEIGHT = 640, 360
PLAYERS = np.array([[5.0, 1.0], [8.0, -4.0], [10.0, 3.0], [7.0, 6.0]])
SHOOTER = (6.0, -5.0)


def lens(position, target, focal):
    return Lens(np.array(position), look_at(np.array(position), np.array(target)), focal, WIDTH, HEIGHT)


SIDE = lens([9.0, -14.0, 3.0], [8.5, 0.0, 0.8], 520.0)
BEHIND = lens([-3.0, 1.5, 1.6], [12.0, 0.0, 1.9], 520.0)


def box(view: Lens, x: float, y: float) -> list[float]:
    """A person of 1.83 m at floor position (x, y)."""
    (u, foot), (_, head) = view.project(np.array([[x, y, 0.0], [x, y, 1.83]]))[0]
    return [u - 0.2 * (foot - head), head, u + 0.2 * (foot - head), foot]


def picture(court, view: Lens, painted: bool = True) -> CourtPicture:
    """The court's lines on a plain floor, its rim and some people."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for line in court_lines(court) if painted else ():
        pieces = [np.linspace(a, b, 40) for a, b in pairwise(line)]
        points, depth = view.project(np.column_stack([np.concatenate(pieces), np.zeros(40 * len(pieces))]))
        for a, b, near in zip(points[:-1], points[1:], depth[:-1], strict=True):
            if near > 0.5 and np.abs([a, b]).max() < 4000:
                cv2.line(image, *(tuple(int(16 * v) for v in end) for end in (a, b)), (235,) * 3, 2, cv2.LINE_AA, 4)
    centre = court.rim_centre(0)
    (x, y), depth = view.project(centre)
    half = view.focal * court.rim_radius / depth
    people = np.array([box(view, *at) for at in (*PLAYERS, SHOOTER)])
    people = people[(people[:, 1] > 0) & (people[:, 3] < HEIGHT)]
    rim = np.array([x - half, y - half / 4, x + half, y + half / 4])
    return CourtPicture(image, 1.0, (0.0, 0.0), 1.0, rim, people, np.zeros((0, 4)))


@pytest.mark.parametrize(("court", "view"), [(FIBA, SIDE), (NBA, BEHIND)], ids=["side", "behind"])
def test_feet_get_their_place_and_zone_on_a_court_that_nobody_calibrated(court, view):
    found = recognise_court(picture(court, view), CONFIG)
    assert found is not None and found.is_certain(CONFIG)
    feet = view.project(np.array([*SHOOTER, 0.0]))[0]
    place = found.at([Feet(*feet, 1.0, 1.0)], CONFIG)
    best = found.calibrations[0].court
    here = best.to_local(*place.court, best.nearer_basket(place.court[0]))
    assert here == pytest.approx(court.to_local(*SHOOTER, 0), abs=0.6)
    assert ZONES[int(np.argmax(place.zone))] is zone_at(court, *SHOOTER, 0)


def test_camera_motion_is_removed_and_frames_of_any_size_are_scaled():
    shown, pan, scale = picture(FIBA, SIDE), np.array([30.0, -8.0]), 0.5
    larger = replace(
        shown, scale=scale, pan=(30.0, -8.0), rim=shown.rim / scale, people=shown.people / scale,
    )  # fmt: skip
    one, other = recognise_court(shown, CONFIG), recognise_court(larger, CONFIG)
    feet = SIDE.project(np.array([*SHOOTER, 0.0]))[0]
    here = other.at([Feet(*(feet / scale - pan), 2.0, 2.0)], CONFIG)
    assert here.court == pytest.approx(one.at([Feet(*feet, 1.0, 1.0)], CONFIG).court, abs=1e-6)


def test_a_known_court_is_carried_on_through_a_pan_and_a_zoom(monkeypatch):
    first = picture(FIBA, SIDE)
    known = recognise_court(first, CONFIG)
    later_view = lens([9.0, -14.0, 3.0], [7.6, 0.0, 0.7], 560.0)
    # What camera motion measures of it: how the middle of the floor has moved.
    middle = np.array([8.5, 0.0, 0.8])
    pan = tuple((later_view.project(middle)[0] - SIDE.project(middle)[0]).tolist())
    later = replace(picture(FIBA, later_view), pan=pan, earlier=known, known=True)
    monkeypatch.setattr(court_estimate, "search", None)
    found = recognise_court(later, CONFIG)
    assert found.is_certain(CONFIG)
    feet = later_view.project(np.array([*SHOOTER, 0.0]))[0]
    carried = found.at([Feet(*(feet - pan), 1.0, 1.0)], CONFIG)
    here = FIBA.to_local(*carried.court, FIBA.nearer_basket(carried.court[0]))
    assert here == pytest.approx(FIBA.to_local(*SHOOTER, 0), abs=0.4)


def test_what_is_carried_on_to_another_floor_is_searched_anew():
    known = recognise_court(picture(FIBA, SIDE), CONFIG)
    bare = replace(picture(FIBA, SIDE, painted=False), earlier=known, known=True)
    found = recognise_court(bare, CONFIG)
    assert found is None or not found.is_certain(CONFIG)


def test_fewer_lines_make_places_less_exact():
    found = recognise_court(picture(FIBA, SIDE), CONFIG)
    assert replace(found, lines=found.lines / 2).error(CONFIG) > 2 * found.error(CONFIG)


def test_a_floor_without_lines_and_one_with_other_lines_are_no_court():
    bare = recognise_court(picture(FIBA, SIDE, painted=False), CONFIG)
    assert bare is None or not bare.is_certain(CONFIG)
    other = picture(FIBA, SIDE, painted=False)
    random = np.random.default_rng(3)
    for _ in range(25):
        ends = random.uniform([0, 150, 0, 150], [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(int).tolist()
        cv2.line(other.pixels, ends[:2], ends[2:], (235,) * 3, 2, cv2.LINE_AA)
    crossed = recognise_court(other, CONFIG)
    assert crossed is None or not crossed.is_certain(CONFIG)


def test_without_people_nothing_is_known_of_the_floor():
    assert recognise_court(replace(picture(FIBA, SIDE), people=np.zeros((0, 4))), CONFIG) is None
