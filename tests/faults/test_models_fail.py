"""Models of the default profile that fail one by one, in different ways, while the others are well.

One DEGRADED for each model that fails, one RECOVERED when the last of them answers again, and then shots are found.
"""

import pytest
from default_pipeline import FPS, DefaultCameras, broken, dead, decode_planes, failing, late, nan
from shot_film import NEAR_S, SECONDS

from courtside_server.types import ShotResult, ZoneSource

DETECTOR, FLIGHT, RIM, CLIP = "court_detector", "shot_flight", "rim_result", "shot_clip"
PEOPLE, POSE = "person_detector", "player_pose"
BEGINNING = 60
"""Frames of the film's first two seconds: the ball has left the hand, so all but the last two models were needed."""

@pytest.fixture(scope="module")
def frames(shot_film):
    return decode_planes(shot_film.path)


@pytest.mark.parametrize(
    ("model", "fault"),
    [(FLIGHT, nan), (FLIGHT, dead), (DETECTOR, nan), (DETECTOR, failing), (PEOPLE, nan), (POSE, dead)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_a_model_that_fails_is_announced_once_and_the_next_shot_is_found(frames, shot_film, model, fault):
    async with DefaultCameras() as cameras:
        cameras.engine.faults[model] = fault
        await cameras.play(frames[:BEGINNING])
        states = await cameras.states()
        assert [state for state, _ in states] == ["DEGRADED"], states
        cameras.engine.faults.clear()
        await cameras.play(frames)
        await cameras.end()
        states = await cameras.states()
        assert [state for state, _ in states] == ["DEGRADED", "RECOVERED"], states
        shots = await cameras.shots()
        assert shots[-1][0] == pytest.approx(BEGINNING / FPS + shot_film.release, abs=NEAR_S)


async def test_a_detector_that_is_too_slow_says_so_and_recovers(frames):
    async with DefaultCameras(patient=False, settings={"sharing.floor": 1.0}) as cameras:
        cameras.engine.faults[DETECTOR] = late
        await cameras.play(frames)
        cameras.engine.faults.clear()
        await cameras.play(frames)
        await cameras.play(frames)
        await cameras.end()
        states = await cameras.states()
        # One for the answer that never came, one for the rate that is left.
        assert sorted(state for state, _ in states) == ["DEGRADED", "DEGRADED", "RECOVERED"], states
        assert states[-1][0] == "RECOVERED" and len(await cameras.shots()) >= 1


@pytest.mark.parametrize(
    ("model", "fault"), [(RIM, nan), (CLIP, dead)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_a_shot_is_reported_without_its_result_or_its_zone(frames, shot_film, model, fault):
    async with DefaultCameras() as cameras:
        cameras.engine.faults[model] = fault
        await cameras.play(frames)
        await cameras.play(frames[:30])  # until the first shot is over; the second one has yet to come
        cameras.engine.faults.clear()
        await cameras.play(frames[30:])
        await cameras.end()
        states = await cameras.states()
        assert [state for state, _ in states] == ["DEGRADED", "RECOVERED"], states
        shots = await cameras.shots()
        releases = [shot_film.release, SECONDS + shot_film.release]
        assert [media for media, _ in shots] == pytest.approx(releases, abs=NEAR_S)
        (_, without), (_, whole) = shots
        missing = without.result is ShotResult.UNKNOWN if model == RIM else without.zone_source is not ZoneSource.MODEL
        assert missing, without
        assert whole.result is not ShotResult.UNKNOWN and shot_film.has_zone(whole)


async def test_models_that_fail_and_recover_at_different_times(frames, shot_film):
    async with DefaultCameras() as cameras:
        cameras.engine.faults[FLIGHT] = nan
        await cameras.play(frames[:BEGINNING])
        cameras.engine.faults[DETECTOR] = dead
        await cameras.play(frames[:30])
        del cameras.engine.faults[DETECTOR]
        await cameras.play(frames[:BEGINNING])
        before = await cameras.states()
        assert [state for state, _ in before] == ["DEGRADED", "DEGRADED"], before
        cameras.engine.faults.clear()
        await cameras.play(frames)
        await cameras.end()
        states = await cameras.states()
        assert [state for state, _ in states] == ["DEGRADED", "DEGRADED", "RECOVERED"], states
        last, _ = (await cameras.shots())[-1]
        assert last == pytest.approx((2 * BEGINNING + 30) / FPS + shot_film.release, abs=NEAR_S)


async def test_a_server_that_loads_its_models_one_by_one_is_back_once(frames):
    async with DefaultCameras() as cameras:
        await cameras.play(frames[:BEGINNING])
        cameras.engine.faults.update(dict.fromkeys((DETECTOR, FLIGHT, RIM, CLIP), dead))
        await cameras.play(frames[:30])
        for model in (DETECTOR, RIM, CLIP, FLIGHT):  # the detector first: the others were not even needed meanwhile
            del cameras.engine.faults[model]
            await cameras.play(frames[:20])
        await cameras.play(frames)
        await cameras.end()
        states = await cameras.states()
        # One DEGRADED for each model that was missed.
        assert 1 <= [state for state, _ in states].count("DEGRADED") <= 4, states
        assert [state for state, _ in states].index("RECOVERED") == len(states) - 1, states
        assert len(await cameras.shots()) >= 1


@pytest.mark.parametrize("model", [DETECTOR, FLIGHT])
async def test_an_unexpected_error_does_not_end_the_scoring(frames, shot_film, model):
    async with DefaultCameras() as cameras:
        cameras.engine.faults[model] = broken
        await cameras.play(frames[:BEGINNING])
        cameras.engine.faults.clear()
        await cameras.play(frames)
        await cameras.end()
        states = await cameras.states()
        assert [state for state, _ in states] == ["DEGRADED", "RECOVERED"], states
        assert len(await cameras.shots()) == 1
