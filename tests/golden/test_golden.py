"""The golden messages parse to equal messages from JSON and from bytes, and serialise to the same files again."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from courtside.events import Event, message_to_json
from courtside.v1 import analysis_pb2, court_pb2, events_pb2, games_pb2, ingest_pb2, players_pb2

FOLDER = Path(__file__).parent
MODULES = (analysis_pb2, court_pb2, events_pb2, games_pb2, ingest_pb2, players_pb2)
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

_spec = importlib.util.spec_from_file_location("golden_examples", FOLDER / "examples.py")
examples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(examples)


def message_class(name: str) -> type[Message]:
    camel = "".join(part.capitalize() for part in name.partition(".")[0].split("_"))
    return next(getattr(module, camel) for module in MODULES if hasattr(module, camel))


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_are_the_same_message_and_come_out_identical(name: str) -> None:
    text, data = (FOLDER / f"{name}.json").read_text(), (FOLDER / f"{name}.binpb").read_bytes()
    from_text = json_format.Parse(text, message_class(name)())
    from_data = message_class(name).FromString(data)
    assert from_text == from_data
    assert examples.to_json(from_data) == text
    assert examples.to_bytes(from_text) == data


def test_the_files_are_those_of_the_examples() -> None:
    assert sorted(examples.EXAMPLES) == NAMES
    assert sorted(path.stem for path in FOLDER.glob("*.binpb")) == NAMES
    for name, message in examples.EXAMPLES.items():
        assert examples.to_bytes(message) == (FOLDER / f"{name}.binpb").read_bytes(), (
            "the contract changed; if that is intended, run: python tests/golden/examples.py"
        )


def test_every_field_of_the_wire_is_in_an_example() -> None:
    seen: set[str] = set()

    def visit(message: Message) -> None:
        for field, value in message.ListFields():
            seen.add(field.full_name)
            if field.message_type is None or field.message_type.GetOptions().map_entry:
                continue
            for part in value if field.is_repeated else [value]:
                visit(part)

    for message in examples.EXAMPLES.values():
        visit(message)
    fields = {
        field.full_name
        for module in MODULES
        for message in module.DESCRIPTOR.message_types_by_name.values()
        for field in fields_of(message)
    }
    assert fields - seen == set(), "add these to tests/golden/examples.py and run it"


def fields_of(message: Descriptor):
    yield from message.fields
    for nested in message.nested_types:
        if not nested.GetOptions().map_entry:
            yield from fields_of(nested)


@pytest.mark.parametrize("name", ["event.shot", "event.camera_status", "event.form_alert"])
def test_the_gateway_s_own_events_are_the_golden_ones(name: str) -> None:
    golden = events_pb2.Event.FromString((FOLDER / f"{name}.binpb").read_bytes())
    event = Event.from_proto(golden)
    assert event.to_proto() == golden
    assert event.to_json() == message_to_json(golden)


def test_a_field_of_a_newer_version_does_no_harm() -> None:
    data = (FOLDER / "event.shot.binpb").read_bytes() + b"\xfa\x3e\x03new"  # field 1007, a string
    assert Event.from_proto(events_pb2.Event.FromString(data)).event_id == "left-0-41"
