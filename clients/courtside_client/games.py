"""Games in a gateway: create them, run their clock, correct their shots."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from courtside.court.measures import COURTS
from courtside.events import Event
from courtside.exports import ExportOptions, export_events, find_format
from courtside.games import GameFormat, GameState, GameSummary, ShotFacts, Side, Team
from courtside.names import parse_game
from courtside.records import from_message, to_message
from courtside.timestamps import to_timestamp
from courtside.v1 import games_pb2, games_pb2_grpc
from courtside_client.errors import NotFoundError

Call = Callable[[Callable[..., Awaitable[Any]], Any], Awaitable[Any]]
"""Makes one call; see ``Client``."""



@dataclass(frozen=True, slots=True)
class ShotRevision:
    """The revision that a correction made.

    Example:
        >>> ShotRevision("shot-1", 12, 3).revision
        3
    """

    event_id: str
    sequence: int
    revision: int


class Games:
    """The games of a gateway; from ``Client.games``.

    Every method raises ``GatewayError`` for the gateway's answer: ``NotFoundError`` for a game or a shot that is not
    there, ``RejectedError`` for what cannot be done. ``by`` names the person, the user's login name unless it is given.

    Example:
        >>> async def tip_off(client):
        ...     await client.games.set("final", home=Team(name="Lakeside"), away=Team(name="Hilltop"))
        ...     await client.games.set_clock("final", period=1, running=True)
    """

    def __init__(
        self, stub: games_pb2_grpc.GameServiceStub, call: Call, events: Callable[[str], AsyncIterator[Event]],
        court: Callable[[str], Awaitable[str]],
    ) -> None:  # fmt: skip
        self._stub, self._call, self._events, self._court = stub, call, events, court

    async def set(
        self, game: str, *, title: str | None = None, home: Team | None = None, away: Team | None = None,
        format: GameFormat | None = None, home_basket: int | None = None,
    ) -> GameState:  # fmt: skip
        """Create a game, or change what is given of one. A team is replaced whole."""
        request = games_pb2.SetGameRequest(game=parse_game(game, allow_id=True), title=title, home_basket=home_basket)
        for value, message in ((home, request.home), (away, request.away), (format, request.format)):
            if value is not None:
                message.SetInParent()
                to_message(value, message)
        return _state(await self._call(self._stub.SetGame, request))

    async def get(self, game: str) -> GameState:
        """What is known of a game."""
        request = games_pb2.GetGameRequest(game=parse_game(game, allow_id=True))
        return _state(await self._call(self._stub.GetGame, request))

    async def list(self) -> list[GameSummary]:
        """All games that have events."""
        answer = await self._call(self._stub.ListGames, games_pb2.ListGamesRequest())
        return [
            GameSummary(
                one.game, one.high_water_mark, from_message(GameState, one.state) if one.HasField("state") else None
            )
            for one in answer.games
        ]

    async def set_clock(
        self, game: str, *, period: int = 0, remaining: float | None = None, running: bool | None = None, by: str = ""
    ) -> GameState:
        """Set, start or stop the clock.

        Args:
            game: ``games/{game}`` or its id.
            period: 0: the one that is on.
            remaining: seconds left; None: what is left by now, or the whole of a new period.
            running: None: as it is.
            by: who sets it.
        """
        request = games_pb2.SetClockRequest(
            game=parse_game(game, allow_id=True), period=period, remaining_seconds=remaining, running=running,
            by=by or user_name(),
        )  # fmt: skip
        return _state(await self._call(self._stub.SetClock, request))

    async def adjust_score(self, game: str, side: Side, points: int, by: str = "") -> GameState:
        """Add points to a team's score by hand; negative ones take away."""
        request = games_pb2.AdjustScoreRequest(
            game=parse_game(game, allow_id=True), points=points, by=by or user_name()
        )
        request.side = int(side)  # type: ignore[assignment]
        return _state(await self._call(self._stub.AdjustScore, request))

    async def correct_shot(
        self, game: str, event_id: str, facts: ShotFacts, *, comment: str = "", revision: int = 0, by: str = ""
    ) -> ShotRevision:
        """Correct a shot; no model overwrites it.

        Args:
            game: ``games/{game}`` or its id.
            event_id: of the shot.
            facts: what is wrong, as it is right.
            comment: for others who read it.
            revision: the one that was seen; 0: any. Another one by now is refused.
            by: who corrects it.
        """
        request = games_pb2.CorrectShotRequest(
            game=parse_game(game, allow_id=True), event_id=event_id, by=by or user_name(), comment=comment,
            revision=revision,
        )  # fmt: skip
        to_message(facts, request.facts)
        answer = await self._call(self._stub.CorrectShot, request)
        return ShotRevision(event_id, answer.sequence, answer.revision)

    async def undo_correction(self, game: str, event_id: str, by: str = "") -> ShotRevision:
        """Take the last correction of a shot back."""
        request = games_pb2.UndoCorrectionRequest(
            game=parse_game(game, allow_id=True), event_id=event_id, by=by or user_name()
        )
        answer = await self._call(self._stub.UndoCorrection, request)
        return ShotRevision(event_id, answer.sequence, answer.revision)

    async def add_shot(
        self, camera: str, facts: ShotFacts, *, event_time: float, media_offset: float, session: str = "",
        media_segment: int = 0, comment: str = "", by: str = "",
    ) -> ShotRevision:  # fmt: skip
        """Add a shot that no model found; its times are those of the release, as in ``Event``."""
        request = games_pb2.AddShotRequest(
            camera=camera, media_offset=media_offset, session=session, media_segment=media_segment,
            event_time=to_timestamp(event_time), comment=comment, by=by or user_name(),
        )  # fmt: skip
        to_message(facts, request.facts)
        answer = await self._call(self._stub.AddShot, request)
        return ShotRevision(answer.event_id, answer.sequence, 1)

    async def export(
        self, game: str, format: str, options: ExportOptions | None = None, *, find_court: bool = True
    ) -> bytes:
        """The game in a format that other tools read: what stands, without what was retracted.

        Args:
            game: ``games/{game}`` or its id.
            format: a key of ``courtside.exports.FORMATS``.
            options: camera, film and times; see there.
            find_court: take the court of the first calibrated camera, where there is one, in place of the options'.

        Raises:
            InputError: no such format, no events, or an option that does not fit.
        """
        wanted, options = find_format(format), options or ExportOptions()
        name = parse_game(game, allow_id=True)
        events = [event async for event in self._events(name) if wanted.all_kinds or event.shot or event.game_state]
        if find_court:
            for camera in dict.fromkeys(event.camera for event in events if event.shot):
                try:
                    options = replace(options, court=COURTS[await self._court(camera)])
                    break
                except NotFoundError:
                    continue
        return await asyncio.to_thread(export_events, events, format, options, name)


def user_name() -> str:
    """The login name of who runs this program; ``somebody`` where the system knows none.

    Example:
        >>> bool(user_name())
        True
    """
    try:
        return getpass.getuser()[:64] or "somebody"
    except (OSError, KeyError, ImportError):
        return "somebody"


def _state(answer: Any) -> GameState:
    return from_message(GameState, answer.state)
