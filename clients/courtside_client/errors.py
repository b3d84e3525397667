"""Every error the client raises on purpose, in one tree.

::

    CourtsideClientError
    ├── InputError                     the caller gave something unusable (exit code 2)
    │   ├── SourceError                  a source cannot be used
    │   │   ├── SourceNotFound             no such file, device or simulation
    │   │   ├── SourceUnreachable          a network source does not answer
    │   │   ├── NoVideo                    no video stream in it
    │   │   └── SourceUndecodable          not a film, or none of its pictures can be decoded
    │   ├── BadName                      not a game's, camera's or gateway's name
    │   ├── BadOption                    options that do not go together
    │   └── BadCalibration               points that make no court, or a calibration file that is none
    ├── SourceLost                     a source broke off in mid-stream
    ├── GatewayError                   the gateway answered with an error, or does not answer
    │   ├── GatewayUnavailable           down, draining or overloaded; retried until patience ends
    │   ├── StaleEpochError              a newer publisher owns the camera (exit code 2)
    │   ├── RejectedError                the gateway refused what was sent (exit code 2)
    │   ├── NotFoundError                unknown game, camera, event or calibration (exit code 2)
    │   ├── CursorEvictedError           history before ``earliest_sequence`` is gone (exit code 2)
    │   └── SlowSubscriberError          events were read too slowly; resume after ``last_sequence``
    ├── SequenceGapError               the gateway left out events it must not leave out
    └── GatewayFailed                  a gateway started by this program did not come up, or died
"""

from __future__ import annotations

import grpc


class CourtsideClientError(Exception):
    """Base of all deliberate errors; the message is one sentence for a person."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(CourtsideClientError):
    """The caller gave something unusable; the message says what to do."""

    exit_code = 2


class SourceError(InputError):
    """A source cannot be used.

    Attributes:
        source: the source as it was given.
    """

    def __init__(self, message: str, source: str) -> None:
        super().__init__(message)
        self.source = source


class SourceNotFound(SourceError):
    """No such file, device or simulation."""


class SourceUnreachable(SourceError):
    """A network source does not answer."""


class NoVideo(SourceError):
    """There is no video stream in it."""


class SourceUndecodable(SourceError):
    """Not a film, or none of its pictures can be decoded."""


class BadName(InputError):
    """Not a name of a game, a camera or a gateway."""


class BadOption(InputError):
    """Options that are out of range or do not go together."""


class BadCalibration(InputError):
    """Points that make no court, or a calibration file that cannot be used or written."""


class SourceLost(CourtsideClientError):
    """A source broke off in mid-stream.

    Attributes:
        source: the source as it was given.
    """

    def __init__(self, message: str, source: str) -> None:
        super().__init__(message)
        self.source = source


class GatewayError(CourtsideClientError):
    """The gateway answered with an error, or does not answer.

    Attributes:
        code: gRPC status.
        reason: UPPER_SNAKE constant of ``google.rpc.ErrorInfo``; empty when the gateway gave none.
        metadata: ``ErrorInfo.metadata``.
        retry_after: seconds the gateway asks to wait before trying again, or ``None``.
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        reason: str = "",
        metadata: dict[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason
        self.metadata = metadata or {}
        self.retry_after = retry_after


class GatewayUnavailable(GatewayError):
    """The gateway is down, draining or overloaded; trying again may help."""


class StaleEpochError(GatewayError):
    """A newer publisher owns the camera; this one must stop."""

    exit_code = 2


class RejectedError(GatewayError):
    """The gateway refused what was sent; sending it again as it is does not help."""

    exit_code = 2


class NotFoundError(GatewayError):
    """Unknown game, camera or event."""

    exit_code = 2


class CursorEvictedError(GatewayError):
    """History before :attr:`earliest_sequence` is gone."""

    exit_code = 2

    @property
    def earliest_sequence(self) -> int:
        """Lowest sequence that is still in the log; 0 when the gateway did not say."""
        return _number(self.metadata.get("earliest_sequence"))


class SlowSubscriberError(GatewayError):
    """Events were read too slowly; subscribe again after :attr:`last_sequence`."""

    @property
    def last_sequence(self) -> int:
        """Highest sequence that this subscriber was given; 0 when the gateway did not say."""
        return _number(self.metadata.get("last_sequence"))


class SequenceGapError(CourtsideClientError):
    """The gateway left out events it must not leave out.

    Attributes:
        expected: the sequence that was due.
        got: the sequence that came.
    """

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"the gateway sent event {got} where {expected} was due; its log has lost events")
        self.expected, self.got = expected, got


class GatewayFailed(CourtsideClientError):
    """A gateway that this program started did not come up, or died."""


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0
