"""A game's flat row from the event log, without reading its whole history."""

from __future__ import annotations

from collections.abc import Callable

from courtside.court.measures import Court
from courtside.exports.score_row import score_row
from courtside_server.events.hub import EventHub

NEWEST_SHOTS = 64
"""Newest revisions of shots among which the last shot is looked up: of about the last twenty shots."""


async def game_row(hub: EventHub, game: str, court_of: Callable[[str], Court], now: float) -> dict[str, str]:
    """The row of a game; texts that are not known are empty.

    Args:
        hub: the events.
        game: ``games/{game}``.
        court_of: gives a camera's court.
        now: Unix seconds by the server's clock.
    """
    states = await hub.newest(game, "game_state", 1)
    shots = await hub.newest(game, "shot", NEWEST_SHOTS)
    court = court_of(shots[-1].camera if shots else "")
    return score_row([*states, *shots], now, court)
