"""Films for a gateway: sent in parts over HTTP, resumed where the connection broke, followed to their analysis."""

from __future__ import annotations

import http.client
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlsplit

from courtside_client.errors import BadOption, CourtsideError, InputError

PART_BYTES = 8 * 2**20
"""Bytes of one request: what is sent once more after a connection broke."""
_TIMEOUT_S = 60.0
_PAUSE_S = 1.0
"""Seconds between attempts, and between questions for progress."""
_READ_BYTES = 2**20
_ATTEMPTS = 10
"""Parts in a row that may fail while the gateway answers otherwise: a proxy between may refuse them."""
_DECIDED = ("done", "failed", "cancelled")


class FilmRefused(InputError):
    """The gateway does not take a film; the message says why."""


class GatewayAway(CourtsideError):
    """The gateway does not answer."""


@dataclass(frozen=True, slots=True)
class SentFilm:
    """A film in a gateway.

    Attributes:
        id: its name in addresses.
        name: as it was sent.
        state: ``uploading``, ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
        size: bytes of all of it.
        received: bytes that the gateway has.
        progress: share of it that is analyzed.
        before: films that are analyzed before it.
        shots: that were found.
        game: its game; subscribe to it for the shots.
        error: why it failed.
        advice: what to know of the results.
    """

    id: str
    name: str
    state: str
    size: int
    received: int
    progress: float
    before: int
    shots: int
    game: str
    error: str
    advice: str

    @property
    def is_decided(self) -> bool:
        """Whether no more comes of it."""
        return self.state in _DECIDED

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """A film from the gateway's JSON."""
        return cls(**{name: values[name] for name in cls.__slots__})


class FilmSender:
    """Sends films to one gateway. Blocks; not for several threads at once.

    Args:
        gateway: ``HOST:PORT`` or ``http://HOST:PORT`` of its HTTP port.
        retry_for: seconds for which a gateway that is away is tried again.
        sleep: waits.

    Raises:
        BadOption: the address is none.
    """

    def __init__(
        self, gateway: str, retry_for: float = 60.0, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        parts = urlsplit(gateway if "://" in gateway else f"http://{gateway}")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.path not in ("", "/"):
            raise BadOption(f"--gateway {gateway!r} is no HTTP address like 127.0.0.1:8080 or https://court.example.com")
        self.gateway = f"{parts.scheme}://{parts.netloc}"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, port, timeout=_TIMEOUT_S)
        self._retry_for, self._sleep = retry_for, sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, path: Path, on_progress: Callable[[int, int], None] = lambda sent, size: None) -> SentFilm:
        """Send a film, or the rest of it where an earlier try got a part of it there.

        Args:
            path: the file.
            on_progress: called with bytes sent and bytes of the film.

        Raises:
            InputError: the file cannot be read, or the gateway refuses it.
            GatewayAway: it did not answer for too long.
        """
        try:
            with path.open("rb") as file:
                size = path.stat().st_size
                film = self._unfinished(path.name, size, file) or self._create(path.name, size)
                crc = self._parts(film, file, size, on_progress)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
        return self._film(self._call("POST", f"/v1/films/{film}:finish", {"crc32": f"{crc:08x}"}))

    def follow(self, film: SentFilm) -> Iterator[SentFilm]:
        """Give a film each time something changed, until nothing more comes of it."""
        yield film
        while not film.is_decided:
            self._sleep(_PAUSE_S)
            known, film = film, self._film(self._call("GET", f"/v1/films/{film.id}"))
            if film != known:
                yield film

    def _unfinished(self, name: str, size: int, file: IO[bytes]) -> str | None:
        """An upload of this very film that broke off."""
        for values in self._json(self._call("GET", "/v1/films"))["films"]:
            if (values["name"], values["size"], values["state"]) != (name, size, "uploading"):
                continue
            _, headers, _ = self._call("HEAD", f"/v1/films/{values['id']}/content")
            if _crc(file, int(headers["upload-offset"])) == int(headers["upload-crc32"], 16):
                return str(values["id"])
        return None

    def _create(self, name: str, size: int) -> str:
        return str(self._json(self._call("POST", "/v1/films", {"name": name, "size": size}))["id"])

    def _parts(self, film: str, file: IO[bytes], size: int, on_progress: Callable[[int, int], None]) -> int:
        """Send what the gateway lacks; gives the CRC-32 of the whole file."""
        address = f"/v1/films/{film}/content"
        offset = self._offset(address)
        crc = _crc(file, offset)
        failed = 0
        while offset < size:
            if failed >= _ATTEMPTS:
                raise GatewayAway(f"{self.gateway} answers, but takes no part of the film: is a proxy in between?")
            on_progress(offset, size)
            file.seek(offset)
            part = file.read(PART_BYTES)
            if not part:
                raise InputError("the film became shorter while it was sent; send it again")
            headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            status, answer, body = self._call("PATCH", address, part, headers, allowed=(409, 408, 503))
            if status == 204:
                taken = int(answer["upload-offset"]) - offset
            else:
                if "upload-offset" not in answer and status == 409:
                    raise FilmRefused(_problem(status, body))
                taken = -1
            if 0 <= taken <= len(part):
                crc, offset, failed = zlib.crc32(part[:taken], crc), offset + taken, 0
            else:  # a part came of which we had no answer, or another sender went on
                self._sleep(_PAUSE_S)
                before, offset = offset, self._offset(address)
                failed = failed + 1 if offset == before else 0
                crc = _crc(file, offset)
        on_progress(size, size)
        return crc

    def _offset(self, address: str) -> int:
        return int(self._call("HEAD", address)[1]["upload-offset"])

    def _call(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None,
        headers: dict[str, str] | None = None, allowed: tuple[int, ...] = (),
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        """One request, made again while the gateway is away; status, headers in lower case, body."""
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        due = time.monotonic() + self._retry_for
        while True:
            try:
                self._connection.request(method, path, body, headers or {})
                answer = self._connection.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if method == "PATCH":  # how much of it came is not known: the caller finds out
                    return 408, {}, b""
                if time.monotonic() > due:
                    reason = str(error) or type(error).__name__
                    raise GatewayAway(f"{self.gateway} does not answer over HTTP: {reason}") from None
                self._sleep(_PAUSE_S)
        if answer.status >= 400 and answer.status not in allowed:
            raise FilmRefused(_problem(answer.status, content))
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    @staticmethod
    def _json(answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
        try:
            values = json.loads(answer[2])
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise FilmRefused("what answers there is no gateway: give the address of its HTTP port")
        return values

    def _film(self, answer: tuple[int, dict[str, str], bytes]) -> SentFilm:
        return SentFilm.of(self._json(answer))


def _crc(file: IO[bytes], count: int) -> int:
    """CRC-32 of a file's first bytes."""
    file.seek(0)
    crc = 0
    while count > 0 and (part := file.read(min(count, _READ_BYTES))):
        crc, count = zlib.crc32(part, crc), count - len(part)
    return crc


def _problem(status: int, body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}: is this the gateway's HTTP port?"
