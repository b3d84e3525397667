"""Input size: the detector's picture has the shape of the film, at the area that the network is tuned for."""

from __future__ import annotations

from dataclasses import dataclass

from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo
from courtside_server.inference.request import picture_size

LIMITS = (128, 1024)
"""Smallest and largest side of a free input, pixels; what the detector is exported for."""


@dataclass(frozen=True, slots=True)
class InputSize:
    """Which input size a film of some width and height gets.

    Attributes:
        usual: width and height that the network is tuned for, pixels; the only size of a model with fixed sizes.
        multiple: width and height are multiples of this; 0: the size is fixed.
    """

    usual: tuple[int, int]
    multiple: int = 0

    @classmethod
    def read(cls, info: ModelInfo, name: str) -> InputSize:
        """Read it from a model's signature; free sizes need the parameters ``width``, ``height`` and ``multiple``.

        Raises:
            ModelInvalid: the size is odd, or free and the parameters are missing or unusable.
        """
        if -1 not in info.inputs[name].shape[-2:]:
            return cls(picture_size(info, name))
        keys = ("width", "height", "multiple")
        try:
            width, height, multiple = (int(info.parameters[key]) for key in keys)
        except (KeyError, ValueError):
            width = height = multiple = 0
        low, high = LIMITS
        if multiple < 2 or multiple % 2 or any(s % multiple or not low <= s <= high for s in (width, height)):
            raise ModelInvalid(
                f"model {info.name}: input {name!r} has a free height and width, so {info.source or 'its config'} must "
                f"name the usual ones: parameters width, height ({low} to {high}, multiples of the third) and multiple "
                f"(even)",
                model=info.name, tensor=name,
            )  # fmt: skip
        return cls((width, height), multiple)

    def of(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the input for frames of ``width`` x ``height`` pixels.

        Of all sizes with at most the usual area it is the one in which the frame is largest between its bars, and of
        these the smallest.
        """
        if not self.multiple:
            return self.usual
        area, step = self.usual[0] * self.usual[1], self.multiple
        low, high = (-(-LIMITS[0] // step) * step, LIMITS[1] // step * step)
        best, found = (0.0, 0), self.usual
        for wide in range(low, high + 1, step):
            tall = min(area // wide // step * step, high)
            if tall < low:
                break
            # Not taller than the frame needs at this width.
            tall = max(min(tall, -(-wide * height // (width * step)) * step), low)
            ranked = (min(wide / width, tall / height), -wide * tall)
            if ranked > best:
                best, found = ranked, (wide, tall)
        return found
