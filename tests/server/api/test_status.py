"""Every error reaches a client with its status, one ErrorInfo, and nothing of the gateway's insides."""

from __future__ import annotations

import asyncio
import logging

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from courtside.errors import ErrorReason, SourceError, SourceLost
from courtside.v1 import events_pb2_grpc, ingest_pb2_grpc
from courtside_server import errors
from courtside_server.api.events import EventService
from courtside_server.api.ingest import IngestService
from courtside_server.api.status import StatusInterceptor, code_of
from courtside_server.events import EventHub
from courtside_server.ingest.registry import CameraRegistry
from courtside_server.telemetry.metrics import Metrics

KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


def all_errors() -> list[type[errors.CourtsideError]]:
    """Every error that can be raised; a base with a leading underscore is none."""
    found = [errors.CourtsideError]
    for error in found:
        found += error.__subclasses__()
    public = {e for e in found if e.__module__ in ("courtside.errors", "courtside_server.errors")}
    return sorted((e for e in public if not e.__name__.startswith("_")), key=lambda e: e.__name__)


class Raiser:
    """A server whose methods, one of each kind, raise the given error."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.cancelled = asyncio.Event()
        self.entered = asyncio.Event()

    async def fail(self) -> bytes:
        self.entered.set()
        if self.error is None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        raise self.error

    async def unary_unary(self, request, context):
        return await self.fail()

    async def unary_stream(self, request, context):
        yield b"before"
        await self.fail()

    async def stream_unary(self, requests, context):
        async for _ in requests:
            pass
        return await self.fail()

    async def stream_stream(self, requests, context):
        async for request in requests:
            await context.write(request)
        await self.fail()


@pytest.fixture
async def raiser():
    raiser = Raiser()
    handlers = {kind: getattr(grpc, f"{kind}_rpc_method_handler")(getattr(raiser, kind)) for kind in KINDS}
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        raiser.channel = channel
        yield raiser
    await server.stop(0)


async def call(raiser: Raiser, kind: str) -> grpc.aio.AioRpcError:
    method = getattr(raiser.channel, kind)(f"/t.T/{kind}")
    argument = iter([b"x", b"y"]) if kind.startswith("stream") else b"x"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(10):
            if kind.endswith("stream"):
                async for _ in method(argument):
                    pass
            else:
                await method(argument)
    return caught.value


def details(error: grpc.aio.AioRpcError):
    status = rpc_status.from_call(error)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert [d.Is(info.DESCRIPTOR) for d in status.details].count(True) == 1
    status.details[0].Unpack(info)
    rest = list(status.details[1:])
    assert len(rest) <= 1
    return info, rest[0].Unpack(retry) and retry if rest else None


@pytest.mark.parametrize("error", all_errors(), ids=lambda e: e.__name__)
async def test_every_error_has_its_status_and_details(raiser, error) -> None:
    raiser.error = error("say what to do", sequence=7, camera="games/g/cameras/c")
    got = await call(raiser, "unary_unary")
    assert (got.code(), got.details()) == (code_of(raiser.error), "say what to do")
    info, retry = details(got)
    assert (info.reason, info.domain) == (error.reason, "courtside")
    source = {"source": ""} if issubclass(error, SourceError | SourceLost) else {}
    assert info.metadata == {"sequence": "7", "camera": "games/g/cameras/c"} | source
    if error.retry_after is None:
        assert retry is None
    else:
        assert retry.retry_delay.ToNanoseconds() == round(error.retry_after * 1e9)


def test_the_table_says_what_clients_rely_on() -> None:
    names = {error.__name__: code_of(error("")).name for error in all_errors()}
    expected = {
        "BadDescriptor": "INVALID_ARGUMENT",
        "BadPacket": "INVALID_ARGUMENT",
        "BadRequest": "INVALID_ARGUMENT",
        "CourtsideError": "INTERNAL",
        "CursorEvicted": "OUT_OF_RANGE",
        "Draining": "UNAVAILABLE",
        "EngineError": "INTERNAL",
        "EngineUnavailable": "UNAVAILABLE",
        "InferenceTimeout": "DEADLINE_EXCEEDED",
        "InputError": "INVALID_ARGUMENT",
        "LogUnavailable": "UNAVAILABLE",
        "ModelInvalid": "FAILED_PRECONDITION",
        "ModelNotFound": "FAILED_PRECONDITION",
        "NotADescriptor": "INVALID_ARGUMENT",
        "NotFound": "NOT_FOUND",
        "RingOvertaken": "OUT_OF_RANGE",
        "SettingsError": "FAILED_PRECONDITION",
        "SlowSubscriber": "RESOURCE_EXHAUSTED",
        "StaleEpoch": "ABORTED",
        "TensorMismatch": "INTERNAL",
        "UndecodableFilm": "INVALID_ARGUMENT",
    }
    assert expected.items() <= names.items()
    assert all(isinstance(error.reason, ErrorReason) for error in all_errors())


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_method_ends_with_the_status(raiser, kind) -> None:
    raiser.error = errors.StaleEpoch("a newer client owns the camera", epoch=4)
    got = await call(raiser, kind)
    info, _ = details(got)
    assert (got.code(), info.reason, info.metadata["epoch"]) == (grpc.StatusCode.ABORTED, "STALE_EPOCH", "4")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unexpected_error_is_logged_and_not_leaked(raiser, kind, caplog) -> None:
    raiser.error = KeyError("secret-path")
    with caplog.at_level(logging.ERROR):
        got = await call(raiser, kind)
    info, _ = details(got)
    assert (got.code(), info.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in got.details() and "KeyError" not in got.details()
    incident = info.metadata["incident"]
    assert incident in got.details()
    [record] = [r for r in caplog.records if incident in r.getMessage()]
    assert record.exc_info and "secret-path" in str(record.exc_info[1]) and kind in record.getMessage()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_caller_that_leaves_cancels_the_handler_and_is_no_error(raiser, kind, caplog) -> None:
    method = getattr(raiser.channel, kind)(f"/t.T/{kind}")
    running = method(iter([b"x"]) if kind.startswith("stream") else b"x")
    if kind.endswith("stream"):
        await running.read()
    async with asyncio.timeout(10):
        await raiser.entered.wait()
        running.cancel()
        await raiser.cancelled.wait()
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


async def test_a_long_message_still_arrives(raiser) -> None:
    raiser.error = errors.BadRequest("x" * 100_000 + "\ud800", field="\ud800" + "y" * 100_000)
    got = await call(raiser, "unary_unary")
    info, _ = details(got)
    assert got.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert 0 < len(got.details()) <= 1000 and 0 < len(info.metadata["field"]) <= 256


async def test_an_unknown_method_is_left_to_grpc(raiser) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raiser.channel.unary_unary("/t.T/none")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "name", ["EventService/GetEvent", "EventService/SubscribeEvents", "IngestService/StreamFrames"]
)
async def test_bytes_that_are_no_message_are_the_caller_s_fault(name, log, caplog) -> None:
    """gRPC alone answers INTERNAL and writes a traceback for each."""
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    registry = CameraRegistry(lambda info: None, Metrics())  # type: ignore[arg-type,return-value]
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(IngestService(registry, Metrics()), server)
    events_pb2_grpc.add_EventServiceServicer_to_server(EventService(EventHub(log, Metrics())), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    kind = {"Get": "unary_unary", "Sub": "unary_stream", "Str": "stream_stream"}[name.partition("/")[2][:3]]
    for data in (b"\xff", b"\x0a\x7f"):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = getattr(channel, kind)(f"/courtside.v1.{name}")
            with caplog.at_level(logging.DEBUG), pytest.raises(grpc.aio.AioRpcError) as caught:
                answer = call(iter([data]) if kind == "stream_stream" else data, timeout=10)
                if kind == "unary_unary":
                    await answer
                else:
                    await answer.read()
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "cannot be parsed" in caught.value.details()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING and record.exc_info]
    await server.stop(0)
