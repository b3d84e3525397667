"""The flight profile from looks to shots: found in time, followed to a result, passes taken back, votes counted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from courtside_server.perception.tracker import TrackIds
from courtside_server.shots.detector import Finders, FlightRules, Profile, ShotFinder
from courtside_server.types import (
    Detections,
    Lifecycle,
    Look,
    ObjectClass,
    Sample,
    ShotResult,
    Window,
    WindowPrediction,
)
from courtside_server.windows.nms import MergeRules

METRE = 40.0
RIM = (490.0, 100.0, 508.4, 107.0)
SHOOTER = (95.0, 230.0, 145.0, 310.0)
REBOUNDER = (472.0, 112.0, 522.0, 232.0)
RELEASE = 1.5


OFF_RIM = RELEASE + 1.1


def flight(time: float, reach: float = 8.25, bounces: float = 0.0) -> tuple[float, float]:
    t = max(time - RELEASE, 0.0)
    if bounces and time > OFF_RIM:
        t = time - OFF_RIM
        return 497 + bounces * t, min(92 - 220 * t + 0.5 * 9.81 * METRE * t * t, 330.0)
    if time < RELEASE:
        return 125.0, 255.0 - 20 * time
    y = 225 - 8.2 * METRE * t + 0.5 * 9.81 * METRE * t * t
    return 130 + reach * METRE * t, min(y, 330.0)


def looks(end: float = 6.0, rate: float = 30.0, reach: float = 8.25, rim=RIM, bounces: float = 0.0,
          second=REBOUNDER, spare=None):  # fmt: skip
    for number, time in enumerate(np.arange(0, end, 1 / rate)):
        balls = [flight(float(time), reach, bounces), *([] if spare is None else [spare(float(time))])]
        boxes = np.array([*((x - 5, y - 5, x + 5, y + 5) for x, y in balls), rim, SHOOTER, second], np.float32)
        kinds = np.array([ObjectClass.BALL] * len(balls) + [ObjectClass.RIM, ObjectClass.PLAYER, ObjectClass.PLAYER])
        look = Look("c", 0, number, float(time), 50 + float(time), 10 + float(time), np.zeros((3, 384, 640), np.uint8),
                    2 / 3, (0, 12), 960, 540, (0.0, 0.0), False)  # fmt: skip
        yield look, Detections(boxes, np.full(len(boxes), 0.8, np.float32), kinds)


class Physicist:
    """A flight model whose answer can be worked out; it sees the ``faint`` release in every third window only."""

    def __init__(self, *releases: float, faint: float | None = None) -> None:
        self.releases, self.faint = releases or (RELEASE,), faint

    async def predict(self, seen, first, media, wall, due, time_scale, begin):
        said = []
        for number, time in enumerate(self.releases):
            rising = np.flatnonzero(media >= time)
            if not len(rising) or media[-1] < time + 0.3 or media[0] > time or (time == self.faint and first % 6):
                continue
            release = np.full(48, 1e-6, np.float32)
            release[int(rising[0])] = 1
            at = min(seen, key=lambda o: abs(o.media - time - 0.1))
            balls = at.tracks[at.classes == ObjectClass.BALL].tolist()
            track = balls[min(number, len(balls) - 1)]
            said.append(WindowPrediction(first, media, wall, 0.9, release / release.sum(), None, 0.5, "f:1", due,
                                         range(12, 41), track, (0.2, 0.4)))  # fmt: skip
        return said


class Referee:
    """A rim model that calls every ball made once it is below the rim."""

    async def judge(self, path, seen, now, time_scale):
        fallen = len(path) and path.places[-1, 1] > RIM[3] + 30 and now > RELEASE + 0.9
        return np.array([0.05, 0.9, 0.05]) if fallen else np.array([0.98, 0.01, 0.01])


class Clip:
    input_size = (16, 8)

    def __init__(self):
        self.asked = 0

    async def predict(self, window):
        self.asked += 1
        media = np.array([s.media for s in window.samples])
        return WindowPrediction(window.index, media, media, 0.97, np.eye(16, dtype=np.float32)[8], np.eye(7)[4], 0.4,
                                "clip:1", 0.0)  # fmt: skip


async def ask(call):
    return await call()


def finder(profile=Profile.FLIGHT, clip=None, flight=None):
    models = Finders(clip or Clip(), detector=None, flight=flight or Physicist(), rim=Referee())
    return ShotFinder(profile, models, MergeRules(0.8, 1.0, True, 0.4), FlightRules(), TrackIds.fresh(), 30.0, 1.0,
                      lambda width, height: None, ask)  # fmt: skip


async def run(found: ShotFinder, **how):
    changes = []
    for look, detections in looks(**how):
        changes += [(look.media, change) for change in await found.on_look(look, detections)]
    return changes + [(None, change) for change in await found.flush()]


async def test_a_shot_is_told_soon_followed_to_its_result_and_confirmed_once():
    found = finder()
    changes = await run(found)
    first, last = changes[0], changes[-1]
    assert found.windows_judged > 30
    assert first[0] - RELEASE < 0.6 and first[1].shot.lifecycle is Lifecycle.PROVISIONAL
    assert first[1].story.shooter == 1
    made = next(now for now, change in changes if change.story.result is ShotResult.MADE)
    down = RELEASE + 1.12
    assert 0 < made - down < 0.5
    assert [c.shot.lifecycle for _, c in changes].count(Lifecycle.CONFIRMED) == 1
    assert last[1].shot.lifecycle is Lifecycle.CONFIRMED and last[1].story.result is ShotResult.MADE
    assert last[1].shot.media == pytest.approx(RELEASE, abs=0.06)
    assert all(a[0] <= b[0] for a, b in pairwise(c for c in changes if c[0] is not None))


async def test_a_rebound_off_the_rim_is_no_second_shot():
    last = {}
    for _, change in await run(finder(flight=Physicist(RELEASE, OFF_RIM)), bounces=60):
        last[change.shot.key] = change
    ends = [(round(c.shot.media, 1), c.shot.lifecycle, c.story.off_rim) for c in last.values()]
    assert sorted(ends) == [(1.5, Lifecycle.CONFIRMED, False), (2.6, Lifecycle.RETRACTED, True)]


async def test_a_rebound_seen_better_than_its_shot_leaves_the_shot_standing():
    last = {}
    found = finder(flight=Physicist(RELEASE, OFF_RIM, faint=RELEASE))
    for _, change in await run(found, bounces=60, second=(700.0, 112.0, 750.0, 232.0)):
        last[change.shot.key] = change
    first, rebound = sorted(last.values(), key=lambda change: change.shot.media)
    assert rebound.story.off_rim and rebound.shot.lifecycle is Lifecycle.RETRACTED
    assert rebound.shot.agreeing / rebound.shot.covering > 0.9
    assert first.shot.agreeing / first.shot.covering < 0.4 and first.shot.lifecycle is Lifecycle.CONFIRMED


ANOTHER = OFF_RIM + 0.22


def thrown_later(time: float) -> tuple[float, float]:
    t = max(time - ANOTHER, 0.0)
    return 770 - 220 * t, min(140 - 7 * METRE * t + 0.5 * 9.81 * METRE * t * t, 330.0)


@pytest.mark.parametrize(
    ("spare", "second", "expected"),
    [
        (None, (490.0, 60.0, 540.0, 180.0), Lifecycle.RETRACTED),
        (thrown_later, (745.0, 130.0, 795.0, 250.0), Lifecycle.CONFIRMED),
    ],
)
async def test_two_players_shots_at_once_are_two_only_with_two_balls(spare, second, expected):
    last = {}
    found = finder(flight=Physicist(RELEASE, ANOTHER, faint=ANOTHER))
    for _, change in await run(found, second=second, spare=spare, bounces=15):
        last[change.shot.key] = change
    first, other = sorted(last.values(), key=lambda change: change.shot.media)
    assert first.story.shooter != other.story.shooter and not other.story.off_rim and not other.story.refuted
    assert (first.shot.lifecycle, other.shot.lifecycle) == (Lifecycle.CONFIRMED, expected)


async def test_a_ball_that_goes_up_over_a_rim_is_a_shot_where_none_was_before():
    changes = await run(finder(flight=Physicist(OFF_RIM)), bounces=60)
    assert changes[-1][1].story.off_rim and changes[-1][1].shot.lifecycle is Lifecycle.CONFIRMED


async def test_a_ball_thrown_past_every_rim_is_taken_back_once_its_flight_is_over():
    changes = await run(finder(), rim=(700.0, 480.0, 718.0, 487.0))
    now, last = changes[-1]
    assert last.shot.lifecycle is Lifecycle.RETRACTED
    assert 2.2 <= now - RELEASE < 3.0


async def test_film_that_ends_in_mid_flight_still_tells_of_the_shot():
    changes = await run(finder(), end=RELEASE + 0.5)
    assert changes[-1][1].shot.lifecycle is Lifecycle.CONFIRMED
    assert changes[-1][1].story.result is ShotResult.UNKNOWN


def window(start: float) -> Window[Sample]:
    pixels = np.zeros((3, 8, 16), np.uint8)
    return Window("c", 0, round(start / 0.3), tuple(
        Sample(i, start + 0.3 * i, start + 0.3 * i, pixels, False, 0.0) for i in range(16)
    ))  # fmt: skip


async def test_the_clip_model_is_asked_once_a_shot_for_its_zone():
    clip = Clip()
    found = finder(clip=clip)
    zones = set()
    for look, detections in looks():
        for change in await found.on_look(look, detections):
            zones.add(change.story.zone)
        if look.number % 9 == 0 and look.media >= 2.4:
            assert not found.scores_clips
            await found.on_window(window(look.media - 4.5), None)
    assert clip.asked == 1 and tuple(np.eye(7)[4]) in zones


async def test_both_tells_of_a_certain_clip_without_a_flight_and_of_no_shot_twice():
    clip = Clip()
    found = finder(Profile.BOTH, clip)
    said = []
    for look, detections in looks(end=4.0):
        said += await found.on_look(look, detections)
    for start in (RELEASE - 2.4, 40.0, 40.3, 40.6):
        one = window(start)
        prediction = await clip.predict(one)
        said += await found.on_window(one, prediction)
    said += await found.flush()
    confirmed = [c.shot.media for c in said if c.shot.lifecycle is Lifecycle.CONFIRMED]
    assert len(confirmed) == 2
    assert min(confirmed) == pytest.approx(RELEASE, abs=0.06) and max(confirmed) == pytest.approx(42.7, abs=0.4)
