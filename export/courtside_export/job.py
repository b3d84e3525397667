"""One export: graph, precision, parity, speed, score and card of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import onnx
import torch

from courtside_export.card import write_card
from courtside_export.errors import ExportInputError
from courtside_export.fp16 import NOTE as FP16_NOTE
from courtside_export.fp16 import to_fp16
from courtside_export.graph import check_arrays, to_onnx
from courtside_export.int8 import QuantisationPlan, to_int8
from courtside_export.parity import Parity, compare
from courtside_export.report import FILE, Report, Variant
from courtside_export.running import Run, in_batches, onnx_run, torch_run
from courtside_export.settings import ExportSettings
from courtside_export.speed import Speed, measure
from courtside_export.tensorrt_engine import EngineRun, build
from courtside_training.common.export_spec import Arrays, ExportSpec

_CUT_ROWS = 4
"""Samples that are compared at the smallest size, where sizes are free."""
BATCH = 8
"""Rows per batch when checkpoint and file are compared."""
CALIBRATION_SEED = 10_900
"""Calibration samples come from the validation seeds."""
PARITY_SEED = 20_000
"""Parity and speed are measured on samples of the test seeds."""


class ExportJob:
    """One export of one checkpoint; `into` writes the version."""

    def __init__(
        self, spec: ExportSpec, module: torch.nn.Module, checkpoint: Path, settings: ExportSettings,
        progress: Callable[[str], None],
    ) -> None:
        self.spec, self.checkpoint, self.settings, self.progress = spec, checkpoint, settings, progress
        self.signature = spec.signature
        self.names = [tensor.name for tensor in self.signature.outputs]
        self.torch = torch_run(module)
        progress(f"{settings.samples} samples")
        self.samples = spec.samples(max(2, settings.samples), PARITY_SEED)
        try:
            with _one_thread(settings.timed):
                self.reference = in_batches(self.torch, self.samples, self.batch)
        except RuntimeError as error:
            raise ExportInputError(
                f"{checkpoint} holds a network of another shape than {self.signature.name} is served with: it fails on "
                f"the served input ({str(error).splitlines()[0][:200]})"
            ) from error
        check_arrays(self.signature.name, "output", self.signature.outputs, self.reference, len(self.samples[0]))
        progress("graph")
        self.graph = to_onnx(module, self.signature, self.samples, settings.opset)
        self._check_free_sizes()
        self.card: str | None = None
        self._scores: dict[str, dict[str, float]] = {}

    @property
    def batch(self) -> int:
        """Rows per batch, at most what the model accepts."""
        return min(BATCH, self.signature.max_batch)

    def _check_free_sizes(self) -> None:
        """Raise ExportInputError where the graph holds constants of the size that it was traced with."""
        inputs = self.signature.inputs
        if not any(tensor.free for tensor in inputs):
            return
        cut = tuple(
            np.ascontiguousarray(array[:_CUT_ROWS][(slice(None), *map(_middle, tensor.dims, tensor.limits[0]))])
            for tensor, array in zip(inputs, self.samples, strict=True)
        )
        try:
            found = compare(self.names, self.torch(cut), onnx_run(self.graph)(cut), self.spec.decisions)
            why = f"decides differently in {1 - found.agreement:.0%}" if found.agreement < 1 else ""
        except Exception as error:  # the exceptions of ONNX Runtime have no common base class
            why = f"fails: {' '.join(str(error).split())[:200]}"
        if why:
            raise ExportInputError(
                f"{self.signature.name}: the graph has the traced size in it; at the smallest size it {why}. Count in "
                f"tensors (clamp, cumsum) instead of taking numbers from their shape"
            )

    def into(self, scratch: Path, final: Path, version: int) -> Report:
        """Write the model file and report.json into `scratch`; `final` is the folder's later path for the report."""
        settings = self.settings
        wanted = dict.fromkeys([*(p for p in ("fp16", "int8") if getattr(settings, p)), *settings.also])
        made: dict[str, tuple[onnx.ModelProto, QuantisationPlan | None]] = {}
        notes = [FP16_NOTE] if settings.precision == "fp16" and settings.target == "onnx" else []
        engine: bytes | None = None
        if settings.target == "tensorrt":
            graph = self.for_tensorrt()
            self.progress("TensorRT engine")
            engine = build(graph.SerializeToString(), self.signature, fp16=settings.fp16, int8=settings.int8)
        else:
            for precision in wanted:
                self.progress(precision)
                try:
                    made[precision] = (
                        (to_fp16(self.graph, self.signature.name), None) if precision == "fp16" else self._calibrated()
                    )
                except ExportInputError as error:
                    if precision == settings.precision:
                        raise
                    notes.append(f"No {precision}: {error}.")  # it was wanted for comparison only
        path = scratch / ("model.plan" if engine is not None else "model.onnx")
        if engine is not None:
            path.write_bytes(engine)
        else:
            onnx.save(made[settings.precision][0] if settings.precision in made else self.graph, str(path))
        run = EngineRun(engine, self.signature) if engine is not None else onnx_run(path)
        self.progress("parity")
        parity = self._parity(run)
        variants = tuple(self._variant(precision, *made[precision]) for precision in made)
        report = Report(
            self.signature.name, version, settings.target, settings.precision, final, path.stat().st_size,
            settings.opset, parity, self._speed(run, path), self._score(run), variants, tuple(notes), _software(),
        )
        (scratch / FILE).write_text(report.to_json(), "utf-8")
        if settings.evaluation is not None:
            body = self.spec.card(self.checkpoint, settings.evaluation)
            self.card = write_card(self.signature, report, body)
        return report

    def for_tensorrt(self) -> onnx.ModelProto:
        """The graph for TensorRT: with INT8 it holds quantise/dequantise pairs."""
        return self._calibrated(symmetric=True)[0] if self.settings.int8 else self.graph

    def _calibrated(self, *, symmetric: bool = False) -> tuple[onnx.ModelProto, QuantisationPlan]:
        samples = self.spec.samples(max(8, self.settings.calibration), CALIBRATION_SEED)
        return to_int8(self.graph, self.spec, samples, symmetric=symmetric)

    def _parity(self, run: Run) -> Parity:
        """Compare in batches and with one row alone, which fails when the graph has a fixed batch size."""
        outputs = in_batches(run, self.samples, self.batch)
        check_arrays(self.signature.name, "output", self.signature.outputs, outputs, len(self.samples[0]))
        alone = run(tuple(array[:1] for array in self.samples))
        check_arrays(self.signature.name, "output", self.signature.outputs, alone, 1)
        return compare(self.names, self.reference, outputs, self.spec.decisions)

    def _speed(self, run: Run, path: Path) -> Speed | None:
        if not self.settings.timed:
            return None
        self.progress("speed")
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
            self.progress(f"score of {name}")
            def batched(inputs: Arrays) -> Arrays:
                return in_batches(run, inputs, self.batch)

            found = self.spec.score(batched, self.settings.scored)
            self._scores[name] = {key: round(float(value), 6) for key, value in found.items()}
        return self._scores[name]

    def _variant(self, precision: str, graph: onnx.ModelProto, plan: QuantisationPlan | None) -> Variant:
        run, single = onnx_run(graph), onnx_run(self.graph)
        speed, score = None, {}
        if self.settings.timed:
            speed = measure({"onnx": single, precision: run}, self._timed_rows())
        if self.settings.scored:
            score = {"onnx": self._scored("onnx", single), precision: self._scored(precision, run)}
        parity, size = self._parity(run), graph.ByteSize()
        verdict = _verdict(precision, parity, speed, score, size, self.graph.ByteSize())
        return Variant(precision, size, parity, speed, score, plan.to_dict() if plan else {}, verdict)


def _middle(size: int, kept: int) -> slice:
    """The middle ``kept`` of ``size``."""
    return slice((size - kept) // 2, (size - kept) // 2 + kept)


def _verdict(
    precision: str, parity: Parity, speed: Speed | None, score: dict[str, dict[str, float]], size: int, before: int
) -> str:
    """One sentence on what a precision costs and gains."""
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
