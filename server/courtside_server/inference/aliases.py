"""Aliases: aliases.toml of a repository, which says which version answers for a name, and the task that watches it.

::

    shot_clip = 2              # the model of that name answers with version 2
    shots = "shot_clip:1"      # another name for version 1

A name that is not in the file is a model's own name, and the model's version policy decides.
"""

from __future__ import annotations

import asyncio
import re
import reprlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from courtside_server.errors import CourtsideError, EngineUnavailable, InferenceTimeout, ModelInvalid

if TYPE_CHECKING:
    from courtside_server.inference.engine import Engine
    from courtside_server.inference.repository import ModelRepository

_log = structlog.get_logger(__name__)
_VALUE = re.compile(r"(?:([A-Za-z0-9_][A-Za-z0-9._-]{0,127}):)?([1-9]\d{0,9})")


@dataclass(frozen=True, slots=True)
class Alias:
    """The model and version that a name stands for.

    Attributes:
        model: the model's name.
        version: its version; empty: the newest that the model's version policy serves.
    """

    model: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.model}:{self.version}"


def read_aliases(path: Path) -> dict[str, Alias]:
    """Read an aliases.toml; an empty dict when there is none.

    Raises:
        ModelInvalid: it cannot be read, or an entry is not a version.
    """
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelInvalid(f"{path} cannot be read: {error}") from None
    except RecursionError:
        raise ModelInvalid(f"{path} cannot be read: its values are nested too deeply") from None
    aliases = {}
    for name, value in entries.items():
        found = _VALUE.fullmatch(str(value)) if isinstance(value, int | str) else None
        if found is None:
            # reprlib: a table of a table of a table ... must not end this either
            raise ModelInvalid(f'{path}: {name} is {reprlib.repr(value)}; give a version such as 2, or "model:2"')
        aliases[name] = Alias(found[1] or name, found[2])
    return aliases


class AliasWatch:
    """Watches aliases.toml. When a name stands for another version, the engine switches to that version.

    The engine loads, checks and warms up the new version beside the old one and then switches. A version that it
    refuses is logged once, and the old one keeps answering until the file changes again.

    Args:
        engine: a started engine.
        repository: the repository with the aliases.toml.
        names: the models that the engine was started with.
        interval: seconds between two checks of the file; each is one ``stat`` in a thread.
        on_switch: called after each switch, on the event loop.
    """

    def __init__(
        self, engine: Engine, repository: ModelRepository, names: Sequence[str], interval: float = 0.5,
        on_switch: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._on_switch = on_switch
        self._engine, self._repository, self._names = engine, repository, tuple(names)
        self._interval = interval
        self._stamp: tuple[int, int, int] | None = None
        self._pending = set(self._names)
        self._changed = False

    async def run(self) -> None:
        """Watch the file until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(self._interval)

    async def check(self) -> None:
        """Check the file once and apply what has changed, or could not be applied before."""
        stamp = await asyncio.to_thread(self._read_stamp)
        if stamp != self._stamp:
            self._stamp, self._changed, self._pending = stamp, True, set(self._names)
        for name in sorted(self._pending):
            try:
                await self._apply(name)
            except (EngineUnavailable, InferenceTimeout) as error:
                _log.warning(
                    "switching the model version failed, retrying",
                    model=name,
                    retry_s=self._interval,
                    error=error.message,
                )
                continue  # the error says nothing about the version
            except CourtsideError as error:
                _log.error("model version refused, the old version keeps answering", model=name, error=error.message)
            self._pending.discard(name)

    async def _apply(self, name: str) -> None:
        entry = await asyncio.to_thread(self._repository.find, name)
        now = self._engine.info(name)
        # Without aliases the server decides about versions; its repository may hold others than ours.
        if (entry.pinned or self._changed) and (entry.info.name, entry.info.version) != (now.name, now.version):
            await self._engine.start([name])
            self._on_switch()

    def _read_stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._repository.aliases_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
