"""aliases.toml of a repository: which version of which model is served; a running service follows changes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from courtside_export.errors import ExportInputError
from courtside_export.model_config import versions
from courtside_export.version_folder import replace_files

FILE = "aliases.toml"
"""The file's name in a repository."""
_HEAD = """\
# Which version is served. A running service applies a change within one second: it loads and warms up the new version
# beside the old one, then switches requests over. Written by `courtside-export alias`.
"""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")


def read_aliases(repository: Path) -> dict[str, int | str]:
    """Read the file's entries; empty when there is no file.

    Raises:
        ExportInputError: The file does not parse.
    """
    path = repository / FILE
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ExportInputError(f"{path} cannot be read: {error}; correct or remove it") from None


def set_alias(repository: Path, alias: str, model: str, version: int) -> None:
    """Point `alias` at a version of a model; readers see either the old file or the new one.

    Raises:
        ExportInputError: A bad name, no such model or version, or the file cannot be written.
    """
    if not _NAME.fullmatch(alias):
        raise ExportInputError(f"{alias!r} is not a valid alias: use letters, digits, '_' and '-'")
    if alias != model and (repository / alias / "config.pbtxt").is_file():
        raise ExportInputError(f"{alias!r} is the name of a model in {repository}: choose another alias")
    there = versions(repository / model)
    if version not in there:
        have = ", ".join(map(str, there)) or "none"
        raise ExportInputError(f"no version {version} of {model} in {repository}: its versions are {have}")
    entries = {**read_aliases(repository), alias: version if alias == model else f"{model}:{version}"}
    lines = [f"{name} = {value if isinstance(value, int) else _quoted(value)}\n" for name, value in entries.items()]
    # Written even when nothing changes, so that a service that refused the version tries it again.
    replace_files(repository, {FILE: _HEAD + "".join(lines)}, always=True)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
