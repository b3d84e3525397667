"""Every number that decides what is read of players, in one typed group: :class:`PlayersConfig`."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter
from courtside_server.players.form_config import FormConfig
from courtside_server.players.jersey_config import JerseyConfig
from courtside_server.players.skills_config import SkillsConfig

_BY_HAND = "Set by hand."
_SHOTS = "70 labelled releases of real film: see docs/players.md, actions. Set by hand, not swept."
_TEAMS = (
    "10 simulated games as films, cut by their true boxes, seeds from 720000 (benchmarks/teams.py): players of a team "
    "are up to 2.1 spreads from their kit, kits 3.9 to 9.2 apart, referees 3.5 and more from both. Not swept."
)


class CropConfig(ParameterGroup):
    """Which players are cut out of which frames."""

    min_height: float = parameter(
        40.0, unit="px", meaning="Smaller players are left out: their limbs are a few pixels wide.",
        evidence="By eye on broadcast frames: BlazePose finds torso and legs from about 40 px, wrists from 70.",
        search=(24, 100), low=8,
    )  # fmt: skip
    live_rate: float = parameter(
        30.0, unit="crops per second", meaning="Most crops of one live camera, all its players together.",
        evidence=_BY_HAND, search=(5, 120), low=1,
    )  # fmt: skip
    least_rate: float = parameter(
        6.0, unit="crops per second", meaning="The same where the detector has no time left.", evidence=_BY_HAND,
        search=(0, 15), low=0,
    )  # fmt: skip
    full_headroom: float = parameter(
        0.5, unit="share of the detector's time", meaning="Share that must be left over for the whole budget of crops; "
        "with less of it the budget shrinks.", evidence=_BY_HAND, search=(0.1, 0.9), low=0.01, high=1,
    )  # fmt: skip
    player_rate: float = parameter(
        10.0, unit="crops per second", meaning="Most crops of one player who is not near a ball.",
        evidence="The action model reads ten poses per second.", search=(5, 15), low=1,
    )  # fmt: skip
    near_ball: float = parameter(
        0.5, unit="player heights", meaning="A player whose box is nearer to a ball than this is cut out of every "
        "detector frame, before all others.", evidence=_BY_HAND, search=(0.3, 3), low=0,
    )  # fmt: skip
    size_smoothing: float = parameter(
        0.4, unit="s", meaning="Time in which a crop's size follows the box, so that it does not breathe with the "
        "arms.", evidence=_BY_HAND, search=(0.1, 1), low=0,
    )  # fmt: skip
    in_flight: int = parameter(
        4, unit="crops", meaning="Crops of one live camera that the pose model has to answer at a time, at most; "
        "others are left out.", evidence=_BY_HAND, search=(1, 16), low=1,
    )  # fmt: skip


class TeamConfig(ParameterGroup):
    """Who wears which kit (see `players.teams`)."""

    kits: int = parameter(
        25, unit="crops", meaning="Newest crops of a player that describe his kit.", evidence=_BY_HAND, search=(5, 60),
        low=1,
    )  # fmt: skip
    min_crops: int = parameter(
        3, unit="crops", meaning="Crops of a player before he belongs to a team.", evidence=_TEAMS, search=(1, 8),
        low=1,
    )  # fmt: skip
    search_every: int = parameter(
        25, unit="crops", meaning="The two kits are searched again after so many crops.",
        evidence="A search takes 1 ms.", search=(10, 100), low=1,
    )  # fmt: skip
    least_spread: float = parameter(
        4.0, unit="CIELAB", meaning="Smallest spread of one player's colours that is assumed.", evidence=_TEAMS,
        search=(2, 8), low=0.5,
    )  # fmt: skip
    min_apart: float = parameter(
        2.0, unit="spreads", meaning="Kits nearer to one another than this are one kit: then there are no teams.",
        evidence=_TEAMS, search=(1, 4), low=0,
    )  # fmt: skip
    max_distance: float = parameter(
        0.5, unit="1", meaning="Whoever is farther from his kit than this share of the distance between both belongs "
        "to neither.", evidence=_TEAMS, search=(0.4, 1.2), low=0,
    )  # fmt: skip
    max_ratio: float = parameter(
        0.8, unit="1", meaning="Whoever is nearly as far from the other kit as from his own belongs to neither.",
        evidence=_TEAMS, search=(0.5, 0.95), low=0, high=1,
    )  # fmt: skip


class PoseConfig(ParameterGroup):
    """How poses become tracks."""

    min_person: float = parameter(
        0.3, unit="probability", meaning="A crop that shows a person with less than this has no pose.",
        evidence=_BY_HAND, search=(0.1, 0.8), low=0, high=1,
    )  # fmt: skip
    max_offset: float = parameter(
        0.35, unit="box widths", meaning="The middle of the hips and shoulders may lie so far beside the box's middle; "
        "further away it is another player's pose.", evidence=_BY_HAND, search=(0.2, 1), low=0,
    )  # fmt: skip
    memory: float = parameter(
        6.0, unit="s", meaning="Poses of so many real seconds are kept.", evidence="A shot is looked back at for 2.4 s "
        "after up to 3.5 s.", search=(4, 12), low=1,
    )  # fmt: skip
    min_cutoff: float = parameter(
        3.0, unit="Hz", meaning="One-Euro filter: cut-off frequency of a joint at rest.", evidence=_BY_HAND,
        search=(0.5, 8), low=0.1,
    )  # fmt: skip
    speed_coefficient: float = parameter(
        6.0, unit="Hz per player height per second", meaning="One-Euro filter: how fast the cut-off frequency grows "
        "with a joint's speed.", evidence=_BY_HAND, search=(0, 20), low=0,
    )  # fmt: skip
    max_gap: float = parameter(
        0.3, unit="s", meaning="After a longer gap a joint's filter starts anew.", evidence=_BY_HAND, search=(0.1, 1),
        low=0,
    )  # fmt: skip


class ActionConfig(ParameterGroup):
    """How windows of poses become actions."""

    hop: float = parameter(
        0.3, unit="s", meaning="Real seconds between two windows of one player.", evidence=_BY_HAND, search=(0.1, 1),
        low=0.05,
    )  # fmt: skip
    min_steps: int = parameter(
        8, unit="steps", meaning="A window needs so many of its 16 steps with a pose.",
        evidence="The action model is trained with windows of 8 steps and more.", search=(4, 16), low=2,
    )  # fmt: skip
    smoothing: float = parameter(
        0.5, unit="s", meaning="Time over which the probabilities of a player's windows are averaged.",
        evidence=_BY_HAND, search=(0, 2), low=0,
    )  # fmt: skip
    min_duration: float = parameter(
        0.6, unit="s", meaning="A shorter stretch is no event.", evidence=_BY_HAND, search=(0.2, 2), low=0,
    )  # fmt: skip
    min_confidence: float = parameter(
        0.4, unit="probability", meaning="A stretch whose mean probability is lower is no event.", evidence=_BY_HAND,
        search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip
    least_wait: float = parameter(
        1.5, unit="s", meaning="A window becomes part of a stretch so long after its middle at the earliest: until "
        "then a shot of it is not seen.",
        evidence="Shots of film are seen first 0.6 to 0.9 s after the release, windows reach 0.5 s further back.",
        search=(1, 3), low=0,
    )  # fmt: skip
    shot_before: float = parameter(
        0.5, unit="s", meaning="Windows of the shooter whose middle is so long before a release are windows of the "
        "shot.", evidence=_SHOTS, search=(0.2, 1), low=0,
    )  # fmt: skip
    shot_after: float = parameter(
        0.3, unit="s", meaning="The same after the release.", evidence=_SHOTS, search=(0, 0.8), low=0,
    )  # fmt: skip
    shot_wait: float = parameter(
        4.5, unit="s", meaning="Windows of a shot wait so long after the release for the shot to be confirmed.",
        evidence="Shots of film are confirmed 1.6 to 3.5 s after the release.", search=(1, 6), low=0,
    )  # fmt: skip
    shot_share: float = parameter(
        0.9, unit="probability", meaning="Whoever is named as the shooter of a confirmed shot is the one who shoots.",
        evidence=_SHOTS, search=(0.5, 0.99), low=0, high=1,
    )  # fmt: skip
    joints_weight: float = parameter(
        0.5, unit="1", meaning="Weight of what the action model answers for a shot's windows beside the shot, as an "
        "exponent of its odds: 1 counts both in full, 0 the shot alone.", evidence=_SHOTS, search=(0, 1), low=0,
    )  # fmt: skip


class PossessionConfig(ParameterGroup):
    """Who has the ball. Distances are from the ball to the player's hands where they are seen, or else to the box."""

    reach: float = parameter(
        0.30, unit="player heights", meaning="Distance at which a ball is as likely the player's as nobody's.",
        evidence=_BY_HAND, search=(0.1, 0.8), low=0,
    )  # fmt: skip
    steepness: float = parameter(
        12.0, unit="per player height", meaning="How fast that likelihood changes with the distance (logistic).",
        evidence=_BY_HAND, search=(3, 40), low=0,
    )  # fmt: skip
    score_weight: float = parameter(
        18.0, unit="per score", meaning="How much a higher score makes one of several tracked balls the real one.",
        evidence="6 simulated games from pixels, 2,061 frames: who has the ball is right in .56 with 0, .70 with 6, "
        ".78 with 12, .79 with 20, .78 with 30.", search=(0, 40), low=0,
    )  # fmt: skip
    change_rate: float = parameter(
        0.8, unit="changes per second", meaning="How often a ball changes between a player and nobody.",
        evidence=_BY_HAND, search=(0.1, 4), low=0,
    )  # fmt: skip
    hand_over_rate: float = parameter(
        0.05, unit="changes per second", meaning="How often a ball goes from one player to another without being "
        "nobody's between.", evidence=_BY_HAND, search=(0, 1), low=0,
    )  # fmt: skip
    lag: float = parameter(
        0.8, unit="s", meaning="Who had the ball is decided with so many seconds of what followed.",
        evidence=_BY_HAND, search=(0.2, 2), low=0,
    )  # fmt: skip
    min_duration: float = parameter(
        0.4, unit="s", meaning="A shorter possession is no event.", evidence=_BY_HAND, search=(0.1, 1), low=0,
    )  # fmt: skip
    min_flight: float = parameter(
        0.2, unit="s", meaning="Shortest time between two possessions for a pass or a steal. What changes hands "
        "faster is mostly one player under a new track, or a defender near the ball.",
        evidence="16 simulated games from pixels, 54 changes of this kind: of 32 within 0.25 s 3 are passes of that "
        "player, of 22 slower ones 7.", search=(0, 0.5), low=0,
    )  # fmt: skip
    max_pass: float = parameter(
        2.5, unit="s", meaning="Longest time between two possessions for a pass, a steal or a rebound.",
        evidence=_BY_HAND, search=(1, 5), low=0,
    )  # fmt: skip


class ReleaseConfig(ParameterGroup):
    """What is read of the players round a release, to know the shooter; how much it counts is in `shots.shooter`."""

    held_before: float = parameter(
        1.0, unit="s", meaning="Who had the ball counts from so long before the release.", evidence=_BY_HAND,
        search=(0.5, 2), low=0.1,
    )  # fmt: skip
    hands_before: float = parameter(
        0.6, unit="s", meaning="Hands near the ball count from so long before the release.", evidence=_BY_HAND,
        search=(0.2, 0.8), low=0.1,
    )  # fmt: skip
    shoots_before: float = parameter(
        0.7, unit="s", meaning="Actions whose window has its middle so long before the release count.",
        evidence="A window shows 0.8 s before and after its middle.", search=(0.2, 1), low=0,
    )  # fmt: skip
    shoots_after: float = parameter(
        0.6, unit="s", meaning="The same after the release.", evidence="As shoots_before.", search=(0.2, 1), low=0,
    )  # fmt: skip


class PlayersConfig(ParameterGroup):
    """The numbers of the players' room."""

    crops: CropConfig = CropConfig()
    pose: PoseConfig = PoseConfig()
    actions: ActionConfig = ActionConfig()
    possession: PossessionConfig = PossessionConfig()
    release: ReleaseConfig = ReleaseConfig()
    teams: TeamConfig = TeamConfig()
    jersey: JerseyConfig = JerseyConfig()
    form: FormConfig = FormConfig()
    skills: SkillsConfig = SkillsConfig()
