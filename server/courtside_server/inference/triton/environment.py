"""Builds, once, the Python environment that carries the real Triton server, and puts our backend into it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from courtside_server.errors import EngineUnavailable

FILES = Path(__file__).parent / "files"
"""Our Python backend and the package pins of the environment."""
_PACKAGES = ("numpy", "onnxruntime", "tritonclient[grpc]")
_MARK = "courtside-triton.txt"
_PYTHONS = ((3, 10), (3, 12))
"""First and last Python that both Triton's stub and NumPy 1 support."""


def default_environment() -> Path:
    """``$XDG_CACHE_HOME/courtside/triton``: one for all checkouts of a user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "courtside" / "triton"


@dataclass(frozen=True, slots=True)
class TritonEnvironment:
    """A virtual environment with Triton in it."""

    root: Path

    @property
    def server(self) -> Path:
        """Triton's own folder, with bin/, backends/ and python_backend_stubs/."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "lib" / version / "site-packages" / "pytriton" / "tritonserver"

    @property
    def binary(self) -> Path:
        """The tritonserver executable."""
        return self.server / "bin" / "tritonserver"


def prepare_environment(root: Path, say: Callable[[str], None] = lambda text: None) -> TritonEnvironment:
    """Build the environment where it is missing or its pins have changed, and refresh our backend in it.

    Takes a minute and about 400 MB the first time, milliseconds later. Safe to call from several processes.

    Raises:
        EngineUnavailable: it cannot be built; the message says why.
    """
    if sys.platform != "linux" or not _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        raise EngineUnavailable(
            "Triton without a container needs Linux and Python 3.10 to 3.12; run NVIDIA's container instead "
            "(deploy/triton/README.md)"
        )
    environment = TritonEnvironment(root)
    pins = FILES / "constraints.txt"
    wanted = f"{hashlib.sha256(pins.read_bytes()).hexdigest()} {sys.version_info.major}.{sys.version_info.minor}\n"
    try:
        with locked(root):
            mark = root / _MARK
            if not mark.is_file() or mark.read_text() != wanted or not environment.binary.is_file():
                _build(root, pins, say)
                mark.write_text(wanted)
            _place(environment)
    except OSError as error:
        raise EngineUnavailable(f"the Triton environment {root} cannot be written: {error}") from error
    return environment


def _build(root: Path, pins: Path, say: Callable[[str], None]) -> None:
    say(f"making {root}")
    if root.exists() and any(root.iterdir()) and not (root / "pyvenv.cfg").is_file():
        raise EngineUnavailable(f"{root} is no virtual environment; name an empty or new folder for Triton")
    _run([sys.executable, "-m", "venv", "--clear", str(root)], "make a virtual environment")
    pip = [str(root / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    say("installing the Triton server (55 MB)")
    # Without its dependencies: they are for its own web front end, and want other versions.
    _run([*pip, "--no-deps", "--constraint", str(pins), "nvidia-pytriton"], "install nvidia-pytriton")
    say("installing ONNX Runtime beside it")
    _run([*pip, "--constraint", str(pins), *_PACKAGES], "install ONNX Runtime")


def _place(environment: TritonEnvironment) -> None:
    """Put stub and backend where the server looks for them; the stub finds its libraries only from there."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = environment.server / "python_backend_stubs" / version / "triton_python_backend_stub"
    backends = environment.server / "backends"
    _copy(stub, backends / "python" / "triton_python_backend_stub")
    _copy(FILES / "model.py", backends / "onnxruntime" / "model.py")


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as handle:
        scratch = Path(handle.name)
    shutil.copy(source, scratch)  # the mode too: the stub is executable
    scratch.replace(target)  # in one step: a server that runs keeps the old file


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise EngineUnavailable(f"could not {purpose} for Triton: {tail}")


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold a folder for one process at a time; waits for the other."""
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / f".{root.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
