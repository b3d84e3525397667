"""Every error the gateway raises on purpose, in one tree; it continues the tree of ``courtside.errors``.

::

    CourtsideError
    ├── InputError                     the caller sent something unusable; do not retry as is
    │   ├── NotADescriptor               first message of a stream was not a StreamDescriptor
    │   ├── BadDescriptor                a field of the descriptor is missing, unknown or out of limits
    │   ├── BadPacket                    a packet breaks the stream's rules (sequence, size, time)
    │   ├── CorruptPacket                a packet cannot be decoded; the stream goes on without it
    │   └── BadRequest, SourceError      see ``courtside.errors``
    ├── StaleEpoch                     a newer ingest client owns the camera
    ├── TooManyStreams                 the gateway's camera limit is reached; retry later or elsewhere
    ├── NotFound                       unknown game, camera, event, calibration, shooter or player
    ├── LogReplaced                    a page token belongs to another event log
    ├── CursorEvicted                  history before `earliest_sequence` is gone
    ├── SlowSubscriber                 a subscriber's bounded buffer overflowed
    ├── TooManySubscribers             the gateway's limit of subscribers is reached; retry later
    ├── TooManyEstimates               another film is being worked on; retry later
    ├── LogUnavailable                 the event log cannot be written (disk full, read-only)
    ├── StoreUnavailable               another file of the gateway's own cannot be written
    ├── FilmUnwritable                 a drawn film cannot be written (disk full, no such place)
    ├── MediaUnwritable                a clip, a shortened film or a recording cannot be written
    ├── NotRecorded                    no recording shows a moment: recording is off, or it was deleted
    ├── TooManyClips                   too many clips are being cut; retry later
    ├── StoreFull                      a bounded store takes no more entries; delete one
    ├── AlreadyEnrolled                a shooter of that name is enrolled already
    ├── NotEnoughShots                 a gallery has too few shots for this
    ├── NotCorrected                   nobody has corrected a shot
    ├── RevisionChanged                an event has another revision than the one that a person saw
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

from courtside.errors import BadCalibration, BadRequest, CourtsideError, ErrorReason, InputError, UndecodableFilm

__all__ = [
    "AlreadyEnrolled", "BadCalibration", "BadDescriptor", "BadPacket", "BadRequest", "CorruptPacket",
    "CourtsideError", "CursorEvicted", "Draining", "EngineError", "EngineUnavailable", "FilmUnwritable",
    "InferenceTimeout", "InputError", "LogReplaced", "LogUnavailable", "MediaUnwritable", "ModelInvalid",
    "ModelNotFound",
    "NotADescriptor", "NotCorrected", "NotEnoughShots", "NotFound", "NotRecorded", "RevisionChanged", "RingOvertaken",
    "SettingsError", "SlowSubscriber", "StaleEpoch", "StoreFull", "StoreUnavailable", "TensorMismatch",
    "TooManyClips", "TooManyEstimates", "TooManyStreams", "TooManySubscribers", "UndecodableFilm",
]  # fmt: skip


class NotADescriptor(InputError):
    """The first message of a stream was not a StreamDescriptor."""

    reason = ErrorReason.DESCRIPTOR_EXPECTED


class BadDescriptor(InputError):
    """A field of the stream descriptor is missing, unknown or out of limits."""

    reason = ErrorReason.BAD_DESCRIPTOR


class BadPacket(InputError):
    """A packet breaks the stream's rules."""

    reason = ErrorReason.BAD_PACKET


class CorruptPacket(InputError):
    """A packet cannot be decoded; the stream goes on without it."""

    reason = ErrorReason.CORRUPT_PACKET


class StaleEpoch(CourtsideError):
    """A newer ingest client owns the camera; this one must stop."""

    reason = ErrorReason.STALE_EPOCH


class TooManyStreams(CourtsideError):
    """The gateway's camera limit is reached."""

    reason = ErrorReason.TOO_MANY_STREAMS
    retry_after = 5.0


class NotFound(CourtsideError):
    """Unknown game, camera, event, calibration, shooter or player."""

    reason = ErrorReason.NOT_FOUND
    exit_code = 2


class LogReplaced(CourtsideError):
    """A page token belongs to another event log."""

    reason = ErrorReason.LOG_REPLACED


class CursorEvicted(CourtsideError):
    """History before ``earliest_sequence`` is gone."""

    reason = ErrorReason.CURSOR_EVICTED


class SlowSubscriber(CourtsideError):
    """A subscriber's bounded buffer overflowed; resume after ``last_sequence``."""

    reason = ErrorReason.SLOW_SUBSCRIBER


class TooManySubscribers(CourtsideError):
    """The gateway's limit of subscribers is reached."""

    reason = ErrorReason.TOO_MANY_SUBSCRIBERS
    retry_after = 5.0


class TooManyEstimates(CourtsideError):
    """Another film is being worked on."""

    reason = ErrorReason.TOO_MANY_ESTIMATES
    retry_after = 30.0


class LogUnavailable(CourtsideError):
    """The event log cannot be written."""

    reason = ErrorReason.LOG_UNAVAILABLE
    retry_after = 5.0


class StoreUnavailable(CourtsideError):
    """A file in which the gateway keeps calibrations or galleries cannot be used."""

    reason = ErrorReason.STORE_UNAVAILABLE
    retry_after = 5.0


class FilmUnwritable(CourtsideError):
    """A film that was drawn on cannot be written: disk full, no such place, not allowed."""

    reason = ErrorReason.FILM_UNWRITABLE


class MediaUnwritable(CourtsideError):
    """A clip, a shortened film or a recording cannot be written."""

    reason = ErrorReason.MEDIA_UNWRITABLE


class NotRecorded(CourtsideError):
    """No recording shows a moment."""

    reason = ErrorReason.NOT_RECORDED


class TooManyClips(CourtsideError):
    """Too many clips are being cut."""

    reason = ErrorReason.TOO_MANY_CLIPS
    retry_after = 2.0


class StoreFull(CourtsideError):
    """A bounded store takes no more entries."""

    reason = ErrorReason.STORE_FULL


class AlreadyEnrolled(CourtsideError):
    """A shooter of that name is enrolled already."""

    reason = ErrorReason.ALREADY_ENROLLED
    exit_code = 2


class NotEnoughShots(CourtsideError):
    """A gallery has too few shots for what is wanted."""

    reason = ErrorReason.NOT_ENOUGH_SHOTS
    exit_code = 2


class NotCorrected(CourtsideError):
    """Nobody has corrected this shot: there is nothing to take back."""

    reason = ErrorReason.NOT_CORRECTED


class RevisionChanged(CourtsideError):
    """The event has another revision than the one that a person saw."""

    reason = ErrorReason.REVISION_CHANGED


class RingOvertaken(CourtsideError):
    """A reader asked for frames that were overwritten."""

    reason = ErrorReason.RING_OVERTAKEN


class EngineError(CourtsideError):
    """Inference failed."""

    reason = ErrorReason.ENGINE_ERROR


class ModelNotFound(EngineError):
    """The model is not in the repository."""

    reason = ErrorReason.MODEL_NOT_FOUND
    exit_code = 2


class ModelInvalid(EngineError):
    """The model's config.pbtxt or file is broken, or its tensors are not what the service needs."""

    reason = ErrorReason.MODEL_INVALID
    exit_code = 2


class TensorMismatch(EngineError):
    """A tensor of a request has the wrong name, shape or type."""

    reason = ErrorReason.TENSOR_MISMATCH


class EngineUnavailable(EngineError):
    """The engine is down or its circuit is open."""

    reason = ErrorReason.ENGINE_UNAVAILABLE
    retry_after = 1.0


class InferenceTimeout(EngineError):
    """The deadline passed before the engine answered."""

    reason = ErrorReason.INFERENCE_TIMEOUT
    retry_after = 0.5


class SettingsError(CourtsideError):
    """A setting is unknown or has a bad value."""

    reason = ErrorReason.BAD_SETTING
    exit_code = 2


class Draining(CourtsideError):
    """The gateway is shutting down; reconnect to its successor."""

    reason = ErrorReason.DRAINING
    retry_after = 1.0
