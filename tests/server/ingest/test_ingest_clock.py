"""Clocks and rate control: what counts as a jump, how the client's clock is estimated, how the rate is controlled."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.ingest.clock import ClockOffset, MediaClock
from courtside_server.ingest.rate_control import RateController

NOW = 1.7e9


def clock(frame_rate: float = 30.0, live: bool = True, time_scale: float = 1.0, first_pts: int = 0) -> MediaClock:
    return MediaClock(0.001, first_pts, frame_rate, time_scale, live)


def run(media_clock: MediaClock, pts: list[int], scale: float = 1.0):
    return [media_clock.update(p, NOW + p * 0.001 * scale, p * 0.001, NOW + p * 0.001 * scale) for p in pts]


@given(steps=st.lists(st.integers(1, 1999), min_size=1, max_size=50), first=st.integers(-(10**6), 10**12))
def test_any_jitter_under_two_seconds_stays_one_segment(steps, first):
    media_clock, pts, times = clock(first_pts=first), first, []
    for step in steps:
        times.append(media_clock.update(pts, NOW + (pts - first) / 1000, (pts - first) / 1000, NOW))
        pts += step
    assert {p.media_segment for p in times} == {0}
    assert [p.media for p in times] == sorted({p.media for p in times}) and times[0].media == 0


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.booleans())
def test_segment_and_media_time_only_go_forward(pts, live):
    """Whatever the camera sends, (segment, media) increases; the frame ring needs that."""
    keys = [(p.media_segment, p.media) for p in run(clock(live=live), pts) if p is not None]
    assert keys == sorted(set(keys))


def test_slow_camera_has_not_jumped():
    assert {p.media_segment for p in run(clock(frame_rate=0.5), [i * 4000 for i in range(10)])} == {0}
    learned = [p for p in run(clock(frame_rate=0), [i * 4000 for i in range(12)]) if p is not None]
    assert learned[-1].media_segment == learned[-4].media_segment, "an unnamed rate is learned"


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("start", [0, -4000, 2000])
def test_joined_recordings_go_on_where_the_first_one_ended(live, start):
    """Two recordings of 3 s; the second one's time stamps begin anew, also before those of the first."""
    joined = clock(live=live)
    pts = [*range(0, 3000, 40), *range(start, start + 3000, 40)]
    times = [joined.update(p, NOW + (i * 0.04 if live else p / 1000), i * 0.04, NOW + 5) for i, p in enumerate(pts)]
    assert [t.media for t in times] == pytest.approx([i * 0.04 for i in range(150)])
    assert [t.capture_time - NOW for t in times] == pytest.approx([i * 0.04 for i in range(150)], abs=1e-5)
    assert [t.media_segment for t in times] == [0] * 75 + [1] * 75
    assert [i for i, t in enumerate(times) if t.jump] == [75] and not any(t.replaced for t in times)


def test_a_picture_out_of_order_moves_no_other():
    times = run(clock(live=False), [0, 40, 120, 80, 160, 200])
    assert [t.media for t in times] == pytest.approx([0, 0.04, 0.12, 0.08, 0.16, 0.2])


def test_a_wrong_nominal_rate_hides_no_jump():
    pts = [i * 33 for i in range(30)]
    times = run(clock(frame_rate=0.001), [*pts, pts[-1] + 60_000])
    assert times[-1].jump is not None and times[-2].jump is None


def test_film_at_twice_the_speed_is_no_jump_of_the_capture_clock():
    assert {p.media_segment for p in run(clock(time_scale=0.5), list(range(0, 60_000, 33)), scale=0.5)} == {0}


def test_capture_clock_of_film_never_begins_a_segment():
    film = clock(live=False)
    assert film.update(0, NOW, 0, NOW).media_segment == film.update(33, NOW + 500, 0, NOW).media_segment == 0


def test_replaced_capture_times_of_film_follow_the_media_clock():
    film = clock(live=False, time_scale=0.5)
    times = [film.update(pts, 0.0, 0.0, NOW + late) for pts, late in ((0, 0), (1000, 7), (2000, 9))]
    assert [p.capture_time - NOW for p in times] == pytest.approx([0, 0.5, 1.0])
    assert all(p.replaced for p in times)


def test_client_offset_is_found_through_jittering_delays():
    offset, rng, estimate = ClockOffset(), random.Random(7), 0.0
    for index in range(1800):
        sent = index / 30
        delay = 0.004 + rng.expovariate(20)
        estimate = offset.update(NOW + sent + 12.5, NOW + sent + delay, sent + delay)
    assert estimate == pytest.approx(12.5, abs=0.01)
    for index in range(1800, 2700):
        sent = index / 30
        estimate = offset.update(NOW + sent - 3.0, NOW + sent + 0.005, sent)
    assert estimate == pytest.approx(-3.0, abs=0.02), "a clock that was set is followed"


def test_target_rate_falls_once_holds_and_is_removed_when_calm():
    controller = RateController()
    now, received, late, targets = 0.0, 0, 0, []
    for second in range(90):
        rate = controller.target_fps or 30.0  # the client follows the target
        capacity = 12.0 if second < 20 else 60.0
        for _ in range(2):
            now += 0.5
            received += round(rate / 2)
            late += max(0, round((rate - capacity) / 2))
            targets.append(controller.update(now, received, late))
    assert min(target for target in targets if target) >= 8
    assert 8 <= targets[20] <= 12
    assert targets[-1] == 0, "no limit once the trouble is over"


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 300)), max_size=60))
def test_target_rate_is_bounded_whatever_happens(periods):
    controller, now, received, late = RateController(), 0.0, 0, 0
    for arrived, dropped in periods:
        now, received, late = now + 2.0, received + arrived, late + dropped
        target = controller.update(now, received, late)
        assert target == 0 or 1 <= target <= 125


@pytest.mark.parametrize("frame_rate", [30.0, 0.0, 0.1, 1e-9])
@pytest.mark.parametrize("time_scale", [1.0, 100.0])
def test_no_camera_teaches_the_clock_that_hours_are_a_gap(frame_rate, time_scale):
    media_clock = clock(frame_rate=frame_rate, live=False, time_scale=time_scale)
    sparse = [index * 100_000_000 for index in range(8)]
    times = run(media_clock, [*sparse, sparse[-1] + 900_000_000])
    assert [time.media_segment for time in times] == list(range(9))


@pytest.mark.parametrize("pts", [2**62, -(2**62)])
def test_a_frame_farther_away_than_any_film_is_dropped(pts):
    media_clock = clock(live=False)
    media_clock.update(0, NOW, 0, NOW)
    assert media_clock.update(pts, NOW, 0, NOW) is None
    assert media_clock.update(33, NOW, 0, NOW).media_segment == 0
