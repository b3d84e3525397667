"""The errors that client and server share, and the reasons that travel with a gRPC status.

::

    CourtsideError                     base of every error that Courtside raises on purpose
    ├── InputError                     the caller gave something unusable (exit code 2)
    │   ├── BadRequest                   a field is missing or malformed
    │   │   ├── BadName                    not the name of a game, a camera or a gateway
    │   │   └── BadCalibration             points that do not fit a court, or a file that is not a calibration
    │   └── SourceError                  a film, camera or stream cannot be used
    │       ├── SourceNotFound             no such file, device or simulation
    │       ├── SourceUnreachable          a network source does not answer (exit code 1)
    │       ├── NoVideo                    there is no video stream in it
    │       └── UndecodableFilm            not a film, or its video cannot be decoded
    └── SourceLost                     a source broke off while it was read

The server's tree (``courtside_server.errors``) and the client's tree (``courtside_client.errors``) continue this one.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Self

from courtside.redact import redact

if TYPE_CHECKING:
    import grpc


class ErrorReason(enum.StrEnum):
    """Why a call failed, for programs: ``google.rpc.ErrorInfo.reason`` of the domain ``courtside``.

    Every reason belongs to one gRPC status code. The value is the text on the wire.

    Attributes:
        code_name: name of the gRPC status code, for example ``INVALID_ARGUMENT``.
        meaning: one clause for a person.

    Example:
        >>> ErrorReason.STALE_EPOCH.code_name
        'ABORTED'
        >>> ErrorReason("NOT_FOUND").meaning
        'unknown game, camera, event, calibration, shooter or player'
    """

    code_name: str
    meaning: str

    def __new__(cls, value: str, code_name: str, meaning: str) -> Self:
        """Make a member of its wire text, status code and meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.code_name, member.meaning = code_name, meaning
        return member

    @property
    def code(self) -> grpc.StatusCode:
        """The gRPC status code. Imports gRPC on first use."""
        import grpc

        code: grpc.StatusCode = grpc.StatusCode[self.code_name]
        return code

    INTERNAL = "INTERNAL", "INTERNAL", "the gateway failed unexpectedly"
    INVALID_INPUT = "INVALID_INPUT", "INVALID_ARGUMENT", "the caller sent something unusable"
    DESCRIPTOR_EXPECTED = "DESCRIPTOR_EXPECTED", "INVALID_ARGUMENT", "a stream must begin with its descriptor"
    BAD_DESCRIPTOR = "BAD_DESCRIPTOR", "INVALID_ARGUMENT", "a field of the stream descriptor is wrong"
    BAD_PACKET = "BAD_PACKET", "INVALID_ARGUMENT", "a packet breaks the stream's rules"
    CORRUPT_PACKET = "CORRUPT_PACKET", "INVALID_ARGUMENT", "a packet cannot be decoded"
    UNDECODABLE_FILM = "UNDECODABLE_FILM", "INVALID_ARGUMENT", "a film cannot be opened or holds no usable video"
    BAD_REQUEST = "BAD_REQUEST", "INVALID_ARGUMENT", "a field of the request is missing or malformed"
    STALE_EPOCH = "STALE_EPOCH", "ABORTED", "a newer client owns the camera"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS", "RESOURCE_EXHAUSTED", "the gateway's camera limit is reached"
    NOT_FOUND = "NOT_FOUND", "NOT_FOUND", "unknown game, camera, event, calibration, shooter or player"
    CURSOR_EVICTED = "CURSOR_EVICTED", "OUT_OF_RANGE", "the history after the cursor is gone"
    LOG_REPLACED = "LOG_REPLACED", "OUT_OF_RANGE", "the cursor belongs to another event log"
    SLOW_SUBSCRIBER = "SLOW_SUBSCRIBER", "RESOURCE_EXHAUSTED", "a subscriber read too slowly"
    TOO_MANY_SUBSCRIBERS = (
        "TOO_MANY_SUBSCRIBERS", "RESOURCE_EXHAUSTED", "the gateway's limit of subscribers is reached"
    )  # fmt: skip
    TOO_MANY_ESTIMATES = "TOO_MANY_ESTIMATES", "RESOURCE_EXHAUSTED", "another film is being worked on"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE", "UNAVAILABLE", "the event log cannot be written"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE", "UNAVAILABLE", "a file of the gateway cannot be written"
    STORE_FULL = "STORE_FULL", "FAILED_PRECONDITION", "a bounded store takes no more entries"
    ALREADY_ENROLLED = "ALREADY_ENROLLED", "ALREADY_EXISTS", "a shooter of that name is enrolled already"
    NOT_ENOUGH_SHOTS = "NOT_ENOUGH_SHOTS", "FAILED_PRECONDITION", "a gallery has too few shots for this"
    NOT_CORRECTED = "NOT_CORRECTED", "FAILED_PRECONDITION", "nobody has corrected this shot"
    REVISION_CHANGED = "REVISION_CHANGED", "ABORTED", "the event has another revision by now"
    FILM_UNWRITABLE = "FILM_UNWRITABLE", "INTERNAL", "a drawn film cannot be written"
    MEDIA_UNWRITABLE = "MEDIA_UNWRITABLE", "UNAVAILABLE", "a clip or a recording cannot be written"
    NOT_RECORDED = "NOT_RECORDED", "NOT_FOUND", "no recording shows that moment"
    TOO_MANY_CLIPS = "TOO_MANY_CLIPS", "RESOURCE_EXHAUSTED", "too many clips are being cut"
    RING_OVERTAKEN = "RING_OVERTAKEN", "OUT_OF_RANGE", "the frames asked for were overwritten"
    ENGINE_ERROR = "ENGINE_ERROR", "INTERNAL", "inference failed"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND", "FAILED_PRECONDITION", "the model is not in the repository"
    MODEL_INVALID = "MODEL_INVALID", "FAILED_PRECONDITION", "the model's files or shapes do not fit"
    TENSOR_MISMATCH = "TENSOR_MISMATCH", "INTERNAL", "a tensor has the wrong name, shape or type"
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE", "UNAVAILABLE", "the inference engine is down"
    INFERENCE_TIMEOUT = "INFERENCE_TIMEOUT", "DEADLINE_EXCEEDED", "the engine did not answer in time"
    BAD_SETTING = "BAD_SETTING", "FAILED_PRECONDITION", "a setting is unknown or has a bad value"
    DRAINING = "DRAINING", "UNAVAILABLE", "the gateway is shutting down"


class CourtsideError(Exception):
    """Base of all deliberate errors; the message is one sentence for a person.

    Args:
        message: what is wrong and what to do.
        fields: values that a program may want; kept as text (``google.rpc.ErrorInfo.metadata``).

    Attributes:
        message: the sentence.
        fields: the values.
        reason: an :class:`ErrorReason`, or the unknown reason of a newer gateway.
        retry_after: seconds after which another try may help, or ``None``.
        exit_code: exit code of a command that ends with this error.

    Example:
        >>> error = InputError("--fps 0 must be more than 0", option="fps")
        >>> error.message, error.fields, error.exit_code
        ('--fps 0 must be more than 0', {'option': 'fps'}, 2)
    """

    reason: str = ErrorReason.INTERNAL
    retry_after: float | None = None
    exit_code = 1

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = {key: str(value) for key, value in fields.items()}


class InputError(CourtsideError):
    """The caller gave something unusable; the message says what to do.

    Example:
        >>> try:
        ...     raise BadRequest("game 'a b' is not a name like games/final", field="game")
        ... except InputError as error:
        ...     print(error.message, error.fields)
        game 'a b' is not a name like games/final {'field': 'game'}
    """

    reason = ErrorReason.INVALID_INPUT
    exit_code = 2


class BadRequest(InputError):
    """A field is missing or malformed."""

    reason = ErrorReason.BAD_REQUEST


class BadName(BadRequest):
    """Not the name of a game, a camera or a gateway."""


class BadCalibration(BadRequest):
    """Points that do not fit a court, or a file that is not a calibration."""


class SourceFailure(enum.StrEnum):
    """Why a film, a camera or a stream cannot be used, or was lost; the value is its name for programs.

    Attributes:
        meaning: one clause for a person.
        advice: what to do.
        temporary: waiting may help: the camera may be starting, or the network down.

    Example:
        >>> SourceFailure.REFUSED.temporary, SourceFailure.AUTH.temporary
        (True, False)
        >>> SourceFailure("timeout").meaning
        'no answer'
    """

    meaning: str
    advice: str
    temporary: bool

    def __new__(cls, value: str, meaning: str, advice: str, temporary: bool) -> Self:
        """Make a member of its name, meaning, advice and whether waiting may help."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning, member.advice, member.temporary = meaning, advice, temporary
        return member

    BAD_ADDRESS = "bad_address", "not an address that can be used", "correct the address", False
    UNSUPPORTED = "unsupported", "this kind of address is not supported", "convert the stream with ffmpeg", False
    HOST_NOT_FOUND = "host_not_found", "no such host", "check the host's name and the network", True
    NOT_FOUND = "not_found", "not found", "check the path of the address, and that the camera is sending", True
    REFUSED = "refused", "connection refused", "check the port, and that the camera is on", True
    UNREACHABLE = "unreachable", "the host cannot be reached", "check the network", True
    TIMEOUT = "timeout", "no answer", "check the address, the network and that the camera is sending", True
    AUTH = "auth", "access denied", "check user name and password", False
    TLS = "tls", "no encrypted connection (TLS) can be made", "check the port, or use it without TLS", False
    CERTIFICATE = (
        "certificate", "the certificate (TLS) of the server is not trusted",
        "put the certificate of the server or its authority into a file (PEM) and name it in SSL_CERT_FILE", False,
    )
    CODEC = "codec", "no video that can be decoded", "set the camera to H.264 or H.265", False
    NO_VIDEO = "no_video", "no video in it", "check that the address is that of the picture, not of the sound", False
    SERVER = "server", "the server answers with an error", "check the camera or the server", True
    STALLED = "stalled", "no more pictures", "check the camera", True
    ENDED = "ended", "the stream ended", "check the camera", True
    BROKEN = "broken", "the stream broke off", "check the camera and the network", True


class _OfSource(CourtsideError):
    """An error of a film, camera or stream. Passwords and stream keys are taken out of message and fields.

    Attributes:
        source: the source as it was given, redacted.
        failure: which :class:`SourceFailure` it is, where that is known.
    """

    def __init__(
        self, message: str, source: object = "", *, failure: SourceFailure | None = None, **fields: Any
    ) -> None:
        shown = redact(str(source))
        super().__init__(redact(message.replace(str(source), shown) if shown else message), source=shown, **fields)
        self.source, self.failure = shown, failure


class SourceError(_OfSource, InputError):
    """A film, camera or stream cannot be used. Attributes: see :class:`SourceLost`."""


class SourceNotFound(SourceError):
    """No such file, device or simulation."""


class SourceUnreachable(SourceError):
    """A network source does not answer; it may be there later."""

    exit_code = 1


class NoVideo(SourceError):
    """There is no video stream in it."""

    reason = ErrorReason.UNDECODABLE_FILM


class UndecodableFilm(SourceError):
    """Not a film, or its video cannot be decoded."""

    reason = ErrorReason.UNDECODABLE_FILM


class SourceLost(_OfSource):
    """A source broke off while it was read.

    Attributes:
        source: the source as it was given, redacted.
        failure: which :class:`SourceFailure` it is, where that is known.
    """
