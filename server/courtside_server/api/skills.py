"""EstimateSkills: takes a film in parts, counts a player's events of a game, streams progress and the estimate."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from courtside.events import Event
from courtside.names import CameraName, parse_game
from courtside.records import to_message
from courtside.skills import SkillEstimate
from courtside.statistics import PlayerStatistics, PlayerTrack, latest, statistics_of, tracks_named, tracks_of
from courtside.v1 import analysis_pb2
from courtside_server.errors import BadRequest, NotFound, StoreUnavailable, TooManyEstimates
from courtside_server.events.hub import EventHub
from courtside_server.players.highlights import Highlight, highlight_of
from courtside_server.players.skills import SkillEstimator, too_few_plays

_PREFIX = "skills-"
_PAGE = 1000
MAX_TRACKS = 100
"""Tracks of one player in one query."""
_NAMED = 8
"""Players who are named where one is not found."""
_REPORT = 0.02
"""Least share of a stage between two progress messages."""
_WAITING = 16
"""Progress messages that wait for a client who reads slowly; of more, the oldest is dropped."""

Request = analysis_pb2.EstimateSkillsRequest
Response = analysis_pb2.EstimateSkillsResponse


class SkillsService:
    """Answers EstimateSkills; one film at a time, others are refused.

    Args:
        estimator: makes the estimates.
        hub: the events of the games.
        folder: where a film lies while it is worked on; made when it is needed.
    """

    def __init__(self, estimator: SkillEstimator, hub: EventHub, folder: Path) -> None:
        self._estimator, self._hub, self._folder = estimator, hub, folder
        self._busy = False

    def clean(self) -> None:
        """Delete films that a gateway left behind when it was killed. Blocks."""
        for path in self._folder.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                path.unlink()

    async def estimate(self, requests: AsyncIterator[Request]) -> AsyncGenerator[Response, None]:
        """Answer one call.

        Raises:
            BadRequest, NotFound: the query or the film cannot be used.
            TooManyEstimates: another film is being worked on.
            StoreUnavailable: the film cannot be kept while it is worked on.
        """
        query = await self._query(requests)
        highlight = statistics = None
        if query.HasField("player"):
            highlight, statistics = await self._player(query.player, one_clock=bool(query.film_bytes))
        if not query.film_bytes:
            assert highlight is not None
            yield _estimate(SkillEstimate(
                not_enough_film=too_few_plays(highlight, self._estimator.config)
                or "no film: a gateway keeps none, send the film of the player's camera",
                ranges=highlight.ranges, statistics=statistics,
            ))  # fmt: skip
            return
        if self._busy:
            raise TooManyEstimates("another film is being worked on; send this one again in a minute")
        self._busy = True
        try:
            async with self._film() as file:
                yield _progress(analysis_pb2.SKILLS_STAGE_UPLOAD, 0.0)
                # Closed here: the film may be deleted only when nobody reads it any more.
                async with contextlib.aclosing(self._receive(requests, query.film_bytes, file)) as parts:
                    async for done in parts:
                        yield _progress(analysis_pb2.SKILLS_STAGE_UPLOAD, done)
                async with contextlib.aclosing(self._work(Path(file.name), highlight, statistics)) as responses:
                    async for response in responses:
                        if response.HasField("estimate"):
                            break
                        yield response
        finally:
            self._busy = False
        yield response  # once the film is deleted and the next one may come

    # ---- the query -----------------------------------------------------------------------------------------------

    async def _query(self, requests: AsyncIterator[Request]) -> analysis_pb2.SkillsQuery:
        first = await self._next(requests)
        if first is None or first.WhichOneof("message") != "query":
            raise BadRequest("the first message must be the query", field="query")
        query, most = first.query, self._estimator.config.max_upload_mb
        if not query.film_bytes and not query.HasField("player"):
            raise BadRequest("the query names neither a film nor a player", field="query")
        if query.film_bytes > most * 1_000_000:
            raise BadRequest(
                f"the film has {query.film_bytes / 1e6:.0f} MB, at most {most} MB are taken: send a smaller one, "
                "704x400 is enough", field="film_bytes",
            )  # fmt: skip
        return query

    async def _player(
        self, player: analysis_pb2.SkillsPlayer, one_clock: bool
    ) -> tuple[Highlight, PlayerStatistics]:
        """The highlight and the counts of a player of a game; a film has one clock: that of one camera's session."""
        game = parse_game(player.game)
        if player.camera and CameraName.parse(player.camera).game != game:
            raise BadRequest(f"camera {player.camera} is none of {game}", field="camera")
        tracks = len(player.track_ids)
        if tracks > MAX_TRACKS or bool(tracks) is bool(player.shooter):
            raise BadRequest(f"name 1 to {MAX_TRACKS} tracks of the player, or a shooter", field="player")
        events = await self._events(game)
        return await asyncio.to_thread(self._counted, events, player, game, one_clock)

    def _counted(
        self, events: Sequence[Event], player: analysis_pb2.SkillsPlayer, game: str, one_clock: bool
    ) -> tuple[Highlight, PlayerStatistics]:
        if not events:
            raise NotFound(f"{game} has no events: stream it first, with a pose model so that players are read")
        tracks = find_tracks(events, player.camera, player.session, player.track_ids, player.shooter)
        places = sorted({(track.camera, track.session) for track in tracks})
        # An enrolled shooter is one person in all of them; equal track ids are not.
        if len(places) > 1 and (one_clock or not player.shooter):
            raise _several(places)
        highlight = highlight_of(events, tracks, self._estimator.config)
        if len(places) > 1:
            highlight = replace(highlight, ranges=())
        return highlight, statistics_of(events, tracks)

    async def _events(self, game: str) -> list[Event]:
        found: dict[str, Event] = {}
        after = (await self._hub.bounds(game))[0] - 1
        while page := await self._hub.read(game, after, _PAGE):
            for event in page:
                if event.action is None and event.camera_status is None:
                    found[event.event_id] = event
            after = page[-1].sequence
        return list(found.values())

    # ---- the film ------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _film(self) -> AsyncIterator[IO[bytes]]:
        """A file for the film, deleted in any case."""

        def make() -> IO[bytes]:
            self._folder.mkdir(parents=True, exist_ok=True)
            return tempfile.NamedTemporaryFile(dir=self._folder, prefix=_PREFIX)

        try:
            file = await asyncio.to_thread(make)
        except OSError as error:
            raise StoreUnavailable(f"the film cannot be kept: {error.strerror or error}") from None
        try:
            yield file
        finally:
            with contextlib.suppress(OSError):  # of what could not be written any more
                file.close()

    async def _receive(
        self, requests: AsyncIterator[Request], size: int, file: IO[bytes]
    ) -> AsyncGenerator[float, None]:
        """Write the parts of the film; gives the share that has come."""
        received, reported = 0, 0.0
        loop, limit = asyncio.get_running_loop(), self._estimator.config.max_upload_s
        due = loop.time() + limit
        while received < size:
            if loop.time() > due:
                raise BadRequest(f"the film has not come within {limit:g} s; send a smaller one", field="film")
            request = await self._next(requests)
            if request is None:
                raise BadRequest(f"the film ended after {received} of {size} bytes; send it again", field="film")
            part = request.film
            if request.WhichOneof("message") != "film" or not part:
                raise BadRequest("after the query only parts of the film may come, none of them empty", field="film")
            received += len(part)
            if received > size:
                raise BadRequest(f"the film has more than the {size} bytes that were announced", field="film")
            try:
                await asyncio.to_thread(file.write, part)
            except OSError as error:
                raise StoreUnavailable(f"the film cannot be kept: {error.strerror or error}") from None
            if received == size or received / size >= reported + _REPORT:
                reported = received / size
                yield reported
        try:
            await asyncio.to_thread(file.flush)
        except OSError as error:
            raise StoreUnavailable(f"the film cannot be kept: {error.strerror or error}") from None

    async def _next(self, requests: AsyncIterator[Request]) -> Request | None:
        wait = self._estimator.config.upload_wait_s
        try:
            return await asyncio.wait_for(anext(requests, None), wait)
        except TimeoutError:
            raise BadRequest(f"nothing has come for {wait:g} s; send the film again", field="film") from None

    async def _work(
        self, path: Path, highlight: Highlight | None, statistics: PlayerStatistics | None
    ) -> AsyncGenerator[Response, None]:
        """Progress and estimate; a cancelled call ends the work."""
        progress: asyncio.Queue[Response | None] = asyncio.Queue(_WAITING)
        reported = 0.0

        def push(response: Response | None) -> None:
            if progress.full():
                progress.get_nowait()
            progress.put_nowait(response)

        def on_progress(done: float) -> None:
            nonlocal reported
            if done >= reported + _REPORT or done == 1.0:
                reported = done
                push(_progress(analysis_pb2.SKILLS_STAGE_FRAMES, done))

        working = asyncio.create_task(self._estimator.estimate(
            path, name="the film", untrusted=True, highlight=highlight, statistics=statistics,
            on_progress=on_progress, on_model=lambda: push(_progress(analysis_pb2.SKILLS_STAGE_MODEL, 0.0)),
        ))  # fmt: skip
        working.add_done_callback(lambda _: push(None))
        try:
            while (response := await progress.get()) is not None:
                yield response
            yield _estimate(await working)
        finally:
            working.cancel()
            while not working.done():  # the film may be deleted only after that
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([working])


def find_tracks(
    events: Sequence[Event], camera: str, session: str, track_ids: Sequence[int], shooter: str
) -> list[PlayerTrack]:
    """The tracks of a player.

    Args:
        events: of one game, in the order of the log.
        camera: its name; empty for any.
        session: of that camera; empty for any.
        track_ids: the player's tracks; or
        shooter: the name of an enrolled shooter.

    Raises:
        NotFound: nobody is so.
    """
    known = {track for event in latest(events) for track in tracks_of(event)}
    wanted = tracks_named(events, shooter) if shooter else [track for track in known if track.track in set(track_ids)]
    found = [track for track in wanted if camera in ("", track.camera) and session in ("", track.session)]
    missing = [] if shooter else sorted(set(track_ids) - {track.track for track in found})
    if missing or not found:
        some = sorted({track.track for track in known if camera in ("", track.camera)})
        listed = ", ".join(map(str, some[:_NAMED])) + (f" and {len(some) - _NAMED} more" if len(some) > _NAMED else "")
        who = f"shooter {shooter!r}" if shooter else f"player {', '.join(map(str, missing))}"
        raise NotFound(f"no event names {who}; events name " + (f"players {listed}" if some else "nobody"))
    return sorted(found)


def _several(places: Sequence[tuple[str, str]]) -> BadRequest:
    """The error where several cameras or sessions have such tracks."""
    cameras = sorted({camera for camera, _ in places})
    if len(cameras) > 1:
        named = ", ".join(cameras[:_NAMED])
        return BadRequest(f"{len(cameras)} cameras have such a player: name one of {named}", field="camera")
    named = ", ".join(session or "the empty one" for _, session in places[:_NAMED])
    return BadRequest(
        f"{len(places)} sessions of the camera have such a player: name one of {named}", field="session"
    )


def _progress(stage: analysis_pb2.SkillsStage, done: float) -> Response:
    return Response(progress=analysis_pb2.SkillsProgress(stage=stage, done=done))


def _estimate(estimate: SkillEstimate) -> Response:
    response = Response()
    to_message(estimate, response.estimate)
    response.estimate.SetInParent()
    return response
