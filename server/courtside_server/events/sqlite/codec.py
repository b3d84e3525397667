"""Codec: writes a draft's payload into the log as compact, lossless JSON that later versions can extend."""

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
    """Encode a payload as one line of JSON: enums as numbers, floats so that they read back equal."""
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
    """Decode the text of ``encode_payload``.

    An unknown field is skipped and a missing one takes its default, so fields can be added to the types without
    rewriting a log. An unknown zone is read as UNSPECIFIED, without probabilities and source.

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
        # Written with another set of zones, so its probabilities are of other zones, too.
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
    """Refuse a draft that no log can store.

    Raises:
        ValueError: a time is not finite, or text is not valid Unicode.
        TypeError: the payload contains something other than numbers and text.
    """
    if not (math.isfinite(draft.event_time) and math.isfinite(draft.media_offset)):
        raise ValueError(f"event {draft.event_id!r} has a time that is not finite")
    for text in (draft.game, draft.camera, draft.event_id):
        text.encode()
    encode_payload(draft.payload).encode()


def digest(draft: EventDraft, payload: str) -> bytes:
    """Return 16 bytes that are equal exactly when two drafts of one event have the same content.

    Args:
        draft: the draft.
        payload: its encoded payload.
    """
    content = (draft.camera, int(draft.lifecycle), draft.event_time + 0.0, draft.media_offset + 0.0, draft.kind)
    text = json.dumps([*content, payload], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
