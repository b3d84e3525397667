"""The flight profile from detector frames to shots: found in time, followed to a result, passes retracted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from courtside_server.inference.request import InferenceRequest
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.detector import Profile, ShotDetector, ShotModels
from courtside_server.types import (
    Detections,
    DetectorFrame,
    Lifecycle,
    ObjectClass,
    Sample,
    ShotResult,
    Window,
    WindowPrediction,
)

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


def frames(end: float = 6.0, rate: float = 30.0, reach: float = 8.25, rim=RIM, bounces: float = 0.0,
          second=REBOUNDER, spare=None):  # fmt: skip
    for number, time in enumerate(np.arange(0, end, 1 / rate)):
        balls = [flight(float(time), reach, bounces), *([] if spare is None else [spare(float(time))])]
        boxes = np.array([*((x - 5, y - 5, x + 5, y + 5) for x, y in balls), rim, SHOOTER, second], np.float32)
        kinds = np.array([ObjectClass.BALL] * len(balls) + [ObjectClass.RIM, ObjectClass.PLAYER, ObjectClass.PLAYER])
        frame = DetectorFrame("c", 0, number, float(time), 50 + float(time), 10 + float(time),
                              np.zeros((3, 384, 640), np.uint8), 2 / 3, (0, 12), 960, 540, (0.0, 0.0),
                              False)  # fmt: skip
        yield frame, Detections(boxes, np.full(len(boxes), 0.8, np.float32), kinds)


def answered(result) -> InferenceRequest:
    """A request whose result is known already."""
    return InferenceRequest("m", {}, 1.0, lambda outputs: result)


class KnownLikelihood:
    """A candidate model to which every shot is equally likely."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def request(self, features):
        return answered(self.probability)


class KnownFlights:
    """A flight model whose answer is known; it sees the ``faint`` release in every third window only."""

    def __init__(self, *releases: float, faint: float | None = None, score: float = 0.9) -> None:
        self.releases, self.faint, self.score = releases or (RELEASE,), faint, score

    def request(self, window):
        media, predictions = window.media, []
        for number, time in enumerate(self.releases):
            after = np.flatnonzero(media >= time)
            if not len(after) or media[-1] < time + 0.3 or media[0] > time or (time == self.faint and window.index % 6):
                continue
            release = np.full(48, 1e-6, np.float32)
            release[int(after[0])] = 1
            at = min(window.observations, key=lambda o: abs(o.media - time - 0.1))
            balls = at.tracks[at.classes == ObjectClass.BALL].tolist()
            track = balls[min(number, len(balls) - 1)]
            predictions.append(WindowPrediction(window.index, media, window.wall, self.score, release / release.sum(),
                                                None, 0.5, "f:1", window.due, range(12, 41), track,
                                                (0.2, 0.4)))  # fmt: skip
        return answered(predictions)


class KnownRim:
    """A rim model that calls every ball made once it is below the rim."""

    def request(self, path, observations, now, time_scale):
        fallen = len(path) and path.positions[-1, 1] > RIM[3] + 30 and now > RELEASE + 0.9
        return answered(np.array([0.05, 0.9, 0.05]) if fallen else np.array([0.98, 0.01, 0.01]))


class KnownClip:
    """A clip model that sees a shot from the fifth zone in the middle of every window."""

    input_size = (16, 8)

    def __init__(self):
        self.requests = 0

    def request(self, window):
        self.requests += 1
        media = np.array([s.media for s in window.samples])
        return answered(WindowPrediction(window.index, media, media, 0.97, np.eye(16, dtype=np.float32)[8],
                                         np.eye(7)[4], 0.4, "clip:1", 0.0))  # fmt: skip


def make_detector(profile=Profile.FLIGHT, clip=None, flight=None, candidate=None) -> ShotDetector:
    models = ShotModels(clip or KnownClip(), None, flight or KnownFlights(), KnownRim(), candidate)
    return ShotDetector(profile, models, ShotCriteria(), 1.0, lambda width, height: None, lambda r: r.parse({}))


def run(detector: ShotDetector, **how):
    """Every change with the media time at which it came; None at the end."""
    changes, tracker = [], Tracker(TrackIds.fresh())
    for frame, detections in frames(**how):
        changes += [(frame.media, change) for change in detector.push(tracker.update(frame, detections))]
    return changes + [(None, change) for change in detector.flush()]


def test_a_shot_is_emitted_soon_followed_to_its_result_and_confirmed_once():
    detector = make_detector()
    changes = run(detector)
    first, last = changes[0], changes[-1]
    assert detector.flight_windows_scored > 30
    assert first[0] - RELEASE < 0.6 and first[1].candidate.lifecycle is Lifecycle.PROVISIONAL
    assert first[1].state.shooter == 1
    made = next(now for now, change in changes if change.state.result is ShotResult.MADE)
    down = RELEASE + 1.12
    assert 0 < made - down < 0.5
    assert [c.candidate.lifecycle for _, c in changes].count(Lifecycle.CONFIRMED) == 1
    assert last[1].candidate.lifecycle is Lifecycle.CONFIRMED and last[1].state.result is ShotResult.MADE
    assert last[1].candidate.media == pytest.approx(RELEASE, abs=0.06)
    assert all(a[0] <= b[0] for a, b in pairwise(c for c in changes if c[0] is not None))


def test_a_rebound_off_the_rim_is_no_second_shot():
    last = {}
    for _, change in run(make_detector(flight=KnownFlights(RELEASE, OFF_RIM)), bounces=60):
        last[change.candidate.key] = change
    ends = [(round(c.candidate.media, 1), c.candidate.lifecycle, c.state.starts_at_rim) for c in last.values()]
    assert sorted(ends) == [(1.5, Lifecycle.CONFIRMED, False), (2.6, Lifecycle.RETRACTED, True)]


def test_a_rebound_seen_better_than_its_shot_leaves_the_shot_standing():
    last = {}
    detector = make_detector(flight=KnownFlights(RELEASE, OFF_RIM, faint=RELEASE))
    for _, change in run(detector, bounces=60, second=(700.0, 112.0, 750.0, 232.0)):
        last[change.candidate.key] = change
    first, rebound = sorted(last.values(), key=lambda change: change.candidate.media)
    assert rebound.state.starts_at_rim and rebound.candidate.lifecycle is Lifecycle.RETRACTED
    assert rebound.candidate.agreeing / rebound.candidate.covering > 0.9
    assert first.candidate.agreeing / first.candidate.covering < 0.4
    assert first.candidate.lifecycle is Lifecycle.CONFIRMED


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
def test_two_players_shots_at_once_are_two_only_with_two_balls(spare, second, expected):
    last = {}
    detector = make_detector(flight=KnownFlights(RELEASE, ANOTHER, faint=ANOTHER))
    for _, change in run(detector, second=second, spare=spare, bounces=15):
        last[change.candidate.key] = change
    first, other = sorted(last.values(), key=lambda change: change.candidate.media)
    assert first.state.shooter != other.state.shooter and not other.state.starts_at_rim and not other.state.rejected
    assert (first.candidate.lifecycle, other.candidate.lifecycle) == (Lifecycle.CONFIRMED, expected)


def test_a_ball_that_goes_up_over_a_rim_is_a_shot_where_none_was_before():
    changes = run(make_detector(flight=KnownFlights(OFF_RIM)), bounces=60)
    assert changes[-1][1].state.starts_at_rim and changes[-1][1].candidate.lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize(("likelihood", "expected"), [(0.9, [Lifecycle.CONFIRMED]), (0.1, [])])
def test_a_doubtful_shot_is_emitted_only_once_it_is_confirmed(likelihood, expected):
    changes = run(make_detector(flight=KnownFlights(score=0.6), candidate=KnownLikelihood(likelihood)))
    assert [change.candidate.lifecycle for _, change in changes] == expected


def test_an_unlikely_shot_is_retracted_once_its_flight_is_over():
    changes = run(make_detector(candidate=KnownLikelihood(0.1)))
    now, last = changes[-1]
    assert last.candidate.lifecycle is Lifecycle.RETRACTED and last.state.probability == 0.1
    assert 2.2 <= now - RELEASE < 3.0


@pytest.mark.timeout(20)
def test_a_detector_that_was_away_for_a_year_costs_two_windows():
    tracker, model, year = Tracker(TrackIds.fresh()), KnownFlights(RELEASE), 3e7
    detector = make_detector(flight=model)
    changes = []
    for start in (0.0, year):
        model.releases = (start + RELEASE,)
        for frame, detections in frames():
            moved = replace(frame, media=frame.media + start, capture_time=frame.capture_time + start)
            changes += detector.push(tracker.update(moved, detections))
    changes += detector.flush()
    last = {change.candidate.key: change.candidate for change in changes}.values()
    assert sorted(shot.media for shot in last) == pytest.approx([RELEASE, year + RELEASE], abs=0.06)
    assert {shot.lifecycle for shot in last} == {Lifecycle.CONFIRMED}
    assert detector.flight_windows_scored < 200


def test_at_a_low_rate_the_windows_of_one_frame_are_scored_once():
    detector = make_detector()
    changes = run(detector, rate=6.0)
    # One window per frame, and those that the end completes; windows that start every 0.1 s would be 59.
    assert detector.flight_windows_scored < 36 + 12
    found = [change.candidate for _, change in changes]
    assert {candidate.key for candidate in found} == {0}
    assert found[-1].media == pytest.approx(RELEASE, abs=0.01) and found[-1].agreeing == found[-1].covering > 5


def test_film_that_ends_in_mid_flight_still_reports_the_shot():
    changes = run(make_detector(), end=RELEASE + 0.5)
    assert changes[-1][1].candidate.lifecycle is Lifecycle.CONFIRMED
    assert changes[-1][1].state.result is ShotResult.UNKNOWN


def window(start: float) -> Window[Sample]:
    pixels = np.zeros((3, 8, 16), np.uint8)
    return Window("c", 0, round(start / 0.3), tuple(
        Sample(i, start + 0.3 * i, start + 0.3 * i, pixels, False, 0.0) for i in range(16)
    ))  # fmt: skip


def test_the_clip_model_gets_one_request_per_shot_for_its_zone():
    clip, tracker = KnownClip(), Tracker(TrackIds.fresh())
    detector = make_detector(clip=clip)
    zones = set()
    for frame, detections in frames():
        for change in detector.push(tracker.update(frame, detections)):
            zones.add(change.state.zone)
        if frame.number % 9 == 0 and frame.media >= 2.4:
            assert not detector.scores_clips
            detector.push_clip_window(window(frame.media - 4.5), None)
    assert clip.requests == 1 and tuple(np.eye(7)[4]) in zones


def test_profile_both_reports_a_certain_clip_without_a_flight_and_no_shot_twice():
    clip, tracker = KnownClip(), Tracker(TrackIds.fresh())
    detector = make_detector(Profile.BOTH, clip)
    changes = []
    for frame, detections in frames(end=4.0):
        changes += detector.push(tracker.update(frame, detections))
    for start in (RELEASE - 2.4, 40.0, 40.3, 40.6):
        one = window(start)
        changes += detector.push_clip_window(one, clip.request(one).parse({}))
    changes += detector.flush()
    confirmed = [c.candidate.media for c in changes if c.candidate.lifecycle is Lifecycle.CONFIRMED]
    assert len(confirmed) == 2
    assert min(confirmed) == pytest.approx(RELEASE, abs=0.06) and max(confirmed) == pytest.approx(42.7, abs=0.4)
