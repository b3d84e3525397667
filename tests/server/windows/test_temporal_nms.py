"""Predictions become shots: middle-eight rule, temporal NMS, support, lifecycles; then scores against the truth."""

import numpy as np
import pytest
from accuracy.scores import match, score
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.types import Lifecycle, WindowPrediction
from courtside_server.windows.config import NmsConfig
from courtside_server.windows.nms import TemporalNms, release_position


def prediction(start, position=None, shot=0.0, zone=0, make=0.5, track=None):
    """A window that starts at grid index ``start`` and puts the release at sample ``position``."""
    release = np.full(16, 1e-6, np.float32)
    if position is not None:
        low = int(np.floor(position))
        release[low] += 1 - (position - low)
        if position > low:
            release[low + 1] += position - low
    media = (start + np.arange(16)) * 0.3
    zones = np.full(7, 0.01, np.float32)
    zones[zone] = 0.94
    release /= release.sum()
    return WindowPrediction(start, media, media + 1000, shot, release, zones, make, "m:1", media[-1], track=track)


def oracle(times, hop, count, score_of=lambda window, time: 0.9):
    """The predictions of a perfect model for a film with releases at ``times`` seconds."""
    out = []
    for start in range(-4, count, hop):
        inside = [t for t in times if start * 0.3 <= t <= (start + 15) * 0.3]
        middle = (start + 7.5) * 0.3
        if not inside:
            out.append(prediction(start))
            continue
        time = min(inside, key=lambda t: abs(t - middle))
        out.append(prediction(start, time / 0.3 - start, score_of(start, time)))
    return out


def merged(predictions, config=NmsConfig()):
    """The confirmed shots of one segment, by release."""
    nms = TemporalNms(config)
    changes = [change for prediction in predictions for change in nms.update(prediction)]
    changes += nms.flush()
    last = {change.key: change for change in changes}
    return sorted((shot for shot in last.values() if shot.lifecycle is Lifecycle.CONFIRMED), key=lambda s: s.media)


@pytest.mark.parametrize(("hop", "times"), [(1, [0.4, 3.1, 7.77, 9.4, 15.0]), (8, [0.4, 5.1, 9.77, 15.0])])
def test_a_perfect_model_gives_every_shot_once(hop, times):
    shots = merged(oracle(times, hop, 60), NmsConfig(min_support=0.4))
    assert [s.media for s in shots] == pytest.approx(times, abs=1e-3)


@given(st.lists(st.floats(1.6, 4.0), min_size=1, max_size=8), st.integers(1, 8))
def test_no_shot_is_lost_or_doubled_whatever_the_stagger(gaps, hop):
    times = list(np.cumsum(gaps))
    shots = merged(oracle(times, hop, int(times[-1] / 0.3) + 12))
    found = [s.media for s in shots]
    assert len(found) <= len(times), "no shot twice"
    # Two shots can hide in one window of a wide hop, but a lone shot never gets lost.
    lonely = [t for t in times if all(abs(t - other) > 4.6 for other in times if other != t)]
    for time in lonely:
        assert min(abs(f - time) for f in found) < 0.02


def test_a_release_outside_the_middle_eight_does_not_count():
    edge = [prediction(0, 2, 0.95), prediction(0, 13, 0.95)]
    assert merged(edge) == []
    assert len(merged(edge, NmsConfig(middle_only=False))) == 2


def test_a_window_below_the_threshold_announces_nothing():
    assert merged([prediction(0, 7, 0.79)]) == []
    assert len(merged([prediction(0, 7, 0.8)])) == 1


def test_windows_that_see_further_after_the_release_weigh_more_in_its_make_probability():
    early, late = prediction(0, 11, 0.9, make=0.4), prediction(7, 4, 0.9, make=0.9)
    (shot,) = merged([early, late])
    assert shot.make == pytest.approx((0.4 * 5**2 + 0.9 * 12**2) / (5**2 + 12**2), abs=1e-3)


def test_a_shot_is_announced_by_the_first_window_and_confirmed_after_the_last():
    nms = TemporalNms(NmsConfig(min_support=0.4))
    changes = []
    for item in oracle([6.0], 1, 60):
        changes.append(nms.update(item))
    first = next(i for i, c in enumerate(changes) if c)
    assert changes[first][0].lifecycle is Lifecycle.PROVISIONAL
    assert changes[first][0].due == pytest.approx(6.0 + 4 * 0.3), "known four samples after the release"
    final = [c for group in changes for c in group][-1]
    assert final.lifecycle is Lifecycle.CONFIRMED and final.agreeing == final.covering == 8
    assert {c.key for group in changes for c in group} == {0}


def test_what_most_windows_deny_is_retracted():
    windows = [
        prediction(start, 20 - start if start == 12 else None, 0.9 if start == 12 else 0.1) for start in range(0, 40)
    ]
    nms = TemporalNms(NmsConfig(min_support=0.4))
    changes = [c for w in windows for c in nms.update(w)]
    assert [c.lifecycle for c in changes] == [Lifecycle.PROVISIONAL, Lifecycle.RETRACTED]
    assert changes[-1].agreeing == 1 and changes[-1].covering == 8


def test_candidates_that_drift_together_are_one_shot():
    config = NmsConfig(radius=1.0)
    nms = TemporalNms(config)
    changes = nms.update(prediction(0, 6, 0.95))
    changes += nms.update(prediction(0, 9.5, 0.85))
    assert len({c.key for c in changes}) == 2
    for _ in range(6):
        changes += nms.update(prediction(0, 7.9, 0.9))
    changes += nms.flush()
    last = {c.key: c.lifecycle for c in changes}
    assert sorted(last.values()) == [Lifecycle.CONFIRMED, Lifecycle.RETRACTED]


def test_of_several_balls_the_one_in_most_windows_sets_the_release():
    windows = [[prediction(start, 8 - start, 0.9, track=1)] for start in range(3)]
    windows[1].append(prediction(1, 9, 0.99, track=2))
    nms = TemporalNms(NmsConfig())
    for predictions in windows:
        nms.update_window(predictions, (predictions[0].media[4], predictions[0].media[11]), predictions[0].due)
    (shot,) = nms.flush()
    assert shot.media == pytest.approx(8 * 0.3, abs=1e-3) and shot.spread < 0.1
    assert shot.tracks == (2, 1), "the one of the highest probability first"
    assert (shot.agreeing, shot.covering) == (3, 3), "windows are counted, not balls"


def test_interrupted_stream_closes_what_is_open():
    nms = TemporalNms()
    nms.update(prediction(0, 7, 0.9))
    (shot,) = nms.flush(interrupted=True)
    assert shot.interrupted and shot.lifecycle is Lifecycle.CONFIRMED
    assert nms.flush() == []


def test_release_position_ignores_a_second_bump():
    release = np.zeros(16, np.float32)
    release[5], release[6], release[12] = 0.4, 0.2, 0.39
    assert release_position(release) == pytest.approx(5 + 1 / 3)


def test_scores_of_a_small_case():
    result = score([1.0, 5.05, 9.0], [1.1, 5.0, 20.0, 30.0], tolerance=0.3)
    assert (result.true_positives, result.found, result.actual) == (2, 3, 4)
    assert result.precision == pytest.approx(2 / 3) and result.recall == 0.5
    assert result.f1 == pytest.approx(4 / 7)
    assert result.median_error == pytest.approx(0.075)
    both = result + score([2.0], [2.0])
    assert (both.true_positives, both.found, both.actual) == (3, 4, 5)


def test_matching_prefers_more_pairs_over_a_closer_one():
    assert sorted(match([1.0, 1.25], [1.2, 0.8], 0.3)) == [(0, 1), (1, 0)]


def test_scores_of_nothing():
    empty = score([], [])
    assert (empty.precision, empty.recall, empty.f1) == (1.0, 1.0, 1.0) and np.isnan(empty.median_error)
