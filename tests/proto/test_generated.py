"""The wire contract: the generated Python is up to date, and the .proto files follow the project's style."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

PROTO = Path(__file__).parents[2] / "proto"
CORE = PROTO.parent / "core"
FILES = sorted((PROTO / "courtside" / "v1").glob("*.proto"))


def test_the_generated_python_is_fresh(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate", PROTO / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.generate(tmp_path)
    fresh = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*_pb2*.py*")}
    kept = {path.relative_to(CORE): path.read_text() for path in CORE.rglob("*_pb2*.py*") if path.suffix != ".pyc"}
    kept = {path: text for path, text in kept.items() if "__pycache__" not in path.parts}
    assert kept.keys() == fresh.keys(), "run: python proto/generate.py"
    stale = [str(path) for path in fresh if without_version(fresh[path]) != without_version(kept[path])]
    assert stale == [], "run: python proto/generate.py"


def without_version(text: str) -> str:
    """The text without the generator's version, so that another patch release of it makes no difference."""
    text = re.sub(r"^# Protobuf Python Version: .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"(Domain\.PUBLIC,\s*)\d+,\s*\d+,\s*\d+,", r"\1", text)
    return re.sub(r"GRPC_GENERATED_VERSION = '.*'", "", text)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    out = tmp_path_factory.mktemp("descriptors") / "all.binpb"
    well_known = Path(protoc.__file__).parent / "_proto"
    arguments = [f"-I{PROTO}", f"-I{well_known}", "--include_source_info", f"--descriptor_set_out={out}"]
    assert protoc.main(["protoc", *arguments, *(str(path.relative_to(PROTO)) for path in FILES)]) == 0
    return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def messages_of(file):
    """Every message with its path in the source info, nested ones too, without the compiler's map entries."""
    stack = [((4, index), message) for index, message in enumerate(file.message_type)]
    while stack:
        path, message = stack.pop()
        if not message.options.map_entry:
            yield path, message
            stack += [((*path, 3, index), nested) for index, nested in enumerate(message.nested_type)]


def enums_of(file):
    yield from (((5, index), enum) for index, enum in enumerate(file.enum_type))
    for path, message in messages_of(file):
        yield from (((*path, 4, index), enum) for index, enum in enumerate(message.enum_type))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def test_every_file_is_in_the_package_of_its_folder(files) -> None:
    assert sorted(file.name for file in files) == [str(path.relative_to(PROTO)) for path in FILES]
    for file in files:
        assert (file.package, file.syntax) == ("courtside.v1", "proto3")
        assert re.fullmatch(r"courtside/v1/[a-z][a-z0-9_]*\.proto", file.name)


def test_names_follow_the_project_style(files) -> None:
    for file in files:
        for _, message in messages_of(file):
            assert re.fullmatch(r"([A-Z][a-z0-9]*)+", message.name), message.name
            for field in (*message.field, *message.oneof_decl):
                name = field.name.removeprefix("_")  # the compiler's oneof of an optional field
                assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), f"{message.name}.{field.name}"
        for _, enum in enums_of(file):
            prefix = snake(enum.name).upper() + "_"
            assert [v.name for v in enum.value if v.number == 0] == [prefix + "UNSPECIFIED"]
            assert not enum.options.allow_alias
            for value in enum.value:
                assert re.fullmatch(prefix + r"[A-Z0-9]+(_[A-Z0-9]+)*", value.name), value.name


def test_services_and_their_requests_follow_the_naming_style(files) -> None:
    used: list[str] = []
    services = [service for file in files for service in file.service]
    assert {service.name for service in services} >= {"CourtService", "EventService", "IngestService"}
    for service in services:
        assert re.fullmatch(r"([A-Z][a-z0-9]*)+Service", service.name)
        for method in service.method:
            assert re.fullmatch(r"([A-Z][a-z0-9]*)+", method.name)
            assert method.input_type == f".courtside.v1.{method.name}Request"
            assert method.output_type == f".courtside.v1.{method.name}Response"
            used += [method.input_type, method.output_type]
    assert len(used) == len(set(used)), "a request or response belongs to one method"


def test_no_two_fields_share_a_json_name_and_no_number_is_reserved(files) -> None:
    for file in files:
        for _, message in messages_of(file):
            json_names = [field.json_name for field in message.field]
            assert len(json_names) == len(set(json_names)), message.name
            assert all(0 < field.number < 19_000 for field in message.field)


def test_services_methods_and_messages_are_explained(files) -> None:
    for file in files:
        comments = {
            tuple(location.path): location.leading_comments.strip() for location in file.source_code_info.location
        }
        unexplained = [message.name for path, message in messages_of(file) if not comments.get(path)]
        unexplained += [enum.name for path, enum in enums_of(file) if not comments.get(path)]
        for number, service in enumerate(file.service):
            if not comments.get((6, number)):
                unexplained.append(service.name)
            for part, method in enumerate(service.method):
                if not comments.get((6, number, 2, part)):
                    unexplained.append(method.name)
        assert unexplained == [], f"{file.name}: these need a comment"

