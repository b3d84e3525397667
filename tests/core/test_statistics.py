"""What a player did, counted from events: only last revisions, by zone, free throws apart, two cameras."""

from __future__ import annotations

from dataclasses import replace

from courtside import Event, Lifecycle, PlayerStatistics, Shot, ShotResult, ShotType, Zone, player_statistics
from courtside.events import Shooter, ShotView
from courtside.plays import Play, PlayKind, Possession
from courtside.statistics import PlayerTrack, ZoneShots, statistics_of, tracks_named

LEFT, RIGHT = "games/g/cameras/left", "games/g/cameras/right"


def event(payload, media: float = 1.0, *, id: str = "", camera: str = LEFT, session: str = "s",
          lifecycle: Lifecycle = Lifecycle.CONFIRMED) -> Event:  # fmt: skip
    event.count = getattr(event, "count", 0) + 1
    return Event(
        game="games/g", camera=camera, event_id=id or f"e{event.count}", lifecycle=lifecycle, event_time=media,
        media_offset=media, payload=payload, sequence=event.count, revision=1, append_time=media, session=session,
    )  # fmt: skip


def shot(zone: Zone, result: ShotResult, shooter: int | None = 7, **values) -> Shot:
    return Shot(0.9, 0.1, zone, (), 0.5, "shot_flight:3", result=result, shooter=shooter, **values)


def play(kind: PlayKind, player: int = 7, **values) -> Play:
    return Play(kind=kind, player=player, confidence=0.8, **values)


MADE, MISSED, UNKNOWN = ShotResult.MADE, ShotResult.MISSED, ShotResult.UNKNOWN


def test_shots_are_counted_by_zone_and_free_throws_apart() -> None:
    events = [
        event(shot(Zone.PAINT_EXTENDED, MADE)), event(shot(Zone.PAINT_EXTENDED, MISSED)),
        event(shot(Zone.MIDDLE_THREE_POINTER, MADE)), event(shot(Zone.MIDDLE_THREE_POINTER, UNKNOWN)),
        event(shot(Zone.UNSPECIFIED, MADE)), event(shot(Zone.MIDDLE_MID_RANGE, MADE, type=ShotType.FREE_THROW)),
        event(shot(Zone.MIDDLE_MID_RANGE, MISSED, type=ShotType.FREE_THROW)),
        event(shot(Zone.PAINT_EXTENDED, MADE), lifecycle=Lifecycle.RETRACTED),
        event(shot(Zone.PAINT_EXTENDED, MADE, shooter=None)), event(shot(Zone.PAINT_EXTENDED, MADE, shooter=8)),
    ]  # fmt: skip
    seven, eight = player_statistics(events)
    assert (seven.attempts, seven.made, seven.unknown, seven.points) == (5, 3, 1, 2 + 3 + 2 + 1)
    assert (seven.free_throws, seven.free_throws_made) == (2, 1)
    assert seven.zones == (
        ZoneShots(Zone.UNSPECIFIED, 1, 1, 0), ZoneShots(Zone.PAINT_EXTENDED, 2, 1, 0),
        ZoneShots(Zone.MIDDLE_THREE_POINTER, 2, 1, 1),
    )  # fmt: skip
    assert (eight.player, eight.points) == (8, 2)


def test_only_the_last_revision_of_an_event_counts() -> None:
    first = event(shot(Zone.PAINT_EXTENDED, UNKNOWN, shooter=3), id="x", lifecycle=Lifecycle.PROVISIONAL)
    then = event(shot(Zone.LEFT_WING_THREE_POINTER, MADE), id="x")
    back = event(play(PlayKind.STEAL), id="y")
    gone = event(play(PlayKind.STEAL), id="y", lifecycle=Lifecycle.RETRACTED)
    (only,) = player_statistics([first, back, then, gone])
    assert (only.player, only.attempts, only.points, only.steals) == (7, 1, 3, 0)


def test_plays_and_time_on_the_ball() -> None:
    kinds = [PlayKind.PASS, PlayKind.PASS, PlayKind.ASSIST, PlayKind.STEAL, PlayKind.TURNOVER]
    events = [event(play(kind)) for kind in kinds]
    events += [event(play(PlayKind.REBOUND, offensive=side)) for side in (True, False, False, None)]
    events += [event(Possession(player=7, confidence=0.9, end=end), 10.0) for end in (12.5, 9.0, float("nan"))]
    (found,) = player_statistics(events)
    assert (found.passes, found.assists, found.steals, found.turnovers, found.rebounds) == (2, 1, 1, 1, 4)
    assert (found.offensive_rebounds, found.defensive_rebounds, found.unknown_rebounds) == (1, 2, 1)
    assert (found.possessions, found.ball_seconds) == (3, 2.5)


def test_sessions_and_cameras_have_players_of_their_own() -> None:
    def view(camera: str, track: int | None) -> ShotView:
        return ShotView(camera=camera, event_time=1.0, media_offset=1.0, lifecycle=Lifecycle.CONFIRMED,
                        probability=0.9, make_probability=0.5, shooter=track, session="s")  # fmt: skip

    seen = event(shot(Zone.PAINT_EXTENDED, MADE, views=(view(LEFT, 7), view(RIGHT, 3))))
    passes = [event(play(PlayKind.PASS, 3), camera=RIGHT), event(play(PlayKind.PASS, 3), camera=RIGHT)]
    other = event(play(PlayKind.PASS), session="later")
    events = [seen, *passes, event(play(PlayKind.PASS)), other]
    assert [(one.camera, one.session, one.player, one.attempts, one.passes) for one in player_statistics(events)] == [
        (LEFT, "later", 7, 0, 1), (LEFT, "s", 7, 1, 1), (RIGHT, "s", 3, 1, 2),
    ]  # fmt: skip
    both = statistics_of(events, [PlayerTrack(LEFT, "s", 7), PlayerTrack(RIGHT, "s", 3)])
    assert (both.attempts, both.points, both.passes) == (1, 2, 2), "one shot of two cameras, passes of one camera"


def test_an_enrolled_shooter_is_named_and_found_by_name() -> None:
    def named(name: str, track: int) -> Event:
        return event(shot(Zone.PAINT_EXTENDED, MADE, shooter=track, identity=Shooter(name, 0.9)))

    events = [named("Anna", 7), named("Anna", 7), named("Ben", 7), named("Ben", 8), named("", 9)]
    assert [one.name for one in player_statistics(events)] == ["Anna", "Ben", ""]
    assert tracks_named(events, "anna") == [PlayerTrack(LEFT, "s", 7)]
    assert tracks_named(events, "Cleo") == []
    assert replace(PlayerStatistics(), player=1).rebounds == 0
