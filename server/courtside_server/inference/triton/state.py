"""The state folder of a Triton server: where it is, and the record of the running server in it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "triton.json"
"""Name of the record in the state folder."""


def default_state() -> Path:
    """``$XDG_STATE_HOME/courtside/triton``, the folder for pid file and log."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "courtside" / "triton"


@dataclass(frozen=True, slots=True)
class TritonState:
    """The record of a started server, kept in its state folder.

    Attributes:
        pid: its process.
        started: start time of the process in clock units since boot, because a later process may have the same pid.
        grpc_port: port of its gRPC.
        http_port: port of its HTTP; 0 for none.
        metrics_port: port of its metrics; 0 for none.
        repository: folder of its model repository.
        shared_memory: prefix of the memory regions between it and its model processes.
    """

    pid: int
    started: int
    grpc_port: int
    http_port: int
    metrics_port: int
    repository: str
    shared_memory: str

    @classmethod
    def read(cls, folder: Path) -> TritonState | None:
        """Read the record in a state folder; ``None`` when there is none, or it is damaged."""
        try:
            return cls(**json.loads((folder / _FILE).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        """Write the record into a state folder."""
        scratch = folder / f"{_FILE}.new"
        scratch.write_text(json.dumps(asdict(self)))
        scratch.replace(folder / _FILE)

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove the record, if there is one."""
        (folder / _FILE).unlink(missing_ok=True)
