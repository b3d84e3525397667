"""What players do: their actions, who has the ball, and the lines of the play-by-play that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from courtside.enums import WireEnum
from courtside.records import wire


class Action(WireEnum):
    """What a player does, with the ten classes of SpaceJam.

    Example:
        >>> print(Action.BALL_IN_HAND)
        ball in hand
    """

    BLOCK = 1
    PASS = 2
    RUN = 3
    DRIBBLE = 4
    SHOOT = 5
    BALL_IN_HAND = 6
    DEFENCE = 7
    PICK = 8
    """A screen: standing still in a defender's way."""
    NO_ACTION = 9
    WALK = 10


class PossessionEnd(WireEnum):
    """How a possession ended.

    Example:
        >>> print(PossessionEnd.SHOT)
        shot
    """

    UNKNOWN = 0
    """It goes on, or nobody saw its end."""
    PASS = 1
    """The ball went to another player of the team, or the teams are not known."""
    SHOT = 2
    LOST = 3
    """The ball went to another team."""


class PlayKind(WireEnum):
    """What a line of the play-by-play says.

    Example:
        >>> print(PlayKind.REBOUND)
        rebound
    """

    PASS = 1
    """From one player to another of the team."""
    REBOUND = 2
    """The first possession after a missed shot."""
    STEAL = 3
    """The ball went to the other team without a shot, and a player of it took it."""
    TURNOVER = 4
    """The same, seen from the player who lost it."""
    ASSIST = 5
    """The last pass before a made shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jersey:
    """Who a player is by the number on the jersey, read in several pictures; never by the face.

    Example:
        >>> print(Jersey(number="7", agreement=0.95, readings=12, name="Anna Berg", team="Hawks"))
        #7 Anna Berg
        >>> print(Jersey(number="00", agreement=1.0, readings=5))
        #00
    """

    number: str
    """The digits as they are worn: ``0`` and ``00`` are two numbers."""
    agreement: float
    """Share of the readings of the player's jersey that agree, 0 to 1."""
    readings: int
    """How many agree."""
    name: str = ""
    """The player of that number by the roster; empty without one, or where it is not clear whose number it is."""
    team: str = ""
    """The player's team by the roster; empty as :attr:`name` is."""

    def __str__(self) -> str:
        """The number and, where it is known, the name."""
        return f"#{self.number} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerAction:
    """One player's action for a stretch of time; the event's own time is its beginning.

    Example:
        >>> action = PlayerAction(action=Action.DRIBBLE, confidence=0.8, player=7, end=12.4, model="player_actions:2")
        >>> print(f"player {action.player}: {action.action} until {action.end:.1f} s")
        player 7: dribble until 12.4 s
    """

    action: Action
    """What the player does."""
    confidence: float
    """Mean probability of the action over the stretch, 0 to 1."""
    player: int = field(metadata=wire("track_id"))
    """The tracked player."""
    end: float = field(metadata=wire("end_media_offset"))
    """The stretch's end, seconds by the camera's media clock; it grows while the event is provisional."""
    model: str
    """The model that saw it, ``name:version``."""
    jersey: Jersey | None = None
    """The player's jersey; ``None`` where its number is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Possession:
    """A player who has the ball, in the hands or dribbling; the event's own time is its beginning.

    Example:
        >>> possession = Possession(player=7, confidence=0.9, end=12.4, ended=PossessionEnd.PASS, team="A")
        >>> print(f"player {possession.player} of team {possession.team}: {possession.ended}")
        player 7 of team A: pass
    """

    player: int = field(metadata=wire("track_id"))
    """The tracked player."""
    confidence: float
    """Mean probability that the player had it, 0 to 1."""
    end: float = field(metadata=wire("end_media_offset"))
    """Its end, seconds by the camera's media clock; it grows while the event is provisional."""
    ended: PossessionEnd = field(default=PossessionEnd.UNKNOWN, metadata=wire("end"))
    """How it ended."""
    team: str = ""
    """The player's team, ``A`` or ``B`` in the order in which they were seen; empty where it is not known."""
    jersey: Jersey | None = None
    """The player's jersey; ``None`` where its number is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A line of the play-by-play.

    Example:
        >>> play = Play(kind=PlayKind.PASS, player=7, other=9, confidence=0.7)
        >>> print(f"{play.kind}: {play.player} to {play.other}")
        pass: 7 to 9
    """

    kind: PlayKind
    """What happened."""
    player: int = field(metadata=wire("track_id"))
    """The tracked player whom it counts for."""
    confidence: float
    """Probability that it happened so, 0 to 1."""
    other: int | None = field(default=None, metadata=wire("other_track_id"))
    """The other one: a pass's receiver, an assist's shooter, who lost the ball, who took it after a turnover."""
    shot: str = ""
    """The event id of a rebound's or an assist's shot; otherwise empty."""
    offensive: bool | None = None
    """Of a rebound, whether the shooter's own team took it; ``None`` where the teams are not known."""
    jersey: Jersey | None = None
    """The player's jersey; ``None`` where its number is not known."""
    other_jersey: Jersey | None = None
    """The other one's jersey, likewise."""
