"""Games: a person's word stands against every model, can be taken back, and moves the score; clocks and restarts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.court.zones import Zone
from courtside.games import (
    MAX_STEPS,
    Correction,
    CorrectionStep,
    GameClock,
    GameFormat,
    GameState,
    GameTime,
    RosterPlayer,
    ShotFacts,
    Side,
    Team,
)
from courtside.plays import Jersey
from courtside_server.errors import BadRequest, NotCorrected, NotFound, RevisionChanged
from courtside_server.events import EventHub, SqliteLog
from courtside_server.games.keeper import GameKeeper
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft, Lifecycle, Shot, ShotResult, ShotType, ZoneSource

GAME, CAMERA = "games/g", "games/g/cameras/left"
START = 1_700_000_000.0


class Clock:
    now = START

    def __call__(self) -> float:
        return self.now


def shot(event_id: str = "s1", at: float = START, lifecycle=Lifecycle.CONFIRMED, **changes) -> EventDraft:
    values = {
        "probability": 0.9, "release_uncertainty": 0.1, "zone": Zone.LEFT_MID_RANGE, "make_probability": 0.83,
        "zone_probabilities": (0.0, 0.8, 0.2, 0.0, 0.0, 0.0, 0.0), "model": "shot_flight:1", "result": ShotResult.MADE,
        "court": (8.0, 3.0), "zone_source": ZoneSource.CALIBRATION,
    }  # fmt: skip
    payload = Shot(**{**values, **changes})
    return EventDraft(GAME, CAMERA, event_id, lifecycle, at, at - START, payload, session="s")


class Place:
    """A log in memory, a hub and a keeper over it; `restart` makes a new keeper, as a new process would."""

    def __init__(self) -> None:
        self.log, self.clock = SqliteLog(":memory:"), Clock()

    async def __aenter__(self):
        self.hub = EventHub(self.log, Metrics())
        await self.hub.start()
        self.restart()
        return self

    def restart(self) -> None:
        self.games = GameKeeper(self.hub, clock=self.clock)

    async def __aexit__(self, *_) -> None:
        await self.hub.close()

    async def last(self, event_id: str = "s1") -> Event:
        event = await self.hub.latest(GAME, event_id)
        assert event is not None
        return event

    async def score(self) -> tuple[int, int, int]:
        state = await self.games.state(GAME)
        return state.home_score, state.away_score, state.unassigned_points


async def test_a_persons_word_stands_against_later_revisions_of_the_model_and_can_be_taken_back():
    async with Place() as place:
        (first,) = await place.games.publish([shot()])
        await place.games.correct(
            GAME, "s1", ShotFacts(result=ShotResult.MISSED, court=(13.0, 7.0)), by="Kim", revision=first.revision
        )
        place.restart()
        # The model revises, with a form that it has measured meanwhile, and still says that it went in.
        await place.games.publish([shot(playback_speed=0.5)])
        event = await place.last()
        assert (event.shot.result, event.shot.make_probability) == (ShotResult.MISSED, 0.0)
        assert (event.shot.zone, event.shot.zone_source) == (Zone.LEFT_WING_THREE_POINTER, ZoneSource.PERSON)
        assert event.shot.playback_speed == 0.5
        (step,) = event.correction.steps
        assert (step.by, event.correction.by_model.result) == ("Kim", ShotResult.MADE)
        await place.games.undo(GAME, "s1", by="Lee")
        event = await place.last()
        assert event.correction is None
        assert event.shot == shot(playback_speed=0.5).payload, "all of the model's word is back, and what came since"
        with pytest.raises(NotCorrected):
            await place.games.undo(GAME, "s1", by="Lee")


async def test_undo_takes_back_one_step_at_a_time():
    async with Place() as place:
        await place.games.publish([shot()])
        await place.games.correct(GAME, "s1", ShotFacts(result=ShotResult.MISSED), by="Kim")
        await place.games.correct(GAME, "s1", ShotFacts(type=ShotType.LAYUP, points=2), by="Lee")
        await place.games.undo(GAME, "s1", by="Lee")
        event = await place.last()
        assert (event.shot.result, event.shot.type, event.shot.awarded_points) == (
            ShotResult.MISSED, ShotType.UNKNOWN, None,
        )  # fmt: skip


async def test_a_shot_that_a_person_calls_none_stays_retracted_and_the_other_way_round():
    async with Place() as place:
        await place.games.publish([shot(lifecycle=Lifecycle.PROVISIONAL)])
        await place.games.correct(GAME, "s1", ShotFacts(happened=False), by="Kim")
        await place.games.publish([shot()])
        assert (await place.last()).lifecycle is Lifecycle.RETRACTED
        await place.games.correct(GAME, "s1", ShotFacts(happened=True), by="Kim")
        await place.games.publish([shot(lifecycle=Lifecycle.RETRACTED)])
        assert (await place.last()).lifecycle is Lifecycle.CONFIRMED


async def test_the_score_follows_confirmed_made_shots_corrections_and_hands():
    async with Place() as place:
        await place.games.publish([shot("before")])
        await place.games.set_game(GAME, home=Team(name="Lakeside"), away=Team(name="Hilltop"), home_basket=0)
        assert await place.score() == (0, 0, 2), "a shot before the game was created has no team"
        await place.games.set_clock(GAME, by="Kim", period=1, running=True)
        place.clock.now += 100
        await place.games.publish([shot("s1", place.clock.now)])
        await place.games.publish([shot("s2", place.clock.now, court=(-8.0, 3.0), zone=Zone.MIDDLE_THREE_POINTER)])
        await place.games.publish([shot("s3", place.clock.now, lifecycle=Lifecycle.PROVISIONAL)])
        await place.games.publish([shot("s4", place.clock.now, type=ShotType.FREE_THROW)])
        assert await place.score() == (3, 3, 2)
        await place.games.correct(GAME, "before", ShotFacts(team=Side.AWAY), by="Kim")
        await place.games.correct(GAME, "s2", ShotFacts(result=ShotResult.MISSED), by="Kim")
        await place.games.adjust_score(GAME, Side.HOME, 1, by="Kim")
        assert await place.score() == (4, 2, 0)
        place.restart()
        assert await place.score() == (4, 2, 0)
        await place.games.undo(GAME, "s2", by="Kim")
        assert await place.score() == (4, 5, 0)
        states = await place.hub.newest(GAME, "game_state", 1)
        assert states[0].game_state.score(Side.AWAY) == 5, "a subscriber sees the new score"
        with pytest.raises(BadRequest, match="negative"):
            await place.games.adjust_score(GAME, Side.AWAY, -6, by="Kim")


async def test_a_number_gets_its_name_and_team_by_the_games_roster():
    async with Place() as place:
        lakeside = Team(name="Lakeside", players=(RosterPlayer("0", "Ann"), RosterPlayer("00", "Bea")))
        await place.games.set_game(GAME, home=lakeside, away=Team(name="Hilltop"))
        read = Jersey(number="00", agreement=1.0, readings=5, team="lakeside")
        (event,) = await place.games.publish([shot(jersey=read)])
        assert (event.shot.team, str(event.shot.jersey)) == (Side.HOME, "#00 Bea")
        event = await place.games.correct(GAME, "s1", ShotFacts(number="0"), by="Kim")
        assert str(event.shot.jersey) == "#0 Ann" and event.correction.by_model.number == "00"
        assert (await place.games.undo(GAME, "s1", by="Kim")).shot.jersey.number == "00"


async def test_teams_change_ends_at_half_time():
    state = GameState(home_basket=0)
    assert [state.attacking(0, period) for period in (0, 1, 2, 3, 4, 5)] == [
        Side.UNKNOWN, Side.HOME, Side.HOME, Side.AWAY, Side.AWAY, Side.AWAY,
    ]  # fmt: skip
    assert GameState().attacking(0, 1) is Side.UNKNOWN


async def test_an_event_carries_the_games_time_at_its_release_not_at_its_announcement():
    async with Place() as place:
        await place.games.set_game(GAME, home_basket=0)
        await place.games.set_clock(GAME, by="Kim", period=2, remaining=60.0, running=True)
        place.clock.now += 12.5
        await place.games.set_clock(GAME, by="Kim", running=False)  # the whistle, before the shot is announced
        (event,) = await place.games.publish([shot(at=START + 10.0)])
        assert (event.game_time.period, event.game_time.remaining, event.game_time.home_score) == (2, 50.0, 2)
        place.restart()
        (again,) = await place.games.publish([shot(at=START + 10.0)])
        assert again.revision == event.revision, "an equal draft makes no revision"
        # A later set clock does not move the times of earlier shots.
        await place.games.set_clock(GAME, by="Kim", period=3)
        (revised,) = await place.games.publish([shot(at=START + 10.0, playback_speed=1.0)])
        assert revised.game_time == event.game_time


async def test_a_shot_by_hand_and_its_undo():
    async with Place() as place:
        await place.games.set_game(GAME)
        event = await place.games.add_shot(
            CAMERA, ShotFacts(result=ShotResult.MADE, points=3, team=Side.HOME), by="Kim", event_time=START,
            media_offset=4.0, session="s",
        )  # fmt: skip
        assert (event.lifecycle, event.shot.points, event.shot.model) == (Lifecycle.CONFIRMED, 3, "person")
        assert await place.score() == (3, 0, 0)
        await place.games.undo(GAME, event.event_id, by="Kim")
        assert (await place.last(event.event_id)).lifecycle is Lifecycle.RETRACTED
        assert await place.score() == (0, 0, 0)


async def test_the_latency_of_live_shots_is_measured_from_the_release():
    async with Place() as place:
        now = place.log._clock = Clock()
        for number in range(20):
            now.now = START + 10 * number + 1.5
            await place.games.publish([shot(f"s{number}", START + 10 * number, Lifecycle.PROVISIONAL)])
            now.now += 2.0
            await place.games.publish([shot(f"s{number}", START + 10 * number)])
        latency = place.games.latency(GAME)
        assert (latency.announced.p50, latency.announced.p95, latency.final.p50) == (1.5, 1.5, 3.5)
        now.now = START + 10_000.0
        await place.games.publish([shot("film", START)])  # a film that is sent later says nothing of it
        assert latency.announced.p95 == 1.5


async def test_a_snapshot_has_the_last_revision_of_each_event():
    async with Place() as place:
        await place.games.publish([shot("a"), shot("b", lifecycle=Lifecycle.PROVISIONAL)])
        await place.games.publish([shot("b")])
        await place.games.set_game(GAME)
        events, end = await place.hub.snapshot(GAME, ["shot"], 100)
        assert [(one.event_id, one.revision) for one in events] == [("a", 1), ("b", 2)] and end == 4
        assert [one.event_id for one in (await place.hub.snapshot(GAME, [], 2))[0]] == ["b", "game"]
        assert await place.hub.snapshot("games/none", [], 9) == ([], 0)


async def test_what_cannot_be_done_is_refused_and_changes_nothing():
    async with Place() as place:
        with pytest.raises(NotFound, match="SetGame"):
            await place.games.set_clock(GAME, by="Kim", period=1)
        (event,) = await place.games.publish([shot()])
        with pytest.raises(RevisionChanged, match="revision 1"):
            await place.games.correct(GAME, "s1", ShotFacts(points=3), by="Kim", revision=7)
        for facts in (ShotFacts(), ShotFacts(points=4), ShotFacts(court=(float("nan"), 0.0)), ShotFacts(number="x")):
            with pytest.raises(BadRequest):
                await place.games.correct(GAME, "s1", facts, by="Kim")
        with pytest.raises(BadRequest, match="name who"):
            await place.games.correct(GAME, "s1", ShotFacts(points=3), by="")
        with pytest.raises(NotFound):
            await place.games.correct(GAME, "nothing", ShotFacts(points=3), by="Kim")
        twice = Team(players=(RosterPlayer("7", "A"), RosterPlayer("7", "B")))
        for wrong in ({"home": twice}, {"home": Team(colour="red")}, {"format": GameFormat(periods=0)}):
            with pytest.raises(BadRequest):
                await place.games.set_game(GAME, **wrong)
        assert (await place.last()).revision == event.revision
        await place.games.set_game(GAME, home=Team(players=(RosterPlayer("0", "A"), RosterPlayer("00", "B"))))
        with pytest.raises(BadRequest, match="0 to 720"):
            await place.games.set_clock(GAME, by="Kim", period=1, remaining=float("nan"))


@given(
    remaining=st.floats(0, 720), running=st.booleans(), times=st.lists(st.floats(-1e3, 1e4), min_size=2, max_size=5)
)
@settings(max_examples=60, deadline=None)
def test_a_clock_never_goes_up_and_never_below_zero(remaining, running, times):
    clock = GameClock(period=1, remaining=remaining, running=running, set_time=0.0)
    left = [clock.remaining_at(time) for time in sorted(times)]
    assert all(0 <= later <= earlier <= remaining for earlier, later in pairwise(left))


@given(st.lists(st.sampled_from([ShotFacts(points=2), ShotFacts(points=3), ShotFacts(team=Side.HOME)]), min_size=1))
def test_many_corrections_stay_bounded_and_keep_their_meaning(facts):
    correction, stated = None, ShotFacts()
    for one in facts:
        step = CorrectionStep(by="Kim", time=0.0, facts=one)
        correction = Correction(steps=(step,)) if correction is None else correction.added(step)
        stated = stated.updated(one)
    assert correction.facts == stated and len(correction.steps) <= MAX_STEPS


def test_a_corrected_event_survives_the_wire_and_the_log():
    log = SqliteLog(":memory:")
    correction = Correction(
        steps=(CorrectionStep(by="Kim", time=5.25, facts=ShotFacts(court=(1.0, 2.0), happened=True)),),
        by_model=ShotFacts(result=ShotResult.MADE),
    )
    (event,) = log.append([replace(shot(), correction=correction)])
    assert log.read(GAME, 0, 10)[0] == event and Event.from_proto(event.to_proto()).correction == correction
    log.close()


def test_a_clock_reads_12_minutes_and_never_60_seconds():
    assert str(GameTime(period=1, remaining=719.97, home_score=0, away_score=0)) == "Q1 12:00.0 0:0"
