"""What tests share: a gateway as a process, what it says of itself; a model whose answer can be worked out by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import grpc
import numpy as np
from google.protobuf.json_format import MessageToDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from courtside.v1 import events_pb2, events_pb2_grpc

ROOT = Path(__file__).parents[1]
FOOTAGE = ROOT.parent / "shared" / "data" / "footage"


FLASH_CONFIG = """
name: "flash"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "clip" data_type: TYPE_UINT8 dims: [ 16, 3, 144, 256 ] } ]
output [
  { name: "shot" data_type: TYPE_FP32 dims: [ 1 ] },
  { name: "release" data_type: TYPE_FP32 dims: [ 16 ] },
  { name: "zone" data_type: TYPE_FP32 dims: [ 7 ] },
  { name: "make" data_type: TYPE_FP32 dims: [ 1 ] }
]
dynamic_batching { max_queue_delay_microseconds: 1000 }
"""


def flash_model() -> bytes:
    """A clip model that takes the brightest sample for the release: its answers can be worked out by hand."""
    from onnx import TensorProto, helper

    node, value = helper.make_node, helper.make_tensor_value_info

    def constant(name: str, numbers: Sequence[float], kind: int = TensorProto.FLOAT):
        return helper.make_tensor(name, kind, [len(numbers)], numbers)

    graph = helper.make_graph(
        [
            node("Cast", ["clip"], ["pixels"], to=TensorProto.FLOAT),
            node("ReduceMean", ["pixels", "pixel_axes"], ["level"], keepdims=0),
            node("Mul", ["level", "gain"], ["sharp"]),
            node("Softmax", ["sharp"], ["release"], axis=1),
            node("ReduceMax", ["level", "sample_axis"], ["peak"], keepdims=1),
            node("ReduceMean", ["level", "sample_axis"], ["mean"], keepdims=1),
            node("Sub", ["peak", "mean"], ["contrast"]),
            node("Sub", ["contrast", "least"], ["over"]),
            node("Sigmoid", ["over"], ["shot"]),
            node("Sigmoid", ["contrast"], ["make"]),
            node("Mul", ["contrast", "nothing"], ["zeros"]),
            node("Add", ["zeros", "zone_logits"], ["zones"]),
            node("Softmax", ["zones"], ["zone"], axis=1),
        ],
        "flash",
        [value("clip", TensorProto.UINT8, ["batch", 16, 3, 144, 256])],
        [value("shot", TensorProto.FLOAT, ["batch", 1]), value("release", TensorProto.FLOAT, ["batch", 16]),
         value("zone", TensorProto.FLOAT, ["batch", 7]), value("make", TensorProto.FLOAT, ["batch", 1])],
        [constant("pixel_axes", [2, 3, 4], TensorProto.INT64), constant("sample_axis", [1], TensorProto.INT64),
         constant("gain", [0.5]), constant("least", [30.0]), constant("nothing", [0.0]),
         constant("zone_logits", [0, 0, 0, 0, 0, 3, 0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model.SerializeToString()


def write_flash_film(
    path: Path, flashes: Sequence[float], seconds: float, fps: int = 30, size: tuple[int, int] = (320, 180),
    options: dict[str, str] | None = None, codec: str = "libx264",
) -> Path:
    """A dark film that is bright for 0.3 s around each of ``flashes`` (seconds)."""
    width, height = size
    with av.open(str(path), "w") as container:
        options = options or {"preset": "ultrafast", "tune": "zerolatency"}
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(round(seconds * fps)):
            bright = any(abs(index / fps - flash) < 0.15 for flash in flashes)
            picture = np.full((height, width, 3), 230 if bright else 30, np.uint8)
            picture[:, index % width] = 120
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


class GatewayProcess:
    """``courtside serve`` as a process of its own; can be killed and started again on the same ports and log."""

    def __init__(
        self, data_dir: Path, *flags: str, grpc_address: str = "127.0.0.1:0", http: str = "127.0.0.1:0",
        prefix: Sequence[str] = (),
    ) -> None:
        self.data_dir, self.flags, self.grpc, self.http = data_dir, flags, grpc_address, http
        self.prefix = prefix  # a command that runs the gateway's, for example with less of something
        self.process: subprocess.Popen[str] | None = None
        self._drainer: threading.Thread | None = None
        self.log: list[str] = []

    def start(self, timeout: float = 30) -> GatewayProcess:
        """Start and wait for the ready line; later starts use the ports of the first."""
        command = [*self.prefix, *COMMAND, "serve", "--grpc", self.grpc, "--http", self.http,
                   "--data-dir", str(self.data_dir), *self.flags]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COURTSIDE_")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
        )
        self._drainer = threading.Thread(target=self._drain, args=(self.process,), daemon=True)
        self._drainer.start()
        timer = threading.Timer(timeout, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            self.process.wait()
            raise RuntimeError(f"the gateway did not start: {self.stderr()}")
        ready = json.loads(line)
        self.grpc, self.http = ready["grpc"], ready["http"]
        return self

    def _drain(self, process: subprocess.Popen[str]) -> None:
        self.log.extend(process.stderr)

    def _close(self) -> None:
        self._drainer.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def stderr(self) -> str:
        return "".join(self.log[-40:])

    def wait_serving(self, service: str = "", timeout: float = 20) -> None:
        """Until grpc.health.v1 says SERVING."""
        deadline = time.monotonic() + timeout
        with grpc.insecure_channel(self.grpc) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            while time.monotonic() < deadline:
                try:
                    answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=1, wait_for_ready=True)
                except grpc.RpcError:
                    continue
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
                time.sleep(0.05)
        raise TimeoutError(f"not SERVING within {timeout} s: {self.stderr()}")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of a metric that have these labels."""
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def events(self, game: str) -> list[dict[str, Any]]:
        """All events of a game that are in the log now, as ``courtside watch`` prints them."""
        found: list[dict[str, Any]] = []
        request = events_pb2.ListEventsRequest(game=f"games/{game}", page_size=1000)
        with grpc.insecure_channel(self.grpc) as channel:
            while True:
                page = events_pb2_grpc.EventServiceStub(channel).ListEvents(request, timeout=10, wait_for_ready=True)
                found += [MessageToDict(event, always_print_fields_with_no_presence=True) for event in page.events]
                request.page_token = page.next_page_token
                if not request.page_token:
                    return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close()

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM, wait, give the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
            self._close()
            return code
        except subprocess.TimeoutExpired:
            self.kill()
            raise


COMMAND = [sys.executable, "-m", "courtside_client.cli"]


def courtside(*arguments: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the ``courtside`` command to its end."""
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def confirmed(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shots that were confirmed in the end, by media time."""
    last = {event["eventId"]: event for event in events if "shot" in event}
    return sorted(
        (event for event in last.values() if event["lifecycle"] == "LIFECYCLE_CONFIRMED"),
        key=lambda event: event["mediaOffset"],
    )


def make_flash_gateway(data_dir: Path, repository: Path, *flags: str, **options: Any) -> GatewayProcess:
    config = data_dir / "courtside.toml"
    data_dir.mkdir(parents=True, exist_ok=True)
    config.write_text("[inference]\nmodel = 'flash'\n[perception]\nprofile = 'clip'\n")
    return GatewayProcess(
        data_dir, "--config", str(config), "--repository", str(repository), *flags, **options
    )
