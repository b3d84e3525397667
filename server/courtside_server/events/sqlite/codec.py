"""How a draft's payload is written into a log: compact JSON, lossless, with room for fields to come."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import Any

import numpy as np

from courtside_server.types import Arc, CameraState, CameraStatus, EventDraft, Shot, ShotResult, Zone, ZoneSource

_SHOT_FIELDS = frozenset(field.name for field in dataclasses.fields(Shot))
_ARC_FIELDS = tuple(field.name for field in dataclasses.fields(Arc))


def encode_payload(payload: Shot | CameraStatus) -> str:
    """A payload as one line of JSON: enums as numbers, floats so that they read back equal."""
    values = {field.name: getattr(payload, field.name) for field in dataclasses.fields(payload)}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)


def _plain(value: object) -> bool | int | float | dict[str, float | None]:
    if isinstance(value, Arc):
        return dataclasses.asdict(value)
    if isinstance(value, np.generic):  # a prediction's float32 is exact as a Python float
        number: bool | int | float = value.item()
        return number
    raise TypeError(f"a payload cannot hold {type(value).__name__}")


def decode_payload(kind: str, text: str) -> Shot | CameraStatus:
    """The payload of ``encode_payload``.

    A field that this version does not know is skipped and one that the text lacks takes its default, so
    fields may be added to the types without rewriting a log. A zone that this version does not know is read as
    UNSPECIFIED, without probabilities and source.

    Raises:
        ValueError, KeyError, TypeError: the text is damaged.
    """
    values: dict[str, Any] = json.loads(text)
    if kind == "camera_status":
        return CameraStatus(CameraState(values["state"]), values["detail"])
    if kind != "shot":
        raise ValueError(f"unknown kind {kind!r}")
    known = {name: value for name, value in values.items() if name in _SHOT_FIELDS}
    if not Zone.knows(known["zone"]):
        # Written with an older or newer set of zones: its probabilities are of other zones, too.
        known |= {"zone": Zone.UNSPECIFIED, "zone_probabilities": (), "zone_source": ZoneSource.UNSPECIFIED}
    known["zone"] = Zone(known["zone"])
    known["zone_probabilities"] = tuple(known["zone_probabilities"])
    if "result" in known:
        known["result"] = ShotResult(known["result"])
    if "zone_source" in known:
        known["zone_source"] = ZoneSource(known["zone_source"])
    if known.get("court") is not None:
        known["court"] = (known["court"][0], known["court"][1])
    if known.get("arc") is not None:
        known["arc"] = Arc(**{name: known["arc"].get(name) for name in _ARC_FIELDS})
    return Shot(**known)


def check_draft(draft: EventDraft) -> None:
    """Refuse what no log could keep.

    Raises:
        ValueError: a time is not finite, or text is not valid Unicode.
        TypeError: the payload holds something else than numbers and text.
    """
    if not (math.isfinite(draft.event_time) and math.isfinite(draft.media_offset)):
        raise ValueError(f"event {draft.event_id!r} has a time that is not finite")
    for text in (draft.game, draft.camera, draft.event_id):
        text.encode()
    encode_payload(draft.payload).encode()


def digest(draft: EventDraft, payload: str) -> bytes:
    """16 bytes that are equal exactly when two drafts of one event are equal in content.

    Args:
        draft: the draft.
        payload: its encoded payload.
    """
    content = (draft.camera, int(draft.lifecycle), draft.event_time + 0.0, draft.media_offset + 0.0, draft.kind)
    text = json.dumps([*content, payload], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
