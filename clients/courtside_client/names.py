"""Names: games, cameras and gateway addresses as people type them, checked."""

from __future__ import annotations

import re

from courtside_client.errors import BadName

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_GAME = re.compile(rf"(?:games/)?({_ID})")
_CAMERA = re.compile(rf"games/{_ID}/cameras/{_ID}")
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


def game_name(text: str) -> str:
    """``games/{game}`` from itself or from the bare id.

    Raises:
        BadName: anything else.
    """
    match = _GAME.fullmatch(text)
    if not match:
        raise BadName(f"game {text[:80]!r} is not a name like final or games/final (letters, digits, . _ -)")
    return f"games/{match.group(1)}"


def camera_name(text: str) -> str:
    """Check ``games/{game}/cameras/{camera}``.

    Raises:
        BadName: anything else.
    """
    if not _CAMERA.fullmatch(text):
        raise BadName(
            f"camera {text[:80]!r} is not a name like games/final/cameras/left; "
            "ids are 1-63 letters, digits, . _ -"
        )
    return text


def gateway_address(text: str) -> str:
    """Check ``HOST:PORT``.

    Raises:
        BadName: anything else.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or not 0 < int(match.group(1)) <= 65535:
        raise BadName(f"gateway {text[:80]!r} is not HOST:PORT, for example 127.0.0.1:50051")
    return text
