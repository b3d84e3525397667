"""What a person says of the shots in a film, and what the models propose: training data in the making."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from courtside.shot_results import ShotResult, ShotType
from courtside_server.errors import BadRequest, RevisionChanged, StoreUnavailable

MAX_LABELS = 3000
"""Labels of one film: a game has 200 shots, and a few hundred candidates that are none."""
COLUMNS = ("file", "release_frame", "tolerance", "result", "playback_speed", "type", "court_x", "court_y")
"""Columns of the table; the first five are those that `tests/accuracy` reads."""
_TOLERANCE = 1
"""Frames by which a person may be off who steps through a film frame by frame."""
_RESULTS = tuple(one.name.lower() for one in ShotResult)
_TYPES = tuple(one.name.lower() for one in ShotType)
_FAR_M = 20.0
"""No place on a court is farther from its centre, metres."""


class LabelBook:
    """The labels of one film. Blocks: use it in a thread.

    Args:
        folder: of the film.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, Any]:
        """``revision``, ``playbackSpeed``, ``labels``; ``candidates`` (the most uncertain first) and ``frames``
        (seconds of every frame, in the order shown) are null until they were looked for.
        """
        found: dict[str, Any] = {"revision": 0, "playbackSpeed": 1.0, "labels": []}
        found.update(self._json("labels.json") or {})
        return {**found, **(self._json("candidates.json") or {"candidates": None, "frames": None})}

    def write_candidates(self, candidates: list[dict[str, Any]], frames: list[float]) -> None:
        """Keep what the models propose.

        Args:
            candidates: ``time`` in seconds and ``probability``, with ``result``, ``type`` and ``court`` where known.
            frames: seconds of every frame.
        """
        ordered = sorted(candidates, key=lambda one: abs(float(one["probability"]) - 0.5))
        self._write("candidates.json", {"candidates": ordered, "frames": frames})

    def write(self, values: dict[str, Any]) -> int:
        """Replace the labels; gives their new revision.

        Args:
            values: ``revision`` that the person saw, ``labels``, ``playbackSpeed``.

        Raises:
            BadRequest: a label is malformed; the message names it.
            RevisionChanged: somebody else changed them meanwhile.
            StoreUnavailable: they cannot be written.
        """
        known = self.read()
        if values.get("revision") != known["revision"]:
            raise RevisionChanged("somebody else labelled this film meanwhile: load the page again")
        labels, speed = values.get("labels"), values.get("playbackSpeed", 1.0)
        if not isinstance(labels, list) or len(labels) > MAX_LABELS:
            raise BadRequest(f"labels must be a list of at most {MAX_LABELS}", field="labels")
        if not _is_number(speed) or not 0.1 <= speed <= 10:
            raise BadRequest("playbackSpeed is not between 0.1 and 10", field="playbackSpeed")
        checked = [_label(number, one, known["frames"]) for number, one in enumerate(labels)]
        checked.sort(key=lambda one: one["frame"])
        revision = int(known["revision"]) + 1
        self._write("labels.json", {"revision": revision, "playbackSpeed": float(speed), "labels": checked})
        return revision

    def table(self, name: str) -> str:
        """The shots as a CSV table with `COLUMNS`; candidates that a person called none are not in it.

        Args:
            name: of the film's file.
        """
        found = self.read()
        out = io.StringIO()
        out.write("# release_frame: 0-based, in the order shown; the first frame with the ball apart from the hand\n")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in found["labels"]:
            if one["happened"]:
                result = "" if one["result"] == "unknown" else one["result"]
                kind = "" if one["type"] == "unknown" else one["type"]
                place = one["court"] or ("", "")
                writer.writerow([name, one["frame"], _TOLERANCE, result, f"{found['playbackSpeed']:g}", kind, *place])
        return out.getvalue()

    def _json(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads((self._folder / name).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _write(self, name: str, values: dict[str, Any]) -> None:
        try:
            new = self._folder / f"{name}.new"
            new.write_text(json.dumps(values), "utf-8")
            new.replace(self._folder / name)
        except OSError as error:
            raise StoreUnavailable(f"the labels cannot be kept: {error.strerror or error}") from None


def _label(number: int, values: Any, frames: list[float] | None) -> dict[str, Any]:
    """A checked label.

    Raises:
        BadRequest: it is malformed.
    """
    if not isinstance(values, dict):
        raise BadRequest(f"label {number} is no object", field="labels")
    frame, happened, court = values.get("frame"), values.get("happened", True), values.get("court")
    last = len(frames) - 1 if frames else 10**8
    if not isinstance(frame, int) or isinstance(frame, bool) or not 0 <= frame <= last:
        raise BadRequest(f"label {number}: frame is no number from 0 to {last}", field="labels")
    result, kind = values.get("result", "unknown"), values.get("type", "unknown")
    if result not in _RESULTS or kind not in _TYPES or not isinstance(happened, bool):
        raise BadRequest(
            f"label {number}: result is one of {', '.join(_RESULTS)}, type one of {', '.join(_TYPES)}, happened a bool",
            field="labels",
        )  # fmt: skip
    if court is not None:
        pair = isinstance(court, list) and len(court) == 2
        if not pair or not all(_is_number(one) and abs(one) <= _FAR_M for one in court):
            raise BadRequest(f"label {number}: court is [x, y] in metres from the centre, or null", field="labels")
        court = [round(float(one), 2) for one in court]
    return {"frame": frame, "happened": happened, "result": result, "type": kind, "court": court}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
