"""Enums whose values are those of the wire and which print as words."""

from __future__ import annotations

import enum


class WireEnum(enum.IntEnum):
    """An enum with the numbers of its protobuf counterpart; ``str`` gives words, ``int`` the number.

    Example:
        >>> class Side(WireEnum):
        ...     HOME_TEAM = 1
        >>> str(Side.HOME_TEAM), f"{Side.HOME_TEAM:>10}", int(Side.HOME_TEAM)
        ('home team', ' home team', 1)
    """

    @property
    def words(self) -> str:
        """The name as people read it: ``home team``."""
        return self.name.lower().replace("_", " ")

    @classmethod
    def knows(cls, number: int) -> bool:
        """Whether a stored or received number is one of these."""
        return number in cls._value2member_map_

    def __str__(self) -> str:
        return self.words

    def __format__(self, format_spec: str) -> str:
        return format(self.words, format_spec)
