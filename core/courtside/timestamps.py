"""Unix seconds to and from protobuf timestamps, exact to the microsecond."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp


def to_timestamp(seconds: float) -> Timestamp:
    """Unix seconds as a Timestamp, rounded to the microsecond (a double holds no more for times of our century).

    Raises:
        ValueError: not finite, or outside the years 1 to 9999.

    Example:
        >>> to_timestamp(1.5).nanos
        500000000
    """
    try:
        microseconds = round(seconds * 1_000_000)
    except OverflowError as error:
        raise ValueError(f"{seconds} is not a time") from error
    stamp = Timestamp()
    stamp.FromMicroseconds(microseconds)
    return stamp


def from_timestamp(stamp: Timestamp) -> float:
    """A Timestamp as Unix seconds: the double nearest to its microsecond.

    ``from_timestamp(to_timestamp(x)) == x`` for every ``x`` that is itself such a double.
    """
    return (stamp.seconds * 1_000_000 + stamp.nanos // 1000) / 1_000_000
