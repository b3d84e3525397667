"""Every reason has its gRPC code and meaning, and the client makes its own error of what the gateway raises."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2

from courtside.errors import CourtsideError, ErrorReason, InputError, SourceError
from courtside_client import errors as client_errors
from courtside_client.remote import gateway_error
from courtside_server import errors as server_errors
from courtside_server.api.status import to_status


def server_tree() -> list[type[CourtsideError]]:
    found = [CourtsideError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if not sub.__module__.startswith("courtside_client")]
    return found


@pytest.mark.parametrize("reason", ErrorReason, ids=str)
def test_a_reason_is_its_own_text_with_a_status_code_and_a_meaning(reason: ErrorReason) -> None:
    assert reason == reason.name and isinstance(reason.code, grpc.StatusCode) and reason.meaning
    assert reason.code is not grpc.StatusCode.OK


def test_every_reason_is_used_and_every_error_has_one() -> None:
    used = {kind.reason for kind in server_tree()}
    assert used == set(ErrorReason)
    assert {error_details_pb2.ErrorInfo(reason=reason).reason for reason in used} == {str(reason) for reason in used}


@pytest.mark.parametrize(
    ("raised", "caught"),
    [
        (server_errors.StaleEpoch, client_errors.StaleEpochError),
        (server_errors.CursorEvicted, client_errors.CursorEvictedError),
        (server_errors.SlowSubscriber, client_errors.SlowSubscriberError),
        (server_errors.NotFound, client_errors.NotFoundError),
        (server_errors.BadRequest, client_errors.RejectedError),
        (server_errors.StoreFull, client_errors.RejectedError),
        (server_errors.TooManyStreams, client_errors.GatewayUnavailable),
        (server_errors.Draining, client_errors.GatewayUnavailable),
    ],
)
def test_what_the_gateway_raises_is_what_the_client_gets(raised, caught) -> None:
    status = to_status(raised("what to do", last_sequence=7, earliest_sequence=3))
    code = raised.reason.code
    trailers = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    error = gateway_error(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, status.message))
    assert type(error) is caught
    assert (error.message, error.code, error.reason) == ("what to do", code, raised.reason)
    assert error.fields == {"last_sequence": "7", "earliest_sequence": "3"} and error.retry_after == raised.retry_after


@pytest.mark.parametrize(("details", "message"), [
    ("ipv4:127.0.0.1:59999: Failed to connect to remote host: Connection refused",
     "no gateway answers at 127.0.0.1:59999; start one with `courtside serve`"),
    ("ipv6:%5B::1%5D:50051: Failed to connect to remote host: No route to host",
     "no gateway answers at [::1]:50051 (No route to host); start one with `courtside serve`"),
    ("ipv4:127.0.0.1:50051: Ssl handshake failed", "the gateway cannot be used: no encrypted connection (TLS)"),
])  # fmt: skip
def test_where_nothing_listens_the_address_is_named(details, message) -> None:
    details = f"failed to connect to all addresses; last error: UNKNOWN: {details}"
    code, none = grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata()
    error = gateway_error(grpc.aio.AioRpcError(code, none, none, details))
    assert isinstance(error, client_errors.GatewayUnavailable) and error.message.startswith(message)


def test_wrong_input_ends_a_command_with_two() -> None:
    assert (CourtsideError("x").exit_code, InputError("x").exit_code) == (1, 2)
    assert SourceError("film.mp4: no such file", "film.mp4").fields == {"source": "film.mp4"}
