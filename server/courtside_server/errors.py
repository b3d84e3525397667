"""Every error the gateway raises on purpose, in one tree.

::

    CourtsideError
    ├── InputError                     the caller sent something unusable; do not retry as is
    │   ├── NotADescriptor               first message of a stream was not a StreamDescriptor
    │   ├── BadDescriptor                a field of the descriptor is missing, unknown or out of limits
    │   ├── BadPacket                    a packet breaks the stream's rules (sequence, size, time)
    │   ├── CorruptPacket                a packet cannot be decoded; the stream goes on without it
    │   ├── UndecodableFilm              a film cannot be opened or holds no video
    │   └── BadRequest                   a field of any other request
    ├── StaleEpoch                     a newer publisher owns the camera
    ├── SessionUnknown                 the session to resume does not exist
    ├── TooManyStreams                 the gateway's camera limit is reached; retry later or elsewhere
    ├── NotFound                       unknown game, camera, event or calibration
    ├── CursorEvicted                  history before `earliest_sequence` is gone
    ├── SlowSubscriber                 a subscriber's bounded buffer overflowed
    ├── LogUnavailable                 the event log cannot be written (disk full, read-only)
    ├── StoreUnavailable               another file of the gateway's own cannot be written
    ├── FilmUnwritable                 a drawn film cannot be written (disk full, no such place)
    ├── StoreFull                      a bounded store takes no more entries; delete one
    ├── RingOvertaken                  a reader asked for frames that were overwritten
    ├── EngineError                    inference
    │   ├── ModelNotFound                no such model in the repository
    │   ├── ModelInvalid                 config.pbtxt or model file broken, or shapes do not fit
    │   ├── TensorMismatch               a request's tensor has the wrong name, shape or type
    │   ├── EngineUnavailable            the engine is down or its circuit is open; retry later
    │   └── InferenceTimeout             the deadline passed
    ├── SettingsError                  a setting is unknown or has a bad value
    └── Draining                       the gateway is shutting down
"""

from __future__ import annotations


class CourtsideError(Exception):
    """Base of all deliberate errors.

    Attributes:
        reason: UPPER_SNAKE constant for programs (``google.rpc.ErrorInfo.reason``).
        fields: values a program may want, all strings (``ErrorInfo.metadata``).
        retry_after: seconds after which trying again may help, or ``None``.
    """

    reason = "INTERNAL"
    retry_after: float | None = None

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = {key: str(value) for key, value in fields.items()}


class InputError(CourtsideError):
    """The caller sent something unusable; the message says what to do."""

    reason = "INVALID_INPUT"


class NotADescriptor(InputError):
    """The first message of a stream was not a StreamDescriptor."""

    reason = "DESCRIPTOR_EXPECTED"


class BadDescriptor(InputError):
    """A field of the stream descriptor is missing, unknown or out of limits."""

    reason = "BAD_DESCRIPTOR"


class BadPacket(InputError):
    """A packet breaks the stream's rules."""

    reason = "BAD_PACKET"


class CorruptPacket(InputError):
    """A packet cannot be decoded; the stream goes on without it."""

    reason = "CORRUPT_PACKET"


class UndecodableFilm(InputError):
    """A film cannot be opened, or holds no decodable video."""

    reason = "UNDECODABLE_FILM"


class BadRequest(InputError):
    """A field of a request is missing or malformed."""

    reason = "BAD_REQUEST"


class StaleEpoch(CourtsideError):
    """A newer publisher owns the camera; this one must stop."""

    reason = "STALE_EPOCH"


class SessionUnknown(CourtsideError):
    """The session to resume does not exist (any more); open a new one."""

    reason = "SESSION_UNKNOWN"


class TooManyStreams(CourtsideError):
    """The gateway's camera limit is reached."""

    reason = "TOO_MANY_STREAMS"
    retry_after = 5.0


class NotFound(CourtsideError):
    """Unknown game, camera or event."""

    reason = "NOT_FOUND"


class CursorEvicted(CourtsideError):
    """History before ``earliest_sequence`` is gone."""

    reason = "CURSOR_EVICTED"


class SlowSubscriber(CourtsideError):
    """A subscriber's bounded buffer overflowed; resume after ``last_sequence``."""

    reason = "SLOW_SUBSCRIBER"


class LogUnavailable(CourtsideError):
    """The event log cannot be written."""

    reason = "LOG_UNAVAILABLE"
    retry_after = 5.0


class StoreUnavailable(CourtsideError):
    """A file in which the gateway keeps what it was told cannot be written."""

    reason = "STORE_UNAVAILABLE"
    retry_after = 5.0


class FilmUnwritable(CourtsideError):
    """A film that was drawn on cannot be written: disk full, no such place, not allowed."""

    reason = "FILM_UNWRITABLE"


class StoreFull(CourtsideError):
    """A bounded store takes no more entries."""

    reason = "STORE_FULL"


class RingOvertaken(CourtsideError):
    """A reader asked for frames that were overwritten."""

    reason = "RING_OVERTAKEN"


class EngineError(CourtsideError):
    """Inference failed."""

    reason = "ENGINE_ERROR"


class ModelNotFound(EngineError):
    """The model is not in the repository."""

    reason = "MODEL_NOT_FOUND"


class ModelInvalid(EngineError):
    """The model's config.pbtxt or file is broken, or its tensors are not what the service needs."""

    reason = "MODEL_INVALID"


class TensorMismatch(EngineError):
    """A tensor of a request has the wrong name, shape or type."""

    reason = "TENSOR_MISMATCH"


class EngineUnavailable(EngineError):
    """The engine is down or its circuit is open."""

    reason = "ENGINE_UNAVAILABLE"
    retry_after = 1.0


class InferenceTimeout(EngineError):
    """The deadline passed before the engine answered."""

    reason = "INFERENCE_TIMEOUT"
    retry_after = 0.5


class SettingsError(CourtsideError):
    """A setting is unknown or has a bad value."""

    reason = "BAD_SETTING"


class Draining(CourtsideError):
    """The gateway is shutting down; reconnect to its successor."""

    reason = "DRAINING"
    retry_after = 1.0
