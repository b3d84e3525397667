"""What is wrong with a network source: addresses that cannot be used, and the cause behind an error of FFmpeg."""

from __future__ import annotations

import errno
import re
import socket
import ssl

import av.error

from courtside.errors import SourceFailure
from courtside.redact import redact
from courtside_client.errors import SourceError, SourceUnreachable, UndecodableFilm
from courtside_client.tls import SCHEMES as TLS_SCHEMES

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443}
_CONNECT_TIMEOUT_S = 2.0
"""Seconds for a connection made only to find out why the stream's own failed."""
_ERRORS = {
    errno.ECONNREFUSED: SourceFailure.REFUSED,
    errno.EHOSTUNREACH: SourceFailure.UNREACHABLE,
    errno.ENETUNREACH: SourceFailure.UNREACHABLE,
    errno.ETIMEDOUT: SourceFailure.TIMEOUT,
    errno.ENOENT: SourceFailure.NOT_FOUND,
    errno.EPROTONOSUPPORT: SourceFailure.UNSUPPORTED,
}
_KINDS: tuple[tuple[tuple[type[BaseException], ...], SourceFailure], ...] = (
    ((av.error.ExitError,), SourceFailure.TIMEOUT),
    ((av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError), SourceFailure.AUTH),
    ((av.error.HTTPNotFoundError,), SourceFailure.NOT_FOUND),
    (
        (av.error.HTTPServerError, av.error.HTTPTooManyRequestsError, av.error.HTTPOtherClientError),
        SourceFailure.SERVER,
    ),
    ((av.error.ProtocolNotFoundError,), SourceFailure.UNSUPPORTED),
    ((av.error.InvalidDataError, av.error.LookupError), SourceFailure.CODEC),
    ((UnicodeError, av.error.ArgumentError), SourceFailure.BAD_ADDRESS),
)


def check_address(url: str) -> None:
    """Refuse an address that FFmpeg would misread.

    Raises:
        SourceError: it has no host, a bad port, or characters that must be written as %XX.
    """
    scheme, _, rest = url.partition("://")
    place = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if re.search(r"[\s\x00-\x1f]", url):
        raise _bad(f"{scheme}://…", "has a blank in it; write it as %20")
    if "@" in rest and "@" not in place and re.search(r":\D", place + ":"):
        raise _bad(url, "has a / # or ? in its user name or password; write them as %2F, %23 and %3F")
    host = place.rpartition("@")[2]
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.%\w]+\]|[^:\[\]]*)(?::(.*))?", host)
    if match is None:
        raise _bad(url, "has no host that can be read; an IPv6 address stands in [ ]")
    name, port = match[1], match[2]
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise _bad(url, "has a port that is no number from 1 to 65535")
    if scheme.lower() == "udp" and port is None:
        raise _bad(url, "has no port; udp://0.0.0.0:5000 receives what is sent to port 5000")
    if scheme.lower() != "udp" and not name:
        raise _bad(url, "has no host")


def diagnose(error: BaseException, url: str = "") -> SourceFailure:
    """Which failure is behind an error of FFmpeg.

    Args:
        error: what PyAV raised.
        url: the address, to look behind an "input/output error"; empty where the stream was open before.
    """
    for kinds, failure in _KINDS:
        if isinstance(error, kinds):
            # Of a server that goes away while it answers, FFmpeg says that its data is invalid.
            return (_connect(url) if url and failure is SourceFailure.CODEC else None) or failure
    number = getattr(error, "errno", None)
    if number in _ERRORS:
        return _ERRORS[number]
    found = _connect(url) if url else None
    return found or (SourceFailure.ENDED if isinstance(error, av.error.EOFError) else SourceFailure.BROKEN)


def unusable(error: Exception, url: str, name: str, seconds: float, timeout: float) -> SourceError:
    """The error of a source that cannot be opened.

    Args:
        error: what PyAV raised.
        url: the address; empty for a pipe.
        name: the source, without secrets.
        seconds: after which the error came.
        timeout: seconds that were given.
    """
    failure = SourceFailure.TIMEOUT if seconds > 0.9 * timeout else diagnose(error, url)
    within = f" within {timeout:g} s" if failure is SourceFailure.TIMEOUT else ""
    kind = (
        UndecodableFilm if failure is SourceFailure.CODEC
        else SourceUnreachable if failure.temporary
        else SourceError
    )  # fmt: skip
    return kind(f"{name}: {failure.meaning}{within}: {failure.advice}", name, failure=failure)


def _connect(url: str) -> SourceFailure | None:
    """Try the address by hand: FFmpeg calls an unknown host and a failed TLS handshake an input/output error."""
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in _PORTS:
        return None
    place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    try:
        target = (host.strip("[]"), int(port or _PORTS[scheme]))
        connection = socket.create_connection(target, _CONNECT_TIMEOUT_S)
    except (socket.gaierror, UnicodeError):
        return SourceFailure.HOST_NOT_FOUND
    except TimeoutError:
        return SourceFailure.TIMEOUT
    except OSError as error:
        return _ERRORS.get(error.errno or 0)
    with connection:
        return _shake_hands(connection, target[0]) if scheme in TLS_SCHEMES else None


def _shake_hands(connection: socket.socket, host: str) -> SourceFailure | None:
    try:
        ssl.create_default_context().wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError:
        return SourceFailure.CERTIFICATE
    except TimeoutError:
        return SourceFailure.TIMEOUT
    except OSError:
        return SourceFailure.TLS
    return None


def _bad(url: str, what: str) -> SourceError:
    return SourceError(f"{redact(url)} {what}", url, failure=SourceFailure.BAD_ADDRESS)
