"""Films that people send, over HTTP: uploads that can be resumed, and their analyses.

    GET    /v1/films                 all films, and the limits
    POST   /v1/films                 {"name": TEXT, "size": BYTES}: begin an upload
    GET    /v1/films/{film}          one film
    DELETE /v1/films/{film}          delete it; its shots stay in the event log
    HEAD   /v1/films/{film}/content  Upload-Offset and Upload-Crc32 of what is here
    PATCH  /v1/films/{film}/content  the bytes from Upload-Offset on, application/offset+octet-stream
    GET    /v1/films/{film}/content  the film, for the player of a page
    GET    /v1/films/{film}/condensed.mp4  the film without its dead time; .vtt: its chapters
    POST   /v1/films/{film}:finish   {"crc32": HEX}: all is sent; check it and let it wait for its analysis
    POST   /v1/films/{film}:cancel   end its analysis
    POST   /v1/films/{film}:analyze  analyze it once more
    POST   /v1/films/{film}:propose  look for candidates that a person labels
    GET    /v1/films/{film}/labels   labels, candidates and the times of frames
    PUT    /v1/films/{film}/labels   {"revision": N, "labels": […], "playbackSpeed": 1}
    GET    /v1/films/{film}/labels.csv  the labelled shots as a table

PATCH and HEAD follow tus 1.0 (https://tus.io/protocols/resumable-upload) in offsets, media type and status codes.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from courtside_server.api.answers import answering, error_answer
from courtside_server.errors import BadRequest, CourtsideError, NotFound, StoreUnavailable
from courtside_server.films.container import MEDIA_TYPES
from courtside_server.films.film_folder import GIGA, FilmState, FilmStore, SentFilm
from courtside_server.films.labels import LabelBook
from courtside_server.films.queue import FilmQueue

_PART_TYPE = "application/offset+octet-stream"
_WRITE_BYTES = 2**20
"""Bytes that are gathered before a thread writes them."""
_MAX_BODY = 4096
"""Bytes of a JSON body."""
_MAX_LABELS_BODY = 2**20
"""Bytes of a body with labels: 3000 of them have 300 KB."""


class FilmUploads:
    """Takes films and answers what people want to know of them. Use it on the event loop.

    Args:
        store: keeps them.
        queue: analyzes them.
    """

    def __init__(self, store: FilmStore, queue: FilmQueue) -> None:
        self._store, self._queue = store, queue
        self._locks: dict[str, asyncio.Lock] = {}
        self._senders: dict[str, object] = {}
        self._transfers = 0

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/v1/films", answering(self._list)),
            Route("/v1/films", answering(self._create), methods=["POST"]),
            Route("/v1/films/{film}/content", answering(self._head), methods=["HEAD"]),
            Route("/v1/films/{film}/content", answering(self._content), methods=["GET"]),
            Route("/v1/films/{film}/content", answering(self._patch), methods=["PATCH"]),
            Route("/v1/films/{film}/condensed.{kind}", answering(self._condensed), methods=["GET"]),
            Route("/v1/films/{film}/labels", answering(self._labels), methods=["GET"]),
            Route("/v1/films/{film}/labels", answering(self._set_labels), methods=["PUT"]),
            Route("/v1/films/{film}/labels.csv", answering(self._label_table), methods=["GET"]),
            Route("/v1/films/{film}:{call}", answering(self._call), methods=["POST"]),
            Route("/v1/films/{film}", answering(self._get), methods=["GET"]),
            Route("/v1/films/{film}", answering(self._delete), methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        config = self._store.config
        limits = {
            "maxBytes": int(config.max_film_gb * GIGA), "maxFilms": config.max_films,
            "maxOpen": config.max_open_per_address, "idleHours": config.idle_upload_h,
        }  # fmt: skip
        films = [self._described(film) for film in reversed(self._store.films())]
        return _json({"enabled": config.enabled, "limits": limits, "films": films})

    async def _create(self, request: Request) -> Response:
        if not self._store.config.enabled:
            return error_answer(403, "this gateway takes no films: films.enabled is off")
        values = await _body(request)
        name, size = values.get("name"), values.get("size")
        if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool):
            raise BadRequest('send {"name": "final.mp4", "size": 123456}, the size in bytes', field="size")
        film = self._store.create(name, size, request.client.host if request.client else "")
        try:
            await asyncio.to_thread(self._store.save, film)
        except StoreUnavailable:
            await asyncio.to_thread(self._store.delete, film)
            raise
        return _json(self._described(film), 201, {"Location": f"/v1/films/{film.id}/content"})

    async def _get(self, request: Request) -> Response:
        return _json(self._described(self._film(request)))

    async def _delete(self, request: Request) -> Response:
        film = self._film(request)
        await self._queue.cancel(film)
        self._senders.pop(film.id, None)  # who still sends it writes no more
        async with self._lock(film):
            await asyncio.to_thread(self._store.delete, film)
        self._locks.pop(film.id, None)
        return Response(status_code=204)

    async def _call(self, request: Request) -> Response:
        film, call = self._film(request), request.path_params["call"]
        if call == "finish":
            return await self._finish(film, await _body(request))
        await _body(request)  # the check of its type keeps forms of other sites out
        if call == "cancel":
            await self._queue.cancel(film)
        elif call in ("analyze", "propose"):
            if film.state not in (FilmState.DONE, FilmState.FAILED, FilmState.CANCELLED) or film.received < film.size:
                return error_answer(409, f"{film.name} is {film.state}: there is nothing to analyze again")
            await self._queue.add(film, "shots" if call == "analyze" else "candidates")
        else:
            return error_answer(404, f"{call[:40]!r} is none of finish, cancel, analyze, propose")
        return _json(self._described(film))

    async def _finish(self, film: SentFilm, values: dict[str, Any]) -> Response:
        try:
            crc = None if values.get("crc32") is None else int(str(values["crc32"]), 16)
        except ValueError:
            raise BadRequest("crc32 is no hexadecimal number such as 1a2b3c4d", field="crc32") from None
        async with self._lock(film):
            if film.state is not FilmState.UPLOADING:
                return _json(self._described(film))  # a sender whose answer was lost does it again
            try:
                await asyncio.to_thread(self._store.check, film, crc)
            except CourtsideError as error:
                if film.received == film.size:
                    await self._refuse(film, error)
                raise
            await self._queue.add(film)
        return _json(self._described(film))

    # ---- content -------------------------------------------------------------------------------------------------

    async def _head(self, request: Request) -> Response:
        return Response(status_code=200, headers=_offset(self._film(request)))

    async def _content(self, request: Request) -> Response:
        film = self._film(request)
        if film.state is FilmState.UPLOADING or film.received < film.size:
            return error_answer(409, f"{film.name} is {film.state}: it cannot be played")
        kind = MEDIA_TYPES.get(film.container, "application/octet-stream")
        return FileResponse(self._store.content(film), media_type=kind, headers={"Content-Disposition": "inline"})

    async def _condensed(self, request: Request) -> Response:
        film, kind = self._film(request), request.path_params["kind"]
        path = self._store.content(film).with_name("condensed.mp4" if kind == "mp4" else "condensed.vtt")
        if kind not in ("mp4", "vtt") or not film.condensed or not path.exists():
            raise NotFound(f"{film.name} has no condensed film: no shot was found, or it is not analyzed yet")
        kinds = {"mp4": "video/mp4", "vtt": "text/vtt"}
        return FileResponse(path, media_type=kinds[kind], headers={"Content-Disposition": "inline"})

    # ---- labels --------------------------------------------------------------------------------------------------

    async def _labels(self, request: Request) -> Response:
        film = self._film(request)
        return _json({"film": self._described(film), **await asyncio.to_thread(self._book(film).read)})

    async def _set_labels(self, request: Request) -> Response:
        film, values = self._film(request), await _body(request, _MAX_LABELS_BODY)
        async with self._lock(film):
            revision = await asyncio.to_thread(self._book(film).write, values)
        return _json({"revision": revision})

    async def _label_table(self, request: Request) -> Response:
        film = self._film(request)
        text = await asyncio.to_thread(self._book(film).table, film.name)
        headers = {"Content-Disposition": 'attachment; filename="labels.csv"', "Cache-Control": "no-store"}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    def _book(self, film: SentFilm) -> LabelBook:
        return LabelBook(self._store.content(film).parent)

    # ---- sending -------------------------------------------------------------------------------------------------

    async def _patch(self, request: Request) -> Response:
        film = self._film(request)
        if request.headers.get("content-type", "") != _PART_TYPE:
            return error_answer(415, f"send the bytes with the header Content-Type: {_PART_TYPE}")
        try:
            offset = int(request.headers.get("upload-offset", ""))
        except ValueError:
            return error_answer(400, "the header Upload-Offset is missing: the number of bytes that are here already")
        if film.state is not FilmState.UPLOADING:
            # Who was still sending when his film was refused may learn of it only here.
            return error_answer(409, film.error or f"{film.name} is {film.state}: it takes no more bytes")
        if self._transfers >= self._store.config.max_transfers:
            answer = error_answer(503, "too many films are being sent at this moment; send this part again")
            answer.headers["Retry-After"] = "2"
            return answer
        # The newest sender wins: the connection of an earlier one may be dead without anybody knowing.
        sender = self._senders[film.id] = object()
        self._transfers += 1
        try:
            async with self._lock(film):
                if offset != film.received:
                    text = f"{film.received} bytes are here, not {offset}: go on there"
                    return JSONResponse({"error": text, "reason": "BAD_REQUEST"}, 409, headers=_offset(film))
            return await self._take(request, film, sender)
        finally:
            self._transfers -= 1
            if self._senders.get(film.id) is sender:
                del self._senders[film.id]

    async def _take(self, request: Request, film: SentFilm, sender: object) -> Response:
        """Write the body part by part; what came before it broke off is kept."""
        stalled = self._store.config.stalled_s
        stream, waiting, more = request.stream().__aiter__(), bytearray(), True
        problem: Response | None = None
        while more:
            try:
                waiting += await asyncio.wait_for(anext(stream), stalled)
            except (StopAsyncIteration, ClientDisconnect):
                more = False
            except TimeoutError:
                more, problem = False, error_answer(408, f"nothing came for {stalled:g} s; go on where it broke off")
            if waiting and (len(waiting) >= _WRITE_BYTES or not more):
                async with self._lock(film):
                    if self._senders.get(film.id) is not sender or film.state is not FilmState.UPLOADING:
                        return error_answer(409, "another connection sends this film now, or it was deleted")
                    try:
                        await asyncio.to_thread(self._store.append, film, bytes(waiting))
                    except BadRequest as error:
                        await self._refuse(film, error)
                        raise
                waiting.clear()
        await asyncio.to_thread(self._store.save, film)
        return problem or Response(status_code=204, headers=_offset(film))

    async def _refuse(self, film: SentFilm, error: CourtsideError) -> None:
        """Keep why a film cannot be used, and nothing else of it."""
        film.state, film.error = FilmState.FAILED, error.message
        await asyncio.to_thread(self._store.drop_content, film)
        await asyncio.to_thread(self._store.save, film)

    # ---- parts ---------------------------------------------------------------------------------------------------

    def _film(self, request: Request) -> SentFilm:
        return self._store.get(request.path_params["film"])

    def _lock(self, film: SentFilm) -> asyncio.Lock:
        return self._locks.setdefault(film.id, asyncio.Lock())

    def _described(self, film: SentFilm) -> dict[str, Any]:
        return {**film.to_json(), "before": self._queue.position(film)}


def _offset(film: SentFilm) -> dict[str, str]:
    return {
        "Upload-Offset": str(film.received), "Upload-Length": str(film.size), "Upload-Crc32": f"{film.crc:08x}",
        "Cache-Control": "no-store",
    }  # fmt: skip


async def _body(request: Request, limit: int = _MAX_BODY) -> dict[str, Any]:
    """A JSON object.

    Raises:
        BadRequest: something else came.
    """
    # A form of another site cannot send this type without the browser asking first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequest("send JSON, with the header Content-Type: application/json", field="content-type")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise BadRequest(f"the body is larger than {limit} bytes", field="body")
    try:
        values = json.loads(bytes(body) or b"{}")
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadRequest("the body is no JSON object", field="body")
    return values


def _json(values: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(values, status, headers={"Cache-Control": "no-store", **(headers or {})})
