"""Frozen dataclasses to and from protobuf messages and plain values, by the names of their fields.

A new field of a message is written in two places: the .proto file and the dataclass. Where the names differ, the
dataclass field carries ``metadata=wire("name")``, or several names for a tuple that is spread over several fields.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from courtside.timestamps import from_timestamp, to_timestamp

_Record = TypeVar("_Record")


def wire(*names: str) -> dict[str, tuple[str, ...]]:
    """Metadata of a dataclass field whose message fields have other names."""
    return {"wire": names}


def to_message(record: Any, message: Message) -> None:
    """Fill a message from a dataclass; ``None`` leaves a field absent."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value is None:
            continue
        names = field.metadata.get("wire", (field.name,))
        if len(names) > 1:
            for name, part in zip(names, value, strict=True):
                setattr(message, name, part)
        elif dataclasses.is_dataclass(value):
            part = getattr(message, names[0])
            part.SetInParent()
            to_message(value, part)
        elif isinstance(value, tuple):
            repeated = getattr(message, names[0])
            for part in value:
                if dataclasses.is_dataclass(part):
                    to_message(part, repeated.add())
                else:
                    repeated.append(part)
        elif isinstance(getattr(message, names[0]), Timestamp):
            getattr(message, names[0]).CopyFrom(to_timestamp(value))
        else:
            setattr(message, names[0], value)


def from_message(kind: type[_Record], message: Message) -> _Record:
    """Make a dataclass of a message; absent optional fields become ``None``.

    Raises:
        ValueError: a number that an enum does not know.
    """
    values: dict[str, Any] = {}
    for name, wire_names, base, optional in _fields(cast(Any, kind)):
        if optional and not message.HasField(wire_names[0]):
            values[name] = None
        elif len(wire_names) > 1:
            values[name] = tuple(getattr(message, part) for part in wire_names)
        else:
            values[name] = _convert(base, getattr(message, wire_names[0]), from_message)
    return kind(**values)


def from_values(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """Make a dataclass of the values of its fields as JSON holds them.

    Values of unknown names are skipped, and a field without a value takes its default: fields may be added to the
    dataclass while older and newer texts stay readable.

    Raises:
        ValueError: a number that an enum does not know.
        TypeError: a field without a default has no value.
    """
    found: dict[str, Any] = {}
    for name, _, base, optional in _fields(cast(Any, kind)):
        if name not in values:
            continue
        value = values[name]
        if optional and value is None:
            found[name] = None
        else:
            found[name] = _convert(base, value, from_values)
    return kind(**found)


def _convert(base: Any, value: Any, make: Callable[[Any, Any], Any]) -> Any:
    """A field's value: ``make`` makes its dataclasses."""
    if dataclasses.is_dataclass(base):
        return make(base, value)
    if typing.get_origin(base) is tuple:
        part = typing.get_args(base)[0]
        return tuple(make(part, one) for one in value) if dataclasses.is_dataclass(part) else tuple(value)
    if isinstance(value, Timestamp):
        return from_timestamp(value)
    return base(value) if isinstance(base, type) and issubclass(base, enum.Enum) else value


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, tuple[str, ...], Any, bool], ...]:
    """Name, wire names, type without ``None``, and whether it may be ``None``, of every field."""
    return tuple(_describe(kind))


def _describe(kind: Any) -> Iterator[tuple[str, tuple[str, ...], Any, bool]]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        base, optional = hints[field.name], False
        if typing.get_origin(base) in (typing.Union, types.UnionType):
            members = [member for member in typing.get_args(base) if member is not type(None)]
            if len(members) != 1:
                raise TypeError(f"{kind.__name__}.{field.name} has more than one type")
            base, optional = members[0], True
        yield field.name, field.metadata.get("wire", (field.name,)), base, optional
