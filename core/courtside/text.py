"""Events as lines of a table, for ``courtside watch``, ``demo`` and ``analyze --format table``."""

from __future__ import annotations

from courtside.court.zones import Zone
from courtside.events import CameraStatus, Event, FormAlert, Payload, Shot
from courtside.games import GameState, clock_text
from courtside.plays import Jersey, PlayerAction, PlayKind, Possession, PossessionEnd
from courtside.shot_results import ShotResult

HEADER = f"{'offset':>9}  {'seq':>5} {'rev':>3}  {'state':<11}  {'camera':<10}  what"
"""The head of the table."""


def event_line(event: Event) -> str:
    """One line of the table.

    Example:
        >>> from courtside.events import CameraState, CameraStatus, Lifecycle
        >>> event = Event(
        ...     game="games/g", camera="games/g/cameras/left", event_id="c", lifecycle=Lifecycle.CONFIRMED,
        ...     event_time=0.0, media_offset=12.5, payload=CameraStatus(CameraState.ONLINE, "first frame"), sequence=3,
        ...     revision=1, append_time=0.0)
        >>> print(event_line(event))
            12.50      3   1  confirmed    left        camera online: first frame
    """
    camera = "+".join(camera.rpartition("/")[2] for camera in event.cameras)
    head = f"{event.media_offset:9.2f}  {event.sequence:5d} {event.revision:3d}  {event.lifecycle:<11}  {camera:<10}"
    if isinstance(event.payload, Shot):
        return f"{head}  {_shot_text(event.payload, event.append_time - event.event_time)}"
    return f"{head}  {_player_text(event.payload, event.media_offset)}"


_OTHERS = {
    PlayKind.PASS: " to {}", PlayKind.ASSIST: " for {}", PlayKind.STEAL: " from {}", PlayKind.TURNOVER: " to {}",
}  # fmt: skip
"""How a play's other player is named."""


def _player_text(payload: Payload, start: float) -> str:
    """What an event other than a shot says."""
    if isinstance(payload, CameraStatus):
        return f"camera {payload.state}: {payload.detail}"
    if isinstance(payload, GameState):
        return _game_text(payload)
    if isinstance(payload, FormAlert):
        return _alert_text(payload)
    if isinstance(payload, Shot):
        raise TypeError("a shot has a line of its own")
    who = _player(payload.player, payload.jersey)
    if isinstance(payload, PlayerAction):
        return f"{who}: {payload.action} {payload.confidence:4.0%}  {payload.end - start:.1f} s"
    if isinstance(payload, Possession):
        end = "" if payload.ended is PossessionEnd.UNKNOWN else f", then {payload.ended}"
        return f"{who}{f' ({payload.team})' if payload.team else ''} has the ball  {payload.end - start:.1f} s{end}"
    other = ""
    if payload.other is not None:
        other = _OTHERS.get(payload.kind, "").format(_player(payload.other, payload.other_jersey))
    side = {None: "", True: " (offensive)", False: " (defensive)"}[payload.offensive]
    return f"{payload.kind}{side}: {who}{other} {payload.confidence:4.0%}"


def _player(track: int, jersey: Jersey | None) -> str:
    """A player by track and, where it is known, by jersey."""
    return f"player {track}" if jersey is None else f"player {track} ({jersey})"


def _shot_text(shot: Shot, delay: float) -> str:
    zone = "zone unknown" if shot.zone is Zone.UNSPECIFIED else f"{shot.zone}"
    parts = [f"shot {shot.probability:4.0%}", f"{zone:<24}", f"{shot.points} points" if shot.points else f"{'':8}"]
    parts.append(f"make {shot.make_probability:4.0%}")
    parts.append(f"{'' if shot.result is ShotResult.UNKNOWN else shot.result.words.upper():<6}")
    if shot.replay_of:
        parts.append("replay")
    if shot.shooter is not None:
        parts.append(_player(shot.shooter, shot.jersey))
    if shot.identity is not None and shot.identity.name:
        parts.append(f"{shot.identity.name} {shot.identity.probability:.0%} by form")
    if delay > 0:  # in a film that is analyzed, the two clocks have nothing to do with each other
        parts.append(f"{delay:+.2f} s after release")
    return "  ".join(parts).rstrip()


def _game_text(state: GameState) -> str:
    home, away = (team.short_name or team.name or side for team, side in ((state.home, "home"), (state.away, "away")))
    clock = state.clock
    when = f"  Q{clock.period} {clock_text(clock.remaining)}" if clock.period else ""
    open_points = f"  {state.unassigned_points} points of no team" if state.unassigned_points else ""
    return f"{home} {state.home_score}:{state.away_score} {away}{when}{open_points}"


def _alert_text(alert: FormAlert) -> str:
    joints = ", ".join(joint.joint.replace("_", " ") for joint in alert.joints)
    size = f"{alert.statistic:.1f}, usually below {alert.limit:.1f}"
    text = f"form of {alert.shooter} has changed over {len(alert.event_ids)} shots ({size})"
    return f"{text}: {joints}" if joints else text
