"""Skills of a player: their names, levels and groups, and what an estimate from a highlight film holds.

Names, order, levels and groups are those of BASKET (Pan, Zhang, Bertasius, "BASKET: A Large-Scale Video Dataset for
Fine-Grained Skill Estimation", CVPR 2025). The groups are those of its Table 8. They are no slices of :data:`SKILLS`,
because the order of the dataset's columns has turnovers among the defence and fouls among the playmaking.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from courtside.records import wire
from courtside.statistics import PlayerStatistics

SKILLS: tuple[str, ...] = (
    "Free Throw",
    "2-PTs",
    "3-PTs",
    "Contested-shots",
    "Overall Shooting",
    "Rebounds",
    "Defensive Rebounds",
    "Offensive Rebounds",
    "Steals",
    "Turnovers",
    "Points-allowed",
    "Defensive Consistency",
    "Assists",
    "Passing Accuracy",
    "Fouls",
    "Contribution",
    "Offensive Consistency",
    "Teamwork",
    "Impact",
    "Efficiency",
)
"""The skills in the order of the dataset's columns and of a model's output."""
LEVELS: tuple[str, ...] = ("Poor", "Fair", "Average", "Good", "Excellent")
"""The levels from 0 to 4; 4 is the best of every skill."""
GROUPS: dict[str, tuple[str, ...]] = {
    "Shooting": SKILLS[0:5],
    "Rebounding": SKILLS[5:8],
    "Defense": ("Steals", "Fouls", "Points-allowed", "Defensive Consistency"),
    "Playmaking": ("Assists", "Passing Accuracy", "Turnovers"),
    "Offense": SKILLS[15:20],
}
"""The five groups and their skills."""
GROUP_OF: dict[str, str] = {skill: group for group, skills in GROUPS.items() for skill in skills}
"""The group of each skill."""
CAUTION = (
    "these levels are worth little: on real film the best published method (BASKET) is right in 28.5 % of 20 skills "
    "with 5 levels each, where chance is 20 %; the starter model is right in 25.8 % of simulated players, has seen no "
    "real film, and must not be used to rate people. Trust the counts"
)
"""What the figures are worth, as MODEL_CARD.md of player_skills measures it."""


@dataclass(frozen=True, slots=True)
class SkillLevel:
    """How good a player is at one skill.

    Example:
        >>> skill = SkillLevel("Steals", "Defense", (0.1, 0.2, 0.4, 0.2, 0.1), 2.0)
        >>> print(f"{skill.skill}: {skill.level}, {skill.expected:.1f} of 4")
        Steals: Average, 2.0 of 4
    """

    skill: str
    """One of :data:`SKILLS`."""
    group: str
    """One of :data:`GROUPS`."""
    probabilities: tuple[float, ...]
    """Of the five :data:`LEVELS`; they sum to 1."""
    expected: float = field(metadata=wire("expected_level"))
    """The expected level, 0 to 4."""

    @property
    def level(self) -> str:
        """The most likely level."""
        return LEVELS[max(range(len(self.probabilities)), key=self.probabilities.__getitem__)]


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of film, seconds on its own clock.

    Example:
        >>> TimeRange(12.0, 22.0).seconds
        10.0
    """

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillEstimate:
    """How good a player is at twenty skills, as far as a film shows it, and the counts beside it.

    Example:
        >>> estimate = SkillEstimate(film_seconds=5.0, not_enough_film="not enough film: 5 s")
        >>> estimate.skills, estimate.not_enough_film
        ((), 'not enough film: 5 s')
    """

    skills: tuple[SkillLevel, ...] = ()
    """All of :data:`SKILLS` in their order; empty where there is not enough film."""
    not_enough_film: str = ""
    """Why there are no levels, one sentence; empty where there are."""
    caution: str = ""
    """What the levels are worth; empty without levels."""
    film_seconds: float = 0.0
    """Seconds of film that were used."""
    frames: int = 0
    """Frames that the model has seen."""
    model: str = ""
    """The model, ``name:version``; empty without levels."""
    ranges: tuple[TimeRange, ...] = ()
    """The stretches of film in which the player is concerned; empty where the whole film was used."""
    statistics: PlayerStatistics | None = None
    """What the game's events count for the player; ``None`` where no game was named."""

    def groups(self) -> dict[str, float]:
        """The mean expected level of each group, 0 to 4; empty without levels."""
        found: dict[str, list[float]] = {}
        for skill in self.skills:
            found.setdefault(skill.group, []).append(skill.expected)
        return {group: sum(levels) / len(levels) for group, levels in found.items()}
