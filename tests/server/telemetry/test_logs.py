"""The gateway's log: nobody waits for its reader, and nobody can flood it."""

from __future__ import annotations

import io
import json
import logging
import os
import threading

import structlog

from courtside_server.telemetry.logs import LineWriter, RepeatFilter, configure_logs


def read_all(descriptor: int) -> bytes:
    """Everything up to the end of the pipe."""
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    return b"".join(parts)


def test_a_pipe_that_nobody_reads_stops_nobody() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        writer = LineWriter(stream, max_lines=100)
        lines = threading.Thread(target=lambda: [writer.write("x" * 1000) for _ in range(2000)], daemon=True)
        lines.start()
        lines.join(5)
        assert not lines.is_alive(), "the writer of a line waited for the reader"
        assert not writer.flush(0.05)
        # Somebody reads again: what waited comes, and the number of lines that were dropped.
        text = bytearray()
        reader = threading.Thread(target=lambda: text.extend(read_all(reading)), daemon=True)
        reader.start()
        assert writer.flush(5)
    reader.join(5)
    assert b"nobody read them" in text
    assert 50 < text.count(b"x" * 1000) <= 1900
    os.close(reading)


def test_a_reader_that_is_gone_stops_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        writer = LineWriter(stream)
        writer.write("nobody is there any more")
        assert writer.flush(5)


def test_lines_keep_their_order() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream)
    for number in range(500):
        writer.write(str(number))
        if number % 100 == 0:
            assert writer.flush(5)
    assert writer.flush(5)
    assert stream.getvalue().split() == [str(number) for number in range(500)]


def test_a_line_that_repeats_is_counted_instead_of_written() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        configure_logs("info", "json", stream)
        for number in range(5000):
            structlog.get_logger("x").warning("a stranger came", number=number)
            logging.getLogger("library").error("socket.accept() out of system resource")
        structlog.get_logger("x").info("something else")
        root.handlers[0].flush()
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events.count("a stranger came") == events.count("socket.accept() out of system resource") == 100
    assert events[-1] == "something else"


def test_the_next_line_says_how_many_were_left_out() -> None:
    repeats = RepeatFilter(burst=2, interval=0.0)

    def record() -> logging.LogRecord:
        return logging.LogRecord("x", logging.INFO, "", 0, {"event": "again"}, (), None)  # type: ignore[arg-type]

    assert repeats.filter(record())
    repeats._interval = 60.0
    assert [repeats.filter(record()) for _ in range(5)] == [True, False, False, False, False]
    repeats._interval = 0.0
    last = record()
    assert repeats.filter(last) and last.msg == {"event": "again", "suppressed": 4}
