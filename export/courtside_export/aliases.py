"""aliases.toml of a repository: which version of which model answers; a running service follows it without a gap."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from courtside_export.entry import versions
from courtside_export.errors import ExportInputError
from courtside_export.placing import replace_files

FILE = "aliases.toml"
_HEAD = """\
# Which version answers. A running service takes a change up within a second: it loads and warms the new version
# beside the old one, then requests move over. Written by `courtside-export alias`.
"""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")


def read_aliases(repository: Path) -> dict[str, int | str]:
    """The file's entries; empty when there is none.

    Raises:
        ExportInputError: it does not parse.
    """
    path = repository / FILE
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExportInputError(f"{path} cannot be read: {error}; mend or remove it") from None


def set_alias(repository: Path, alias: str, model: str, version: int) -> None:
    """Let `alias` name a version of a model; readers see the old file or the new one.

    Raises:
        ExportInputError: a bad name, no such model or version, or the file cannot be written.
    """
    if not _NAME.fullmatch(alias):
        raise ExportInputError(f"{alias!r} is no alias: use letters, digits, '_' and '-'")
    if alias != model and (repository / alias / "config.pbtxt").is_file():
        raise ExportInputError(f"{alias!r} is itself a model of {repository}: choose another alias")
    there = versions(repository / model)
    if version not in there:
        have = ", ".join(map(str, there)) or "none"
        raise ExportInputError(f"no version {version} of {model} in {repository}: there is {have}")
    entries = {**read_aliases(repository), alias: version if alias == model else f"{model}:{version}"}
    lines = [f"{name} = {value if isinstance(value, int) else _quoted(value)}\n" for name, value in entries.items()]
    # Written even when nothing changes: a service that refused the version looks at it again.
    replace_files(repository, {FILE: _HEAD + "".join(lines)}, always=True)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
