"""Remote errors: a gRPC status with its google.rpc details becomes one of the client's errors."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import grpc
from google.rpc import error_details_pb2, status_pb2

from courtside.errors import ErrorReason
from courtside_client import errors

_DETAILS = "grpc-status-details-bin"
_DOMAIN = "courtside"

_BY_REASON: dict[str, type[errors.GatewayError]] = {
    ErrorReason.STALE_EPOCH: errors.StaleEpochError,
    ErrorReason.LOG_REPLACED: errors.LogReplacedError,
    ErrorReason.CURSOR_EVICTED: errors.CursorEvictedError,
    ErrorReason.SLOW_SUBSCRIBER: errors.SlowSubscriberError,
    ErrorReason.NOT_FOUND: errors.NotFoundError,
}
_BY_CODE: dict[grpc.StatusCode, type[errors.GatewayError]] = {
    grpc.StatusCode.ABORTED: errors.StaleEpochError,
    grpc.StatusCode.NOT_FOUND: errors.NotFoundError,
    grpc.StatusCode.INVALID_ARGUMENT: errors.RejectedError,
    grpc.StatusCode.FAILED_PRECONDITION: errors.RejectedError,
    grpc.StatusCode.ALREADY_EXISTS: errors.RejectedError,
    grpc.StatusCode.OUT_OF_RANGE: errors.RejectedError,
    grpc.StatusCode.PERMISSION_DENIED: errors.RejectedError,
    grpc.StatusCode.UNAUTHENTICATED: errors.RejectedError,
    grpc.StatusCode.UNIMPLEMENTED: errors.RejectedError,
}
_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,  # by the server: our own cancellation is raised otherwise
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,  # also the result of a connection that is cut in the middle of a message
}


_HINTS = (
    (("Failed parsing HTTP/2", "http1.x server"),
     "it does not speak gRPC without TLS; for TLS put https:// before its address"),
    (("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"),
     "its certificate (TLS) is not trusted; put it into a PEM file and name that in SSL_CERT_FILE"),
    (("Hostname Verification Check failed", "is not in peer certificate"),
     "its certificate (TLS) is for another host; write the host's name as it is in the certificate"),
    (("WRONG_VERSION_NUMBER", "Ssl handshake failed"),
     "no encrypted connection (TLS); leave out https://"),
)  # fmt: skip
"""What gRPC says of a connection that cannot be made, and what that means."""
_AWAY = re.compile(r"failed to connect to all addresses.*ipv[46]:(?P<address>\S+): (?:.*: )?(?P<why>[^:]+)$", re.DOTALL)
"""What gRPC says where nothing listens: the last address that it tried, and why that failed."""
_UNKNOWN_HOST = re.compile(r"errors resolving (?P<address>\S+): |DNS resolution failed for (?P<name>\S+):")


def gateway_error(error: grpc.aio.AioRpcError) -> errors.GatewayError:
    """The client's error for a failed call.

    What may be retried becomes :class:`~courtside_client.errors.GatewayUnavailable`: transient codes, and any code that
    comes with a RetryInfo.
    """
    info, retry_after = _details(error)
    code, text = error.code(), (error.details() or "").strip() or "no reason given"
    reason = info.reason if info.domain == _DOMAIN else ""
    kind = _BY_REASON.get(reason)
    if kind is None and (retry_after is not None or code in _TRANSIENT):
        kind = errors.GatewayUnavailable
    if kind is None and code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        kind = errors.RejectedError if "message larger than" in text.lower() else errors.GatewayUnavailable
    kind = kind or _BY_CODE.get(code, errors.GatewayError)
    hint = next((hint for signs, hint in _HINTS if any(sign in text for sign in signs)), "")
    if hint:
        text = f"the gateway cannot be used: {hint} ({text})"
    elif away := _AWAY.search(text):
        why = "" if away["why"] == "Connection refused" else f" ({away['why']})"
        text = f"no gateway answers at {unquote(away['address'])}{why}; start one with `courtside serve`"
    elif unknown := _UNKNOWN_HOST.search(text):
        text = f"the gateway's host {unknown['address'] or unknown['name']} is not known; check its address"
    return kind(
        " ".join(text.split()), code=code, reason=reason, fields=dict(info.metadata), retry_after=retry_after
    )


def _details(error: grpc.aio.AioRpcError) -> tuple[error_details_pb2.ErrorInfo, float | None]:
    info, retry_after = error_details_pb2.ErrorInfo(), None
    trailers: Any = error.trailing_metadata() or ()
    for key, value in trailers:
        if key != _DETAILS:
            continue
        try:
            status = status_pb2.Status.FromString(value)
        except Exception:  # a trailer of some proxy; the code and text still count
            break
        retry = error_details_pb2.RetryInfo()
        for detail in status.details:
            if detail.Unpack(info):
                continue
            if detail.Unpack(retry):
                retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    return info, retry_after
