"""Structured logs: one JSON object per line for machines, coloured lines for a person at a terminal.

A thread writes them, because a pipe that nobody reads must not stop the gateway.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TextIO

import structlog

_MAX_LINES = 1000
"""Lines that may wait for the reader of the log, about 0.5 MB; beyond it new ones are dropped and counted."""
_DROPPED = "log lines dropped: nobody read them"
_FLUSH_S = 1.0
"""Seconds that the last lines may take at the end of the process."""
_BURST = 100
"""Lines with the same event and level that are written within `_INTERVAL_S`; further ones are counted."""
_INTERVAL_S = 10.0
_MAX_KINDS = 1024
"""Kinds of lines that are counted at a time."""


class LineWriter:
    """Writes lines from a thread of its own; no caller ever waits.

    The queue holds 1000 lines. When it is full new lines are dropped, and the next line that is written says how many.

    Args:
        stream: where the lines go.
        max_lines: lines that may wait.
    """

    def __init__(self, stream: TextIO, max_lines: int = _MAX_LINES) -> None:
        self._stream = stream
        self._max_lines = max_lines
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._writing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        try:
            # Past the stream's buffer: Python locks it while it writes, and would wait for that lock at its own end.
            self._descriptor: int | None = stream.fileno()
        except (OSError, ValueError, AttributeError):
            self._descriptor = None

    def write(self, line: str) -> None:
        """Add a line, or drop and count it."""
        with self._changed:
            if len(self._lines) >= self._max_lines:
                self._dropped += 1
                return
            self._lines.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float = _FLUSH_S) -> bool:
        """Wait until everything is written, for at most ``timeout`` seconds; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines and not self._writing, timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._lines))
                lines, self._lines = list(self._lines), deque()
                dropped, self._dropped = self._dropped, 0
                self._writing = True
            if dropped:
                lines.append(json.dumps({"event": _DROPPED, "count": dropped, "level": "warning"}))
            with suppress(OSError, ValueError):  # whoever read the log is gone
                for line in lines:
                    self._write(line + "\n")

    def _write(self, text: str) -> None:
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        data = text.encode(errors="replace")
        while data:
            data = data[os.write(self._descriptor, data) :]


class LineHandler(logging.Handler):
    """Gives formatted records to a :class:`LineWriter`."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        try:
            self._writer.write(self.format(record))
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """See ``logging.Handler``; gives up when nobody reads."""
        self._writer.flush()


class RepeatFilter(logging.Filter):
    """Passes the first lines of a kind within an interval and counts the others.

    A stranger decides how often some lines are written. The kind of a line is its logger, level and event. Lines that
    were left out are counted in the next line of their kind (``suppressed``).
    """

    def __init__(self, burst: int = _BURST, interval: float = _INTERVAL_S) -> None:
        super().__init__()
        self._burst, self._interval = burst, interval
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """See ``logging.Filter``."""
        event = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
        kind = (record.name, record.levelno, str(event)[:200])
        now = time.monotonic()
        with self._lock:
            began, count = self._seen.get(kind, (now, 0))
            if now - began >= self._interval:
                left_out, began, count = max(count - self._burst, 0), now, 0
                if left_out and isinstance(record.msg, dict):
                    record.msg = {**record.msg, "suppressed": left_out}
            if len(self._seen) >= _MAX_KINDS and kind not in self._seen:
                self._seen.clear()
            self._seen[kind] = (began, count + 1)
        return count < self._burst


def configure_logs(level: str = "info", style: str = "auto", stream: TextIO | None = None) -> None:
    """Send all logs, including those of libraries, to one stream.

    Nobody waits for the stream's reader; see :class:`LineWriter`. A line that repeats is limited; see
    :class:`RepeatFilter`.

    Args:
        level: debug, info, warning or error.
        style: json, console, or auto (console on a terminal, else json).
        stream: the stream; stderr when ``None``.
    """
    out = stream or sys.stderr
    console = style == "console" or (style == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    writer = LineWriter(out)
    handler = LineHandler(writer)
    handler.setFormatter(formatter)
    handler.addFilter(RepeatFilter())
    atexit.register(writer.flush)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "libav", "uvicorn"):
        logging.getLogger(noisy).setLevel("WARNING")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
