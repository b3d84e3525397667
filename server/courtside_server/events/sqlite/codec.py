"""Codec: writes a draft's payload into the log as compact, lossless JSON that later versions can extend."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import Any

import numpy as np

from courtside.events import PAYLOADS, Payload
from courtside.games import Correction, GameTime
from courtside.records import from_values
from courtside.timestamps import to_timestamp
from courtside_server.types import EventDraft, ShotType, Zone, ZoneSource

_SESSION, _SEGMENT, _CORRECTION, _GAME_TIME = "@session", "@segment", "@correction", "@game_time"
"""Where a payload's text carries what else its event has. Versions that do not know these skip them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What the text of an event holds.

    Attributes:
        payload: what happened.
        session: of the camera's client; may be empty.
        segment: number of the media segment.
        correction: what people corrected.
        game_time: period, clock and score.
    """

    payload: Payload
    session: str
    segment: int
    correction: Correction | None
    game_time: GameTime | None

def encode_payload(draft: EventDraft) -> str:
    """Encode a draft's payload, session, media segment, correction and game time as one line of JSON.

    Enums are numbers; floats read back equal.
    """
    payload = draft.payload
    values = {field.name: getattr(payload, field.name) for field in dataclasses.fields(payload)}
    if draft.session:
        values[_SESSION] = draft.session
    if draft.media_segment:
        values[_SEGMENT] = draft.media_segment
    if draft.correction is not None:
        values[_CORRECTION] = draft.correction
    if draft.game_time is not None:
        values[_GAME_TIME] = draft.game_time
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)


def _plain(value: object) -> bool | int | float | dict[str, object]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, np.generic):  # a prediction's float32 is exact as a Python float
        number: bool | int | float = value.item()
        return number
    raise TypeError(f"a payload cannot hold {type(value).__name__}")


def decode_payload(kind: str, text: str) -> Content:
    """Decode the text of ``encode_payload``.

    An unknown field is skipped and a missing one takes its default, so fields can be added to the types without
    rewriting a log. An unknown zone is read as UNSPECIFIED, without probabilities and source, an unknown type
    as UNKNOWN.

    Raises:
        ValueError, KeyError, TypeError: the text is damaged.
    """
    values: dict[str, Any] = json.loads(text)
    correction, game_time = values.get(_CORRECTION), values.get(_GAME_TIME)
    return Content(
        _payload(kind, values), str(values.get(_SESSION, "")), int(values.get(_SEGMENT, 0)),
        None if correction is None else from_values(Correction, correction),
        None if game_time is None else from_values(GameTime, game_time),
    )


def _payload(kind: str, values: dict[str, Any]) -> Payload:
    if kind not in PAYLOADS:
        raise ValueError(f"unknown kind {kind!r}")
    if kind == "shot" and not Zone.knows(values["zone"]):
        # Written with an older or newer set of zones: its probabilities are of other zones, too.
        values |= {"zone": Zone.UNSPECIFIED, "zone_probabilities": (), "zone_source": ZoneSource.UNSPECIFIED}
    if kind == "shot" and not ShotType.knows(values.get("type", 0)):
        values |= {"type": ShotType.UNKNOWN, "type_probability": 0.0}
    return from_values(PAYLOADS[kind], values)


def check_draft(draft: EventDraft) -> None:
    """Refuse a draft that no log can store.

    Raises:
        ValueError: a time is not finite, or text is not valid Unicode.
        TypeError: the payload contains something other than numbers and text.
    """
    if not (math.isfinite(draft.event_time) and math.isfinite(draft.media_offset)):
        raise ValueError(f"event {draft.event_id!r} has a time that is not finite")
    to_timestamp(draft.event_time)  # what is stored must be readable: the protocol ends with the year 9999
    for text in (draft.game, draft.camera, draft.event_id, draft.session):
        text.encode()
    encode_payload(draft).encode()


def digest(draft: EventDraft, payload: str) -> bytes:
    """Return 16 bytes that are equal exactly when two drafts of one event have the same content.

    Args:
        draft: the draft.
        payload: its encoded payload.
    """
    content = (draft.camera, int(draft.lifecycle), draft.event_time + 0.0, draft.media_offset + 0.0, draft.kind)
    text = json.dumps([*content, payload], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
