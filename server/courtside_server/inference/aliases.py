"""aliases.toml of a repository: which version of which model answers to a name; and the task that follows it.

::

    shot_clip = 2              # the model of that name answers with version 2
    shots = "shot_clip:1"      # another name for version 1

A name that is not there is a model's own, and its version policy decides.
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Sequence
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
    """What a name stands for.

    Attributes:
        version: empty: what the model's version policy serves newest.
    """

    model: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.model}:{self.version}"


def read_aliases(path: Path) -> dict[str, Alias]:
    """The entries of an aliases.toml; empty when there is none.

    Raises:
        ModelInvalid: it cannot be read, or an entry is no version.
    """
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelInvalid(f"{path} cannot be read: {error}") from None
    aliases = {}
    for name, value in entries.items():
        found = _VALUE.fullmatch(str(value)) if isinstance(value, int | str) else None
        if found is None:
            raise ModelInvalid(f'{path}: {name} is {value!r}; give a version such as 2, or "model:2"')
        aliases[name] = Alias(found[1] or name, found[2])
    return aliases


class AliasWatch:
    """Follows aliases.toml: when a name comes to stand for another version, the engine takes that up.

    The engine loads, checks and warms the new version beside the old one and then flips; a version that it refuses is
    reported once and the old one answers on until the file changes again.

    Args:
        engine: a started engine.
        repository: whose aliases.toml.
        names: the models that the engine was started with.
        interval: seconds between two looks at the file; each is one ``stat`` in a thread.
    """

    def __init__(
        self, engine: Engine, repository: ModelRepository, names: Sequence[str], interval: float = 0.5
    ) -> None:
        self._engine, self._repository, self._names = engine, repository, tuple(names)
        self._interval = interval
        self._stamp: tuple[int, int, int] | None = None
        self._pending = set(self._names)
        self._changed = False

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        """Look at the file once and take up what changed, or what could not be taken up before."""
        stamp = await asyncio.to_thread(self._read_stamp)
        if stamp != self._stamp:
            self._stamp, self._changed, self._pending = stamp, True, set(self._names)
        for name in sorted(self._pending):
            try:
                await self._follow(name)
            except (EngineUnavailable, InferenceTimeout) as error:
                _log.warning("cannot take up a version now, trying on", model=name, error=error.message)
                continue  # it says nothing about the version
            except CourtsideError as error:
                _log.error("the version is refused, the old one answers on", model=name, error=error.message)
            self._pending.discard(name)

    async def _follow(self, name: str) -> None:
        entry = await asyncio.to_thread(self._repository.find, name)
        now = self._engine.info(name)
        # Without aliases the server's own repository may hold other versions than ours: that is its business.
        if (entry.pinned or self._changed) and (entry.info.name, entry.info.version) != (now.name, now.version):
            await self._engine.start([name])

    def _read_stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._repository.aliases_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
