"""Starts, inspects and stops one Triton server on this machine. It keeps running when the starting command ends."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from courtside.onnx_telemetry import DISABLE_TELEMETRY
from courtside_server.errors import EngineUnavailable, ModelInvalid
from courtside_server.inference.repository import ModelRepository
from courtside_server.inference.triton.environment import (
    TritonEnvironment,
    default_environment,
    locked,
    prepare_environment,
)
from courtside_server.inference.triton.linux import clean_shared_memory, free_port, group, reaped, send, started, taken
from courtside_server.inference.triton.state import TritonState, default_state

_HOST = "127.0.0.1"
_SHM = Path("/dev/shm")
_PREFIX = re.compile(r"courtside_triton_\d+_[0-9a-f]+_")
"""Prefix of the memory regions between a server of ours and its model processes."""


class TritonProcess:
    """One Triton server with a state folder. As a context manager it starts and stops the server.

    The server listens on loopback only, uses explicit model control, and runs in its own process group.

    Args:
        repository: the model repository's folder.
        state: folder for pid file and log; one server per folder.
        environment: the virtual environment that contains Triton; built when missing.
        models: models to load; ``None``: all of the repository; an empty sequence: none.
        grpc_port: 0: a free one.
        http_port: 0: no HTTP.
        metrics_port: 0: no metrics.
        timeout: seconds within which it must be ready.
        on_progress: called with a few words on each step.
    """

    def __init__(
        self,
        repository: Path,
        *,
        state: Path | None = None,
        environment: Path | None = None,
        models: Sequence[str] | None = None,
        grpc_port: int = 8001,
        http_port: int = 0,
        metrics_port: int = 0,
        timeout: float = 60.0,
        on_progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.repository = repository
        self.state = (state or default_state()).absolute()
        self.environment = (environment or default_environment()).absolute()
        self.models = models
        self.grpc_port, self.http_port, self.metrics_port = grpc_port, http_port, metrics_port
        self.timeout = timeout
        self._on_progress = on_progress

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.state / "triton.log"

    @property
    def url(self) -> str:
        """``HOST:PORT`` of its gRPC."""
        return f"{_HOST}:{self.grpc_port}"

    @property
    def pid(self) -> int | None:
        """The running server's process, ``None`` when there is none."""
        known = TritonState.read(self.state)
        return known.pid if known and started(known.pid) == known.started else None

    def start(self) -> None:
        """Start it and wait until it and its models are ready.

        Raises:
            EngineUnavailable: one runs already, the environment cannot be built, or it does not become ready; then
                the message ends with the last lines of its log.
            ModelNotFound: no such repository or model.
            ModelInvalid: a model it should load is broken.
        """
        repository = ModelRepository(self.repository)
        models = repository.names() if self.models is None else list(self.models)
        for model in models:
            repository.load(model)
        triton = prepare_environment(self.environment, self._on_progress)
        self.state.mkdir(parents=True, exist_ok=True)
        with locked(self.state):
            self._start(repository, models, triton)

    def stop(self, timeout: float = 30.0) -> bool:
        """Terminate it and wait; after ``timeout`` seconds kill it. Removes the files it leaves.

        Returns:
            Whether a server was running.
        """
        pid = self.pid
        if pid is not None:
            send(pid, signal.SIGTERM)
            if not self._ended(pid, timeout):
                self.kill()
        self._forget()
        return pid is not None

    def kill(self) -> None:
        """Kill it and its model processes at once (kill -9), leaving what a crash would leave."""
        pid = self.pid
        if pid is None:
            return
        members = group(pid)
        for member in members:
            send(member, signal.SIGKILL)
        self._ended(pid, 10.0)

    def attach(self) -> TritonState | None:
        """Adopt the ports of the running server of this state folder; ``None`` when there is none."""
        known = TritonState.read(self.state)
        if known is None or self.pid is None:
            return None
        self.grpc_port, self.http_port, self.metrics_port = known.grpc_port, known.http_port, known.metrics_port
        return known

    def ready_models(self) -> list[tuple[str, str, str, str]]:
        """Name, version, state and reason of every model that the server knows.

        Raises:
            EngineUnavailable: it does not answer.
        """
        try:
            with InferenceServerClient(self.url) as client:
                index = client.get_model_repository_index(client_timeout=5)
        except InferenceServerException as error:
            raise EngineUnavailable(f"Triton at {self.url} does not answer: {error.message()}") from None
        return [(m.name, m.version, m.state or "not loaded", " ".join(m.reason.split())) for m in index.models]

    def __enter__(self) -> TritonProcess:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start(self, repository: ModelRepository, models: Sequence[str], triton: TritonEnvironment) -> None:
        if self.pid is not None:
            raise EngineUnavailable(
                f"a Triton of {self.state} runs already (process {self.pid}); stop it with `courtside triton down`"
            )
        self._forget()
        if self.grpc_port == 0:
            self.grpc_port = free_port(_HOST)
        for port in (self.grpc_port, self.http_port, self.metrics_port):
            if port and taken(_HOST, port):
                raise EngineUnavailable(f"port {port} on {_HOST} is taken; choose another")
        prefix = f"courtside_triton_{os.getpid()}_{os.urandom(4).hex()}_"
        command = [
            str(triton.binary),
            f"--model-repository={repository.root}",
            f"--backend-directory={triton.server / 'backends'}",
            f"--backend-config=python,shm-region-prefix-name={prefix}",
            "--model-control-mode=explicit",
            "--exit-on-error=true",
            "--exit-timeout-secs=10",
            "--allow-gpu-metrics=false",
            f"--grpc-address={_HOST}",
            f"--grpc-port={self.grpc_port}",
            f"--allow-http={str(self.http_port > 0).lower()}",
            f"--allow-metrics={str(self.metrics_port > 0).lower()}",
            *(f"--load-model={model}" for model in models),
        ]
        if self.http_port:
            command += [f"--http-address={_HOST}", f"--http-port={self.http_port}"]
        if self.metrics_port:
            command += [f"--metrics-address={_HOST}", f"--metrics-port={self.metrics_port}"]
        self._on_progress("starting the server")
        null, log = os.open(os.devnull, os.O_RDONLY), os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            pid = os.posix_spawn(
                command[0],
                command,
                self._variables(triton.root, os.environ),
                file_actions=[(os.POSIX_SPAWN_DUP2, null, 0), *((os.POSIX_SPAWN_DUP2, log, out) for out in (1, 2))],
                setsid=True,
            )
        finally:
            os.close(null)
            os.close(log)
        TritonState(
            pid=pid,
            started=started(pid) or 0,
            grpc_port=self.grpc_port,
            http_port=self.http_port,
            metrics_port=self.metrics_port,
            repository=str(repository.root),
            shared_memory=prefix,
        ).write(self.state)
        try:
            self._await_ready(pid, models)
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def _variables(environment: Path, given: Mapping[str, str]) -> dict[str, str]:
        # The stub uses the first python3 in PATH; variables that would redirect that interpreter must be removed.
        kept = {key: value for key, value in given.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**DISABLE_TELEMETRY, **kept, "PATH": f"{environment / 'bin'}:{given.get('PATH', os.defpath)}"}

    def _await_ready(self, pid: int, models: Sequence[str]) -> None:
        self._on_progress("loading the models" if models else "waiting until it is ready")
        deadline = time.monotonic() + self.timeout
        with InferenceServerClient(self.url) as client:
            while (code := reaped(pid)) is None and time.monotonic() < deadline:
                try:
                    if client.is_server_ready(client_timeout=1) and all(
                        client.is_model_ready(model, client_timeout=1) for model in models
                    ):
                        return
                except InferenceServerException:
                    pass  # not listening yet
                time.sleep(0.05)
        text = self.log.read_text("utf-8", "replace")
        broken = re.findall(r'"failed to load \'([^\']+)\' version \d+: (.*)"', text)
        if broken:
            name, reason = broken[0]
            raise ModelInvalid(f"Triton cannot load model {name!r}: {reason.split(chr(92) + 'n')[0]}", model=name)
        what = f"ended with code {code}" if code is not None else f"was not ready within {self.timeout:.0f} s"
        tail = "\n".join(line[:300] for line in text.splitlines()[-12:])
        raise EngineUnavailable(f"Triton {what}; the last lines of {self.log}:\n{tail}")

    def _ended(self, pid: int, timeout: float) -> bool:
        """Wait for a process to end, whether or not it is our child."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if started(pid) is None:
                reaped(pid)
                return True
            time.sleep(0.02)
        return False

    def _forget(self) -> None:
        """Remove the pid file and the shared memory of a server that has ended."""
        known = TritonState.read(self.state)
        if known and _PREFIX.fullmatch(known.shared_memory):
            for region in _SHM.glob(known.shared_memory + "*"):
                region.unlink(missing_ok=True)
        TritonState.remove(self.state)
        clean_shared_memory()
