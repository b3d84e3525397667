"""A small game for the exports: both corners of both baskets, and what each format must leave out or mark."""

from __future__ import annotations

from dataclasses import replace

from courtside.court.measures import FIBA, NBA, Court
from courtside.court.zones import Zone, zone_at
from courtside.events import Event, Lifecycle, Shot, ShotView, ZoneSource
from courtside.games import (
    Correction,
    CorrectionStep,
    GameClock,
    GameState,
    GameTime,
    RosterPlayer,
    ShotFacts,
    Side,
    Team,
)
from courtside.shot_results import ShotResult, ShotType

GAME, CAMERA = "games/final", "games/final/cameras/left"
CORNERS = {"a-left": (0, 1), "a-right": (0, -1), "b-left": (1, 1), "b-right": (1, -1)}
"""Event id to the basket and the side of its corner: 1 is to the left of who attacks it."""
START = 1_700_000_000.0


def corner(court: Court, event_id: str) -> tuple[float, float]:
    """Where a corner shot is taken from: 0.9 m from the baseline, 0.3 m inside the sideline."""
    basket, side = CORNERS[event_id]
    return court.from_local(0.9 - court.basket_inset, side * (court.width / 2 - 0.3), basket)


def shot_event(event_id: str, number: int, court: Court = NBA, lifecycle: Lifecycle = Lifecycle.CONFIRMED,
               place: tuple[float, float] | None = None, **facts: object) -> Event:  # fmt: skip
    """One shot, ``number`` minutes into the film."""
    zone = Zone.UNSPECIFIED if place is None else zone_at(court, *place, court.nearer_basket(place[0]))
    values: dict[str, object] = {
        "probability": 0.9, "release_uncertainty": 0.1, "zone": zone, "zone_probabilities": (),
        "make_probability": 0.4, "model": "shot_flight:3", "court": place, "zone_source": ZoneSource.CALIBRATION,
    }  # fmt: skip
    shot = Shot(**{**values, **facts})  # type: ignore[arg-type]
    view = ShotView(
        camera=CAMERA, event_time=START + 60 * number, media_offset=60.0 * number, lifecycle=lifecycle,
        probability=0.9, make_probability=0.4, session="s",
    )  # fmt: skip
    return Event(
        game=GAME, camera=CAMERA, event_id=event_id, lifecycle=lifecycle, event_time=START + 60 * number,
        media_offset=60.0 * number, payload=replace(shot, views=(view,)), sequence=number, revision=1,
        append_time=START + 60 * number + 2, session="s",
        game_time=GameTime(period=1, remaining=720 - 17.0 * number, home_score=0, away_score=0),
    )  # fmt: skip


def corrected(event: Event, **facts: object) -> Event:
    """With a correction by a person."""
    step = CorrectionStep(by="=Kim", time=START, facts=ShotFacts(**facts))  # type: ignore[arg-type]
    return replace(event, correction=Correction(steps=(step,)))


def game_events(court: Court = NBA) -> list[Event]:
    """Every revision of the game's events, in the order of the log."""
    places = {name: corner(court, name) for name in CORNERS}
    made, missed = {"result": ShotResult.MADE}, {"result": ShotResult.MISSED}
    home, away = {"team": Side.HOME}, {"team": Side.AWAY}
    first = shot_event("a-left", 1, court, Lifecycle.PROVISIONAL, (1.0, 1.0))
    events = [
        first,
        corrected(shot_event("a-left", 1, court, place=places["a-left"], **made, **home, type=ShotType.CATCH_AND_SHOOT),
                  number="7"),
        shot_event("a-right", 2, court, place=places["a-right"], **missed, **home),
        shot_event("b-left", 3, court, place=places["b-left"], **made, **away),
        shot_event("b-right", 4, court, place=places["b-right"], **missed, **away),
        shot_event("unknown", 5, court, place=(5.0, 2.0)),
        shot_event("gone", 6, court, Lifecycle.RETRACTED, place=(6.0, 0.0), **made, **home),
        shot_event("open", 7, court, Lifecycle.PROVISIONAL, place=(7.0, 0.0), **made, **home),
        shot_event("free", 8, court, **made, **home, type=ShotType.FREE_THROW),
    ]  # fmt: skip
    state = GameState(
        title="Final", home=Team(name="Lakeside <A> & Co", short_name="LAK", colour="#2f6fde",
                                 players=(RosterPlayer("0", "=Zoe"), RosterPlayer("7", "Ann \"A\" Ö'Neil"))),
        away=Team(name="Hilltop", short_name="HIL"), clock=GameClock(period=1, remaining=500.0, set_by="Kim"),
        home_score=4, away_score=3,
    )  # fmt: skip
    events.append(replace(
        first, camera="", event_id="game", payload=state, lifecycle=Lifecycle.CONFIRMED, sequence=9, session="",
        game_time=None,
    ))  # fmt: skip
    return [replace(event, revision=2 if place == 1 else 1, sequence=place + 1) for place, event in enumerate(events)]


COURTS = {"nba": NBA, "fiba": FIBA}
