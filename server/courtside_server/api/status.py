"""Errors to gRPC: an error as a ``google.rpc.Status``, and the interceptor that applies it.

Bytes that are no message of the method's type are refused here too, because gRPC itself would answer INTERNAL and log a
traceback for each of them.
"""

from __future__ import annotations

import functools
import inspect
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from courtside.errors import ErrorReason
from courtside_server import errors

DOMAIN = "courtside"
"""``google.rpc.ErrorInfo.domain`` of every error of the gateway."""

_MAX_MESSAGE = 1000
"""Characters of an error message. Most gRPC stacks limit all trailers to 8 KiB; a longer error would be lost."""
_MAX_VALUE = 256
"""Characters of one value in the error's metadata."""

logger = logging.getLogger(__name__)


def code_of(error: errors.CourtsideError) -> grpc.StatusCode:
    """The gRPC status code of an error: that of its reason, see :class:`courtside.errors.ErrorReason`."""
    return ErrorReason[error.reason].code


def to_status(error: errors.CourtsideError) -> status_pb2.Status:
    """Convert an error to ``google.rpc.Status``: one ErrorInfo, and a RetryInfo where a retry may help."""
    info = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={key: _clean(value)[:_MAX_VALUE] for key, value in error.fields.items()},
    )
    details: list[Any] = [info]
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(error.retry_after * 1e9))
        details.append(retry)
    status = status_pb2.Status(code=code_of(error).value[0], message=_clean(error.message)[:_MAX_MESSAGE])
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


class MalformedMessage:
    """Stands for bytes that are no message of the method's type.

    A request of this kind is refused before the handler runs. A handler that calls ``context.read`` itself passes what
    it reads through :func:`well_formed`.
    """


def well_formed(message: Any) -> Any:
    """The message itself.

    Raises:
        BadRequest: the client's bytes were no message of the method's type.
    """
    if isinstance(message, MalformedMessage):
        raise errors.BadRequest("the message cannot be parsed; use the gateway's .proto files of this version")
    return message


async def _all_well_formed(messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        yield well_formed(message)


def _forgiving(deserializer: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """A deserializer that returns a :class:`MalformedMessage` instead of raising."""
    if deserializer is None:
        return None

    def deserialize(data: bytes) -> Any:
        try:
            return deserializer(data)
        except (DecodeError, UnicodeDecodeError):
            return MalformedMessage()

    return deserialize


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: errors.CourtsideError) -> NoReturn:
    """End the call with an error's status. Never returns."""
    status = rpc_status.to_status(to_status(error))
    await context.abort(status.code, status.details, status.trailing_metadata)
    raise AssertionError("abort returned")


@asynccontextmanager
async def translated(context: grpc.aio.ServicerContext[Any, Any], method: str) -> AsyncIterator[None]:
    """End the call with the proper status for whatever the block raises.

    A :class:`~courtside_server.errors.CourtsideError` becomes its status. Any other exception becomes INTERNAL with an
    incident number; the log has the traceback under that number, and the client learns nothing else. Cancellation and
    gRPC's own errors pass through, because the call has already ended.
    """
    try:
        yield
    except grpc.aio.BaseError:
        raise
    except errors.CourtsideError as error:
        await abort(context, error)
    except Exception:
        incident = uuid.uuid4().hex[:12]
        logger.exception("unexpected error in %s, incident %s", method, incident)
        await abort(
            context,
            errors.CourtsideError(
                f"the gateway failed unexpectedly; see incident {incident} in its log", incident=incident
            ),
        )


_REFLECTION = "/grpc.reflection."
_MAX_REFLECTIONS = 64
"""Calls of server reflection at a time; its service has no limits of its own."""


class _Limit:
    """Counts the calls of a kind that are open."""

    def __init__(self, most: int) -> None:
        self.open, self.most = 0, most


@contextmanager
def _limited(limit: _Limit | None) -> Iterator[None]:
    if limit is None:
        yield
        return
    if limit.open >= limit.most:
        raise errors.TooManySubscribers(f"{limit.most} such calls are open, the limit; try later", limit=limit.most)
    limit.open += 1
    try:
        yield
    finally:
        limit.open -= 1


class StatusInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Applies :func:`translated` to every asynchronous handler of a server, unary or streaming.

    At most 64 calls of server reflection are open at a time.
    """

    def __init__(self) -> None:
        self._reflections = _Limit(_MAX_REFLECTIONS)
        self._wrapped: dict[str, tuple[object, grpc.RpcMethodHandler[Any, Any]]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """See ``grpc.aio.ServerInterceptor``."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = str(handler_call_details.method)
        known = self._wrapped.get(method)
        if known is None or known[0] is not handler:
            known = self._wrapped[method] = (handler, self._wrap(handler, method))
        return known[1]

    def _wrap(self, handler: grpc.RpcMethodHandler[Any, Any], method: str) -> grpc.RpcMethodHandler[Any, Any]:
        return _wrap(handler, method, self._reflections if method.startswith(_REFLECTION) else None)


def _wrap(
    handler: grpc.RpcMethodHandler[Any, Any], method: str, limit: _Limit | None
) -> grpc.RpcMethodHandler[Any, Any]:
    kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
    behaviour = getattr(handler, kind)
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    checked = _all_well_formed if handler.request_streaming else well_formed
    wrapped: Callable[..., Any]
    if inspect.isasyncgenfunction(behaviour):

        @functools.wraps(behaviour)
        async def wrapped(request: Any, context: Any) -> AsyncIterator[Any]:
            async with translated(context, method):
                with _limited(limit):
                    async with aclosing(behaviour(checked(request), context)) as responses:
                        async for response in responses:
                            yield response

    elif inspect.iscoroutinefunction(behaviour):

        @functools.wraps(behaviour)
        async def wrapped(request: Any, context: Any) -> Any:
            async with translated(context, method):
                return await behaviour(checked(request), context)

    else:
        return handler  # a blocking handler runs in a thread and has another kind of context
    return make(
        wrapped,
        request_deserializer=_forgiving(handler.request_deserializer),
        response_serializer=handler.response_serializer,
    )
