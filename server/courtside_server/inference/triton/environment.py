"""Builds the Python environment that contains the Triton server, once, and installs our backend in it."""

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
"""Packages to install beside the server."""
_MARK = "courtside-triton.txt"
"""File in the environment that says what it was built from."""
_PYTHONS = ((3, 10), (3, 12))
"""First and last Python version that both Triton's stub and NumPy 1 support."""


def default_environment() -> Path:
    """``$XDG_CACHE_HOME/courtside/triton``: one environment for all checkouts of a user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "courtside" / "triton"


@dataclass(frozen=True, slots=True)
class TritonEnvironment:
    """A virtual environment that contains Triton."""

    root: Path

    @property
    def server(self) -> Path:
        """Triton's folder, with bin/, backends/ and python_backend_stubs/."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "lib" / version / "site-packages" / "pytriton" / "tritonserver"

    @property
    def binary(self) -> Path:
        """The tritonserver executable."""
        return self.server / "bin" / "tritonserver"


def prepare_environment(root: Path, on_progress: Callable[[str], None] = lambda text: None) -> TritonEnvironment:
    """Build the environment if it is missing or its pins have changed, and update our backend in it.

    The first call takes a minute and about 400 MB, later calls milliseconds. Several processes may call it.

    Args:
        root: folder of the environment.
        on_progress: called with a few words on each step.

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
                _build(root, pins, on_progress)
                mark.write_text(wanted)
            _install_backend(environment)
    except OSError as error:
        raise EngineUnavailable(f"the Triton environment {root} cannot be written: {error}") from error
    return environment


def _build(root: Path, pins: Path, on_progress: Callable[[str], None]) -> None:
    on_progress(f"creating {root}")
    if root.exists() and any(root.iterdir()) and not (root / "pyvenv.cfg").is_file():
        raise EngineUnavailable(f"{root} is not a virtual environment; name an empty or new folder for Triton")
    _run([sys.executable, "-m", "venv", "--clear", str(root)], "create a virtual environment")
    pip = [str(root / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    on_progress("installing the Triton server (55 MB)")
    # Without its dependencies: they are for its web front end and need other versions.
    _run([*pip, "--no-deps", "--constraint", str(pins), "nvidia-pytriton"], "install nvidia-pytriton")
    on_progress("installing ONNX Runtime")
    _run([*pip, "--constraint", str(pins), *_PACKAGES], "install ONNX Runtime")


def _install_backend(environment: TritonEnvironment) -> None:
    """Copy stub and backend to where the server expects them; the stub finds its libraries only from there."""
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
    shutil.copy(source, scratch)  # with its mode: the stub is executable
    scratch.replace(target)  # atomic: a running server keeps the old file


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise EngineUnavailable(f"could not {purpose} for Triton: {tail}")


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Lock a folder for one process at a time; waits for the other process."""
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / f".{root.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
