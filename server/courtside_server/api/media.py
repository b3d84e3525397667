"""MediaService: clips of events, cut from what was recorded, over gRPC; `media_routes` serves the same over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeAlias

import grpc

from courtside.court.zones import Zone
from courtside.names import CameraName, parse_game
from courtside.timestamps import to_timestamp
from courtside.v1 import media_pb2, media_pb2_grpc
from courtside_server.api.clip_maker import ClipMaker
from courtside_server.api.game_films import GameFilm, GameFilms
from courtside_server.errors import BadRequest
from courtside_server.media.clips import Cut
from courtside_server.media.condense import ReelFilter

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any] | None"
_PART = 256 * 1024
"""Bytes of film in one message."""
MAX_TRACKS = 100
"""Tracks of one player in one query."""
MP4, ZIP = "video/mp4", "application/zip"
"""Content types."""


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """Serves ``courtside.v1.MediaService``; see media.proto. Serve it behind ``StatusInterceptor``.

    Args:
        clips: cuts them.
        films: makes films of whole games.
    """

    def __init__(self, clips: ClipMaker, films: GameFilms) -> None:
        self._clips, self._films = clips, films

    async def GetClip(
        self, request: media_pb2.GetClipRequest, context: _Context
    ) -> AsyncIterator[media_pb2.GetClipResponse]:
        """Cut a clip and send it."""
        game = parse_game(request.game)
        before, after = self._clips.span(
            request.before_seconds if request.HasField("before_seconds") else None,
            request.after_seconds if request.HasField("after_seconds") else None,
        )
        camera = CameraName.parse(request.camera).name if request.camera else ""
        if request.event_id:
            moment = await self._clips.moment(game, request.event_id, camera)
        elif request.HasField("moment"):
            moment = request.moment
        else:
            raise BadRequest("name an event or a moment", field="event_id")
        for name in (moment.camera, camera):
            if name and CameraName.parse(name).game != game:
                raise BadRequest(f"camera {name[:80]!r} is none of {game}", field="camera")
        if request.all_cameras:
            path, cuts = await self._clips.all_cameras(game, moment, before, after)
        else:
            path, cuts = await self._clips.clip(moment, before, after, camera)
        info = media_pb2.ClipInfo(content_type=ZIP if request.all_cameras else MP4, bytes=path.stat().st_size)
        for cut in cuts:
            info.cuts.append(cut_info(cut))
        yield media_pb2.GetClipResponse(info=info)
        async for part in file_parts(path):
            yield media_pb2.GetClipResponse(data=part)

    async def ListRecordings(
        self, request: media_pb2.ListRecordingsRequest, context: _Context
    ) -> media_pb2.ListRecordingsResponse:
        """Return what was recorded of a game."""
        game, index = parse_game(request.game), self._clips.recordings.index
        response = media_pb2.ListRecordingsResponse()
        for one in await asyncio.to_thread(index.sessions, game):
            response.recordings.add(
                camera=one.camera, session=one.session, start_time=to_timestamp(one.begun),
                end_time=to_timestamp(one.ended), bytes=one.nbytes,
            )  # fmt: skip
        return response


    async def CondenseGame(
        self, request: media_pb2.CondenseGameRequest, context: _Context
    ) -> AsyncIterator[media_pb2.CondenseGameResponse]:
        """Make a film of a game and send it, with progress; cancelling the call stops the work."""
        game = parse_game(request.game)
        camera = CameraName.parse(request.camera).name if request.camera else ""
        reel = _reel(request.reel) if request.HasField("reel") else None
        reports: asyncio.Queue[float] = asyncio.Queue()  # a report for every 2 % of the work: 50 at most
        work = asyncio.create_task(self._films.make(game, camera, reel, reports.put_nowait))
        try:
            while not work.done():
                waiting = asyncio.create_task(reports.get())
                try:
                    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
                    if waiting.done():
                        yield media_pb2.CondenseGameResponse(progress=waiting.result())
                finally:
                    waiting.cancel()
            film = work.result()
        finally:
            work.cancel()
        info = condensed_info(film)
        yield media_pb2.CondenseGameResponse(info=info)
        async for part in file_parts(film.path):
            yield media_pb2.CondenseGameResponse(data=part)


def condensed_info(film: GameFilm) -> media_pb2.CondensedInfo:
    """What a condensed film is, as it goes over the wire."""
    info = media_pb2.CondensedInfo(
        camera=film.camera, bytes=film.path.stat().st_size, seconds=film.cut.seconds, game_seconds=film.game_s
    )
    for one in film.cut.chapters:
        info.chapters.add(start_seconds=one.start, end_seconds=one.end, title=one.title, event_id=one.event_id)
    return info


def _reel(message: media_pb2.Reel) -> ReelFilter:
    if len(message.track_ids) > MAX_TRACKS:
        raise BadRequest(f"{len(message.track_ids)} tracks are too many; the limit is {MAX_TRACKS}", field="track_ids")
    for number in message.zones:
        if not Zone.knows(number):
            raise BadRequest(f"zone {number} is not known here", field="zones")
    zones = frozenset(Zone(number) for number in message.zones)
    return ReelFilter(frozenset(message.track_ids), message.shooter, zones, message.made_only)


async def file_parts(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes in parts of one message."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while part := await asyncio.to_thread(file.read, _PART):
            yield part


def cut_info(cut: Cut) -> media_pb2.CutInfo:
    """What a film shows, as it goes over the wire."""
    return media_pb2.CutInfo(
        camera=cut.stretch.camera, first_picture_time=to_timestamp(cut.server_time),
        media_offset=cut.stretch.start, seconds=cut.seconds, codec=cut.video.codec,
    )  # fmt: skip
