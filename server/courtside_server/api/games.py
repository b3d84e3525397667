"""GameService: games with teams, clock and score, and corrections by people."""

from __future__ import annotations

from typing import Any, TypeAlias

import grpc

from courtside.games import GameFormat, GameState, ShotFacts, Side, Team
from courtside.names import parse_game
from courtside.records import from_message, to_message
from courtside.timestamps import from_timestamp
from courtside.v1 import games_pb2, games_pb2_grpc
from courtside_server.api.events import check_event_id
from courtside_server.errors import BadRequest
from courtside_server.games.keeper import GameKeeper

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any] | None"
"""Nothing is read of it: HTTP has none."""


class GameService(games_pb2_grpc.GameServiceServicer):
    """Serves a keeper of games.

    Every method raises errors of ``courtside_server.errors``; serve it behind ``StatusInterceptor``.

    Args:
        games: the keeper.
    """

    def __init__(self, games: GameKeeper) -> None:
        self._games = games

    async def SetGame(self, request: games_pb2.SetGameRequest, context: _Context) -> games_pb2.SetGameResponse:
        """Create a game, or change what is set of one."""
        format = request.format if request.HasField("format") else None
        default = GameFormat()
        state = await self._games.set_game(
            parse_game(request.game),
            title=request.title if request.HasField("title") else None,
            home=from_message(Team, request.home) if request.HasField("home") else None,
            away=from_message(Team, request.away) if request.HasField("away") else None,
            format=None if format is None else GameFormat(
                periods=format.periods or default.periods,
                period_seconds=format.period_seconds or default.period_seconds,
                overtime_seconds=format.overtime_seconds or default.overtime_seconds,
            ),
            home_basket=request.home_basket if request.HasField("home_basket") else None,
        )  # fmt: skip
        return games_pb2.SetGameResponse(state=state_to_proto(state))

    async def GetGame(self, request: games_pb2.GetGameRequest, context: _Context) -> games_pb2.GetGameResponse:
        """Return what is known of a game."""
        return games_pb2.GetGameResponse(state=state_to_proto(await self._games.state(parse_game(request.game))))

    async def ListGames(self, request: games_pb2.ListGamesRequest, context: _Context) -> games_pb2.ListGamesResponse:
        """Return all games that have events."""
        response = games_pb2.ListGamesResponse()
        for summary in await self._games.summaries():
            one = response.games.add(game=summary.game, high_water_mark=summary.high_water_mark)
            if summary.state is not None:
                one.title = summary.state.title
                one.state.CopyFrom(state_to_proto(summary.state))
        return response

    async def SetClock(self, request: games_pb2.SetClockRequest, context: _Context) -> games_pb2.SetClockResponse:
        """Set, start or stop the clock."""
        state = await self._games.set_clock(
            parse_game(request.game), by=request.by, period=request.period,
            remaining=request.remaining_seconds if request.HasField("remaining_seconds") else None,
            running=request.running if request.HasField("running") else None,
        )  # fmt: skip
        return games_pb2.SetClockResponse(state=state_to_proto(state))

    async def AdjustScore(
        self, request: games_pb2.AdjustScoreRequest, context: _Context
    ) -> games_pb2.AdjustScoreResponse:
        """Add points by hand."""
        state = await self._games.adjust_score(
            parse_game(request.game), _known(Side, request.side, "side"), request.points, request.by
        )
        return games_pb2.AdjustScoreResponse(state=state_to_proto(state))

    async def CorrectShot(
        self, request: games_pb2.CorrectShotRequest, context: _Context
    ) -> games_pb2.CorrectShotResponse:
        """Correct a shot."""
        event = await self._games.correct(
            parse_game(request.game), check_event_id(request.event_id), _facts(request.facts), by=request.by,
            comment=request.comment, revision=request.revision,
        )  # fmt: skip
        return games_pb2.CorrectShotResponse(sequence=event.sequence, revision=event.revision)

    async def UndoCorrection(
        self, request: games_pb2.UndoCorrectionRequest, context: _Context
    ) -> games_pb2.UndoCorrectionResponse:
        """Take the last correction back."""
        event = await self._games.undo(parse_game(request.game), check_event_id(request.event_id), request.by)
        return games_pb2.UndoCorrectionResponse(sequence=event.sequence, revision=event.revision)

    async def AddShot(self, request: games_pb2.AddShotRequest, context: _Context) -> games_pb2.AddShotResponse:
        """Add a shot that no model found."""
        event = await self._games.add_shot(
            request.camera, _facts(request.facts), by=request.by, event_time=from_timestamp(request.event_time),
            media_offset=request.media_offset, session=request.session, media_segment=request.media_segment,
            comment=request.comment,
        )  # fmt: skip
        return games_pb2.AddShotResponse(event_id=event.event_id, sequence=event.sequence)


def state_to_proto(state: GameState) -> games_pb2.GameState:
    """A game's state as it goes over the wire."""
    message = games_pb2.GameState()
    to_message(state, message)
    return message


def _facts(message: games_pb2.ShotFacts) -> ShotFacts:
    if message.HasField("court_x") != message.HasField("court_y"):
        raise BadRequest("a place has court_x and court_y", field="court_x")
    try:
        return from_message(ShotFacts, message)
    except ValueError as error:
        raise BadRequest(f"the facts cannot be used: {error}", field="facts") from None


def _known(kind: type[Side], number: int, name: str) -> Side:
    if not kind.knows(number):
        raise BadRequest(f"{name} {number} is not known here", field=name)
    return kind(number)
