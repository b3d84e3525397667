"""From checkpoint to a version in the repository: graph, precision, parity, speed, card, all written in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import onnx
import torch

from courtside_export.card import write_card
from courtside_export.entry import check_same_face, entry_files, versions
from courtside_export.errors import ExportInputError
from courtside_export.graph import check_arrays, check_opset, to_onnx
from courtside_export.half import NOTE as HALF_NOTE
from courtside_export.half import to_half
from courtside_export.integer import Plan, to_integers
from courtside_export.parity import Parity, compare
from courtside_export.placing import new_version, replace_files, write_error
from courtside_export.report import FILE, Report, Variant
from courtside_export.running import Run, in_batches, onnx_run, torch_run
from courtside_export.speed import Speed, measure
from courtside_export.tensorrt_engine import EngineRun, build, missing, trtexec
from courtside_training.common import registry
from courtside_training.common.export_spec import Arrays, ExportSpec

BATCH = 8
CALIBRATION_SEED = 10_900
"""Calibration samples come out of the validation seeds."""
PARITY_SEED = 20_000
"""Parity and speed are measured on samples of the test seeds."""


@dataclass(frozen=True)
class ExportSettings:
    """How to export; the defaults are the quickest that still compare.

    Attributes:
        target: ``onnx`` or ``tensorrt``.
        fp16: half precision.
        int8: quantised.
        also: precisions to measure beside the one that is kept, of ``fp16`` and ``int8``.
        calibration: samples to calibrate INT8 on.
        opset: of the graph.
        version: its number; None: the next.
        samples: compared with the checkpoint.
        timed: measure speed.
        scored: held-out cases to score checkpoint and file on; 0: none.
        evaluation: what the evaluation measured, for the card; None: no card.
    """

    target: str = "onnx"
    fp16: bool = False
    int8: bool = False
    also: tuple[str, ...] = ()
    calibration: int = 100
    opset: int = 17
    version: int | None = None
    samples: int = 16
    timed: bool = False
    scored: int = 0
    evaluation: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def precision(self) -> str:
        """``fp32``, ``fp16`` or ``int8``."""
        return "int8" if self.int8 else "fp16" if self.fp16 else "fp32"


def export_model(
    name: str, checkpoint: Path, repository: Path, settings: ExportSettings | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Report:
    """Export one checkpoint as a new version of its model.

    Args:
        name: in the registry.
        checkpoint: of that system.
        repository: a folder in Triton's layout; made when missing.
        settings: see `ExportSettings`.
        say: told what goes on.

    Raises:
        TrainingInputError: unknown name, missing or foreign checkpoint, a network of another shape.
        ExportInputError: an opset, precision, version or target that cannot be; a full disk; an unwritable folder.
    """
    settings = settings or ExportSettings()
    system = registry.export_spec(name)
    check_opset(settings.opset)
    if settings.target == "onnx" and settings.fp16 and settings.int8:
        raise ExportInputError("--fp16 and --int8 together are for TensorRT, which mixes them: choose one for ONNX")
    if not checkpoint.is_file():
        raise ExportInputError(f"no checkpoint at {checkpoint}: train one with `courtside-train`")
    folder = repository / system.signature.name
    if settings.target == "tensorrt":
        _refuse_without_gpu(system, folder, settings)
    check_same_face(folder, system.signature, settings.target)
    module = system.load(checkpoint)
    with new_version(folder, settings.version) as (version, scratch):
        export = _Export(system, module, checkpoint, settings, say)
        report = export.into(scratch, folder / str(version), version)
    texts = entry_files(system.signature, settings.target)
    replace_files(folder, texts if export.card is None else {**texts, "MODEL_CARD.md": export.card})
    return report


def export_graph(
    name: str, checkpoint: Path, repository: Path, graph: Path, settings: ExportSettings,
    say: Callable[[str], None] = lambda text: None,
) -> str:
    """Write what TensorRT reads, for a machine without a GPU, and the entry that the engine will belong to.

    Args:
        name: in the registry.
        checkpoint: of that system.
        repository: gets config.pbtxt and labels, no version.
        graph: file to write; with ``settings.int8`` it holds calibrated quantise/dequantise pairs.
        settings: precision, opset, calibration, version.
        say: told what goes on.

    Returns:
        The trtexec command line that builds the engine into the repository.

    Raises:
        TrainingInputError, ExportInputError: as `export_model`.
    """
    system = registry.export_spec(name)
    check_opset(settings.opset)
    folder = repository / system.signature.name
    check_same_face(folder, system.signature, "tensorrt")
    made = _Export(system, system.load(checkpoint), checkpoint, settings, say).for_tensorrt()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(made, str(graph))
    except OSError as error:
        raise write_error(graph, error) from error
    replace_files(folder, entry_files(system.signature, "tensorrt"))
    return _trtexec(system, folder, graph, settings)


def _trtexec(system: ExportSpec, folder: Path, graph: Path, settings: ExportSettings) -> str:
    plan = folder / str(settings.version or max(versions(folder), default=0) + 1) / "model.plan"
    command = trtexec(system.signature, graph, plan, fp16=settings.fp16, int8=settings.int8)
    return f"mkdir -p {plan.parent} && {command}"


def _refuse_without_gpu(system: ExportSpec, folder: Path, settings: ExportSettings) -> None:
    """Say what is missing for an engine, and how it is built where nothing is."""
    lacks = missing()
    if lacks:
        graph = Path(f"{system.signature.name}.onnx")
        raise ExportInputError(
            f"no TensorRT engine can be built here: this machine lacks {' and '.join(lacks)}. Add --graph {graph} to "
            f"write what TensorRT reads, then run on the GPU machine: {_trtexec(system, folder, graph, settings)}"
        )


class _Export:
    """One export under way."""

    def __init__(
        self, system: ExportSpec, module: torch.nn.Module, checkpoint: Path, settings: ExportSettings,
        say: Callable[[str], None],
    ) -> None:
        self.system, self.checkpoint, self.settings, self.say = system, checkpoint, settings, say
        self.signature = system.signature
        self.names = [tensor.name for tensor in self.signature.outputs]
        self.torch = torch_run(module)
        say(f"{settings.samples} samples")
        self.samples = system.samples(max(2, settings.samples), PARITY_SEED)
        try:
            with _one_thread(settings.timed):
                self.reference = in_batches(self.torch, self.samples, self.batch)
        except RuntimeError as error:
            raise ExportInputError(
                f"{checkpoint} holds a network of another shape than {self.signature.name} is served with: it fails on "
                f"the served input ({str(error).splitlines()[0][:200]})"
            ) from error
        check_arrays(self.signature.name, "output", self.signature.outputs, self.reference, len(self.samples[0]))
        say("graph")
        self.graph = to_onnx(module, self.signature, self.samples, settings.opset)
        self.card: str | None = None
        self._scores: dict[str, dict[str, float]] = {}

    @property
    def batch(self) -> int:
        return min(BATCH, self.signature.max_batch)

    def into(self, scratch: Path, final: Path, version: int) -> Report:
        """Write everything of the version."""
        settings = self.settings
        wanted = dict.fromkeys([*(p for p in ("fp16", "int8") if getattr(settings, p)), *settings.also])
        made: dict[str, tuple[onnx.ModelProto, Plan | None]] = {}
        notes = [HALF_NOTE] if settings.precision == "fp16" and settings.target == "onnx" else []
        engine: bytes | None = None
        if settings.target == "tensorrt":
            graph = self.for_tensorrt()
            self.say("TensorRT engine")
            engine = build(graph.SerializeToString(), self.signature, fp16=settings.fp16, int8=settings.int8)
        else:
            for precision in wanted:
                self.say(precision)
                try:
                    made[precision] = (
                        (to_half(self.graph, self.signature.name), None) if precision == "fp16" else self._calibrated()
                    )
                except ExportInputError as error:
                    if precision == settings.precision:
                        raise
                    notes.append(f"No {precision}: {error}.")  # only wanted for comparison
        path = scratch / ("model.plan" if engine is not None else "model.onnx")
        if engine is not None:
            path.write_bytes(engine)
        else:
            onnx.save(made[settings.precision][0] if settings.precision in made else self.graph, str(path))
        run = EngineRun(engine, self.signature) if engine is not None else onnx_run(path)
        self.say("parity")
        parity = self._parity(run)
        variants = tuple(self._variant(precision, *made[precision]) for precision in made)
        report = Report(
            self.signature.name, version, settings.target, settings.precision, final, path.stat().st_size,
            settings.opset, parity, self._speed(run, path), self._score(run), variants,
            tuple(notes), _software(),
        )
        (scratch / FILE).write_text(report.to_json(), "utf-8")
        if settings.evaluation is not None:
            body = self.system.card(self.checkpoint, settings.evaluation)
            self.card = write_card(self.signature, report, body)
        return report

    def for_tensorrt(self) -> onnx.ModelProto:
        """The graph that TensorRT reads."""
        return self._calibrated(symmetric=True)[0] if self.settings.int8 else self.graph

    def _calibrated(self, *, symmetric: bool = False) -> tuple[onnx.ModelProto, Plan]:
        samples = self.system.samples(max(8, self.settings.calibration), CALIBRATION_SEED)
        return to_integers(self.graph, self.system, samples, symmetric=symmetric)

    def _parity(self, run: Run) -> Parity:
        """In batches and, for the first row, alone: a batch size that was burnt in would show."""
        outputs = in_batches(run, self.samples, self.batch)
        check_arrays(self.signature.name, "output", self.signature.outputs, outputs, len(self.samples[0]))
        alone = run(tuple(array[:1] for array in self.samples))
        check_arrays(self.signature.name, "output", self.signature.outputs, alone, 1)
        return compare(self.names, self.reference, outputs, self.system.decisions)

    def _speed(self, run: Run, path: Path) -> Speed | None:
        if not self.settings.timed:
            return None
        self.say("speed")
        runs = {"torch": self.torch}
        runs |= {"engine": run} if path.suffix == ".plan" else {"onnx 1": onnx_run(path, 1), "onnx 2": onnx_run(path)}
        with _one_thread(True):
            return measure(runs, self._timed_rows())

    def _timed_rows(self) -> Arrays:
        return tuple(array[:8] for array in self.samples)

    def _score(self, run: Run) -> dict[str, dict[str, float]]:
        if not self.settings.scored:
            return {}
        return {"torch": self._scored("torch", self.torch), "file": self._scored("file", run)}

    def _scored(self, name: str, run: Run) -> dict[str, float]:
        if name not in self._scores:
            self.say(f"score of {name}")
            def batched(inputs: Arrays) -> Arrays:
                return in_batches(run, inputs, self.batch)

            found = self.system.score(batched, self.settings.scored)
            self._scores[name] = {key: round(float(value), 6) for key, value in found.items()}
        return self._scores[name]

    def _variant(self, precision: str, graph: onnx.ModelProto, plan: Plan | None) -> Variant:
        run, single = onnx_run(graph), onnx_run(self.graph)
        speed, score = None, {}
        if self.settings.timed:
            speed = measure({"onnx": single, precision: run}, self._timed_rows())
        if self.settings.scored:
            score = {"onnx": self._scored("onnx", single), precision: self._scored(precision, run)}
        parity, size = self._parity(run), graph.ByteSize()
        verdict = _verdict(precision, parity, speed, score, size, self.graph.ByteSize())
        return Variant(precision, size, parity, speed, score, plan.to_dict() if plan else {}, verdict)


def _verdict(
    precision: str, parity: Parity, speed: Speed | None, score: dict[str, dict[str, float]], size: int, before: int
) -> str:
    """What the precision costs and gives, in one sentence; a loss is called one."""
    parts = [f"{size / 1e6:.2f} MB instead of {before / 1e6:.2f}", f"decisions agree on {parity.agreement:.1%}"]
    if speed:
        old, new = speed.median["onnx"], speed.median[precision]
        word = "faster" if new < 0.97 * old else "slower" if new > 1.03 * old else "no faster"
        parts.append(f"{word}: {new:.3g} ms instead of {old:.3g} (two threads)")
    if score:
        parts.append("figures " + ", ".join(
            f"{key} {score[precision].get(key, float('nan')):.3f} instead of {value:.3f}"
            for key, value in score["onnx"].items()
        ))
    return "; ".join(parts)


@contextmanager
def _one_thread(wanted: bool) -> Iterator[None]:
    before = torch.get_num_threads()
    if wanted:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _software() -> dict[str, str]:
    return {name: installed(name) for name in ("torch", "onnx", "onnxruntime")}


