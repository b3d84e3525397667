"""Sources: files, cameras, network streams and simulations behind one interface."""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from courtside.errors import SourceFailure
from courtside.film import Film
from courtside.redact import redact
from courtside_client.errors import SourceError, SourceNotFound
from courtside_client.sources.base import Source
from courtside_client.sources.device import DeviceSource
from courtside_client.sources.http import open_http
from courtside_client.sources.network import SCHEMES, NetworkSource
from courtside_client.sources.reopening import Notice, ReopeningSource
from courtside_client.threads import run_detached

__all__ = ["Source", "open_source", "open_when_up"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_DEVICE = re.compile(r"/dev/video\d+$")
_CONVERT = "ffmpeg -i '{scheme}://…' -c copy -f mpegts - | courtside stream - …"


def open_source(text: str) -> Source:
    """Open a source by its name: a device, a file, ``-``, the URL of a stream or film, or ``sim://SEED``.

    A device is an index or a path like ``/dev/video0``. ``-`` is a live stream on standard input, in any container that
    FFmpeg reads from a pipe; a FIFO likewise. ``http://`` and ``https://`` are a film or a live stream.

    Raises:
        SourceError: it does not exist, has no video, cannot be decoded, or its scheme is not known.
    """
    return _opener(text)[1]()


async def open_when_up(text: str, *, retry_for: float = math.inf, on_notice: Notice | None = None) -> Source:
    """Open a source off the event loop; a camera that is not up yet is waited for, and one that is lost reopened.

    Cancelling ends the wait at once.

    Args:
        text: as for :func:`open_source`.
        retry_for: seconds of one outage after which to give up; 0 opens it once.
        on_notice: called, from any thread, with one line for each loss and each return.

    Raises:
        SourceError: it cannot be used, or it stayed away.
    """
    returns, opener = _opener(text)
    if not returns:
        return await run_detached(opener, discard=_close)
    source = ReopeningSource(redact(text), opener, retry_for=retry_for, on_notice=on_notice)

    def opened() -> Source:
        source.open()
        return source.opened

    try:
        return await run_detached(opened, discard=_close)
    except BaseException:
        source.close()
        raise


def _opener(text: str) -> tuple[bool, Callable[[], Source]]:
    """Whether a source may return after it was lost, and what opens it."""
    if text.isascii() and text.isdigit():
        return True, lambda: DeviceSource(int(text))
    if text == "-":
        return False, lambda: NetworkSource("pipe:0", pipe=True)
    match = _SCHEME.match(text)
    scheme = match.group(1).lower() if match else ""
    if scheme == "sim":
        return False, lambda: _simulated(text)
    if scheme in SCHEMES:
        return True, lambda: NetworkSource(text)
    if scheme in ("http", "https"):
        return True, lambda: open_http(text)
    if scheme == "file":
        return _opener(_file_of(text))
    if scheme:
        return False, lambda: _unsupported(text, scheme)
    if _is(stat.S_ISFIFO, text):
        return False, lambda: NetworkSource(text, pipe=True)
    if _is(stat.S_ISCHR, text) or _DEVICE.match(text):
        return True, lambda: DeviceSource(text)
    return False, lambda: Film(text)


def _simulated(text: str) -> Source:
    try:  # the simulation, which no other source needs
        from courtside_client.sources.simulated import SimulatedSource
    except ModuleNotFoundError as error:
        if error.name != "courtside_sim":
            raise
        raise SourceError(
            f"{text}: the simulation is not installed; install `courtside` instead of `courtside-client`", text
        ) from None
    return SimulatedSource(text)


def _unsupported(text: str, scheme: str) -> Source:
    shown = redact(text)
    if scheme in ("srt", "rist", "rtp", "mms", "ndi", "whep"):
        message = f"{shown}: {scheme}:// is not supported; pipe it in: {_CONVERT.format(scheme=scheme)}"
    else:
        known = ", ".join(f"{name}://" for name in (*SCHEMES, "http", "https", "file", "sim"))
        message = f"{shown}: unknown scheme {scheme}://; use one of {known}, a file, - or a device"
    raise SourceError(message, text, failure=SourceFailure.UNSUPPORTED)


def _close(source: Source) -> None:
    source.close()


def _file_of(url: str) -> str:
    """The path of a ``file://`` address (RFC 8089)."""
    host, slash, path = url.partition("://")[2].partition("/")
    if host.lower() not in ("", "localhost") or not path:
        raise SourceNotFound(
            f"{url}: not the path of a file on this machine; write it like file:///films/game.mp4", url,
            failure=SourceFailure.BAD_ADDRESS,
        )  # fmt: skip
    return slash + unquote(path)


def _is(kind: Callable[[int], bool], text: str) -> bool:
    try:
        return kind(Path(text).stat().st_mode)
    except (OSError, ValueError):
        return False
