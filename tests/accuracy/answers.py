"""Models' answers kept on disk, by the content of what they were asked: a second measurement costs little.

The key of an answer is the model's file and the bytes of its inputs. So whatever else changes (tracking, filters,
which frames the detector gets), an answer that is found is the one that the model would give.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_server.inference.engine import Engine, ModelInfo, Tensors
from courtside_server.inference.repository import ModelRepository

Outputs = dict[str, NDArray[Any]]


def default_folder() -> Path:
    """Where answers and simulated films are kept: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "courtside" / "accuracy"


class AnswerStore:
    """Arrays by key in one SQLite file; several processes may share it.

    Args:
        folder: where the file lies; None keeps everything in memory.

    Attributes:
        hits: answers that were found.
        misses: answers that had to be computed.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "answers.sqlite3")
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, arrays BLOB)")
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    def get(self, key: bytes) -> Outputs | None:
        """The answer kept under a key."""
        with self._lock:
            row = self._connection.execute("SELECT arrays FROM answers WHERE key = ?", (key,)).fetchone()
        self.hits, self.misses = self.hits + (row is not None), self.misses + (row is None)
        return None if row is None else unpack(row[0])

    def put(self, key: bytes, outputs: Mapping[str, NDArray[Any]]) -> None:
        """Keep an answer."""
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, pack(outputs)))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def pack(outputs: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as bytes: for each a line with name, type and shape, then its values."""
    parts = []
    for name, values in outputs.items():
        shape = ",".join(map(str, values.shape))
        parts += [f"{name} {values.dtype.str} {shape}\n".encode(), np.ascontiguousarray(values).tobytes()]
    return b"".join(parts)


def unpack(data: bytes) -> Outputs:
    """The arrays of :func:`pack`."""
    out, at = {}, 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, kind, sides = data[at:end].decode().split(" ")
        shape = tuple(int(side) for side in sides.split(",") if side)
        count, at = int(np.prod(shape, dtype=int)), end + 1
        out[name] = np.frombuffer(data, np.dtype(kind), count, at).reshape(shape).copy()
        at += count * np.dtype(kind).itemsize
    return out


def input_key(model: bytes, inputs: Tensors) -> bytes:
    """The key of a model's answer.

    Args:
        model: identifies the model's version.
        inputs: arrays by name.
    """
    digest = hashlib.blake2b(model, digest_size=20)
    for name in sorted(inputs):
        values = np.ascontiguousarray(inputs[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.data)
    return digest.digest()


def file_digest(path: Path) -> bytes:
    """Identifies a file by its content."""
    return hashlib.blake2b(path.read_bytes(), digest_size=20).digest()


class CachedEngine:
    """An `Engine` that asks another one only for what the store does not hold.

    Args:
        engine: computes the answers.
        repository: the folder of its models.
        store: keeps them.
    """

    def __init__(self, engine: Engine, repository: Path, store: AnswerStore) -> None:
        self.name, self._engine, self._store = engine.name, engine, store
        self._repository, self._digests = ModelRepository(repository), dict[str, bytes]()

    async def start(self, models: Sequence[str]) -> None:
        """Start the models; see `Engine.start`."""
        self._digests = {model: file_digest(self._repository.find(model).file()) for model in models}
        await self._engine.start(models)

    def info(self, model: str) -> ModelInfo:
        """See `Engine.info`."""
        return self._engine.info(model)

    def ready(self, model: str) -> bool:
        """See `Engine.ready`."""
        return self._engine.ready(model)

    async def infer(self, model: str, inputs: Tensors, *, timeout: float) -> Outputs:
        """See `Engine.infer`."""
        key = input_key(self._digests[model], inputs)
        found = self._store.get(key)
        if found is None:
            found = await self._engine.infer(model, inputs, timeout=timeout)
            self._store.put(key, found)
        return found

    async def close(self) -> None:
        """See `Engine.close`."""
        await self._engine.close()


def cached_run(store: AnswerStore, model: Path, run: Callable[..., Any]) -> Callable[..., Any]:
    """A function that runs a graph only on inputs that the store does not hold.

    Args:
        store: keeps the answers.
        model: the graph's file.
        run: arrays to arrays, as `courtside_export.running.onnx_run` makes them.
    """
    digest = file_digest(model)

    def answer(arrays: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
        key = input_key(digest, {str(index): values for index, values in enumerate(arrays)})
        found = store.get(key)
        if found is None:
            found = {str(index): values for index, values in enumerate(run(arrays))}
            store.put(key, found)
        return tuple(found[str(index)] for index in range(len(found)))

    return answer
