"""The keeper of games: stands between event drafts and the event log.

drafts ──► corrections laid over ──► team, game time, score ──► event log
                    ▲                          ▲
       CorrectShot, UndoCorrection      SetGame, SetClock, AdjustScore

The log is the only store. What is known of a game is an event of it (`GAME_EVENT`), and a correction is part of the
shot's event: whoever reads the log has all of it, and a restart reads it back.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from courtside.court.measures import NBA, Court
from courtside.games import (
    Correction,
    CorrectionStep,
    GameClock,
    GameFormat,
    GameState,
    GameSummary,
    GameTime,
    ShotFacts,
    Side,
    Team,
    check_name,
)
from courtside.names import CameraName, parse_game
from courtside_server.errors import BadRequest, NotCorrected, NotFound, RevisionChanged
from courtside_server.events.hub import EventHub
from courtside_server.games.corrections import BY_PERSON, corrected, uncorrected
from courtside_server.games.latency import ShotLatency
from courtside_server.types import Event, EventDraft, Lifecycle, Shot, ShotResult, ShotType, Zone, ZoneSource

GAME_EVENT = "game"
"""The event id of a game's state."""
MAX_GAMES = 64
"""Games that are kept in memory; the one used longest ago is read from the log again."""
SHOT_REVISIONS = 50_000
"""Newest revisions of shots that are read from the log for a game's score: of several hundred hours."""
CLOCKS = 64
"""Settings of the clock that are kept: a shot is announced after the whistle that stopped it."""
_MAX_ADJUSTMENT = 20
_MAX_TITLE = 120



@dataclass(slots=True, eq=False)
class _Game:
    """One game in memory.

    Attributes:
        state: what the log has; None where nobody created it.
        clocks: settings of the clock, oldest first.
        counted: side and points of each confirmed made shot, by event id.
        base: points of home, away and nobody that the log's state has beyond `counted`: their shots were evicted.
        corrections: of corrected shots, by event id.
        stamps: the game time of each shot, and what it counted then.
        latency: of its live shots.
    """

    state: GameState | None = None
    clocks: list[GameClock] = field(default_factory=list)
    counted: dict[str, tuple[Side, int]] = field(default_factory=dict)
    base: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    corrections: dict[str, Correction] = field(default_factory=dict)
    stamps: dict[str, tuple[tuple[Side, int] | None, GameTime]] = field(default_factory=dict)
    latency: ShotLatency = field(default_factory=ShotLatency)

    def points(self, side: Side) -> int:
        return self.base[side] + sum(points for one, points in self.counted.values() if one is side)

    def scored(self, state: GameState) -> GameState:
        """A state with the score of the shots and the adjustments."""
        return replace(
            state, home_score=self.points(Side.HOME) + state.home_adjustment,
            away_score=self.points(Side.AWAY) + state.away_adjustment, unassigned_points=self.points(Side.UNKNOWN),
        )  # fmt: skip

    def clock_at(self, when: float) -> GameClock | None:
        """The setting of the clock that was valid at a time; the first one for earlier times."""
        if not self.clocks:
            return None
        return self.clocks[max(bisect_right([clock.set_time for clock in self.clocks], when) - 1, 0)]


class GameKeeper:
    """Keeps the games of one gateway. Everything runs on one event loop.

    Args:
        hub: takes the events.
        court: gives a camera's court, for the zone of a place that a person names.
        clock_offset: gives a camera's clock minus the server's, seconds; None where it is not known.
        clock: Unix seconds.
    """

    def __init__(
        self, hub: EventHub, court: Callable[[str], Court] = lambda camera: NBA,
        clock_offset: Callable[[str], float | None] = lambda camera: None, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._hub, self._court, self._clock_offset, self._clock = hub, court, clock_offset, clock
        self._games: OrderedDict[str, _Game] = OrderedDict()
        self._lock = asyncio.Lock()

    # ---- events --------------------------------------------------------------------------------------------------

    async def publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        """As :meth:`courtside_server.events.hub.EventHub.publish`, with corrections, game time and score.

        Where a score changes, the game's new state is published with the drafts; it is not among the events returned.
        """
        async with self._lock:
            return await self._publish(drafts)

    async def _publish(self, drafts: Sequence[EventDraft]) -> list[Event]:
        prepared: list[EventDraft] = []
        used: dict[str, _Game] = {}
        for draft in drafts:
            if draft.game not in used:
                used[draft.game] = await self._game(draft.game)
            prepared.append(self._prepared(used[draft.game], draft))
        scored = {name: game.scored(game.state) for name, game in used.items() if game.state is not None}
        states = {name: state for name, state in scored.items() if state != used[name].state}
        now = self._clock()
        events = await self._hub.publish([*prepared, *(_draft(name, state, now) for name, state in states.items())])
        for name, state in states.items():
            used[name].state = state
        for draft, event in zip(prepared, events, strict=False):
            if event.shot is not None and event.shot.model != BY_PERSON:
                used[draft.game].latency.add(event, self._server_time(draft))
        return events[: len(prepared)]

    def _prepared(self, game: _Game, draft: EventDraft) -> EventDraft:
        shot = draft.payload
        if not isinstance(shot, Shot):
            return draft
        if game.state is not None and shot.team is Side.UNKNOWN:
            draft = replace(draft, payload=replace(shot, team=self._team(game, game.state, draft, shot)))
        if (correction := game.corrections.get(draft.event_id)) is not None:
            draft = corrected(draft, correction, self._court(draft.camera))
        if game.state is not None:
            assert isinstance(draft.payload, Shot)
            draft = replace(draft, payload=_named(draft.payload, game.state))
        counts = _counts(draft)
        if counts is None:
            game.counted.pop(draft.event_id, None)
        else:
            game.counted[draft.event_id] = counts
        return replace(draft, game_time=self._stamp(game, draft, counts))

    def _team(self, game: _Game, state: GameState, draft: EventDraft, shot: Shot) -> Side:
        """The team of the shooter's jersey, or the one that attacks the basket on whose half he stands."""
        if shot.jersey is not None and shot.jersey.team:
            for side in (Side.HOME, Side.AWAY):
                if shot.jersey.team.casefold() == state.team(side).name.casefold():
                    return side
        clock = game.clock_at(self._server_time(draft))
        if clock is None or shot.court is None or shot.zone_source is not ZoneSource.CALIBRATION:
            return Side.UNKNOWN
        return state.attacking(self._court(draft.camera).nearer_basket(shot.court[0]), clock.period)

    def _stamp(self, game: _Game, draft: EventDraft, counts: tuple[Side, int] | None) -> GameTime | None:
        if game.state is None:
            return None
        before = game.stamps.get(draft.event_id)
        if before is not None and before[0] == counts:
            return before[1]
        if before is None:
            when = self._server_time(draft)
            clock = game.clock_at(when)
            if clock is None or not clock.period:
                return None
            period, remaining = clock.period, round(clock.remaining_at(when), 3)
        else:
            period, remaining = before[1].period, before[1].remaining
        state = game.scored(game.state)
        stamp = GameTime(
            period=period, remaining=remaining, home_score=state.home_score, away_score=state.away_score
        )
        game.stamps[draft.event_id] = counts, stamp
        return stamp

    def _server_time(self, draft: EventDraft) -> float:
        return draft.event_time - (self._clock_offset(draft.camera) or 0.0)

    def latency(self, game: str) -> ShotLatency | None:
        """How long the game's live shots take; None where the game is not in memory."""
        known = self._games.get(game)
        return None if known is None else known.latency

    # ---- what people do ------------------------------------------------------------------------------------------

    async def state(self, game: str) -> GameState:
        """What is known of a game.

        Raises:
            NotFound: nobody created it.
        """
        async with self._lock:
            return self._created(await self._game(game), game)

    async def summaries(self) -> list[GameSummary]:
        """All games that have events, in order of first appearance."""
        found = []
        for name in await self._hub.games():
            newest = await self._hub.newest(name, "game_state", 1)
            state = newest[0].payload if newest else None
            _, high_water_mark = await self._hub.bounds(name)
            found.append(GameSummary(name, high_water_mark, state if isinstance(state, GameState) else None))
        return found

    async def set_game(
        self, game: str, *, title: str | None = None, home: Team | None = None, away: Team | None = None,
        format: GameFormat | None = None, home_basket: int | None = None,
    ) -> GameState:  # fmt: skip
        """Create a game, or change what is given of one.

        Raises:
            BadRequest: a value is out of range; the message names it.
        """
        parse_game(game)
        if title is not None and (len(title) > _MAX_TITLE or not title.isprintable()):
            raise BadRequest(f"title must be at most {_MAX_TITLE} characters that can be shown", field="title")
        if home_basket not in (None, 0, 1):
            raise BadRequest(f"home_basket is 0 or 1, not {home_basket}", field="home_basket")
        given = {
            "title": title, "home": home and home.checked(), "away": away and away.checked(),
            "format": format and format.checked(), "home_basket": home_basket,
        }  # fmt: skip
        async with self._lock:
            known = await self._game(game)
            state = known.state or GameState()
            return await self._set(game, known, replace(
                state, **{name: value for name, value in given.items() if value is not None}  # type: ignore[arg-type]
            ))

    async def set_clock(
        self, game: str, *, by: str, period: int = 0, remaining: float | None = None, running: bool | None = None
    ) -> GameState:
        """Set, start or stop a game's clock.

        Args:
            game: ``games/{game}``.
            by: who or what sets it.
            period: 0: the one that is on.
            remaining: seconds left; None: what is left by now, or the whole of a new period.
            running: None: as it is; a new period does not run.

        Raises:
            NotFound: nobody created the game.
            BadRequest: a value is out of range.
        """
        check_name(by, "by")
        async with self._lock:
            known = await self._game(game)
            state = self._created(known, game)
            now, before = self._clock(), state.clock
            if not 0 <= period <= state.format.periods + 20:
                raise BadRequest(f"period {period} does not exist", field="period")
            wanted = period or before.period or 1
            new = wanted != before.period
            length = state.format.length(wanted)
            left = remaining if remaining is not None else length if new else before.remaining_at(now)
            if not 0 <= left <= length:  # NaN compares false
                raise BadRequest(f"{left:g} s left; a period has 0 to {length:g}", field="remaining_seconds")
            runs = running if running is not None else before.running and not new
            clock = GameClock(period=wanted, remaining=left, running=runs, set_time=now, set_by=by)
            state = await self._set(game, known, replace(state, clock=clock))
            known.clocks = [*known.clocks, clock][-CLOCKS:]
            return state

    async def adjust_score(self, game: str, side: Side, points: int, by: str) -> GameState:
        """Add points to a score by hand.

        Raises:
            NotFound: nobody created the game.
            BadRequest: no team is named, the points are out of range, or the score would become negative.
        """
        check_name(by, "by")
        if side is Side.UNKNOWN:
            raise BadRequest("name the team whose score it is: home or away", field="side")
        if not -_MAX_ADJUSTMENT <= points <= _MAX_ADJUSTMENT:
            raise BadRequest(f"{points} points at a time; -20 to 20 are possible", field="points")
        async with self._lock:
            known = await self._game(game)
            state = self._created(known, game)
            if state.score(side) + points < 0:
                raise BadRequest(f"the score is {state.score(side)} and cannot become negative", field="points")
            name = "home_adjustment" if side is Side.HOME else "away_adjustment"
            return await self._set(game, known, replace(state, **{name: getattr(state, name) + points}))

    async def correct(
        self, game: str, event_id: str, facts: ShotFacts, *, by: str, comment: str = "", revision: int = 0
    ) -> Event:
        """Correct a shot: a revision by a person, which no model overwrites.

        Args:
            game: ``games/{game}``.
            event_id: of the shot.
            facts: what the person says.
            by: the person.
            comment: may be empty.
            revision: the one that the person saw; 0: any.

        Raises:
            NotFound: there is no such shot.
            RevisionChanged: the shot has another revision by now.
            BadRequest: there are neither facts nor a comment, or the facts are impossible.
        """
        check_name(by, "by")
        if facts.names or not comment.strip():
            facts = facts.checked()
        step = CorrectionStep(by=by, time=self._clock(), facts=facts, comment=_comment(comment))
        async with self._lock:
            known = await self._game(game)
            event = await self._shot(game, event_id)
            if revision and revision != event.revision:
                raise RevisionChanged(
                    f"the shot has changed: revision {event.revision} instead of {revision}; see it again",
                    revision=event.revision,
                )
            before = known.corrections.get(event_id)
            correction = before.added(step) if before is not None else Correction(steps=(step,))
            return await self._correct(known, event, correction)

    async def undo(self, game: str, event_id: str, by: str) -> Event:
        """Take the last correction of a shot back.

        Raises:
            NotFound: there is no such shot.
            NotCorrected: nobody has corrected it.
        """
        check_name(by, "by")
        async with self._lock:
            known = await self._game(game)
            event = await self._shot(game, event_id)
            before = known.corrections.get(event_id)
            if before is None:
                raise NotCorrected("nobody has corrected this shot", event_id=event_id)
            if event.shot is not None and event.shot.model == BY_PERSON and len(before.steps) == 1:
                # Nothing but the person speaks for it.
                gone = replace(before.steps[0], facts=ShotFacts(happened=False), by=by, time=self._clock())
                return await self._correct(known, event, before.added(gone))
            return await self._correct(known, event, before.undone())

    async def add_shot(
        self, camera: str, facts: ShotFacts, *, by: str, event_time: float, media_offset: float, session: str = "",
        media_segment: int = 0, comment: str = "",
    ) -> Event:  # fmt: skip
        """Add a shot that no model found.

        Args:
            camera: ``games/{game}/cameras/{camera}``.
            facts: what the person says of it.
            by: the person.
            event_time: the release, Unix seconds by the camera's clock.
            media_offset: the release by the camera's media clock.
            session: of the camera's client.
            media_segment: number of the media segment.
            comment: may be empty.

        Raises:
            BadRequest: a value is impossible.
        """
        name = CameraName.parse(camera)
        facts = replace(facts, happened=True).checked()
        check_name(by, "by")
        step = CorrectionStep(by=by, time=self._clock(), facts=facts, comment=_comment(comment))
        shot = Shot(
            probability=1.0, release_uncertainty=0.0, zone=Zone.UNSPECIFIED, zone_probabilities=(),
            make_probability=0.5, model=BY_PERSON, zone_source=ZoneSource.UNSPECIFIED,
        )  # fmt: skip
        draft = EventDraft(
            name.game, name.name, f"shot-by-hand-{uuid.uuid4().hex[:16]}", Lifecycle.CONFIRMED, event_time,
            media_offset, shot, session=session, media_segment=media_segment,
        )  # fmt: skip
        async with self._lock:
            known = await self._game(name.game)
            known.corrections[draft.event_id] = Correction(steps=(step,))
            try:
                return (await self._publish([draft]))[0]
            except BaseException:
                del known.corrections[draft.event_id]
                raise

    # ---- from and to the log ---------------------------------------------------------------------------------------

    async def _correct(self, known: _Game, event: Event, correction: Correction | None) -> Event:
        draft, before = EventDraft.of(event), known.corrections.get(event.event_id)
        if event.correction is not None:
            draft = uncorrected(draft, await self._uncorrected_revision(event), self._court(event.camera))
        try:
            if correction is None:
                known.corrections.pop(event.event_id, None)
            else:
                known.corrections[event.event_id] = correction
            return (await self._publish([draft]))[0]
        except BaseException:
            known.corrections.pop(event.event_id, None)
            if before is not None:
                known.corrections[event.event_id] = before
            raise

    async def _uncorrected_revision(self, event: Event) -> EventDraft | None:
        for earlier in reversed(await self._hub.revisions(event.game, event.event_id)):
            if earlier.correction is None:
                return EventDraft.of(earlier)
        return None

    async def _shot(self, game: str, event_id: str) -> Event:
        event = await self._hub.latest(game, event_id)
        if event is None or event.shot is None:
            raise NotFound(f"{game} has no shot {event_id[:80]!r}, or it was evicted", event_id=event_id[:80])
        return event

    def _created(self, known: _Game, game: str) -> GameState:
        if known.state is None:
            raise NotFound(f"nobody has created {game}; create it with SetGame", game=game)
        return known.state

    async def _set(self, name: str, known: _Game, state: GameState) -> GameState:
        state = known.scored(state)
        await self._hub.publish([_draft(name, state, self._clock())])
        known.state = state
        return state

    async def _game(self, name: str) -> _Game:
        """The game, read from the log where it is not in memory. Called under the lock."""
        if name not in self._games:
            self._games[name] = await self._load(name)
            while len(self._games) > MAX_GAMES:
                self._games.popitem(last=False)
        self._games.move_to_end(name)
        return self._games[name]

    async def _load(self, name: str) -> _Game:
        game = _Game()
        states = [event.payload for event in await self._hub.newest(name, "game_state", CLOCKS)]
        for state in states:
            assert isinstance(state, GameState)
            if not game.clocks or game.clocks[-1] != state.clock:
                game.clocks.append(state.clock)
            game.state = state
        game.clocks = [clock for clock in game.clocks if clock.period]
        for event in await self._hub.newest(name, "shot", SHOT_REVISIONS):
            draft = EventDraft.of(event)
            counts = _counts(draft)
            game.counted.pop(event.event_id, None)
            if counts is not None:
                game.counted[event.event_id] = counts
            game.corrections.pop(event.event_id, None)
            if event.correction is not None:
                game.corrections[event.event_id] = event.correction
            if event.game_time is not None:
                game.stamps[event.event_id] = counts, event.game_time
        if game.state is not None and (await self._hub.bounds(name))[0] > 1:
            # Shots that the log has evicted stay in the score.
            for side, known in (
                (Side.HOME, game.state.home_score - game.state.home_adjustment),
                (Side.AWAY, game.state.away_score - game.state.away_adjustment),
                (Side.UNKNOWN, game.state.unassigned_points),
            ):
                game.base[side] = max(known - game.points(side), 0)
        return game


def _counts(draft: EventDraft) -> tuple[Side, int] | None:
    """Side and points of a shot that counts; None for another one."""
    shot = draft.payload
    if not isinstance(shot, Shot) or draft.lifecycle is not Lifecycle.CONFIRMED or shot.result is not ShotResult.MADE:
        return None
    if shot.awarded_points is None and shot.type is ShotType.FREE_THROW:
        return shot.team, 1
    return shot.team, shot.points or 2


def _named(shot: Shot, state: GameState) -> Shot:
    """A shot whose shooter has the name that the game's roster gives to his number."""
    if shot.jersey is None or shot.jersey.name or shot.team is Side.UNKNOWN:
        return shot
    team = state.team(shot.team)
    name = team.name_of(shot.jersey.number)
    return replace(shot, jersey=replace(shot.jersey, name=name, team=team.name)) if name else shot


def _draft(game: str, state: GameState, now: float) -> EventDraft:
    return EventDraft(game, "", GAME_EVENT, Lifecycle.CONFIRMED, round(now, 6), 0.0, state)


def _comment(text: str) -> str:
    if len(text) > 500:
        raise BadRequest("a comment has at most 500 characters", field="comment")
    return text
