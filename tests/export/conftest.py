"""A tiny system to export, with one image input and two output heads, and a checkpoint of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs torch; install courtside[export]")
pytest.importorskip("onnx")

from courtside_export import cli  # noqa: E402
from courtside_training.common import checkpoint, registry  # noqa: E402
from courtside_training.common.export_spec import ModelSignature, TensorSpec  # noqa: E402


class TinyNetwork(torch.nn.Module):
    """Normalisation, two convolutions, two heads."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, width, 3, stride=2)
        self.second = torch.nn.Conv2d(width, width, 3)
        self.dense = torch.nn.Linear(width, 16)
        self.colour, self.level = torch.nn.Linear(16, 3), torch.nn.Linear(16, 1)

    def forward(self, image):
        x = image.float() / 127.5 - 1
        x = torch.relu(self.second(torch.relu(self.first(x)))).mean((2, 3))
        x = torch.relu(self.dense(x))
        return torch.softmax(self.colour(x), 1), torch.sigmoid(self.level(x))


class TinySystem:
    """Classifies an image by its colour; has the interface of `ExportSpec`."""

    signature = ModelSignature(
        "tiny", (TensorSpec("picture", "uint8", (3, 16, 20)),),
        (TensorSpec("colour", "float32", (3,), ("red", "green", "blue")), TensorSpec("level", "float32", (1,))),
        max_batch=4, parameters={"input_kind": "picture"},
    )

    def load(self, path: Path):
        network = TinyNetwork()
        checkpoint.fill(network, checkpoint.load(path, "tiny")["weights"], path)
        return network.eval()

    def samples(self, count: int, seed: int):
        rng = np.random.default_rng(seed)
        images = rng.integers(0, 90, (count, *self.signature.inputs[0].dims), np.uint8)
        images[np.arange(count), rng.integers(0, 3, count)] += 150
        return (images,)

    def decisions(self, outputs):
        return np.stack([outputs[0].argmax(1), outputs[1][:, 0] >= 0.5], 1)

    def score(self, run, count: int):
        images = self.samples(count, 20_001)
        return {"accuracy": float((run(images)[0].argmax(1) == images[0].mean((2, 3)).argmax(1)).mean())}

    def card(self, path: Path, evaluation):
        return f"## Measured\n\naccuracy {evaluation['accuracy']}, Apache-2.0"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> TinySystem:
    """The tiny system, listed in the registry."""
    module = ModuleType("tiny_system")
    module.EXPORT_SPEC = TinySystem()
    module.SYSTEM = SimpleNamespace(export_specs={"tiny": "tiny_system"})
    monkeypatch.setitem(sys.modules, "tiny_system", module)
    monkeypatch.setitem(registry.SYSTEMS, "tiny", "tiny_system")
    # Leave the threads of the test process as they are.
    monkeypatch.setattr("courtside_training.common.runtime.prepare", lambda threads: None)
    return module.EXPORT_SPEC


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A checkpoint of the tiny system, seeded."""
    return save_tiny(tmp_path / "tiny.pt")


def save_tiny(path: Path, width: int = 8, seed: int = 3) -> Path:
    torch.manual_seed(seed)
    checkpoint.save(path, "tiny", {"weights": TinyNetwork(width).state_dict()})
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`command("tiny", "--checkpoint", path)` runs `courtside-export` and returns its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["courtside-export", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(stopped.value.code)

    return run
