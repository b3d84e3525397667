"""Resource names: ``games/{game}`` and ``games/{game}/cameras/{camera}``, with one parser for client and server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from courtside.errors import BadName

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_GAME = re.compile(rf"games/({_ID})")
_BARE_GAME = re.compile(_ID)
_CAMERA = re.compile(rf"(games/{_ID})/cameras/({_ID})")
_SHOWN = 80
"""Characters of a wrong name that an error repeats."""


@dataclass(frozen=True, slots=True)
class CameraName:
    """A camera's resource name, checked.

    Attributes:
        game: ``games/{game}``.
        name: ``games/{game}/cameras/{camera}``.

    Example:
        >>> CameraName.parse("games/final/cameras/left")
        CameraName(game='games/final', name='games/final/cameras/left')
        >>> CameraName.parse("games/final/cameras/left").id
        'left'
    """

    game: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check and split a camera's resource name.

        Raises:
            BadName: anything else than ``games/{game}/cameras/{camera}``.
        """
        match = _CAMERA.fullmatch(text)
        if not match:
            raise BadName(
                f"camera {text[:_SHOWN]!r} is not a name like games/final/cameras/left; "
                "ids are 1-63 letters, digits, . _ -",
                field="camera",
            )
        return cls(match.group(1), text)

    @property
    def id(self) -> str:
        """The last part: ``left`` of ``games/final/cameras/left``."""
        return self.name.rpartition("/")[2]


def parse_game(text: str, *, allow_id: bool = False) -> str:
    """Check a game's resource name and return it.

    Args:
        text: ``games/{game}``.
        allow_id: accept the bare id too, as a person types it.

    Raises:
        BadName: anything else.

    Example:
        >>> parse_game("games/final")
        'games/final'
        >>> parse_game("final", allow_id=True)
        'games/final'
    """
    if _GAME.fullmatch(text):
        return text
    if allow_id and _BARE_GAME.fullmatch(text):
        return f"games/{text}"
    wanted = "final or games/final" if allow_id else "games/final"
    raise BadName(
        f"game {text[:_SHOWN]!r} is not a name like {wanted}; ids are 1-63 letters, digits, . _ -", field="game"
    )
