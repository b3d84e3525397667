"""Runs the requests of a camera's players; once the camera stops, there are no answers any more."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, TypeVar

from courtside_server.inference.request import InferenceRequest
from courtside_server.pipeline.model_runner import ModelRunner, Stopped, Submitted

T = TypeVar("T")


class PlayerRunner:
    """A `courtside_server.players.requests.Runner` over a camera's model runner.

    A pipeline that was stopped still closes its scene with what is known of the players: requests then have no result.

    Args:
        runner: the camera's.

    Attributes:
        closing: set it when the camera stops.
    """

    def __init__(self, runner: ModelRunner) -> None:
        self._runner = runner
        self.closing = False

    def submit(self, request: InferenceRequest[T]) -> Submitted:
        """Send a request without waiting.

        Raises:
            Stopped: the pipeline was stopped, and is not closing its scene yet.
        """
        try:
            return self._runner.submit(request)
        except Stopped:
            if not self.closing:
                raise
            never: Future[Any] = Future()
            never.cancel()
            return Submitted(never, 0)

    def result(self, request: InferenceRequest[T], submitted: Submitted) -> T | None:
        """Wait for a result; None where there is none.

        Raises:
            Stopped: the pipeline was stopped, and is not closing its scene yet.
        """
        try:
            return self._runner.result(request, submitted)
        except Stopped:
            if not self.closing:
                raise
            return None
