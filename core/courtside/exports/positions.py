"""Places of shots on the axes of other formats.

Ours: metres from the centre of the floor; x along the court, basket 0 at +x; y across, to the left of a player who
attacks basket 0. Others measure in per cent of their court, from the corner at the upper left of a drawing that has
basket 0 on its right:

    ours          +y                     theirs    0 % ──────► x 100 %
                  ▲                                 │
    basket 1 ◄────┼────► +x basket 0      basket 1  ▼ y      basket 0

So x grows with ours and y falls with ours. A place keeps its distance from the rim and from the court's axis where the
format's court has other measures than the one that was played on.
"""

from __future__ import annotations

from courtside.court.measures import FOOT, Court


def to_percent(court: Court, local: tuple[float, float, int]) -> tuple[float, float]:
    """Per cent of a court's length and width.

    Args:
        court: the format's court.
        local: metres in front of the rim, metres to the shooter's left, the basket.

    Example:
        >>> from courtside.court.measures import FIBA
        >>> to_percent(FIBA, (-1.575, 7.5, 0))  # basket 0's baseline, the corner to the left of who attacks it
        (100.0, 0.0)
    """
    ahead, left, basket = local
    x, y = court.from_local(ahead, left, basket)
    return 50 + 100 * x / court.length, 50 - 100 * y / court.width


def from_percent(court: Court, x: float, y: float) -> tuple[float, float]:
    """The inverse: our metres from the centre of the format's court.

    Example:
        >>> from courtside.court.measures import FIBA
        >>> from_percent(FIBA, 100.0, 0.0)
        (14.0, 7.5)
    """
    return (x - 50) * court.length / 100, (50 - y) * court.width / 100


def to_legacy(local: tuple[float, float, int]) -> tuple[int, int]:
    """The NBA's older axes, tenths of a foot from the rim's middle: to the shooter's right, and away from the baseline.

    Example:
        >>> to_legacy((-0.5, 7.0, 0))
        (-230, -16)
    """
    ahead, left, _ = local
    return round(-10 * left / FOOT), round(10 * ahead / FOOT)


def from_legacy(x: float, y: float) -> tuple[float, float]:
    """The inverse: metres in front of the rim, metres to the shooter's left.

    Example:
        >>> ahead, left = from_legacy(-230, -16)
        >>> round(ahead, 2), round(left, 2)
        (-0.49, 7.01)
    """
    return y * FOOT / 10, -x * FOOT / 10
