"""The numbers that decide about a shot's context (`shots.context`), type (`shots.shot_type`) and make probability."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter

_PASSES = "Passes before 54 shots of real film, with 7 catches of 3 sources among them. Set by hand, not swept."
_BY_HAND = "Set by hand."
_CONTEXT = (
    "586 shots of 90 simulated games as boxes with errors, seeds from 710000 (benchmarks/shot_quality.py); feet on a "
    "known court .15 m off in the middle. Read beside 70 labelled shots of real film; not swept."
)
_TYPES = (
    "The same shots, and 70 shots of real film whose type was labelled by eye (tests/accuracy/shot_types.csv). Not "
    "swept."
)
_GAPS = (
    "Types right of the same shots with 1.0, 1.4 and 1.8 s of hiding: .71, .72 and .725 on a known court, .64, .65 and "
    ".65 without; of 70 shots of real film 52, 52 and 52."
)
_CROSSING = "The same shots, beside where the simulation's ball crosses the rim's height. Not swept."


class ContextConfig(ParameterGroup):
    """How a shot's context is measured (see `shots.context`)."""

    lookback: float = parameter(
        2.5, unit="s", meaning="The shooter and the ball are followed back for so long before the release.",
        evidence="Catch and shoot allows 2 s with the ball.", search=(2, 3), low=1, high=3,
    )  # fmt: skip
    measure_until: float = parameter(
        2.0, unit="s", meaning="The context is measured until so long after the release, and once at the end.",
        evidence="Shots are at the rim after 0.3 to 1.6 s.", search=(1.5, 3.5), low=0.5,
    )  # fmt: skip
    min_frames: int = parameter(
        3, unit="detections", meaning="Detections of the shooter before the release that a context needs.",
        evidence=_BY_HAND, search=(2, 6), low=2,
    )  # fmt: skip
    stand_from: float = parameter(
        0.5, unit="s", meaning="The shooter stands where his feet are from so long before the release.",
        evidence=_CONTEXT, search=(0.3, 0.7), low=0.1,
    )  # fmt: skip
    stand_until: float = parameter(
        0.2, unit="s", meaning="So long before the release his feet may have left the floor.",
        evidence=_CONTEXT, search=(0.0, 0.3), low=0,
    )  # fmt: skip
    step_from: float = parameter(
        1.2, unit="s", meaning="Where he was before the step: from so long before the release.", evidence=_CONTEXT,
        search=(0.9, 1.5), low=0.4,
    )  # fmt: skip
    step_until: float = parameter(
        0.9, unit="s", meaning="Where he was before the step: until so long before the release.", evidence=_CONTEXT,
        search=(0.6, 1.0), low=0.3,
    )  # fmt: skip
    still_distance: float = parameter(
        0.35, unit="m", meaning="Feet that stay within this distance are at rest: arms widen a box, and boxes err.",
        evidence=_CONTEXT, search=(0.2, 0.6), low=0.05,
    )  # fmt: skip
    apart: float = parameter(
        0.3, unit="body heights", meaning="A ball so far from the shooter is not in his hands.", evidence=_CONTEXT,
        search=(0.2, 0.6), low=0.1,
    )  # fmt: skip
    ground_boxes: int = parameter(
        20, unit="detections", meaning="Detections of people that show how the floor lies before the camera.",
        evidence=_CONTEXT, search=(10, 60), low=6,
    )  # fmt: skip
    ground_people: int = parameter(
        3, unit="players", meaning="Players that it takes: one person's crouch and jump look like depth.",
        evidence=_CONTEXT, search=(2, 6), low=2,
    )  # fmt: skip
    ground_depth: float = parameter(
        0.5, unit="body heights", meaning="Their feet must lie so far apart down the picture.", evidence=_CONTEXT,
        search=(0.2, 1), low=0.05,
    )  # fmt: skip
    ground_likeness: float = parameter(
        0.6, unit="1", meaning="Least correlation of their heights with where their feet are.", evidence=_CONTEXT,
        search=(0.3, 0.9), low=0, high=1,
    )  # fmt: skip
    ball_gap: float = parameter(
        1.8, unit="s", meaning="Longest time in which hands hide the ball before the release.", evidence=_GAPS,
        search=(0.4, 2.2), low=0,
    )  # fmt: skip
    ball_score: float = parameter(
        0.25, unit="score", meaning="Lowest score of a detection with which the ball is followed back: hands, knees "
        "and heads that pass for a ball score less.", evidence=_CONTEXT, search=(0.1, 0.5), low=0, high=1,
    )  # fmt: skip
    ball_rest: float = parameter(
        0.8, unit="s", meaning="A ball that lies still for so long, and not by the shooter, is another one.",
        evidence=_BY_HAND, search=(0.4, 1.5), low=0,
    )  # fmt: skip
    ball_distance: float = parameter(
        2.5, unit="ball sizes", meaning="How far the ball may lie from where it was seen next.", evidence=_BY_HAND,
        search=(1, 5), low=0,
    )  # fmt: skip
    ball_speed: float = parameter(
        30.0, unit="ball sizes per second", meaning="How fast that distance grows with the time between.",
        evidence="A hard pass flies at 7 m/s.", search=(15, 50), low=0,
    )  # fmt: skip
    ball_hidden: float = parameter(
        0.8, unit="s", meaning="It grows no more after this time: then the ball is hidden in hands.",
        evidence=_GAPS, search=(0.2, 1.0), low=0,
    )  # fmt: skip
    passed: float = parameter(
        0.7, unit="body heights", meaning="A ball that was so far from the shooter was passed to him, not dribbled.",
        evidence=_CONTEXT, search=(0.5, 1.2), low=0.3,
    )  # fmt: skip
    passed_detections: int = parameter(
        3, unit="detections", meaning="The ball must be seen there so often.", evidence=_CONTEXT, search=(1, 5), low=1,
    )  # fmt: skip
    approach: float = parameter(
        0.9, unit="player heights per second", meaning="A ball that is passed comes nearer to its receiver at least so "
        "fast; one that lies about, or that somebody else dribbles, does not.", evidence=_PASSES, search=(0.5, 1.5),
        low=0,
    )  # fmt: skip
    approach_time: float = parameter(
        0.4, unit="s", meaning="Time before it arrives over which that is measured.", evidence=_PASSES,
        search=(0.2, 0.8), low=0.1,
    )  # fmt: skip
    pass_speed: float = parameter(
        1.5, unit="player heights per second", meaning="Least speed of a pass across the picture.", evidence=_PASSES,
        search=(1, 3), low=0,
    )  # fmt: skip
    greatest_speed: float = parameter(
        10.0, unit="player heights per second", meaning="A faster ball is two balls.", evidence=_PASSES,
        search=(6, 15), low=0,
    )  # fmt: skip
    steady: float = parameter(
        2.5, unit="1", meaning="The speed at which a pass comes nearer changes by no more than this factor from one "
        "detection to the next.", evidence=_PASSES, search=(1.5, 4), low=1,
    )  # fmt: skip
    flight_gap: float = parameter(
        0.2, unit="s", meaning="Longest time between two detections of a pass.", evidence=_PASSES, search=(0.1, 0.4),
        low=0.05,
    )  # fmt: skip
    caught: float = parameter(
        0.45, unit="player heights", meaning="A pass is followed up to this distance from its receiver, and from at "
        "least as far again.", evidence=_PASSES, search=(0.3, 0.8), low=0,
    )  # fmt: skip
    first_bounce: float = parameter(
        0.25, unit="s", meaning="Whoever dribbles after a catch does not bounce the ball sooner.", evidence=_PASSES,
        search=(0.1, 0.4), low=0,
    )  # fmt: skip
    run: float = parameter(
        2.0, unit="body heights per second", meaning="How fast a shooter may have come before he was first seen.",
        evidence=_BY_HAND, search=(1, 4), low=0,
    )  # fmt: skip
    unseen: float = parameter(
        0.5, unit="s", meaning="The ball counts from so long before the shooter was first seen.", evidence=_BY_HAND,
        search=(0, 1), low=0,
    )  # fmt: skip
    shortest_hold: float = parameter(
        0.4, unit="s", meaning="Nobody catches and shoots a ball faster.", evidence=_BY_HAND, search=(0.2, 0.6),
        low=0,
    )  # fmt: skip
    floor_share: float = parameter(
        0.18, unit="body heights", meaning="A ball so low beside the shooter touches the floor.", evidence=_CONTEXT,
        search=(0.1, 0.25), low=0,
    )  # fmt: skip


class ShotTypeConfig(ParameterGroup):
    """What makes a shot a dunk, a layup, a free throw, a step back, a side step or a catch and shoot."""

    min_probability: float = parameter(
        0.5, unit="probability", meaning="A type that is less likely is reported as not known.", evidence=_BY_HAND,
        search=(0.3, 0.8), low=0, high=1,
    )  # fmt: skip
    dunk_height: float = parameter(
        0.1, unit="m", meaning="A ball in the hand so far above the rim is dunked.",
        evidence="The ball's radius is 0.12 m. Simulated layups are released 0.14 m below the rim.", search=(0, 0.3),
    )  # fmt: skip
    dunk_flight: float = parameter(
        0.25, unit="s", meaning="A dunked ball is at the rim within this time.", evidence=_BY_HAND, search=(0.15, 0.4),
        low=0,
    )  # fmt: skip
    dunk_share: float = parameter(
        0.02, unit="probability", meaning="That a shot of which nothing shows it is a dunk.",
        evidence="About five of a hundred shots of professionals.", search=(0, 0.1), low=0, high=1,
    )  # fmt: skip
    layup_distance: float = parameter(
        2.6, unit="m", meaning="A layup is released at most so far from the rim.", evidence=_TYPES, search=(1.5, 3.2),
        low=0,
    )  # fmt: skip
    below_rim: float = parameter(
        1.2, unit="m", meaning="A shot from so near is a layup also without a run.", evidence=_BY_HAND,
        search=(0.6, 1.8), low=0,
    )  # fmt: skip
    below_flight: float = parameter(
        0.6, unit="s", meaning="Where the court is not known, such a shot is also at the rim within this time.",
        evidence=_BY_HAND, search=(0.4, 0.8), low=0,
    )  # fmt: skip
    layup_speed: float = parameter(
        1.0, unit="m/s", meaning="A layup is released on a run to the rim of at least this speed.", evidence=_TYPES,
        search=(0.5, 2), low=0,
    )  # fmt: skip
    layup_flight: float = parameter(
        0.5, unit="s", meaning="A ball that is at the rim so soon was laid up, run or not.", evidence=_TYPES,
        search=(0.3, 0.6), low=0,
    )  # fmt: skip
    longest_layup: float = parameter(
        0.7, unit="s", meaning="A ball that is longer on its way to the rim was not laid up, for all the run.",
        evidence=_TYPES, search=(0.55, 0.9), low=0,
    )  # fmt: skip
    layup_share: float = parameter(
        0.15, unit="probability", meaning="That a shot of which nothing shows it is a layup.", evidence=_BY_HAND,
        search=(0, 0.4), low=0, high=1,
    )  # fmt: skip
    free_throw_distance: float = parameter(
        4.3, unit="m", meaning="From below the rim to the feet of a free throw.",
        evidence="Rule book: 13 ft 9 in from the rim's middle to the line, and the feet are behind it.",
        search=(4.0, 4.8), low=0,
    )  # fmt: skip
    free_throw_error: float = parameter(
        0.6, unit="m", meaning="Standard deviation of a measured distance there.", evidence=_TYPES, search=(0.3, 1.0),
        low=0.05,
    )  # fmt: skip
    free_throw_rest: float = parameter(
        1.2, unit="s", meaning="A free throw is preceded by so long a rest with the ball in the hands.",
        evidence=_TYPES, search=(0.8, 2), low=0,
    )  # fmt: skip
    free_throw_unseen: float = parameter(
        0.35, unit="1", meaning="Weight of a free throw where the ball was not seen in the hands for so long.",
        evidence=_BY_HAND, search=(0.1, 1), low=0, high=1,
    )  # fmt: skip
    free_throw_alone: float = parameter(
        1.4, unit="m", meaning="Nobody stands nearer to a free throw's shooter.",
        evidence="Rule book: the others stand along the lane or behind the line.", search=(1, 2), low=0,
    )  # fmt: skip
    free_throw_angle: float = parameter(
        14.0, unit="degrees", meaning="A free throw is taken so near to the basket's axis.",
        evidence="The free-throw circle's half at the line is 1.8 m.", search=(8, 25), low=0,
    )  # fmt: skip
    step_length: float = parameter(
        0.45, unit="m", meaning="Feet that moved so far before the shot made a step back or a side step.",
        evidence=_TYPES, search=(0.3, 0.8), low=0,
    )  # fmt: skip
    step_longest: float = parameter(
        1.3, unit="m", meaning="Feet that moved farther did not step: he ran.", evidence=_TYPES, search=(1, 2), low=0,
    )  # fmt: skip
    step_run: float = parameter(
        1.0, unit="m", meaning="Feet that moved so far in the second before were running, not stepping.",
        evidence=_TYPES, search=(0.6, 1.6), low=0,
    )  # fmt: skip
    step_with_ball: float = parameter(
        1.0, unit="s", meaning="Whoever caught the ball later than this before the release ran to the catch.",
        evidence=_TYPES, search=(0.6, 1.4), low=0,
    )  # fmt: skip
    step_unseen: float = parameter(
        0.25, unit="probability", meaning="That he stood or dribbled on the spot before a step, where he was not seen.",
        evidence=_TYPES, search=(0.1, 0.5), low=0, high=1,
    )  # fmt: skip
    step_share: float = parameter(
        0.04, unit="probability", meaning="That a shot of which nothing shows it follows a step back, or a side step.",
        evidence=_BY_HAND, search=(0, 0.1), low=0, high=1,
    )  # fmt: skip
    catch_time: float = parameter(
        2.0, unit="s", meaning="Longest time from the catch to the release of a catch and shoot.",
        evidence="The NBA's definition: 2 s at most, and no dribble.", search=(1.5, 2.5), low=0,
    )  # fmt: skip
    catch_share: float = parameter(
        0.25, unit="probability", meaning="That a shot of which nothing shows it follows a catch.",
        evidence=_BY_HAND, search=(0, 0.5), low=0, high=1,
    )  # fmt: skip


class MakeConfig(ParameterGroup):
    """How likely shots go in before the rim decides (see `shots.make_chance`)."""

    base_rate: float = parameter(
        0.46, unit="probability", meaning="Share of shots from the field that go in, while nothing is known of a game.",
        evidence="The NBA's league averages of ten seasons: .45 to .48 of all shots from the field. Free throws (.77 "
        "there) have their own.", search=(0.35, 0.6), low=0.05, high=0.95,
    )  # fmt: skip
    free_throw_rate: float = parameter(
        0.75, unit="probability", meaning="Share of free throws that go in.",
        evidence="The NBA's league averages of ten seasons: .76 to .79; college and school teams about .70.",
        search=(0.6, 0.8), low=0.05, high=0.95,
    )  # fmt: skip
    game_spread: float = parameter(
        0.6, unit="log odds", meaning="By how much games differ from one another, one standard deviation.",
        evidence="Brier score at .2, .6 and 1: 48 shots of 12 sources of real film .247, .236 and .232, 586 shots of "
        "simulated games, which are all alike, .238, .239 and .244.", search=(0.2, 1), low=0.05,
    )  # fmt: skip
    shooter_spread: float = parameter(
        0.2, unit="log odds", meaning="By how much shooters of one game differ, one standard deviation.",
        evidence=_BY_HAND, search=(0.2, 1), low=0.05,
    )  # fmt: skip


class RimCrossingConfig(ParameterGroup):
    """When a view shows where a ball comes down at the rim (see `shots.rim_crossing`)."""

    fit_time: float = parameter(
        0.5, unit="s", meaning="The last part of the flight that is fitted.", evidence=_CROSSING, search=(0.3, 0.8),
        low=0.1,
    )  # fmt: skip
    max_time: float = parameter(
        2.2, unit="s", meaning="The ball comes down at most so long after the release.", evidence=_BY_HAND,
        search=(1.6, 3), low=0.5,
    )  # fmt: skip
    min_detections: int = parameter(
        4, unit="detections", meaning="Detections that a fit needs.", evidence=_CROSSING, search=(4, 8), low=4,
    )  # fmt: skip
    untouched: float = parameter(
        0.4, unit="m", meaning="A ball farther from the rim's middle has not touched it.",
        evidence="The rim's radius and the ball's: 0.23 and 0.12 m.", search=(0.3, 0.6), low=0.1,
    )  # fmt: skip
    min_height: float = parameter(
        0.3, unit="m", meaning="How high over the rim the fitted part must begin.", evidence=_BY_HAND,
        search=(0.1, 0.8), low=0,
    )  # fmt: skip
    max_misfit: float = parameter(
        0.08, unit="m", meaning="Largest deviation from the fit, one standard deviation.", evidence=_CROSSING,
        search=(0.04, 0.15), low=0,
    )  # fmt: skip
    max_ahead: float = parameter(
        0.3, unit="s", meaning="How far beyond the last detection the ball may cross.", evidence=_CROSSING,
        search=(0.1, 0.5), low=0,
    )  # fmt: skip
    min_across: float = parameter(
        0.85, unit="1", meaning="Cosine of the angle between shot and picture from which on depth is seen.",
        evidence=_CROSSING, search=(0.7, 0.95), low=0, high=1,
    )  # fmt: skip
    max_across: float = parameter(
        0.45, unit="1", meaning="Cosine up to which left and right are seen.", evidence=_CROSSING, search=(0.2, 0.6),
        low=0, high=1,
    )  # fmt: skip
    min_deeper: float = parameter(
        0.15, unit="1", meaning="Logarithm of the ratio of the shooter's and the rim's distance from the camera from "
        "which on it is known whether the ball flies away.", evidence=_BY_HAND, search=(0.05, 0.4), low=0,
    )  # fmt: skip
    usual_miss: float = parameter(
        0.095, unit="m", meaning="How far shots miss the middle, one standard deviation: what the view does not show "
        "shifts what it shows by a share of this.",
        evidence="100 measured free throws: 0.096 m sideways, 0.099 m in depth.", search=(0.03, 0.15), low=0,
    )  # fmt: skip
    least_error: float = parameter(
        0.03, unit="m", meaning="Smallest error of one detection that is assumed.", evidence=_BY_HAND,
        search=(0.005, 0.04), low=0,
    )  # fmt: skip
    rim_error: float = parameter(
        0.03, unit="m", meaning="Error of the middle of the rim's box.", evidence=_BY_HAND, search=(0.005, 0.05), low=0,
    )  # fmt: skip
    entry_error: float = parameter(
        2.8, unit="degrees", meaning="Error of an entry angle that is seen from the side.", evidence=_CROSSING,
        search=(1, 5), low=0.1,
    )  # fmt: skip
    least_entry: float = parameter(
        28.0, unit="degrees", meaning="No shot comes down flatter: below 31 degrees no ball fits through the rim.",
        evidence="Geometry of a ball of 0.24 m and a rim of 0.457 m.", search=(20, 35), low=0, high=90,
    )  # fmt: skip
    greatest_entry: float = parameter(
        65.0, unit="degrees", meaning="Nor steeper, but from below the rim.", evidence=_BY_HAND, search=(55, 80), low=0,
        high=90,
    )  # fmt: skip
    farthest: float = parameter(
        0.6, unit="m", meaning="A ball that comes down farther outside the rim is not at this rim.", evidence=_BY_HAND,
        search=(0.3, 1.2), low=0,
    )  # fmt: skip
