"""The client's own errors; they continue the tree of ``courtside.errors``.

::

    CourtsideError                     see ``courtside.errors``
    ├── InputError                     BadRequest, BadName, BadCalibration, SourceError and its kinds; and
    │   └── BadOption                    options that are out of range or do not go together
    ├── SourceLost                     a source broke off while it was read
    ├── GatewayError                   the gateway answered with an error, or does not answer
    │   ├── GatewayUnavailable           down, draining or overloaded; retried until patience ends
    │   ├── StaleEpochError              a newer client owns the camera (exit code 2)
    │   ├── RejectedError                the gateway refused what was sent (exit code 2)
    │   ├── NotFoundError                unknown game, camera, event, calibration, shooter (exit code 2)
    │   ├── LogReplacedError             the gateway has another event log than the cursor's (exit code 2)
    │   ├── CursorEvictedError           history before ``earliest_sequence`` is gone (exit code 2)
    │   └── SlowSubscriberError          events were read too slowly; resume after ``last_sequence``
    ├── SequenceGapError               the gateway left out events it must not leave out
    └── GatewayFailed                  a gateway started by this program did not start, or died
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from courtside.errors import (
    BadCalibration,
    BadName,
    CourtsideError,
    InputError,
    NoVideo,
    SourceError,
    SourceLost,
    SourceNotFound,
    SourceUnreachable,
    UndecodableFilm,
)

__all__ = [
    "BadCalibration", "BadName", "BadOption", "CourtsideError", "CursorEvictedError", "GatewayError", "GatewayFailed",
    "GatewayUnavailable", "InputError", "LogReplacedError", "NoVideo", "NotFoundError", "RejectedError",
    "SequenceGapError", "SlowSubscriberError", "SourceError", "SourceLost", "SourceNotFound", "SourceUnreachable",
    "StaleEpochError", "UndecodableFilm",
]  # fmt: skip


class BadOption(InputError):
    """Options that are out of range or do not go together."""


class GatewayError(CourtsideError):
    """The gateway answered with an error, or does not answer.

    Attributes:
        code: gRPC status.
        reason: a :class:`courtside.errors.ErrorReason`; plain text from a newer gateway; empty when there is none.
        fields: ``ErrorInfo.metadata``.
        retry_after: seconds the gateway asks to wait before trying again, or ``None``.

    Example:
        >>> error = NotFoundError("no event 'shot-1'", code=grpc.StatusCode.NOT_FOUND, reason="NOT_FOUND")
        >>> isinstance(error, GatewayError), error.reason
        (True, 'NOT_FOUND')
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        reason: str = "",
        fields: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason
        self.fields = dict(fields or {})
        self.retry_after = retry_after


class GatewayUnavailable(GatewayError):
    """The gateway is down, draining or overloaded; trying again may help."""


class StaleEpochError(GatewayError):
    """A newer client owns the camera; this one must stop."""

    exit_code = 2


class RejectedError(GatewayError):
    """The gateway refused what was sent; sending it again as it is does not help."""

    exit_code = 2


class NotFoundError(GatewayError):
    """Unknown game, camera, event or calibration."""

    exit_code = 2


class CursorEvictedError(GatewayError):
    """History before :attr:`earliest_sequence` is gone."""

    exit_code = 2

    @property
    def earliest_sequence(self) -> int:
        """Lowest sequence that is still in the log; 0 when the gateway did not say."""
        return _number(self.fields.get("earliest_sequence"))


class LogReplacedError(GatewayError):
    """The gateway has another event log than the one that the cursor belongs to; subscribe again after 0."""

    exit_code = 2


class SlowSubscriberError(GatewayError):
    """Events were read too slowly; subscribe again after :attr:`last_sequence`."""

    @property
    def last_sequence(self) -> int:
        """Highest sequence that this subscriber was given; 0 when the gateway did not say."""
        return _number(self.fields.get("last_sequence"))


class SequenceGapError(CourtsideError):
    """The gateway left out events it must not leave out.

    Attributes:
        expected: the sequence that was due.
        got: the sequence that was received.
    """

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"the gateway sent event {got} where {expected} was due; its log has lost events")
        self.expected, self.got = expected, got


class GatewayFailed(CourtsideError):
    """A gateway that this program started did not come up, or died."""


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0
