"""Every number that decides what counts as a shot, in one typed group: :class:`ShotCriteria`.

Distances are in ball sizes (the side of the ball's box), rim widths or body heights, so that they hold for every
camera. Times are real seconds. What a model was trained with (grids, crops, bridged gaps) is no criterion: it stands
beside the model in `shots.models`.
"""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter
from courtside_server.shots.quality_criteria import ContextConfig, MakeConfig, RimCrossingConfig, ShotTypeConfig
from courtside_server.windows.config import NmsConfig

_BY_HAND = "Set by hand."
_SIZES = (
    "45 shots of 16 sources and 16 of simulated games: the ball's side over the shooter's box is .11 heights, its "
    "logarithm spreads by .22."
)
_WEIGHED = (
    "72 shots of 22 simulated games through pixels and 53 of film (16 sources), the shooter marked by eye. By boxes 69 "
    "and 48 are right, with these weights 69 and 52; log loss .250 and .314, now .167 and .051. The best of 72 weights "
    "for the games alone has 51 of the film, the best for the film alone 69 of the games."
)
_CLIPS = "Chosen while looking at the five labelled clips and ten simulated games; not swept."


class ClipWindowConfig(NmsConfig):
    """Clip windows: 16 samples of pixels, 0.3 s apart."""

    min_support: float = parameter(
        0.4, unit="1",
        meaning="Lowest share of the windows that could see a release that must agree. Otherwise it is retracted.",
        evidence="Validation games: 0.3 to 0.5 made no difference.", search=(0.0, 0.8), low=0, high=1,
    )  # fmt: skip
    alone: float = parameter(
        0.95, unit="probability",
        meaning="Profile both: lowest probability of a clip's shot for which no flight was found.", evidence=_BY_HAND,
        search=(0.8, 1.0), low=0, high=1,
    )  # fmt: skip
    same_as_flight: float = parameter(
        0.8, unit="s", meaning="Profile both: a clip's shot and a flight's shot closer than this are one.",
        evidence=_BY_HAND, search=(0.3, 1.5), low=0,
    )  # fmt: skip


class FlightWindowConfig(NmsConfig):
    """Flight windows: 48 time steps of one ball's path, 0.05 s apart."""

    hop: int = parameter(
        2, unit="time steps of 0.05 s", meaning="Time steps between the starts of two windows.",
        evidence=_BY_HAND, search=(1, 6), low=1, high=16,
    )  # fmt: skip
    threshold: float = parameter(
        0.3, unit="probability", meaning="Lowest shot probability of a window that makes a candidate.",
        evidence="The candidate model decides what stays, and is trained on candidates of this threshold. 5 clips: 15 "
        "of 15 shots and none false, 14 with 0.5; 40 clips of 11 sources and 6 simulated games: the same with both.",
        search=(0.2, 0.95), low=0, high=1,
    )  # fmt: skip
    radius: float = parameter(
        0.8, unit="s", meaning="Two releases closer than this are one shot.", evidence=_BY_HAND, search=(0.4, 2.0),
        low=0, high=4,
    )  # fmt: skip
    min_support: float = parameter(
        0.0, unit="1",
        meaning="Lowest share of the windows that could see a release that must agree. Otherwise it is retracted.",
        evidence="The share is a feature of the candidate model, which weighs it against all else.",
        search=(0.0, 0.6), low=0, high=1,
    )  # fmt: skip
    visible_delay: float = parameter(
        0.1, unit="s",
        meaning="From the ball leaving the fingers (what the model was taught) to its being visibly apart from the "
        "hand (what people label and events report).",
        evidence="Median over the labelled real clips, each left out in turn: 0.09 to 0.11 s.", search=(0.0, 0.2),
        low=0,
    )  # fmt: skip
    max_unseen_release: float = parameter(
        0.25, unit="s", meaning="A release may lie this long before the first detection of its ball, not longer.",
        evidence=_BY_HAND, search=(0.1, 0.6), low=0,
    )  # fmt: skip
    min_detections: int = parameter(
        4, unit="detections", meaning="Ball tracks with fewer detections in a window are not scored.",
        evidence=_BY_HAND, search=(2, 8), low=2,
    )  # fmt: skip
    min_travel: float = parameter(
        1.5, unit="ball sizes", meaning="Ball tracks that stay within this extent are not scored.",
        evidence=_BY_HAND, search=(0.8, 4), low=0,
    )  # fmt: skip


class TrajectoryConfig(ParameterGroup):
    """How the broken tracks of one ball are joined: at the net a ball is lost and found again."""

    rejoin_gap: float = parameter(
        0.6, unit="s", meaning="A track that starts so soon after another ended can be the same ball.",
        evidence=_CLIPS, search=(0.2, 1.2), low=0,
    )  # fmt: skip
    rejoin_distance: float = parameter(
        3.0, unit="ball sizes", meaning="How far from the end of the old track the new one may start at once.",
        evidence=_BY_HAND, search=(1, 6), low=0,
    )  # fmt: skip
    rejoin_speed: float = parameter(
        22.0, unit="ball sizes per second",
        meaning="How fast the allowed distance of a rejoined track grows with the gap.",
        evidence=_BY_HAND, search=(10, 40), low=0,
    )  # fmt: skip
_PLACED = (
    "90 shots of 45 simulated games as films, tracked boxes, seeds from 71000 (benchmarks/court_zones.py): the shooter "
    "right in .90, his feet .39 m off in the middle and .98 m at 90 %."
)


class ShooterConfig(ParameterGroup):
    """Who released the ball, and where his feet were."""

    before: float = parameter(
        0.5, unit="s", meaning="The nearest player counts from so long before the release.", evidence=_PLACED,
        search=(0.2, 0.8), low=0,
    )  # fmt: skip
    after: float = parameter(
        -0.15, unit="s", meaning="The nearest player counts until so long after the release.",
        evidence="Releases are found 0.1 s late, when a defender may be nearer. " + _PLACED,
        search=(-0.2, 0.2), low=-0.3,
    )  # fmt: skip
    distance_error: float = parameter(
        0.1, unit="body heights", meaning="A player who is so much farther from the ball than another is e times less "
        "probably the shooter.", evidence=_PLACED, search=(0.05, 0.3), low=0.01,
    )  # fmt: skip
    max_distance: float = parameter(
        0.35, unit="body heights", meaning="A ball farther from a player than this is not in his hands.",
        evidence=_CLIPS, search=(0.15, 0.8), low=0,
    )  # fmt: skip
    leaving_speed: float = parameter(
        2.0, unit="body heights per second",
        meaning="How fast the allowed distance to the shooter grows while the ball was not yet seen.",
        evidence=_BY_HAND, search=(1, 5), low=0,
    )  # fmt: skip
    ball_size: float = parameter(
        0.11, unit="body heights", meaning="Side of a ball's box beside its shooter.", evidence=_SIZES,
        search=(0.08, 0.16), low=0.02, high=1,
    )  # fmt: skip
    ball_size_error: float = parameter(
        0.3, unit="1", meaning="Standard deviation of the logarithm of that.", evidence=_SIZES, search=(0.2, 0.6),
        low=0.05,
    )  # fmt: skip
    most_size_error: float = parameter(
        2.5, unit="standard deviations", meaning="Larger differences count as much: boxes are cut off or hold half a "
        "person.", evidence=_BY_HAND, search=(1.5, 4), low=0,
    )  # fmt: skip
    box_weight: float = parameter(
        0.7, unit="1", meaning="Weight of the boxes, where more is known of the players.", evidence=_WEIGHED,
        search=(0.2, 1), low=0,
    )  # fmt: skip
    held_weight: float = parameter(
        0.5, unit="1", meaning="Weight of who had the ball before.", evidence=_WEIGHED, search=(0, 1.5), low=0,
    )  # fmt: skip
    action_weight: float = parameter(
        1.0, unit="1", meaning='Weight of the action "shoot".', evidence=_WEIGHED, search=(0, 2), low=0,
    )  # fmt: skip
    hands_weight: float = parameter(
        16.0, unit="per body height", meaning="Weight of the distance from the ball to the hands.", evidence=_WEIGHED,
        search=(0, 25), low=0,
    )  # fmt: skip
    evidence_floor: float = parameter(
        0.05, unit="probability", meaning="No single kind of evidence makes anybody less likely than this.",
        evidence=_BY_HAND, search=(0.01, 0.2), low=0.001, high=1,
    )  # fmt: skip
    least_evidence: float = parameter(
        0.3, unit="probability", meaning="Whoever had the ball or shoots with less than this is no shooter of a ball "
        "that was not near to his box.", evidence=_BY_HAND, search=(0.1, 0.8), low=0.01, high=1,
    )  # fmt: skip
    floor_window: float = parameter(
        0.8, unit="s", meaning="A shot is followed from so long before its release.",
        evidence=_BY_HAND, search=(0.3, 1.5), low=0,
    )  # fmt: skip
    feet_window: float = parameter(
        0.6, unit="s", meaning="The shooter's feet are measured in this time before the release.",
        evidence=_PLACED,
        search=(0.3, 0.8), low=0, high=0.8,
    )  # fmt: skip
    feet_percentile: float = parameter(
        75.0, unit="%", meaning="Share of the boxes in that time whose feet are higher in the picture: a jump lifts a "
        "box, and the lowest of many boxes is the one with the largest error.",
        evidence="As feet_window.", search=(40, 100), low=0, high=100,
    )  # fmt: skip
    feet_error: float = parameter(
        0.03, unit="body heights", meaning="Standard deviation of feet that are seen and at rest.",
        evidence=_PLACED, search=(0.01, 0.08), low=0.001,
    )  # fmt: skip
    feet_motion: float = parameter(
        0.9, unit="1", meaning="Standard deviation of feet over that of the box in the time before the release.",
        evidence=_PLACED, search=(0.2, 1.5), low=0,
    )  # fmt: skip
    feet_hidden: float = parameter(
        0.12, unit="body heights", meaning="Standard deviation along the picture of feet that somebody hides.",
        evidence=_PLACED, search=(0.05, 0.3), low=0,
    )  # fmt: skip


class CandidateConfig(ParameterGroup):
    """When all that was measured of a candidate makes it a shot (see `shots.features`)."""

    min_probability: float = parameter(
        0.6, unit="probability", meaning="Candidates that are less likely are retracted once the flight is over.",
        evidence="The model was trained with as many shots as others. 45 clips of 16 sources with 70 shots, film as "
        "served, right and false: 57 and 4 at .5 and .55, 57 and 2 at .6. 6 simulated games of 43 shots, detections "
        "kept: 42 and 9 from .5 to .7.",
        search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip
    announce: float = parameter(
        0.7, unit="probability",
        meaning="Lowest probability of a window that announces a shot before its flight is over. A less likely one is "
        "emitted once it is confirmed.",
        evidence="Of 70 announcements on 40 clips of 11 sources 22 are retracted with 0.5.", search=(0.5, 0.95),
        low=0, high=1,
    )  # fmt: skip
    certain: float = parameter(
        0.9, unit="probability", meaning="So likely a shot is not rejected because its film seems to run slowly.",
        evidence=_BY_HAND, search=(0.7, 1), low=0.5, high=1,
    )  # fmt: skip
    interval: float = parameter(
        0.5, unit="s", meaning="Time between two estimates of one shot's probability.",
        evidence="An estimate takes 0.1 ms; a viewer does not notice more.", search=(0.1, 1), low=0,
    )  # fmt: skip


class FilterConfig(ParameterGroup):
    """What physics rules out, and when a ball starts at the rim: a rebound, if there was a shot before."""

    rise_time: float = parameter(
        1.2, unit="s", meaning="Time after the release in which the ball rises.", evidence=_BY_HAND,
        search=(0.6, 2), low=0,
    )  # fmt: skip
    rebound_distance: float = parameter(
        2.0, unit="rim widths", meaning="A ball that starts so near to a rim may come off it.", evidence=_CLIPS,
        search=(1, 4), low=0,
    )  # fmt: skip
    rebound_height: float = parameter(
        0.3, unit="rim widths",
        meaning="A ball that starts at least so high above a rim, and near it, may come off it.",
        evidence=_CLIPS, search=(0.0, 1), low=0,
    )  # fmt: skip
    max_speed: float = parameter(
        60.0, unit="ball sizes per second",
        meaning="Faster tracks (about 14 m/s) are several objects joined by mistake.",
        evidence="A free throw is released at 7 m/s, a half-court heave at 11 m/s.", search=(40, 90), low=0,
    )  # fmt: skip
    release_slack: float = parameter(
        0.05, unit="s", meaning="A detection so long before the release still shows where the ball started.",
        evidence=_BY_HAND, search=(0.0, 0.2), low=0,
    )  # fmt: skip


class OverlapConfig(ParameterGroup):
    """Which of several shots that overlap in time are suppressed."""

    radius: float = parameter(
        1.5, unit="s",
        meaning="Two shots closer than this are treated as one, unless two tracked players and two balls were seen. "
        "A ball in flight or falling from the rim is easily mistaken for a new shot.",
        evidence=_CLIPS, search=(0.8, 2.5), low=0,
    )  # fmt: skip
    rebound_from: float = parameter(
        0.5, unit="s", meaning="A rebound starts at least so long after its shot's release.", evidence=_BY_HAND,
        search=(0.2, 1), low=0,
    )  # fmt: skip
    rebound_until: float = parameter(
        2.5, unit="s", meaning="A rebound starts at most so long after its shot's release.", evidence=_BY_HAND,
        search=(1.5, 4), low=0,
    )  # fmt: skip
    ball_distance: float = parameter(
        3.0, unit="ball sizes", meaning="Two balls seen at the same time are this far apart.", evidence=_BY_HAND,
        search=(1.5, 6), low=0,
    )  # fmt: skip
    ball_time: float = parameter(
        0.1, unit="s", meaning="Detections within this time of each other count as simultaneous.", evidence=_BY_HAND,
        search=(0.05, 0.3), low=0,
    )  # fmt: skip
    unknown_shooter: float = parameter(
        0.5, unit="1", meaning="Confidence factor of a shot whose shooter is unknown.", evidence=_BY_HAND,
        search=(0.2, 1), low=0, high=1,
    )  # fmt: skip


class ResultConfig(ParameterGroup):
    """When the rim model's answers add up to made or missed."""

    watch_from: float = parameter(
        0.4, unit="s", meaning="The rim is watched from so long after the release.", evidence=_BY_HAND,
        search=(0.2, 0.8), low=0,
    )  # fmt: skip
    final_after: float = parameter(
        3.5, unit="s",
        meaning="Time after the release at which the shot becomes final.",
        evidence=_BY_HAND, search=(2.5, 5), low=0, high=5,
    )  # fmt: skip
    interval: float = parameter(
        0.05, unit="s",
        meaning="Shortest time between two requests to the rim model; limits the load at high frame rates.",
        evidence=_BY_HAND, low=0,
    )  # fmt: skip
    min_decided: float = parameter(
        0.5, unit="probability", meaning="An answer counts from this probability that the shot is decided.",
        evidence=_BY_HAND, search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip
    min_share: float = parameter(
        0.55, unit="1", meaning="Share of the counted answers that must agree.", evidence=_BY_HAND,
        search=(0.5, 0.9), low=0.5, high=1,
    )  # fmt: skip
    min_weight: float = parameter(
        1.2, unit="answers", meaning="Sum of the counted answers before a result is emitted: one is not enough.",
        evidence=_CLIPS, search=(0.5, 4), low=0,
    )  # fmt: skip
    last_min: float = parameter(
        0.1, unit="probability",
        meaning="When nothing was decided, the last answer counts from this probability of being decided: a ball that "
        "bounced away was probably missed, though nobody saw it come down.",
        evidence=_CLIPS, search=(0.05, 0.4), low=0, high=1,
    )  # fmt: skip
    last_ratio: float = parameter(
        3.0, unit="1",
        meaning="When nothing was decided, the last answer counts only where one result is so many times more likely.",
        evidence=_CLIPS, search=(1.5, 6), low=1,
    )  # fmt: skip
    at_rim: float = parameter(
        1.5, unit="rim widths", meaning="A ball nearer to a rim than this is at the rim.", evidence=_BY_HAND,
        search=(0.8, 3), low=0,
    )  # fmt: skip
    air_ball: float = parameter(
        0.5, unit="rim widths",
        meaning="A ball seen so far above and then so far below a rim, and never at it, is an air ball.",
        evidence=_BY_HAND, search=(0.2, 1.5), low=0,
    )  # fmt: skip
    min_watched: float = parameter(
        0.3, unit="s",
        meaning="Where the film or its scene ends sooner after the ball was first at the rim, what a few answers lean "
        "to does not count: the rim had not decided yet.",
        evidence=_BY_HAND, search=(0.1, 0.6), low=0,
    )  # fmt: skip
    watch_time: float = parameter(
        1.3, unit="s",
        meaning="Answers count for so long after the ball was first at the rim. Later the ball bounces on the floor.",
        evidence=_CLIPS, search=(0.6, 2.5), low=0,
    )  # fmt: skip


class ArcConfig(ParameterGroup):
    """When a view shows a flight's true angles."""

    min_detections: int = parameter(
        6, unit="detections", meaning="Detections that a fit needs.", evidence=_BY_HAND, search=(4, 12), low=4,
    )  # fmt: skip
    max_time: float = parameter(
        1.6, unit="s", meaning="Longest part of a flight that is fitted.", evidence=_BY_HAND, search=(1, 2.5), low=0,
    )  # fmt: skip
    max_size_change: float = parameter(
        0.22, unit="1",
        meaning="Largest change of the ball's size, as a share: more, and it flies towards or away from the camera.",
        evidence=_BY_HAND, search=(0.1, 0.5), low=0,
    )  # fmt: skip
    min_gravity: float = parameter(
        0.7, unit="1", meaning="Lowest measured fall as a share of 9.81 m/s².", evidence=_BY_HAND, search=(0.5, 0.95),
        low=0,
    )  # fmt: skip
    max_gravity: float = parameter(
        1.4, unit="1", meaning="Highest measured fall as a share of 9.81 m/s².", evidence=_BY_HAND,
        search=(1.05, 2), low=0,
    )  # fmt: skip
    min_across: float = parameter(
        1.0, unit="m", meaning="Distance that the ball must fly across the picture.", evidence=_BY_HAND,
        search=(0.5, 3), low=0,
    )  # fmt: skip


_FALLS = (
    "31 labelled shots of 17 real clips, analyzed at their true speed, measure 0.89 to 1.15; simulated film at 0.5 and "
    "0.25 of real speed measures 0.53 and 0.25."
)

_SCENES = (
    "47 real clips without a declared speed: of 42 at real speed none counts as another. Of three at twice real speed "
    "two measure 1.84 and 1.94 with 15 whole detector frames per second, one 1.95 with parts of frames; the others "
    "show too little. Leaving out any of 19 sources chooses the same."
)


class PlaybackConfig(ParameterGroup):
    """When the ball's fall shows how fast a film runs, and when a shot in slow motion is a replay (`shots.playback`).

    Speeds are relative to the declared one.
    """

    min_detections: int = parameter(
        6, unit="detections", meaning="Shortest stretch of free flight that is measured.", evidence=_BY_HAND,
        search=(5, 10), low=5,
    )  # fmt: skip
    max_time: float = parameter(
        3.5, unit="s", meaning="Stretches are looked for so long after the release.", evidence=_BY_HAND,
        search=(2, 5), low=0,
    )  # fmt: skip
    max_gap: float = parameter(
        0.2, unit="s", meaning="Longest time without a detection within a stretch.", evidence=_BY_HAND,
        search=(0.1, 0.4), low=0,
    )  # fmt: skip
    max_noise: float = parameter(
        0.1, unit="ball sizes", meaning="Largest deviation from a parabola, one standard deviation.", evidence=_FALLS,
        search=(0.05, 0.2), low=0,
    )  # fmt: skip
    least_noise: float = parameter(
        0.02, unit="ball sizes", meaning="Smallest deviation that is assumed.", evidence=_BY_HAND, search=(0.01, 0.05),
        low=0,
    )  # fmt: skip
    max_error: float = parameter(
        0.1, unit="1", meaning="Largest standard error of the fall, as a share of it.", evidence=_FALLS,
        search=(0.03, 0.2), low=0,
    )  # fmt: skip
    slow: float = parameter(
        0.65, unit="1", meaning="A film that runs at most so fast is in slow motion.", evidence=_FALLS,
        search=(0.55, 0.75), low=0, high=1,
    )  # fmt: skip
    real_speed: float = parameter(
        0.8, unit="1", meaning="A film that runs at least so fast is not in slow motion.", evidence=_FALLS,
        search=(0.7, 0.9), low=0, high=1,
    )  # fmt: skip
    far_flight: float = parameter(
        4.0, unit="ball sizes", meaning="A ball that flies so far across is in nobody's hand: its fall counts for the "
        "speed of the whole scene.", evidence=_SCENES, search=(2, 8), low=0,
    )  # fmt: skip
    least_height: float = parameter(
        1.0, unit="ball sizes", meaning="How far such a ball must rise and fall.", evidence=_SCENES,
        search=(0.5, 3), low=0,
    )  # fmt: skip
    slow_height: float = parameter(
        3.0, unit="ball sizes", meaning="How far it must rise and fall to show slow motion: a carried ball swings "
        "less.",
        evidence=_SCENES, search=(1, 5), low=0,
    )  # fmt: skip
    flight_detections: int = parameter(
        5, unit="detections", meaning="Shortest flight that counts for a scene's speed.", evidence=_SCENES,
        search=(5, 8), low=5,
    )  # fmt: skip
    flight_noise: float = parameter(
        0.3, unit="ball sizes", meaning="Largest deviation of such a flight from a parabola, one standard deviation.",
        evidence=_SCENES, search=(0.1, 0.5), low=0,
    )  # fmt: skip
    flight_error: float = parameter(
        0.12, unit="1", meaning="Largest standard error of its fall, as a share of it.", evidence=_SCENES,
        search=(0.05, 0.2), low=0,
    )  # fmt: skip
    high_flight: float = parameter(
        5.0, unit="ball sizes", meaning="A ball that rises and falls so far is in nobody's hand either.",
        evidence="A dribbled ball rises 1.1 m, which is 4.6 of its sizes.", search=(4, 8), low=0,
    )  # fmt: skip
    min_falls: int = parameter(
        2, unit="falls", meaning="Falls that must agree on a scene's speed; of a high flight one is enough.",
        evidence=_SCENES, search=(1, 4), low=1,
    )  # fmt: skip
    min_agreeing: float = parameter(
        0.6, unit="1", meaning="Share of a scene's falls that must agree.", evidence=_SCENES, search=(0.4, 0.9), low=0,
        high=1,
    )  # fmt: skip
    agreement: float = parameter(
        0.25, unit="1", meaning="Falls whose speeds differ by less than this share from their median agree.",
        evidence=_SCENES, search=(0.1, 0.4), low=0,
    )  # fmt: skip
    max_growth: float = parameter(
        0.5, unit="1", meaning="Largest growth of the ball between the halves of such a flight, as a share: more, and "
        "it comes towards the camera.", evidence=_SCENES, search=(0.2, 1), low=0,
    )  # fmt: skip
    exact_detections: int = parameter(
        10, unit="detections", meaning="A high flight of so many detections needs no second one.", evidence=_SCENES,
        search=(6, 16), low=5,
    )  # fmt: skip
    exact_noise: float = parameter(
        0.16, unit="ball sizes", meaning="Largest deviation of such a flight from a parabola.", evidence=_SCENES,
        search=(0.05, 0.3), low=0,
    )  # fmt: skip
    fast: float = parameter(
        1.5, unit="1", meaning="A film that runs at least so fast is sped up.", evidence=_SCENES, search=(1.3, 1.8),
        low=1,
    )  # fmt: skip
    max_wait: float = parameter(
        60.0, unit="media s", meaning="So much of a film's scene is kept until its speed is known; then it counts as "
        "real.", evidence="Observations and samples of 60 s take 45 MB.", search=(20, 120), low=1, high=300,
    )  # fmt: skip
    replay_within: float = parameter(
        60.0, unit="s", meaning="A shot is shown again at most so long after its release.", evidence=_BY_HAND,
        search=(20, 120), low=0,
    )  # fmt: skip
    too_slow: float = parameter(
        0.4, unit="1",
        meaning="A shot in film that runs at most so fast is rejected: the flight takes longer than it is followed, so "
        "that release and result are wrong. The film must be analyzed with its playback speed.",
        evidence="A flight of 1 s takes 2.5 s then; windows see 2.35 s, and a shot is followed for 3.5 s.",
        search=(0.3, 0.5), low=0, high=1,
    )  # fmt: skip


class ShotViewsConfig(ParameterGroup):
    """When shots of several cameras of one game are one shot (see `shots.views`)."""

    max_time_difference: float = parameter(
        0.4, unit="s",
        meaning="Shots of two cameras whose releases are at most so far apart can be one shot; 0 keeps every camera's "
        "shots apart.",
        evidence="5 simulated games, 3 cameras each, 39 pairs of views: two cameras' estimates of one release differ "
        "by 0.01 s in the median, 0.05 s at the 95th percentile, 0.25 s at most. A live camera's clock is measured to "
        "about 0.1 s.", search=(0.2, 1.0), low=0, high=5,
    )  # fmt: skip
    certain: float = parameter(
        0.95, unit="probability",
        meaning="Where one camera is so certain that the shot went in and another so certain that it did not, they saw "
        "two shots.",
        evidence="The same games: of 39 pairs of views of one shot, 6 contradict each other, the surest with 0.85 "
        "against 0.95.", search=(0.7, 1), low=0.5, high=1,
    )  # fmt: skip
    max_distance: float = parameter(
        4.0, unit="m",
        meaning="Where both cameras are calibrated: shots that were taken so far apart are two shots.",
        evidence=_BY_HAND, search=(2, 8), low=0,
    )  # fmt: skip


class RevisionConfig(ParameterGroup):
    """When a change of a shot is worth a new revision of its event."""

    min_probability_change: float = parameter(
        0.1, unit="probability", meaning="Smallest change of the shot or make probability that is emitted.",
        evidence="Every window shifts the figures a little; a viewer does not notice.", low=0, high=1,
    )  # fmt: skip
    min_time_change: float = parameter(
        0.05, unit="s", meaning="Smallest change of the release time that is emitted.", evidence=_BY_HAND, low=0,
    )  # fmt: skip


class ShotCriteria(ParameterGroup):
    """Everything that decides what is a shot, whose it was and how it ended."""

    clip: ClipWindowConfig = ClipWindowConfig()
    flight: FlightWindowConfig = FlightWindowConfig()
    trajectory: TrajectoryConfig = TrajectoryConfig()
    shooter: ShooterConfig = ShooterConfig()
    candidate: CandidateConfig = CandidateConfig()
    filters: FilterConfig = FilterConfig()
    overlap: OverlapConfig = OverlapConfig()
    context: ContextConfig = ContextConfig()
    type: ShotTypeConfig = ShotTypeConfig()
    make: MakeConfig = MakeConfig()
    rim_crossing: RimCrossingConfig = RimCrossingConfig()
    result: ResultConfig = ResultConfig()
    arc: ArcConfig = ArcConfig()
    playback: PlaybackConfig = PlaybackConfig()
    views: ShotViewsConfig = ShotViewsConfig()
    revision: RevisionConfig = RevisionConfig()
