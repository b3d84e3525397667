"""Every number that decides what is detected and tracked, in one typed group: :class:`TrackingConfig`."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."
_TRACKERS = (
    "12 simulated games from pixels, one value changed by a fifth to a half at a time: IDF1 changes by .1 at most. "
    "Five held-out games: IDF1 .53, with ByteTrack .36. The tracks of 6 real films were seen by eye."
)
_APPEARANCES = (
    "Distances of one player's appearances on 5 real films and 4 simulated games: median 0.3 to 0.5 from one frame to "
    "the next, 0.5 to 1.4 after 2 s. Of two players: 1.1 to 2.0. The area under the ROC curve is .96 to 1.00 from one "
    "frame to the next, .79 to .90 after 2 s."
)
_PARTS = (
    "6 simulated games with 43 shots and 47 clips with 85, 3 balls, no detector of people: 5 and 7.5 need 53 % "
    "(games) and 60 % (clips) of the work of whole frames at 15. Right and false: games 41 and 7 (whole frames 41 and "
    "10), clips 69 and 8 (70 and 4). 7.5 and 15 need 68 % and 77 % and find 41 and 6, 68 and 10: no better."
)
_CLIPS = "Chosen while looking at the five labelled clips; not swept."


class DetectionConfig(ParameterGroup):
    """Lowest scores at which a detection is used."""

    min_score: float = parameter(
        0.1, unit="score", meaning="Detections below this score are dropped.", evidence=_BY_HAND, search=(0.05, 0.3),
        low=0, high=1,
    )  # fmt: skip
    ball: float = parameter(
        0.1, unit="score", meaning="Lowest score of a ball that the ball tracker gets.", evidence=_CLIPS,
        search=(0.05, 0.3), low=0, high=1,
    )  # fmt: skip
    rim: float = parameter(
        0.3, unit="score", meaning="Lowest score of a rim that the rim tracker gets.", evidence=_CLIPS,
        search=(0.15, 0.5), low=0, high=1,
    )  # fmt: skip
    player: float = parameter(
        0.2, unit="score", meaning="Lowest score of a player or referee that the player tracker gets.",
        evidence=_BY_HAND, search=(0.1, 0.5), low=0, high=1,
    )  # fmt: skip


class BallTrackingConfig(ParameterGroup):
    """How ball detections are joined to tracks. A ball size is the side of the ball's box."""

    memory: float = parameter(
        0.35, unit="s", meaning="How long a ball may be unseen and keep its track.", evidence=_CLIPS,
        search=(0.1, 1.0), low=0,
    )  # fmt: skip
    start_score: float = parameter(
        0.12, unit="score", meaning="Lowest score that starts a track. Weaker detections only continue one.",
        evidence="40 clips of 11 sources: candidates for 46 of 55 shots, against 42 with 0.25. What moves decides what "
        "is a ball, not the score of one picture; false candidates are left to the candidate model.",
        search=(0.1, 0.5), low=0, high=1,
    )  # fmt: skip
    history: int = parameter(
        9, unit="detections", meaning="Detections of a track that are kept for prediction and size.",
        evidence=_BY_HAND, search=(4, 20), low=2,
    )  # fmt: skip
    velocity_points: int = parameter(
        5, unit="detections", meaning="Most recent detections that the velocity is fitted to.", evidence=_BY_HAND,
        search=(2, 9), low=2,
    )  # fmt: skip
    velocity_window: float = parameter(
        0.4, unit="s", meaning="Detections older than this do not count for the velocity.", evidence=_BY_HAND,
        search=(0.15, 0.8), low=0,
    )  # fmt: skip
    max_extrapolation: float = parameter(
        0.2, unit="s", meaning="The predicted position moves on along the velocity for at most this long.",
        evidence=_BY_HAND, search=(0.05, 0.5), low=0,
    )  # fmt: skip
    min_size: float = parameter(
        6.0, unit="px", meaning="Smaller balls are measured as if they had this size: a small box measures size badly.",
        evidence=_BY_HAND, search=(3, 12), low=0,
    )  # fmt: skip
    gate: float = parameter(
        1.0, unit="ball sizes", meaning="Distance from the predicted position that is always allowed.",
        evidence=_BY_HAND, search=(0.5, 3), low=0,
    )  # fmt: skip
    gate_growth: float = parameter(
        7.0, unit="ball sizes per second", meaning="How fast the allowed distance grows while the ball is unseen.",
        evidence=_CLIPS, search=(3, 20), low=0,
    )  # fmt: skip
    new_gate_growth: float = parameter(
        26.0, unit="ball sizes per second",
        meaning="The same for a track of one or two detections, whose velocity is not known yet.", evidence=_CLIPS,
        search=(10, 50), low=0,
    )  # fmt: skip
    gate_per_travel: float = parameter(
        0.35, unit="1", meaning="Share of the predicted travel that is added to the allowed distance.",
        evidence=_BY_HAND, search=(0, 1), low=0,
    )  # fmt: skip
    max_size_change: float = parameter(
        0.7, unit="difference of log size", meaning="A detection whose size differs more is another object.",
        evidence=_BY_HAND, search=(0.3, 1.2), low=0,
    )  # fmt: skip
    size_weight: float = parameter(
        0.5, unit="1", meaning="Weight of the size difference in the assignment cost.", evidence=_BY_HAND,
        search=(0, 2), low=0,
    )  # fmt: skip
    score_weight: float = parameter(
        0.5, unit="1", meaning="Weight of the detection's score in the assignment cost.", evidence=_BY_HAND,
        search=(0, 2), low=0,
    )  # fmt: skip
    static_window: float = parameter(
        0.8, unit="s", meaning="How far back static false balls (heads, logos, lamps) are looked for.",
        evidence=_CLIPS, search=(0.4, 2), low=0,
    )  # fmt: skip
    static_min_time: float = parameter(
        0.5, unit="s", meaning="Nothing counts as static before the view was watched for this long.",
        evidence=_BY_HAND, search=(0.2, 1), low=0,
    )  # fmt: skip
    static_share: float = parameter(
        0.6, unit="1", meaning="Share of the detector frames in which an object must be in one place to be static.",
        evidence=_CLIPS, search=(0.3, 0.9), low=0, high=1,
    )  # fmt: skip
    static_radius: float = parameter(
        0.5, unit="ball sizes", meaning="Distance within which two detections are in one place.", evidence=_BY_HAND,
        search=(0.2, 1), low=0,
    )  # fmt: skip
    static_score_margin: float = parameter(
        0.15, unit="score", meaning="A ball in front of a static object scores higher than it by more than this.",
        evidence=_CLIPS, search=(0.05, 0.4), low=0,
    )  # fmt: skip
    fast: float = parameter(
        12.0, unit="ball sizes per second",
        meaning="From this speed on a track is not searched for with more priority the faster it is.",
        evidence="3 m/s; a shot leaves the hand with 7 to 9 m/s.", search=(6, 25), low=1,
    )  # fmt: skip
    flying_speed: float = parameter(
        3.0, unit="ball sizes per second",
        meaning="A track faster than this is in flight. It does not continue on a static object. One that is slower is "
        "not searched between the whole frames of a live camera.",
        evidence="The broadcast clip's three-pointer scores .99 with it where most windows gave .5. 45 clips as live "
        "cameras see them: 52 shots right and 8 false with 58 % of the work; with all balls searched 52, 8 and 64 %.",
        search=(1, 8), low=0,
    )  # fmt: skip


class PlayerTrackingConfig(ParameterGroup):
    """How player detections are joined to tracks."""

    memory: float = parameter(
        6.0, unit="s", meaning="How long a player may be hidden or out of view and keep the track.",
        evidence=_TRACKERS, search=(1, 10), low=0,
    )  # fmt: skip
    max_tracks: int = parameter(
        64, unit="tracks", meaning="Tracks of a camera, hidden players included; the one seen longest ago ends first.",
        evidence=_BY_HAND, search=(16, 256), low=1,
    )  # fmt: skip
    start_score: float = parameter(
        0.4, unit="score", meaning="Lowest score that starts a track. Weaker detections only continue one.",
        evidence="The gym film has 4 ids in 45 s, against 16 with 0.3; with 0.5 one shot has no shooter.",
        search=(0.2, 0.7), low=0, high=1,
    )  # fmt: skip
    confirm: int = parameter(
        2, unit="detections", meaning="Detections before a track gets its id.", evidence=_BY_HAND,
        search=(1, 5), low=1,
    )  # fmt: skip
    position_noise: float = parameter(
        0.08, unit="heights", meaning="Standard deviation of the middle of a detected box, in player heights.",
        evidence=_TRACKERS, search=(0.04, 0.2), low=0.01,
    )  # fmt: skip
    acceleration: float = parameter(
        3.0, unit="heights/s^2", meaning="Standard deviation of a player's acceleration.", evidence=_TRACKERS,
        search=(2, 8), low=0,
    )  # fmt: skip
    wander: float = parameter(
        0.7, unit="heights/s^0.5", meaning="How fast it becomes unknown where a player is who was hidden for a second.",
        evidence=_BY_HAND, search=(0.3, 2), low=0,
    )  # fmt: skip
    max_speed: float = parameter(
        4.5, unit="heights/s", meaning="Fastest a player moves: 8 to 9 m/s. What is further away is somebody else.",
        evidence=_BY_HAND, search=(3, 8), low=0.1,
    )  # fmt: skip
    size_noise: float = parameter(
        0.12, unit="1", meaning="Standard deviation of the logarithm of a box's height from one frame to the next.",
        evidence=_TRACKERS, search=(0.06, 0.3), low=0.01,
    )  # fmt: skip
    max_growth: float = parameter(
        0.7, unit="1", meaning="Largest logarithm of the ratio of two heights of one player: he bends to half.",
        evidence=_BY_HAND, search=(0.4, 1.2), low=0.1,
    )  # fmt: skip
    appearance_weight: float = parameter(
        7.0, unit="cost", meaning="Cost of each unit of distance between two appearances; 0: motion alone.",
        evidence=_TRACKERS, search=(0, 15), low=0,
    )  # fmt: skip
    appearance_usual: float = parameter(
        0.45, unit="distance", meaning="Distance between two appearances of one player; what is less speaks for him.",
        evidence=_APPEARANCES, search=(0.2, 0.8), low=0,
    )  # fmt: skip
    max_unlike: float = parameter(
        1.2, unit="distance", meaning="Largest distance of two appearances between which a player was not seen for "
        "longer than `lost_after`.", evidence=_APPEARANCES, search=(0.9, 2), low=0,
    )  # fmt: skip
    lost_after: float = parameter(
        0.5, unit="s", meaning="Time unseen from which a player must come back resembling himself.", evidence=_BY_HAND,
        search=(0.2, 1.5), low=0,
    )  # fmt: skip
    max_hidden: float = parameter(
        0.65, unit="share", meaning="Share of a box that another one covers, from which it brings no track back and a "
        "new one waits four times as long for its id: it may be a second box of that player.", evidence=_TRACKERS,
        search=(0.5, 0.95), low=0, high=1,
    )  # fmt: skip
    appearance_rate: float = parameter(
        0.1, unit="share", meaning="Share of the newest detection in a track's appearance.", evidence=_TRACKERS,
        search=(0.03, 0.4), low=0, high=1,
    )  # fmt: skip
    max_cost: float = parameter(
        13.0, unit="cost", meaning="Cost from which a detection is somebody new rather than the track's player.",
        evidence=_TRACKERS, search=(7, 18), low=0.1,
    )  # fmt: skip


class RimTrackingConfig(ParameterGroup):
    """How rim detections become stable rims. Evidence of a rim is the sum of its scores above ``min_score``."""

    min_score: float = parameter(
        0.3, unit="score", meaning="Only what a score exceeds this by counts as evidence.", evidence=_CLIPS,
        search=(0.15, 0.5), low=0, high=1,
    )  # fmt: skip
    confirm: float = parameter(
        0.5, unit="evidence", meaning="Evidence from which a rim is reported: several detections in one place.",
        evidence=_CLIPS, search=(0.2, 2), low=0,
    )  # fmt: skip
    max_evidence: float = parameter(
        12.0, unit="evidence", meaning="Upper limit of the evidence, so that a rim that is gone is forgotten.",
        evidence=_BY_HAND, search=(4, 30), low=0,
    )  # fmt: skip
    decay: float = parameter(
        0.3, unit="evidence per second", meaning="Evidence lost while the rim's place is in view and it is not found.",
        evidence=_BY_HAND, search=(0.1, 1), low=0,
    )  # fmt: skip
    unconfirmed_decay: float = parameter(
        5.0, unit="1", meaning="How many times faster an unconfirmed rim decays.", evidence=_BY_HAND,
        search=(1, 10), low=1,
    )  # fmt: skip
    duplicate_distance: float = parameter(
        0.7, unit="rim widths", meaning="Two rims nearer than this are one.", evidence=_BY_HAND, search=(0.3, 1.5),
        low=0,
    )  # fmt: skip
    gate: float = parameter(
        1.0, unit="rim widths", meaning="Largest distance between a rim and a detection of it.", evidence=_BY_HAND,
        search=(0.4, 2), low=0,
    )  # fmt: skip
    max_size_ratio: float = parameter(
        2.5, unit="1", meaning="A detection whose width differs by more than this factor is another rim.",
        evidence=_BY_HAND, search=(1.3, 4), low=1,
    )  # fmt: skip
    smoothing: float = parameter(
        0.15, unit="1", meaning="Weight of a new detection in the position of a known rim.", evidence=_BY_HAND,
        search=(0.05, 0.6), low=0, high=1,
    )  # fmt: skip
    max_rims: int = parameter(
        12, unit="rims", meaning="Rims that are kept per camera.", evidence=_BY_HAND, search=(4, 24), low=1,
    )  # fmt: skip
    crops: int = parameter(
        2, unit="rims", meaning="Rims whose crops are kept for the rim model, best known first.",
        evidence="A court has two; more crops cost time.", low=1,
    )  # fmt: skip


class RegionConfig(ParameterGroup):
    """Which parts of a frame the detector sees between two whole frames (see `perception.regions`)."""

    whole_fps: float = parameter(
        5.0, unit="frames per real second", meaning="How often the detector sees a whole frame while the balls in play "
        "are known; the frames between show it only their regions.", evidence=_PARTS, search=(3, 15), low=1, high=120,
    )  # fmt: skip
    search_fps: float = parameter(
        7.5, unit="frames per real second", meaning="How often the detector sees a whole frame while no ball in play "
        "is known.", evidence=_PARTS, search=(5, 15), low=1, high=120,
    )  # fmt: skip
    max_balls: int = parameter(
        4, unit="balls", meaning="Balls whose regions are searched, fast ones and those with the best scores first.",
        evidence="Weak scores start tracks, and not each is a ball: with 3 the shot ball of a simulated film had no "
        "region when it left the hand. 6 games: 59 % of the work, against 53 %; shots 41 and 8, against 41 and 7.",
        search=(1, 6), low=1, high=8,
    )  # fmt: skip
    max_unseen: float = parameter(
        0.2, unit="s", meaning="A ball that was not seen for longer has no region.", evidence=_BY_HAND,
        search=(0.07, 0.35), low=0,
    )  # fmt: skip
    min_priority: float = parameter(
        0.45, unit="score", meaning="Where no known ball has a higher priority (mean score, up to 0.5 more for speed), "
        "the whole frame is searched.", evidence="With 0.3 two of 30 shots of seven clips are lost, with 0.45 none; "
        "the work grows by 4 % of all.", search=(0.2, 0.8), low=0,
    )  # fmt: skip
    margin: float = parameter(
        32.0, unit="px of the picture", meaning="Picture round the place where a ball can be.",
        evidence="107 balls of 14 clips: mean score .383 in a region against .384 in the whole picture; 4 are lost.",
        search=(8, 64), low=0,
    )  # fmt: skip
    max_area: float = parameter(
        0.5, unit="1", meaning="Regions that cover a larger share of the picture are not worth it: it is seen whole.",
        evidence=_BY_HAND, search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip


_BETWEEN = (
    "45 clips with 70 shots, 422 s, detections kept: regions between whole frames need 62 % of the detector's work. "
    "Right and false: 55 and 5, whole frames 54 and 5; at 7.5 whole frames alone 44 and 9, at 10 47 and 6."
)


class FilmRegionConfig(ParameterGroup):
    """Which parts of a film's frame the detector sees: where a ball moves between the whole frames before and after.

    Margin and largest area are those of `RegionConfig` (see `perception.film_regions`).
    """

    whole_fps: float = parameter(
        7.5, unit="frames per real second", meaning="How often the detector sees a whole frame of a film; 120: always. "
        "The frames between show it only where a ball moves.", evidence=_BETWEEN, search=(5, 120), low=1, high=120,
    )  # fmt: skip
    max_gap: float = parameter(
        0.3, unit="s", meaning="Where the whole frames lie further apart, those between are seen whole.",
        evidence=_BY_HAND, search=(0.2, 0.5), low=0.05,
    )  # fmt: skip
    max_speed: float = parameter(
        50.0, unit="ball sizes per second", meaning="Balls of two whole frames that lie further apart are two balls.",
        evidence="12 m/s. With 40 and a radius of 3: 54 and 6 instead of 55 and 5 (right and false).", search=(30, 80),
        low=1,
    )  # fmt: skip
    at_rest: float = parameter(
        0.8, unit="ball sizes", meaning="A ball that moved less from one whole frame to the next is at rest, and not "
        "searched for in between.", evidence=_BETWEEN, search=(0.3, 1.5), low=0,
    )  # fmt: skip
    min_score: float = parameter(
        0.2, unit="score", meaning="A ball that only one of the two whole frames shows is searched for in between from "
        "this score on.", evidence="With 0.15: 53 and 6, and 64 % of the work.", search=(0.1, 0.4), low=0, high=1,
    )  # fmt: skip
    radius: float = parameter(
        4.0, unit="ball sizes", meaning="How far from there it is searched for.",
        evidence="See max_speed.", search=(2, 8), low=0,
    )  # fmt: skip
    near_rim: float = parameter(
        2.0, unit="rim widths", meaning="Where a ball is or was nearer to a rim, the rim is searched in between: the "
        "net hides the ball, and the model of results reads the rim's crops of frames that are seen.",
        evidence="Results right of emitted without it 27 of 30, with it 28 of 29.", search=(1, 4), low=0,
    )  # fmt: skip
    rim_memory: float = parameter(
        0.6, unit="s", meaning="How long a rim is searched after a ball was near it.",
        evidence="A ball is in the net for up to half a second.", search=(0, 0.7), low=0, high=0.7,
    )  # fmt: skip
    max_balls: int = parameter(
        4, unit="regions", meaning="Places that are searched, rims first, then fast balls and those with the best "
        "scores.", evidence=_BETWEEN, search=(2, 8), low=1, high=16,
    )  # fmt: skip


class CameraMotionConfig(ParameterGroup):
    """How the pan of the camera is measured, on a copy of 240 x 136 pixels."""

    corners: int = parameter(
        120, unit="corners", meaning="Most corners that are followed.", evidence=_BY_HAND, search=(40, 300), low=8,
    )  # fmt: skip
    corner_quality: float = parameter(
        0.0005, unit="1", meaning="Weakest corner as a share of the strongest: lines of a bare floor must be included.",
        evidence="A fast pan over a bare floor with running players fails with blocks and passes with this.",
        search=(0.0001, 0.01), low=0, high=1,
    )  # fmt: skip
    corner_distance: float = parameter(
        10.0, unit="px of the copy", meaning="Smallest distance between two corners.", evidence=_BY_HAND,
        search=(4, 20), low=1,
    )  # fmt: skip
    max_error: float = parameter(
        0.5, unit="px of the copy", meaning="RANSAC: largest error of a corner that agrees.",
        evidence="Five simulated broadcasts: 9 % of 1.5 s spans off by more than 8 px, against 36 % before.",
        search=(0.25, 2), low=0,
    )  # fmt: skip
    min_corners: int = parameter(
        8, unit="corners", meaning="Corners that must agree, at least.", evidence=_BY_HAND, search=(4, 20), low=3,
    )  # fmt: skip
    min_share: float = parameter(
        0.25, unit="1", meaning="Share of the corners that must agree, at least.", evidence=_BY_HAND,
        search=(0.1, 0.6), low=0, high=1,
    )  # fmt: skip
    still: float = parameter(
        0.3, unit="px of the copy", meaning="A smaller motion counts as none: noise must not add up to a drift.",
        evidence="Still cameras of the labelled clips stay at zero.", search=(0.1, 1), low=0,
    )  # fmt: skip
    new_key: float = parameter(
        5.0, unit="px of the copy", meaning="Motion from the key frame after which the newest frame becomes the key.",
        evidence=_BY_HAND, search=(2, 15), low=0,
    )  # fmt: skip


class SceneCutConfig(ParameterGroup):
    """When a frame starts a new scene: its histograms differ from the frame before."""

    min_difference: float = parameter(
        0.3, unit="1", meaning="Smallest difference (0 equal, 1 nothing in common) that can be a cut.",
        evidence=_BY_HAND, search=(0.15, 0.6), low=0, high=1,
    )  # fmt: skip
    over_median: float = parameter(
        3.5, unit="1", meaning="A cut differs this many times more than the recent median: pans and shakes raise it.",
        evidence=_BY_HAND, search=(2, 8), low=1,
    )  # fmt: skip
    memory: int = parameter(
        24, unit="detector frames", meaning="Differences that the median is taken over.", evidence=_BY_HAND,
        search=(8, 60), low=1,
    )  # fmt: skip


_REPEATS = (
    "Real clips of ten sources have repeated frames. They differ by at most 4 levels, with few bits by 12, as in "
    "simulated film coded with H.264. The least of a new frame in 47 clips is 11, in a clip where most differ "
    "by 35, and 13 elsewhere."
)


class RepeatConfig(ParameterGroup):
    """When a frame repeats the one before and is not given to the detector (`perception.repeated_frames`)."""

    max_difference: float = parameter(
        5.0, unit="levels of brightness, 0 to 255",
        meaning="Largest change of a block's mean from one frame to the next that counts as none.", evidence=_REPEATS,
        search=(1, 10), low=0, high=50,
    )  # fmt: skip
    share_of_lively: float = parameter(
        0.22, unit="1", meaning="So much of the ninth decile of the last changes counts as none too, where that is "
        "more: an encoder changes repeats as well, the more the fewer bits it has.", evidence=_REPEATS, search=(0, 0.4),
        low=0, high=0.5,
    )  # fmt: skip
    limit: float = parameter(
        12.0, unit="levels of brightness, 0 to 255", meaning="A larger change never counts as none: a ball of low "
        "contrast in a picture that usually moves.", evidence=_REPEATS, search=(5, 25), low=0, high=50,
    )  # fmt: skip
    max_hold: float = parameter(
        0.5, unit="s", meaning="After so long without a frame the detector gets one, repeated or not: what is at rest "
        "is still there.", evidence=_BY_HAND, search=(0.2, 2), low=0,
    )  # fmt: skip


class PeopleConfig(ParameterGroup):
    """How the detector of people completes the players that the court's detector found."""

    fps: float = parameter(
        3.0, unit="frames per real second", meaning="How often people are detected, at most.",
        evidence="A run takes a third of the court detector's time, so this costs a fifteenth of 15 frames.",
        search=(1, 6), low=0.2, high=60,
    )  # fmt: skip
    input_scale: float = parameter(
        0.65, unit="1", meaning="Size of the picture, relative to that of the court's detector.",
        evidence="The network was trained at 416 pixels: 640 times this.", search=(0.4, 1), low=0.1, high=2,
    )  # fmt: skip
    min_score: float = parameter(
        0.45, unit="score", meaning="Lowest score of a person who is added.", evidence="35 films: 53 of 55 releases "
        "have a player at the ball with .3 as with .5. 120 simulated pictures: 4 false people with .4, 1 with .5.",
        search=(0.25, 0.7), low=0, high=1,
    )  # fmt: skip
    known_score: float = parameter(
        0.3, unit="score", meaning="A player or referee of the court's detector with this score is known: nobody is "
        "added in the same place.", evidence=_BY_HAND, search=(0.2, 0.6), low=0, high=1,
    )  # fmt: skip
    min_height: float = parameter(
        0.12, unit="1", meaning="Smallest height of a person who is added, as a share of the picture's.",
        evidence="35 films: a player at the ball in 53 of 55 releases, 41 without people.", search=(0.05, 0.4),
        low=0, high=1,
    )  # fmt: skip
    crowd: int = parameter(
        4, unit="players", meaning="With so many known players the film shows a game: smaller people are spectators.",
        evidence=_BY_HAND, search=(2, 8), low=1,
    )  # fmt: skip
    min_height_in_crowd: float = parameter(
        0.4, unit="1", meaning="Smallest height of a person who is added to a game's players, as a share of the "
        "picture's.", evidence="96 broadcast pictures: false players .104 per picture with .4 as without people, .115 "
        "with .3, .135 with .2.", search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip
    same_body: float = parameter(
        0.35, unit="IoU", meaning="A person and a known player who overlap more are one.", evidence=_BY_HAND,
        search=(0.2, 0.6), low=0, high=1,
    )  # fmt: skip
    left_body: float = parameter(
        0.05, unit="IoU", meaning="A known player as tall as a person who is the nearest to him and overlaps more is "
        "that person, who has left the place where he was expected.", evidence="In two films a second box goes beside "
        "a player who turns, and gets an id of its own.", search=(0.01, 0.3), low=0, high=1,
    )  # fmt: skip
    inside_body: float = parameter(
        0.6, unit="1", meaning="A person of whom a larger share lies in one known player is that player.",
        evidence=_BY_HAND, search=(0.4, 0.9), low=0, high=1,
    )  # fmt: skip
    same_person: float = parameter(
        0.2, unit="IoU", meaning="People of two answers who overlap more are one, whose motion is continued.",
        evidence=_BY_HAND, search=(0.1, 0.5), low=0, high=1,
    )  # fmt: skip
    memory: float = parameter(
        0.5, unit="s", meaning="How long the people of an answer are added, real seconds.",
        evidence="Longer than the time between two answers.", search=(0.3, 1), low=0,
    )  # fmt: skip


class TrackingConfig(ParameterGroup):
    """Everything that decides how one camera's detections become tracks."""

    detection: DetectionConfig = DetectionConfig()
    people: PeopleConfig = PeopleConfig()
    balls: BallTrackingConfig = BallTrackingConfig()
    players: PlayerTrackingConfig = PlayerTrackingConfig()
    rims: RimTrackingConfig = RimTrackingConfig()
    camera_motion: CameraMotionConfig = CameraMotionConfig()
    scene_cut: SceneCutConfig = SceneCutConfig()
    repeats: RepeatConfig = RepeatConfig()
    regions: RegionConfig = RegionConfig()
    film_regions: FilmRegionConfig = FilmRegionConfig()


class DetectorSharingConfig(ParameterGroup):
    """How live cameras share the detector (see `pipeline.detector_scheduler`)."""

    floor: float = parameter(
        5.0, unit="detector frames per real second",
        meaning="What a live camera gets at least. Where the detector cannot give it to all, the cameras are DEGRADED.",
        evidence="Windows of flights bridge gaps of up to 0.2 s. 4 simulated games of 30 s at 5 fps: 12 of 15 shots, "
        "none false; at 7 fps 13.", search=(4, 10), low=1, high=60,
    )  # fmt: skip
    max_wait: float = parameter(
        0.4, unit="s", meaning="A frame whose answer would come so much later than the shortest one is not sent.",
        evidence="A fifth of inference.timeout_s.", search=(0.2, 1), low=0.05, high=5,
    )  # fmt: skip
    memory: float = parameter(
        0.7, unit="s", meaning="Time constant of the exponentially weighted means of the detector's speed.",
        evidence="A detector that becomes ten times faster is believed within 2 s (tests).", search=(0.3, 1.5),
        low=0.05,
    )  # fmt: skip
    interval: float = parameter(
        0.1, unit="s", meaning="Time between two decisions about the cameras' rates.", evidence=_BY_HAND,
        search=(0.05, 0.5), low=0.01,
    )  # fmt: skip
    base_time: float = parameter(
        10.0, unit="s", meaning="How long the shortest answer counts as the time of a frame that need not wait.",
        evidence=_BY_HAND, search=(5, 60), low=1,
    )  # fmt: skip
    grow: float = parameter(
        1.25, unit="1", meaning="Frames given over frames measured while answers take no longer than the shortest: "
        "more may run side by side than did.", evidence=_BY_HAND, search=(1.05, 1.5), low=1,
    )  # fmt: skip
    shrink: float = parameter(
        0.9, unit="1", meaning="Frames given over frames measured while answers take ``max_stretch`` times the "
        "shortest: those that wait are caught up with.", evidence=_BY_HAND, search=(0.7, 1), low=0.1, high=1,
    )  # fmt: skip
    max_stretch: float = parameter(
        3.0, unit="1", meaning="Mean time of an answer over the shortest at which ``shrink`` holds; in between the "
        "factor lies on a straight line.", evidence=_BY_HAND, search=(2, 5), low=1.1,
    )  # fmt: skip
    degraded_after: float = parameter(
        1.0, unit="s", meaning="A camera is DEGRADED after so long below the floor, and RECOVERED after so long above.",
        evidence="Recovery is announced within 3 s (tests).", search=(0.5, 1.5), low=0,
    )  # fmt: skip
    recovered_margin: float = parameter(
        1.25, unit="1", meaning="A camera recovers when the detector could give so many times the floors of all.",
        evidence=_BY_HAND, search=(1, 1.5), low=1,
    )  # fmt: skip
    urgent_for: float = parameter(
        1.0, unit="s", meaning="How long a camera goes first after a ball in flight, near a rim or an open shot was "
        "seen.", evidence=_BY_HAND, search=(0.5, 3), low=0,
    )  # fmt: skip
    fast_ball: float = parameter(
        12.0, unit="ball sizes per real second", meaning="A ball faster than this is in flight.",
        evidence="3 m/s; a shot leaves the hand with 7 to 9 m/s.", search=(6, 25), low=0,
    )  # fmt: skip
    near_rim: float = parameter(
        3.0, unit="rim widths", meaning="A ball nearer to a rim than this is near it.", evidence=_BY_HAND,
        search=(1, 6), low=0,
    )  # fmt: skip
    speed_window: float = parameter(
        0.4, unit="s", meaning="The ball's speed is measured over so much time, real seconds.", evidence=_BY_HAND,
        search=(0.2, 0.8), low=0.1,
    )  # fmt: skip
