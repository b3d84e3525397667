"""Inference metrics: counts and times what the engines do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from courtside_server.errors import CourtsideError
from courtside_server.inference.engine import ModelInfo
from courtside_server.telemetry.metrics import Metrics


class InferenceMetrics:
    """One engine's part of the gateway's metrics. Records nothing when there are none.

    The label ``code`` is ``OK``, ``CANCELLED``, ``INTERNAL`` or the ``reason`` of the error that was raised.

    Args:
        engine: the engine's name, a label.
        metrics: the gateway's metrics.
    """

    def __init__(self, engine: str, metrics: Metrics | None) -> None:
        self._engine = engine
        self._metrics = metrics

    @contextmanager
    def request(self, model: str) -> Iterator[None]:
        """Measure one request's time from call to answer, and count how it ended."""
        begin, code = time.monotonic(), "OK"
        try:
            yield
        except CourtsideError as error:
            code = error.reason
            raise
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except BaseException:
            code = "INTERNAL"
            raise
        finally:
            if self._metrics is not None:
                self._metrics.inference_requests.labels(model, self._engine, code).inc()
                if code == "OK":
                    self._metrics.stage_duration.labels("inference").observe(time.monotonic() - begin)

    def serves(self, model: str, info: ModelInfo) -> None:
        """Record which version answers for a name from now on."""
        if self._metrics is not None:
            self._metrics.model_version.labels(model, self._engine).set(int(info.version))

    def batch(self, model: str, rows: int) -> None:
        """Record the rows of one batch that was run, or of one request where the server forms the batches."""
        if self._metrics is not None:
            self._metrics.inference_batch_size.labels(model).observe(rows)
