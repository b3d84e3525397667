"""The context of a shot and its type, from observations whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from shot_scenes import BALL, METRE, PLAYER, RIM, RIM_BOX, around, by_track, observed

from courtside.court.homography import Calibration
from courtside.court.measures import FIBA
from courtside.events import Event, ShotType
from courtside_server.shots.context import BODY_M, ShotContext, shot_context
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.shot_type import shot_type, type_probabilities

RELEASE, TALL = 3.0, BODY_M * METRE
FLOOR = RIM_BOX[3] + 3.05 * METRE
CRITERIA = ShotCriteria()


def scene(feet, ball, players=(), seconds=1.25):
    """Observations of a shooter (track 7) whose feet are at ``feet(since)`` metres left of the rim, and of a ball.

    Args:
        feet: of seconds since the release.
        ball: x, y pixels before the release, of seconds since it and the shooter's x in pixels.
        players: boxes of others.
        seconds: of the flight to the rim.
    """
    rim_x = (RIM_BOX[0] + RIM_BOX[2]) / 2
    out, start = [], rim_x - feet(0.0) * METRE
    rise = (0.55 + 4.905 * seconds**2) / seconds
    for time in np.arange(0.0, RELEASE + 1.4, 1 / 15):
        since = float(time) - RELEASE
        x = rim_x - feet(min(since, 0.0)) * METRE
        body = (x - 0.35 * METRE, FLOOR - TALL, x + 0.35 * METRE, FLOOR)
        if since < 0:
            at = ball(since, x)
        else:
            share = since / seconds
            at = (start + share * (rim_x - start), FLOOR - 2.5 * METRE - (rise * since - 4.905 * since**2) * METRE)
        out.append(observed(float(time), [
            (around(*at), BALL, 1), (body, PLAYER, 7), (RIM_BOX, RIM, 1), *((box, PLAYER, 8) for box in players),
        ]))  # fmt: skip
    return out


def held(since, x):
    """A ball in the hands before the chest, lifted for the shot."""
    return x + 0.2 * METRE, FLOOR - (1.2 + 1.2 * max(0.0, 1 + since / 0.5)) * METRE


def context(observations, court=None) -> ShotContext:
    after = [one for one in observations if one.media >= RELEASE - 0.8]
    return shot_context(
        by_track(after)[1], observations, 7, np.array([*RIM_BOX, 0.9]), RELEASE, 1.0, CRITERIA.context, court
    )


def found(observations, court=None) -> ShotType:
    return shot_type(context(observations, court), CRITERIA.type)[0]


def side_court() -> Calibration:
    """A court seen from the side in true measure: x along the picture, y up it; the rim is in the picture's scale."""
    rim_x = (RIM_BOX[0] + RIM_BOX[2]) / 2
    metres = np.array([[0.0, 0.0], [13.0, 0.0], [13.0, 5.0], [0.0, 5.0]])
    left = rim_x - (metres[:, 0] * -1 + FIBA.rim_centre(0)[0]) * METRE
    return Calibration.fit(FIBA, np.stack([left, FLOOR - metres[:, 1] * METRE], 1), metres)


def test_a_shot_out_of_a_stand_is_a_jump_shot():
    assert found(scene(lambda since: 6.0, held)) is ShotType.JUMP_SHOT


def test_a_ball_that_flies_to_the_shooter_shortly_before_makes_a_catch_and_shoot():
    def passed(since, x):
        late = max(0.0, -since - 0.9)
        return (x - 7 * METRE * late, FLOOR - 1.3 * METRE) if late else held(since, x)

    seen = context(scene(lambda since: 6.0, passed))
    assert seen.arrived == pytest.approx(0.9, abs=0.1)
    assert shot_type(seen, CRITERIA.type)[0] is ShotType.CATCH_AND_SHOOT


def test_a_head_that_passes_for_the_ball_hides_no_catch():
    def passed(since, x):
        late = max(0.0, -since - 0.9)
        return (x - 7 * METRE * late, FLOOR - 1.3 * METRE)

    seen = []
    for one in scene(lambda since: 6.0, held):
        since = one.media - RELEASE
        boxes = [(tuple(box), kind, track) for box, kind, track in zip(one.boxes, one.classes, one.tracks, strict=True)
                 if kind != BALL or since >= -0.3]  # fmt: skip
        left, _, right, _ = next(box for box, kind, _ in boxes if kind == PLAYER)
        if since < 0:
            boxes.append((around((left + right) / 2, FLOOR - TALL + 0.1 * METRE), BALL, 5))
        if -1.6 < since < -0.85:
            boxes.append((around(*passed(since, (left + right) / 2)), BALL, 4))
        seen.append(observed(one.media, boxes))
    assert found(seen) is ShotType.CATCH_AND_SHOOT


def test_another_ball_that_somebody_else_has_is_no_pass():
    def hidden(since, x):
        return (x - (1.8 - 0.15 * since) * METRE, FLOOR - 0.8 * METRE) if since < -0.95 else held(since, x)

    seen = context(scene(lambda since: 6.0, hidden))
    assert seen.arrived is None and seen.watched < 1.0
    assert shot_type(seen, CRITERIA.type)[0] is ShotType.JUMP_SHOT


def test_a_dribble_before_the_shot_makes_no_catch_and_shoot():
    def dribbled(since, x):
        low = abs(np.sin(np.pi * since / 0.5)) if since < -0.8 else 1.0
        return (x + 0.5 * METRE, FLOOR - (0.12 + 0.9 * low) * METRE) if since < -0.8 else held(since, x)

    assert found(scene(lambda since: 6.0, dribbled)) is ShotType.JUMP_SHOT


def test_feet_that_move_away_from_the_rim_with_the_ball_make_a_step_back():
    def feet(since):
        return 6.0 - 0.9 * min(max(-since - 0.5, 0.0) / 0.4, 1.0)

    assert found(scene(feet, held)) is ShotType.STEP_BACK
    assert found(scene(feet, held), side_court()) is ShotType.STEP_BACK


def test_a_run_to_the_rim_makes_a_layup():
    assert found(scene(lambda since: 1.2 - 3.0 * since, held, seconds=0.45)) is ShotType.LAYUP


def test_a_rest_at_the_line_with_nobody_near_makes_a_free_throw_on_a_known_court():
    stand = FIBA.lane_length - FIBA.basket_inset
    assert found(scene(lambda since: stand, held, seconds=1.0), side_court()) is ShotType.FREE_THROW
    near = (RIM_BOX[0] - (stand + 0.8) * METRE, FLOOR - TALL, RIM_BOX[0] - stand * METRE, FLOOR)
    assert found(scene(lambda since: stand, held, [near], seconds=1.0), side_court()) is ShotType.JUMP_SHOT
    assert found(scene(lambda since: 6.5, held), side_court()) is ShotType.JUMP_SHOT


def test_a_ball_in_the_hand_above_the_rim_that_is_through_at_once_is_a_dunk():
    for over, kind in ((0.3, ShotType.DUNK), (-0.2, ShotType.LAYUP)):
        seen = ShotContext(distance=0.6, over_rim=over, flight=0.1, speed=2.0)
        assert shot_type(seen, CRITERIA.type)[0] is kind


def test_probabilities_add_up_to_one_whatever_is_unknown():
    for seen in (ShotContext(), ShotContext(distance=4.3, still=2.0), ShotContext(watched=0.5, flight=1.1)):
        assert sum(type_probabilities(seen, CRITERIA.type).values()) == pytest.approx(1.0)


def test_nothing_is_measured_of_a_shooter_who_is_not_known():
    observations = scene(lambda since: 6.0, held)
    path = by_track(observations)[1]
    seen = shot_context(path, observations, None, None, RELEASE, 1.0, CRITERIA.context)
    assert seen == ShotContext()


def test_a_type_of_a_later_version_is_read_as_unknown():
    from golden.examples import complete_shot_event

    message = complete_shot_event()
    assert Event.from_proto(message).shot.type is ShotType.STEP_BACK
    message.shot.type = 99
    event = Event.from_proto(message)
    assert event.shot.type is ShotType.UNKNOWN and event.shot.type_probability == 0.0


def behind(feet, others=()):
    """As `scene`, from behind the shooter: a level camera 3 m above the floor; ``feet(since)`` are metres from it."""
    focal, high, middle, horizon = 900.0, 3.0, 480.0, 100.0

    def body(x, deep, size=1.9):
        metre = focal / deep
        y, left = horizon + high * metre, middle + x * metre
        return (left - 0.35 * metre, y - size * metre, left + 0.35 * metre, y)

    metre = focal / 14.0
    rim = (middle - 0.235 * metre, horizon - 0.1 * metre, middle + 0.235 * metre, horizon + 0.05 * metre)
    out = []
    for time in np.arange(0.0, RELEASE + 0.6, 1 / 15):
        since = float(time) - RELEASE
        shooter = body(0.0, feet(min(since, 0.0)))
        up = 0.2 if since < -0.3 else 1.0 + 2.0 * max(since, 0.0)
        ball = (middle, shooter[3] - (shooter[3] - shooter[1]) * (0.6 + 0.5 * up))
        rows = [(around(*ball), BALL, 1), (shooter, PLAYER, 7), (rim, RIM, 1)]
        rows += [(body(x, deep), PLAYER, 20 + number) for number, (x, deep) in enumerate(others)]
        out.append(observed(float(time), rows))
    after = [one for one in out if one.media >= RELEASE - 0.8]
    return shot_context(by_track(after)[1], out, 7, np.array([*rim, 0.9]), RELEASE, 1.0, CRITERIA.context)


def test_people_at_several_depths_show_a_step_towards_the_camera():
    def feet(since):
        return 8.0 + 0.9 * min(max(-since - 0.5, 0.0) / 0.4, 1.0)

    others = ((-2.0, 7.0), (2.0, 11.0), (1.0, 9.0))
    seen = behind(feet, others)
    assert seen.away == pytest.approx(0.9, abs=0.25) and seen.across < 0.2
    assert shot_type(seen, CRITERIA.type)[0] is ShotType.STEP_BACK
    alone = behind(feet)
    assert abs(alone.away) < 0.45, "one body's size says little about depth"
