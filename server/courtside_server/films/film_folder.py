"""Films on disk: a folder for each one, with its content and what is known of it.

Names from strangers are shown and never become paths: a film's folder has the name that the store made for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import av
import av.error
import structlog

from courtside.film import Film, file_address
from courtside_server.errors import BadRequest, CourtsideError, NotFound, StoreFull, StoreUnavailable
from courtside_server.films.config import FilmsConfig
from courtside_server.films.container import HEAD_BYTES, container_of

log = structlog.get_logger(__name__)

GIGA = 1e9
_ID = re.compile(r"[0-9a-f]{16}")
_RECORD, _CONTENT = "film.json", "content"
_LONGEST_NAME = 100
"""Characters of a film's name that are kept."""


class FilmState(StrEnum):
    """What becomes of a film.

    ``uploading`` → ``queued`` → ``running`` → ``done``, ``failed`` or ``cancelled``; an upload may fail too.
    """

    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (FilmState.UPLOADING, FilmState.QUEUED, FilmState.RUNNING)
"""States in which work is left."""


@dataclass(slots=True, eq=False)
class SentFilm:
    """One film. Changed on the event loop only, but for the content.

    Attributes:
        id: its name in addresses; its game is ``games/films-{id}``.
        name: as its sender names it, for people.
        size: bytes of the whole film.
        address: whose it is, for the limit per address; never shown.
        created: Unix seconds.
        received: bytes that are here.
        crc: CRC-32 of them.
        changed: Unix seconds when the last bytes came, or its state changed.
        state: what becomes of it.
        error: one sentence where it failed.
        container: a key of `MEDIA_TYPES`; empty until the first bytes are here.
        seconds: length of the film; 0 where it is not known.
        analyzed: seconds of it that are analyzed.
        shots: that were found.
        advice: what to know of the results; empty: nothing.
        condensed: seconds of the film without its dead time; 0: there is none.
        work: what it waits for: ``shots``, or ``candidates`` that a person labels.
    """

    id: str
    name: str
    size: int
    address: str
    created: float
    received: int = 0
    crc: int = 0
    changed: float = 0.0
    state: FilmState = FilmState.UPLOADING
    error: str = ""
    container: str = ""
    seconds: float = 0.0
    analyzed: float = 0.0
    shots: int = 0
    advice: str = ""
    condensed: float = 0.0
    work: str = "shots"

    @property
    def game(self) -> str:
        """``games/films-{id}``, whose events are the film's shots."""
        return f"games/films-{self.id}"

    def to_json(self) -> dict[str, Any]:
        """What people may see of it."""
        progress = min(self.analyzed / self.seconds, 1.0) if self.seconds else 0.0
        return {
            "id": self.id, "name": self.name, "size": self.size, "received": self.received, "state": str(self.state),
            "error": self.error, "advice": self.advice, "seconds": round(self.seconds, 3), "shots": self.shots,
            "progress": 1.0 if self.state is FilmState.DONE else round(progress, 4), "created": round(self.created, 3),
            "game": self.game.partition("/")[2], "container": self.container, "work": self.work,
            "condensed": self.condensed,
        }  # fmt: skip


def shown_name(name: str) -> str:
    r"""A film's name for people: without folders and what cannot be shown.

    Example:
        >>> shown_name("C:\\films\\../final.mp4"), shown_name("  ")
        ('final.mp4', 'film')
    """
    last = re.split(r"[/\\]", name)[-1]
    return "".join(one for one in last if one.isprintable()).strip()[:_LONGEST_NAME].strip() or "film"


class FilmStore:
    """The films of one gateway. Methods that write block: call them in a thread, one at a time for each film.

    Args:
        folder: where they lie; made when it is needed.
        config: the limits.
        clock: Unix seconds.
    """

    def __init__(self, folder: Path, config: FilmsConfig, clock: Callable[[], float] = time.time) -> None:
        self.folder, self.config, self._clock = folder, config, clock
        self._films: dict[str, SentFilm] = {}
        self._saving = threading.Lock()

    # ---- what there is -------------------------------------------------------------------------------------------

    def films(self) -> list[SentFilm]:
        """All of them, the oldest first."""
        return sorted(self._films.values(), key=lambda film: (film.created, film.id))

    def get(self, film_id: str) -> SentFilm:
        """One film.

        Raises:
            NotFound: there is none of this id.
        """
        found = self._films.get(film_id)
        if found is None:
            raise NotFound(f"there is no film {film_id[:40]!r}; it was deleted, or its upload was idle for too long")
        return found

    def content(self, film: SentFilm) -> Path:
        """The file of a film."""
        return self.folder / film.id / _CONTENT

    def load(self) -> None:
        """Read what an earlier gateway left; analyses that were running wait again. Blocks."""
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            path = folder / _RECORD
            if not _ID.fullmatch(folder.name):
                continue
            if not path.exists():  # killed before anything was known of it
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                film = _film(json.loads(path.read_text("utf-8")), path.parent.name)
                # Bytes that came after the last save are sent again.
                here = self.content(film).stat().st_size if self.content(film).exists() else 0
                if here < film.received:
                    film.received, film.crc, film.container = 0, 0, ""
                    if film.state is not FilmState.UPLOADING:
                        film.state, film.error = FilmState.FAILED, "its file is gone; delete it and send it again"
            except (OSError, ValueError, TypeError) as error:
                log.warning("a film cannot be read and is left out", film=path.parent.name, error=str(error))
                continue
            if film.state is FilmState.RUNNING:
                film.state = FilmState.QUEUED
            self._films[film.id] = film

    # ---- changes -------------------------------------------------------------------------------------------------

    def create(self, name: str, size: int, address: str) -> SentFilm:
        """Begin an upload; its room is taken at once. Does not block; call :meth:`save` afterwards.

        Raises:
            BadRequest: the size is out of range.
            StoreFull: a limit is reached; the message names it.
        """
        config = self.config
        if not 0 < size <= config.max_film_gb * GIGA:
            raise BadRequest(
                f"a film of {size / GIGA:.3g} GB: films from 1 byte to {config.max_film_gb:g} GB are taken; cut it, or "
                "raise films.max_film_gb", field="size",
            )  # fmt: skip
        if len(self._films) >= config.max_films:
            raise StoreFull(f"{config.max_films} films are kept, the limit: delete one first")
        mine = [film for film in self._films.values() if film.address == address and film.state in OPEN_STATES]
        if len(mine) >= config.max_open_per_address:
            raise StoreFull(f"{len(mine)} films of yours are being sent or wait, the limit: wait until one is done")
        taken = sum(self._room(film) for film in self._films.values())
        if taken + size > config.max_total_gb * GIGA:
            left = max(config.max_total_gb - taken / GIGA, 0)
            raise StoreFull(f"there is room for {left:.3g} GB of films, this one has {size / GIGA:.3g} GB: delete some")
        coming = sum(film.size - film.received for film in self._films.values() if film.state is FilmState.UPLOADING)
        if self._free() - coming - size < config.min_free_gb * GIGA:
            raise StoreFull("the gateway's disk has no room for this film: delete films, or ask who runs the gateway")
        now = self._clock()
        film = SentFilm(secrets.token_hex(8), shown_name(name), size, address, now, changed=now)
        self._films[film.id] = film
        return film

    def append(self, film: SentFilm, data: bytes) -> None:
        """Write the bytes that come next. Blocks.

        Raises:
            BadRequest: this is no film, or there are more bytes than its size.
            StoreUnavailable: they cannot be written.
        """
        if film.received + len(data) > film.size:
            raise BadRequest(f"more bytes came than the film's size of {film.size}: begin a new upload", field="size")
        path = self.content(film)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                file.seek(film.received)
                file.write(data)
                head = b""
                if not film.container and film.received + len(data) >= min(HEAD_BYTES, film.size):
                    file.seek(0)
                    head = file.read(HEAD_BYTES)
        except OSError as error:
            raise StoreUnavailable(f"the film cannot be kept: {error.strerror or error}") from None
        if head:
            film.container = container_of(head)
        film.crc = zlib.crc32(data, film.crc)
        film.received += len(data)
        film.changed = self._clock()

    def check(self, film: SentFilm, crc: int | None) -> None:
        """Check a film that is here whole. Blocks.

        Args:
            film: the film.
            crc: CRC-32 of the whole file, as its sender has it; None: not known.

        Raises:
            BadRequest: bytes are missing, or others came than were sent.
            SourceError: it cannot be decoded.
        """
        if film.received < film.size:
            raise BadRequest(f"{film.received} of {film.size} bytes are here: send the rest first", field="size")
        if crc is not None and crc != film.crc:
            raise BadRequest("the film was damaged on its way, or changed meanwhile: send it again", field="crc32")
        try:
            info = Film(self.content(film)).info
        except CourtsideError as error:  # the path of the file is nobody's business
            raise BadRequest(error.message.replace(str(self.content(film)), film.name)) from None
        film.seconds = (info.frames or 0) / info.frame_rate if info.frame_rate else 0.0
        if not film.seconds:  # WebM counts no frames
            with contextlib.suppress(av.error.FFmpegError), av.open(file_address(self.content(film))) as container:
                film.seconds = (container.duration or 0) / av.time_base

    def save(self, film: SentFilm) -> None:
        """Write what is known of a film. Blocks.

        Raises:
            StoreUnavailable: it cannot be written.
        """
        with self._saving:
            if film.id not in self._films:
                return
            path = self.folder / film.id / _RECORD
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                new = path.with_suffix(".new")
                new.write_text(json.dumps(asdict(film)), "utf-8")
                new.replace(path)
            except OSError as error:
                raise StoreUnavailable(f"what is known of the film cannot be kept: {error.strerror or error}") from None

    def drop_content(self, film: SentFilm) -> None:
        """Delete the file of a film that cannot be used; what is known of it stays. Blocks."""
        self.content(film).unlink(missing_ok=True)
        film.received = film.crc = 0

    def delete(self, film: SentFilm) -> None:
        """Delete a film and what is known of it. Blocks."""
        with self._saving:
            self._films.pop(film.id, None)
            shutil.rmtree(self.folder / film.id, ignore_errors=True)

    def idle_uploads(self) -> list[SentFilm]:
        """Uploads of which nothing came for too long."""
        before = self._clock() - self.config.idle_upload_h * 3600
        return [film for film in self._films.values() if film.state is FilmState.UPLOADING and film.changed < before]

    @staticmethod
    def _room(film: SentFilm) -> int:
        return film.received if film.state is FilmState.FAILED else film.size

    def _free(self) -> int:
        """Bytes that are free where the films lie."""
        folder = self.folder.absolute()
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free


def _film(values: Any, film_id: str) -> SentFilm:
    """A film from its file.

    Raises:
        ValueError, TypeError: something else is in it.
    """
    known = {one.name for one in fields(SentFilm)}
    film = SentFilm(**{key: value for key, value in dict(values).items() if key in known})
    film.state = FilmState(film.state)
    if film.id != film_id:
        raise ValueError("it is of another film")
    return film
