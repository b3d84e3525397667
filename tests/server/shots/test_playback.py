"""How fast a film runs is measured by the fall of the ball; a shot in slow motion after a cut is a replay."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from shot_scenes import METRE, RIM_BOX, flight, observed, play

from courtside.names import CameraName
from courtside_server.offline.analyze import playback_advice
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.criteria import PlaybackConfig, ShotCriteria
from courtside_server.shots.event_drafts import ShotEvents
from courtside_server.shots.playback import Replays, measure_playback
from courtside_server.shots.state import Rejection, ShotStateMachine
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import Lifecycle, Shot, Zone
from courtside_server.windows.nms import ShotCandidate

CONFIG = PlaybackConfig()
RIM = np.array(RIM_BOX)


def fall(speed: float, fps: float = 15.0, noise: float = 0.3, seed: int = 0) -> Trajectory:
    """A shot of 1.1 s that a film shows at ``speed``, with detections that are ``noise`` pixels off."""
    rng = np.random.default_rng(seed)
    media = np.arange(0.0, 1.1 / speed, 1 / fps)
    positions = np.array([flight(1.0 + time * speed) for time in media]) + rng.normal(0, noise, (len(media), 2))
    return Trajectory(1, media, positions, np.full(len(media), 0.24 * METRE), np.full(len(media), 0.9))


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 1.3])
@pytest.mark.parametrize("fps", [15.0, 60.0])
def test_the_speed_is_measured_by_ball_and_rim(speed, fps):
    for rim in (RIM, None):
        assert measure_playback(fall(speed, fps), 0.0, rim, 1.0, CONFIG) == pytest.approx(speed, rel=0.1)


def test_the_declared_speed_is_taken_into_account():
    """Film that is declared to run at half speed, and does."""
    assert measure_playback(fall(0.5), 0.0, RIM, 0.5, CONFIG) == pytest.approx(1.0, rel=0.1)


def test_of_two_scales_the_one_that_speaks_for_real_speed_counts():
    far = np.array([490.0, 100.0, 490.0 + 18.4 * 4, 107.0])  # four times as wide: the speed would be a half by it
    assert measure_playback(fall(1.0), 0.0, far, 1.0, CONFIG) == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize("path", [
    fall(1.0, noise=3.0),  # detections that jump
    fall(1.0, fps=4.0),  # too few of them
    Trajectory.empty(),
], ids=["noisy", "few", "none"])  # fmt: skip
def test_what_does_not_show_the_speed_gives_none(path):
    assert measure_playback(path, 0.0, RIM, 1.0, CONFIG) is None


@pytest.mark.parametrize("position", [
    lambda t: (100 + 50 * t, 200.0),  # rolls
    lambda t: (100 + 10 * t, 200 - 60 * t),  # is lifted
    lambda t: (100.0, 200 - 200 * t + 30 * t * t),  # is lifted ever more slowly, without a highest point
])  # fmt: skip
def test_a_ball_in_the_hands_or_on_the_floor_shows_none(position):
    media = np.arange(0, 1.5, 1 / 15)
    positions = np.array([position(time) for time in media])
    path = Trajectory(1, media, positions, np.full(len(media), 10.0), np.full(len(media), 0.9))
    assert measure_playback(path, 0.0, None, 1.0, CONFIG) is None


# --- replays -------------------------------------------------------------------------------------------------------


def replays(*shots: tuple[float, float | None], cut: bool = True) -> Replays:
    found = Replays(CONFIG, 1.0)
    for release, speed in shots:
        found.add(release, speed)
    if cut:
        found.start_scene()
    return found


def test_a_shot_in_slow_motion_after_a_cut_is_a_replay_of_the_newest_one_at_real_speed():
    assert replays((3.0, 1.0), (9.0, 0.95), (11.0, None)).original(20.0, 0.5) == 9.0


@pytest.mark.parametrize(("known", "speed", "cut"), [
    ([(3.0, 1.0)], 0.9, True),  # at real speed
    ([(3.0, 1.0)], None, True),  # speed unknown
    ([(3.0, None)], 0.5, True),  # the other one's speed unknown
    ([(3.0, 0.5)], 0.5, True),  # all of the film in slow motion
    ([(3.0, 1.0)], 0.5, False),  # no cut in between: the film was slowed down for this shot
    ([(-60.0, 1.0)], 0.5, True),  # long ago
    ([], 0.5, True),
])  # fmt: skip
def test_without_evidence_it_is_none(known, speed, cut):
    assert replays(*known, cut=cut).original(20.0, speed) is None


def finished(speed: float, known: Replays) -> ShotStateMachine:
    """The state of a shot that a film shows at a speed."""
    shot = ShotCandidate(0, Lifecycle.CONFIRMED, 0.9, 1.0, 1.0, 0.02, None, 0.5, 5, 9, "m:1", 1.0, tracks=(1,))
    machine, ring = ShotStateMachine(shot, None, None, None, 1.0, ShotCriteria()), TrackRing(20)
    for one in play(15.0, end=2.2):
        slowed = 1.0 + (one.media - 1.0) / speed
        rows = list(zip(one.boxes.tolist(), one.classes.tolist(), one.tracks.tolist(), strict=True))
        ring.append(observed(slowed, rows))
        machine.update(ring, slowed, lambda request: None)
    machine.finish(False, known)
    return machine


def test_a_replay_is_retracted_and_says_of_which_shot():
    known = replays((-9.0, 1.0))
    shot = finished(0.5, known)
    assert shot.lifecycle is Lifecycle.RETRACTED and Rejection.REPLAY in shot.state.rejections
    assert shot.state.playback_speed == pytest.approx(0.5, rel=0.1) and shot.state.replay_of == -9.0
    events = ShotEvents(CameraName.parse("games/g/cameras/c"))
    original = events.draft(0, ShotCandidate(0, Lifecycle.CONFIRMED, 0.9, -9.0, 41.0, 0.1, None, 0.5, 5, 9, "m:1", 0.0))
    again = events.draft(1, shot.candidate, shot.state)
    assert again.payload.replay_of == original.event_id and again.payload.playback_speed == pytest.approx(0.5, rel=0.1)


def test_slow_motion_without_a_cut_before_it_stays_a_shot():
    shot = finished(0.5, Replays(CONFIG, 1.0))
    assert shot.lifecycle is Lifecycle.CONFIRMED and shot.state.playback_speed == pytest.approx(0.5, rel=0.1)


def test_a_shot_at_real_speed_is_confirmed_and_known_from_then_on():
    known = Replays(CONFIG, 1.0)
    assert finished(1.0, known).lifecycle is Lifecycle.CONFIRMED
    known.start_scene()
    assert known.original(20.0, 0.5) == 1.0


@pytest.mark.parametrize(("likelihood", "expected"), [(0.6, Lifecycle.RETRACTED), (0.95, Lifecycle.CONFIRMED)])
def test_a_shot_that_all_speaks_for_is_not_rejected_because_its_film_seems_slow(monkeypatch, likelihood, expected):
    monkeypatch.setattr(ShotStateMachine, "_measure_playback", lambda machine: 0.3)
    shot = ShotCandidate(0, Lifecycle.CONFIRMED, 0.9, 1.0, 1.0, 0.02, None, 0.5, 5, 9, "m:1", 1.0, tracks=(1,))
    model = SimpleNamespace(request=lambda features: likelihood)
    machine, ring = ShotStateMachine(shot, None, model, None, 1.0, ShotCriteria()), TrackRing(20)
    for one in play(15.0):
        ring.append(one)
    machine.update(ring, 2.6, lambda request: request, end=True)
    machine.finish(False, Replays(CONFIG, 1.0))
    assert machine.lifecycle is expected


def test_film_that_is_too_slow_to_follow_gives_no_shot_and_advice():
    shot = finished(0.35, Replays(CONFIG, 1.0))
    assert shot.lifecycle is Lifecycle.RETRACTED and Rejection.TOO_SLOW in shot.state.rejections
    seen = Shot(0.9, 0.1, Zone.UNSPECIFIED, (), 0.5, "m:1", playback_speed=0.25)
    assert "--playback-speed 0.25" in playback_advice([seen], 1.0, CONFIG)
    assert playback_advice([seen], 0.25, CONFIG) is None
    unmeasured = Shot(0.9, 0.1, Zone.UNSPECIFIED, (), 0.5, "m:1")
    assert playback_advice([seen, unmeasured], 1.0, CONFIG) is None, "one of several shots may be measured badly"
    assert playback_advice([seen, unmeasured, seen], 1.0, CONFIG) is not None
    again = Shot(0.9, 0.1, Zone.UNSPECIFIED, (), 0.5, "m:1", playback_speed=0.5, replay_of="shot-1")
    assert playback_advice([again], 1.0, CONFIG) is None, "a replay says nothing of the film around it"
