"""JSON: the last revision of every event, as ``courtside.v1.Event`` in protobuf's JSON."""

from __future__ import annotations

import json

from courtside.exports.game import ExportedGame


def write(game: ExportedGame) -> bytes:
    """One object: ``game``, ``court`` (the rule book) and ``events``."""
    events = ",\n".join(event.to_json() for event in game.events)
    head = json.dumps({"game": game.name, "court": game.options.court.name}, ensure_ascii=False)
    return f'{head[:-1]}, "events": [\n{events}\n]}}\n'.encode()
