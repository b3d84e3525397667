"""Ball paths and flight windows: what the server builds is what training drew; arcs; chains; who shot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.perception.court import FIBA, Calibration
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots import paths
from courtside_server.shots.arc import fit_arc
from courtside_server.shots.models.flight import FlightModel
from courtside_server.shots.state import ShotFollower, chained, find_shooter
from courtside_server.shots.trajectory import BallPath, apart, ball_paths, nearest_player, nearest_rim, track_window
from courtside_server.shots.models.rim import Verdict, flew_past
from courtside_server.types import UNTRACKED, Lifecycle, ObjectClass, Observations, ShotResult, ZoneSource
from courtside_server.windows.nms import MergedShot
from courtside_training.flight import geometry, tracks

BALL, RIM, PLAYER = int(ObjectClass.BALL), int(ObjectClass.RIM), int(ObjectClass.PLAYER)
METRE = 40.0
RIM_BOX = (490.0, 100.0, 508.4, 107.0)
SHOOTER = (95.0, 230.0, 145.0, 310.0)
ACROSS, UP = 8.25, 8.2
"""Metres a second at the release."""


def seen(media: float, rows, pan=(0.0, 0.0)) -> Observations:
    """Observations of rows (box, class, track)."""
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    boxes = boxes + np.array([*pan, *pan], np.float32)
    classes, ids = (np.array([row[i] for row in rows], np.int64) for i in (1, 2))
    scores = np.full(len(rows), 0.7, np.float32)
    return Observations("c", 0, media, media, media, 960, 540, pan, boxes, scores, classes, ids)


def around(x: float, y: float, size: float = 0.24 * METRE):
    return (x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def flight(time: float) -> tuple[float, float]:
    """A shot released at 1 s from (130, 225) at 45 degrees that comes down at the rim."""
    t = max(time - 1.0, 0.0)
    if time < 1.0:
        return 125.0 + 5 * time, 255.0 - 30 * time
    return 130 + ACROSS * METRE * t, 225 - UP * METRE * t + 0.5 * 9.81 * METRE * t * t


def play(rate: float = 30.0, end: float = 2.6, split: float | None = None, pan: float = 0.0) -> list[Observations]:
    out = []
    for time in np.arange(0, end, 1 / rate):
        track = 1 if split is None or time < split else 2
        rows = [(around(*flight(time)), BALL, track), (RIM_BOX, RIM, 1), (SHOOTER, PLAYER, 7),
                ((600.0, 200.0, 650.0, 320.0), PLAYER, 8), (around(700, 50), BALL, 5)]  # fmt: skip
        out.append(seen(float(time), rows, (pan * time, 0.0)))
    return out


def by_track(observations: list[Observations]) -> dict[int, BallPath]:
    return {path.track: path for path in ball_paths(observations)}


def shot(*tracks: int, media: float = 1.0) -> MergedShot:
    seen_by = tracks or (1,)
    return MergedShot(0, Lifecycle.PROVISIONAL, 0.9, media, media, 0.02, None, 0.5, 5, 9, "m:1", media, tracks=seen_by)


def test_the_window_is_the_one_training_draws():
    assert (paths.TICKS, paths.TICK_S, paths.COLUMNS) == (geometry.TICKS, geometry.TICK_S, geometry.COLUMNS)
    assert (paths.COUNTED.start, paths.COUNTED.stop) == geometry.COUNTED
    assert (paths.BRIDGE_S, paths.EDGE_S) == (geometry.BRIDGE_S, geometry.EDGE_S)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.005, 0.4), min_size=1, max_size=40), st.integers(0, 1000))
def test_sightings_are_resampled_as_in_training(gaps, seed):
    times = np.cumsum(gaps) - 0.2
    values = np.random.default_rng(seed).normal(0, 50, (len(times), 4))
    known, out = paths.resample(np.arange(paths.TICKS) * paths.TICK_S, times, values)
    theirs, expected = tracks.resample(times, values)
    assert (known == theirs).all() and np.allclose(out, expected)


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 300), st.floats(5, 80), st.floats(10, 200)), max_size=6),
       st.floats(0, 640), st.floats(0, 360))  # fmt: skip
def test_the_nearest_player_is_training_s(players, x, y):
    boxes = np.array([(a, b, a + c, b + d) for a, b, c, d in players]).reshape(-1, 4)
    assert nearest_player(boxes, x, y)[0] == tracks.nearest_player(boxes, x, y)


@pytest.mark.parametrize("pan", [0.0, 60.0])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_window_holds_the_ball_the_rim_and_the_player_whatever_the_camera_and_the_film_s_speed(pan, scale):
    filmed = [
        Observations("c", 0, o.media / scale, 0, 0, 960, 540, o.pan, o.boxes, o.scores, o.classes, o.tracks)
        for o in play(pan=pan)
    ]
    path = next(p for p in ball_paths(filmed) if p.track == 1)
    media = (0.2 + np.arange(paths.TICKS) * paths.TICK_S) / scale
    window = track_window(path, filmed, media, scale)
    assert window[:47, 0].all() and window[:, 5].all()
    tick = 30
    expected = flight(0.2 + tick * 0.05)
    assert window[tick, 1:3] == pytest.approx(expected, abs=1.5)
    assert window[tick, 6:8] == pytest.approx((499.2, 103.5), abs=0.1)
    assert window[2, 11:15] == pytest.approx(SHOOTER, abs=0.1)


def test_a_ball_that_rests_does_not_move_and_one_that_flies_does():
    moves = {path.track: path.moves for path in ball_paths(play())}
    assert moves == {1: True, 5: False}


def test_the_rim_is_the_one_the_ball_comes_nearest_to():
    two = [seen(0.0, [(RIM_BOX, RIM, 1), ((100.0, 20.0, 112.0, 24.0), RIM, 2)])]
    assert nearest_rim(two, np.array([[480.0, 90.0], [130.0, 225.0]]))[0] == pytest.approx(490)
    assert nearest_rim([seen(0.0, [])], np.zeros((1, 2))) is None


def test_a_broken_track_is_joined_and_another_ball_is_not():
    path = chained(by_track(play(split=1.9)), 1, 1.0)
    assert len(path) == len(play()) and path.track == 1
    assert np.ptp(path.places[:, 0]) > 300


def test_the_shooter_is_the_player_the_ball_left():
    own, other = (by_track(play())[track] for track in (1, 5))
    assert find_shooter(own, play(), 1.0, 1.0) == 7
    assert find_shooter(other, play(), 1.0, 1.0) is None


def test_two_balls_seen_at_once_in_two_places_are_apart_and_one_ball_is_not():
    one, other = (next(p for p in ball_paths(play()) if p.track == track) for track in (1, 5))
    assert apart(one, other, 1.0, 0.1)
    assert not apart(one, one, 1.0, 0.1)
    assert not apart(one, BallPath.none(), 1.0, 0.1) and not apart(one, other, 9.0, 0.1)


def test_an_arc_across_the_picture_is_measured():
    path = next(p for p in ball_paths(play()) if p.track == 1)
    arc = fit_arc(path, 1.0, np.array(RIM_BOX), 1.0)
    true = np.degrees(np.arctan2(UP, ACROSS))
    assert arc.release_angle == pytest.approx(true, abs=2 * arc.uncertainty) and arc.uncertainty < 3
    assert arc.apex == pytest.approx(UP**2 / 2 / 9.81, abs=0.15)
    assert arc.entry_angle is not None and 10 < arc.entry_angle < 60


class Engine:
    """A flight model of four rows at most."""

    def __init__(self):
        shapes = {"track": (paths.TICKS, paths.COLUMNS), "shot": (1,), "release": (paths.TICKS,), "make": (1,)}
        specs = {name: TensorSpec(name, np.dtype(np.float32), shape) for name, shape in shapes.items()}
        self.model = ModelInfo("shot_flight", "1", {"track": specs.pop("track")}, specs, 4)
        self.rows = []

    def info(self, model):
        return self.model

    async def infer(self, model, inputs, *, timeout):
        count = len(inputs["track"])
        self.rows.append(count)
        return {name: np.full((count, *spec.shape), 0.5, np.float32) for name, spec in self.model.outputs.items()}


async def test_more_balls_than_a_batch_holds_leave_out_those_seen_least():
    engine, film = Engine(), play()
    crowd = [(300.0 + 40 * n, 200.0) for n in range(6)]
    film = [
        seen(o.media, [*zip(o.boxes, o.classes, o.tracks, strict=True),
                       *((around(x + 90 * o.media, y), BALL, 20 + n) for n, (x, y) in enumerate(crowd) if index % 2)])
        for index, o in enumerate(film)
    ]  # fmt: skip
    media = 0.2 + np.arange(paths.TICKS) * paths.TICK_S
    said = await FlightModel(engine, "shot_flight", 1.0).predict(film, 0, media, media, 0.0, 1.0, 0.0)
    assert engine.rows == [4] and said[0].track == 1


def test_a_ball_that_flies_away_from_the_camera_has_no_arc():
    path = next(p for p in ball_paths(play()) if p.track == 1)
    shrinking = BallPath(1, path.media, path.places, path.sizes * np.linspace(2, 1, len(path)), path.scores)
    assert fit_arc(shrinking, 1.0, None, 1.0) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [([[0.1, 0.85, 0.05]] * 3, ShotResult.MADE), ([[0.05, 0.05, 0.9]] * 3, ShotResult.MISSED),
     ([[0.9, 0.1, 0.0]] * 50, ShotResult.UNKNOWN), ([[0.1, 0.85, 0.05]], ShotResult.UNKNOWN),
     ([[0.1, 0.47, 0.43]] * 9, ShotResult.UNKNOWN)],
)  # fmt: skip
def test_a_result_is_told_when_looks_agree(said, expected):
    verdict = Verdict()
    for index, row in enumerate(said):
        verdict.add(np.array(row), index / 10)
    assert verdict.result is expected
    assert (verdict.decided_at is not None) == (expected is not ShotResult.UNKNOWN)


def test_few_looks_settle_a_result_when_no_more_will_come():
    verdict = Verdict()
    assert verdict.settled is ShotResult.UNKNOWN
    verdict.add(np.array([0.3, 0.1, 0.6]), 0.0)
    assert (verdict.result, verdict.settled) == (ShotResult.UNKNOWN, ShotResult.MISSED)


@pytest.mark.parametrize(
    ("said", "expected"),
    [([0.8, 0.02, 0.18], ShotResult.MISSED), ([0.8, 0.09, 0.11], ShotResult.UNKNOWN),
     ([0.95, 0.0, 0.05], ShotResult.UNKNOWN)],
)  # fmt: skip
def test_an_undecided_shot_is_told_only_where_the_last_look_leans_clearly(said, expected):
    verdict = Verdict()
    verdict.add(np.array([0.8, 0.18, 0.02]), 0.0)
    verdict.add(np.array(said), 0.1)
    assert (verdict.result, verdict.settled) == (ShotResult.UNKNOWN, expected)


@pytest.mark.parametrize(("beside", "expected"), [(0.0, False), (4.0, True)])
def test_a_ball_that_falls_past_the_rim_without_touching_it_is_an_air_ball(beside, expected):
    rim = np.array(RIM_BOX) + beside * (RIM_BOX[2] - RIM_BOX[0]) * np.array([1, 0, 1, 0])
    path = next(path for path in ball_paths(play()) if path.track == 1)
    assert flew_past(path, rim, 1.0) is expected
    rising = path.media < 1.8
    short = BallPath(1, path.media[rising], path.places[rising], path.sizes[rising], path.scores[rising])
    assert not flew_past(short, rim, 1.0) and not flew_past(path, None, 1.0)


async def follow(observations, calibration=None, voted=()):
    ring = TrackRing(10)
    follower = ShotFollower(None, calibration, 1.0)
    for one in observations:
        ring.append(one)
        if one.media >= 1.4:
            story = await follower.follow(shot(*voted), ring, one.media)
    return story


async def test_a_shot_is_placed_on_a_calibrated_court():
    corners = np.array([[0.0, -7.5], [0.0, 7.5], [14.0, -7.5], [14.0, 7.5]])
    pixels = np.array([[0.0, 500.0], [0.0, 100.0], [960.0, 500.0], [960.0, 100.0]])
    story = await follow(play(), Calibration.fit(FIBA, pixels, corners))
    feet = (120 / 960 * 14, 7.5 - (310 - 100) / 400 * 15)
    assert story.shooter == 7 and story.court == pytest.approx(feet, abs=0.05)
    assert story.zone_source is ZoneSource.CALIBRATION and sum(story.zone) == pytest.approx(1)


async def test_a_ball_that_never_comes_near_a_rim_was_no_shot_and_one_that_does_is():
    assert not (await follow(play())).missed_all
    far = [
        replace(o, boxes=np.where((o.classes == RIM)[:, None], np.float32(300) + o.boxes, o.boxes)) for o in play()
    ]
    assert (await follow(far)).missed_all


@pytest.mark.parametrize(("rim", "expected"), [(-210.0, False), (-40.0, True), (900.0, True)])
async def test_a_ball_far_from_the_only_rim_may_be_shot_at_another_unless_it_flies_to_this_one(rim, expected):
    moved = np.array([rim - RIM_BOX[0], 0, rim - RIM_BOX[0], 0], np.float32)
    only = [replace(o, boxes=np.where((o.classes == RIM)[:, None], o.boxes + moved, o.boxes)) for o in play()]
    assert (await follow(only)).missed_all is expected


async def test_without_a_rim_in_sight_nothing_speaks_against_a_shot():
    blind = []
    for o in play():
        keep = o.classes != RIM
        kept = {name: getattr(o, name)[keep] for name in ("boxes", "scores", "classes", "tracks")}
        blind.append(replace(o, **kept))
    assert not (await follow(blind)).missed_all


def ball_moves(observations, place):
    """The same film with its shot ball at ``place(media)``."""
    out = []
    for o in observations:
        boxes = o.boxes.copy()
        boxes[(o.classes == BALL) & (o.tracks == 1)] = around(*place(o.media))
        out.append(replace(o, boxes=boxes))
    return out


async def test_a_ball_that_only_falls_was_no_shot_and_one_that_goes_up_is():
    assert not (await follow(play())).sank
    dropped = ball_moves(play(), lambda media: (135.0, 225.0 + 60 * max(media - 1.0, 0.0)))
    story = await follow(dropped)
    assert story.sank and story.refuted


async def test_of_several_balls_the_one_that_nothing_speaks_against_was_shot():
    resting, unseen = 5, 99
    for voted in ((resting, 1), (1, resting), (unseen, 1)):
        story = await follow(play(), voted=voted)
        assert story.shooter == 7 and story.ball == 1 and not story.refuted
    assert (await follow(play(), voted=(resting,))).refuted
    dropped = ball_moves(play(), lambda media: (135.0, 225.0 + 60 * max(media - 1.0, 0.0)))
    assert (await follow(dropped, voted=(resting, 1))).refuted


async def test_sightings_too_far_apart_for_one_ball_were_no_shot():
    assert not (await follow(play())).hurtled

    def leaping(media):
        return 135.0 + 12 * 80 * max(media - 1.0, 0.0), 225.0

    story = await follow(ball_moves(play(), leaping))
    assert story.hurtled and story.refuted
    assert not (await follow(ball_moves(play(), lambda media: leaping(1 + (media - 1) / 2)))).hurtled


@pytest.mark.parametrize(("shown", "at_the_edge", "expected"), [(0.9, False, False), (0.25, False, True),
                                                               (0.25, True, False)])  # fmt: skip
async def test_a_ball_hardly_seen_was_no_shot_unless_it_left_the_picture(shown, at_the_edge, expected):
    some, rng = [], np.random.default_rng(3)
    for o in play():
        hidden = (o.classes == BALL) & (o.tracks == 1) & (o.media >= 1.0) & (rng.random() > shown)
        boxes = o.boxes.copy()
        if at_the_edge and 1.2 < o.media < 1.6:
            boxes[(o.classes == BALL) & (o.tracks == 1)] = around(flight(o.media)[0], 5.0)
        some.append(replace(o, boxes=boxes, tracks=np.where(hidden, UNTRACKED, o.tracks)))
    story = await follow(some)
    assert story.glimpsed is expected and (story.refuted or not expected)


async def test_a_shot_first_seen_in_the_air_still_rises():
    late = []
    for o in play():
        hidden = (o.classes == BALL) & (o.media < 1.25)
        late.append(replace(o, tracks=np.where(hidden, UNTRACKED, o.tracks)))
    assert not (await follow(late)).sank
