"""Model health: which of a camera's models answer, and when that changes the camera's state."""

from __future__ import annotations

from courtside_server.types import CameraState


class ModelHealth:
    """Keeps the health of each model apart.

    A camera is degraded while any of its models fails. Each model that starts to fail gives one DEGRADED; the last
    one that answers again gives one RECOVERED. The last of these events therefore tells the state of the models.
    """

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}

    @property
    def failing(self) -> tuple[str, ...]:
        """Names of the models that fail now."""
        return tuple(self._failing)

    def failed(self, model: str, why: str) -> tuple[CameraState, str] | None:
        """A model did not answer; returns the state and a sentence to announce, or None where nothing changed."""
        if model in self._failing:
            return None
        self._failing[model] = why
        return CameraState.DEGRADED, why

    def succeeded(self, model: str) -> tuple[CameraState, str] | None:
        """A model answered; returns the state and a sentence to announce, or None where nothing changed."""
        if self._failing.pop(model, None) is None or self._failing:
            return None
        return CameraState.RECOVERED, f"shots are found as usual again; the last to recover was: {model}"
