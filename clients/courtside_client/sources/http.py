"""HTTP and HTTPS: a film, a playlist of a film (HLS), or a live stream (MJPEG, HLS, DASH, MPEG-TS, FLV)."""

from __future__ import annotations

import base64
import contextlib
import http.client
import urllib.error
import urllib.request
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from courtside.errors import SourceFailure
from courtside.film import Film
from courtside.redact import redact
from courtside_client.errors import SourceError
from courtside_client.sources.base import Source
from courtside_client.sources.diagnosis import check_address, unusable
from courtside_client.sources.network import NetworkConfig, NetworkSource, open_container

_FILM_OPTIONS = {"reconnect": "1", "reconnect_on_network_error": "1", "reconnect_delay_max": "4"}
"""A film goes on at the same byte after a short loss of the connection."""


def open_http(url: str, config: NetworkConfig | None = None) -> Source:
    """Open an HTTP or HTTPS address: what has an end is a film, anything else is live.

    Raises:
        SourceUnreachable: it does not answer; it may later.
        NoVideo: no video stream in it.
        UndecodableFilm: no picture comes out.
        SourceError: the address cannot be used, or access is denied.
    """
    config = config or NetworkConfig()
    check_address(url)
    container = open_container(url, redact(url), config)
    segments = container.format.name in ("hls", "dash")
    if container.duration or (not segments and container.size > 0):
        container.close()
        return HttpFilm(url, config)
    if not segments:
        return NetworkSource(url, config, container=container)
    container.close()
    return NetworkSource(url, replace(config, stall_timeout=config.segment_timeout), segments=True)


def _sends_parts(url: str, timeout: float) -> bool:
    """Whether the server answers a request for a part of the file with that part; True where it does not answer."""
    address, login = _without_login(url)
    headers = {"Range": "bytes=1-1"}
    if login:
        headers["Authorization"] = "Basic " + base64.b64encode(unquote(login).encode()).decode()
    failures = (OSError, ValueError, http.client.HTTPException)
    with contextlib.suppress(*failures):
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return bool(answer.status == 206)
    return True


def _without_login(url: str) -> tuple[str, str]:
    """An address without its user and password, and these; urllib would take them for a part of the host's name.

    Example:
        >>> _without_login("http://op:pw@cam/film.mp4")
        ('http://cam/film.mp4', 'op:pw')
    """
    scheme, mark, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    login, _, host = place.rpartition("@")
    return scheme + mark + host + slash + path, login


class HttpFilm(Film):
    """A film behind an HTTP address; it can be read any number of times.

    Args:
        url: the address.
        config: how long it is waited for.

    Raises:
        SourceError: as :func:`open_http`.
    """

    def __init__(self, url: str, config: NetworkConfig) -> None:
        self._url, self._config = url, config
        self._path = self._name = redact(url)
        self._examine()

    def _container(self) -> Any:
        return open_container(self._url, self._path, self._config, _FILM_OPTIONS)

    def _unreadable(self, error: Exception) -> Exception:
        found = unusable(error, self._url, self._path, 0.0, self._config.open_timeout)
        if found.failure is not SourceFailure.BROKEN or _sends_parts(self._url, self._config.open_timeout):
            return found
        return SourceError(
            f"{self._path}: this film has its index at its end, and the server cannot send parts of a file: "
            "download it, or write it anew with ffmpeg -i FILM -c copy -movflags faststart OUT", self._path,
            failure=SourceFailure.UNSUPPORTED,
        )  # fmt: skip
