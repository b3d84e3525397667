"""Estimates of skills as a client requests them: the film in parts, the player, progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from courtside.enums import WireEnum
from courtside.names import CameraName, parse_game
from courtside.v1 import analysis_pb2
from courtside_client.errors import InputError

_PART = 256 * 1024
"""Bytes of film in one message."""


class SkillsStage(WireEnum):
    """What is being done."""

    UPLOAD = 1
    """The film is sent."""
    FRAMES = 2
    """Its frames are read."""
    MODEL = 3
    """The model works."""


OnProgress = Callable[[SkillsStage, float], None]
"""Called with a stage and the share of it that is done."""


def skills_query(
    film: Path | None, game: str, camera: str, session: str, players: Sequence[int], shooter: str
) -> analysis_pb2.SkillsQuery:
    """The query of a film, of a player of a game, or of both.

    Raises:
        InputError: neither of them, or the film cannot be read.
        BadName: not the name of a game or a camera.
    """
    query = analysis_pb2.SkillsQuery()
    if film is not None:
        try:
            if film.exists() and not film.is_file():
                raise InputError(f"{film} is not a film: it is no file")
            with film.open("rb") as file:
                query.film_bytes = file.seek(0, 2)
        except OSError as error:
            raise InputError(f"{film} cannot be read: {error.strerror or error}") from None
        if not query.film_bytes:
            raise InputError(f"{film} is not a film: it is empty")
    if game:
        name = parse_game(game, allow_id=True)
        if camera and "/" not in camera:
            camera = f"{name}/cameras/{camera}"
        query.player.game = name
        query.player.camera = CameraName.parse(camera).name if camera else ""
        query.player.session, query.player.shooter = session, shooter
        query.player.track_ids.extend(players)
    elif players or shooter or camera:
        raise InputError("name the game of the player")
    if film is None and not game:
        raise InputError("give a film, or a game and a player of it")
    return query


async def skills_requests(
    query: analysis_pb2.SkillsQuery, film: Path | None, accepted: asyncio.Event
) -> AsyncIterator[analysis_pb2.EstimateSkillsRequest]:
    """The query, then the film in parts once the gateway takes it: a call that writes may lose the gateway's error."""
    yield analysis_pb2.EstimateSkillsRequest(query=query)
    if film is None:
        return
    await accepted.wait()
    with await asyncio.to_thread(film.open, "rb") as file:
        left = query.film_bytes
        while left and (part := await asyncio.to_thread(file.read, min(_PART, left))):
            left -= len(part)
            yield analysis_pb2.EstimateSkillsRequest(film=part)
