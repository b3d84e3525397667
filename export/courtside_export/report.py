"""The measurements of an export: report.json of a version, and the table of all reports for the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from courtside_export.errors import ExportInputError
from courtside_export.model_config import versions
from courtside_export.parity import Parity
from courtside_export.speed import Speed
from courtside_training.common.tables import markdown

FILE = "report.json"
"""The report's file name in a version's folder."""


@dataclass(frozen=True)
class Variant:
    """One precision of a model, compared with the single-precision file it was made from.

    Attributes:
        precision: ``fp16`` or ``int8``.
        size: Bytes of the file.
        parity: Parity with the checkpoint.
        speed: Speed of both files with two threads, by ``onnx`` and the precision; None when not measured.
        score: Headline figures of both files, by ``onnx`` and the precision; empty when not measured.
        plan: What was quantised; empty for fp16.
        verdict: A summary in one sentence.
    """

    precision: str
    size: int
    parity: Parity
    speed: Speed | None
    score: dict[str, dict[str, float]]
    plan: dict[str, object]
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {
            "precision": self.precision, "bytes": self.size, "parity": self.parity.to_dict(),
            "speed": self.speed.to_dict() if self.speed else None, "score": self.score, "plan": self.plan,
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Report:
    """One exported version.

    Attributes:
        model: The model's name.
        version: The version's number.
        target: ``onnx`` or ``tensorrt``.
        precision: Precision of the file: ``fp32``, ``fp16`` or ``int8``.
        folder: The version's folder.
        size: Bytes of the file.
        opset: ONNX opset of the graph.
        parity: Parity of the file with the checkpoint.
        speed: Speed of the checkpoint in torch and of the file, by number of threads; None when not measured.
        score: Headline figures of ``torch`` and of the ``file``; empty when not measured.
        variants: The reduced precisions that were measured, including one that was kept.
        notes: What a reader should know.
        software: Versions of the packages it was made with.
    """

    model: str
    version: int
    target: str
    precision: str
    folder: Path
    size: int
    opset: int
    parity: Parity
    speed: Speed | None = None
    score: dict[str, dict[str, float]] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()
    software: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of report.json; NaN is written as null."""
        found = {
            "model": self.model, "version": self.version, "target": self.target, "precision": self.precision,
            "bytes": self.size, "opset": self.opset, "parity": self.parity.to_dict(),
            "speed": self.speed.to_dict() if self.speed else None, "score": self.score,
            "variants": [variant.to_dict() for variant in self.variants], "notes": list(self.notes),
            "software": self.software,
        }
        return json.dumps(_finite(found), indent=1, ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


def reports(repository: Path) -> Iterator[dict[str, Any]]:
    """Every report of a repository, by model and version.

    Raises:
        ExportInputError: The repository is not a folder, or a report cannot be read.
    """
    if not repository.is_dir():
        raise ExportInputError(f"no model repository at {repository}: name one with --repository")
    for folder in sorted(path for path in repository.iterdir() if (path / "config.pbtxt").is_file()):
        for version in versions(folder):
            path = folder / str(version) / FILE
            if not path.is_file():
                continue
            try:
                yield json.loads(path.read_text("utf-8"))
            except ValueError as error:
                raise ExportInputError(f"{path} cannot be read: {error}; export the version again") from None


HEADER = (
    "model", "version", "size, MB", "torch, ms", "ONNX Runtime 1 / 2 threads, ms", "largest difference",
    "decisions agree", "INT8: MB, ms, decisions agree",
)


def table(repository: Path) -> str:
    """The Markdown table of docs/models.md: median milliseconds per row, and differences from the checkpoint."""
    rows, busy, machines = [], False, set()
    for report in reports(repository):
        speed, parity = report["speed"], report["parity"]
        of = speed["median"] if speed else {}
        for one in (speed, *(variant["speed"] for variant in report["variants"])):
            if one:
                busy |= one["in_use"]
                machines.add(one["cores"])
        int8 = next((variant for variant in report["variants"] if variant["precision"] == "int8"), None)
        rows.append((
            report["model"], report["version"], f"{report['bytes'] / 1e6:.2f}", _ms(of.get("torch")),
            f"{_ms(of.get('onnx 1'))} / {_ms(of.get('onnx 2'))}", f"{max(parity['largest'].values()):.1e}",
            f"{parity['agreement']:.1%}", _int8(int8),
        ))
    if not rows:
        raise ExportInputError(f"no {FILE} in {repository}: export a model there first")
    machine = f"Batch 1, median, CPU with {' or '.join(map(str, sorted(machines)))} cores" if machines else "Not timed"
    used = "; other programs ran meanwhile, so times are upper bounds" if busy else ""
    return f"{markdown(HEADER, rows).rstrip()}\n\n{machine}{used}. INT8 milliseconds are with two threads.\n"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _int8(variant: dict[str, Any] | None) -> str:
    if variant is None:
        return "-"
    speed = variant["speed"]
    took = _ms(speed["median"]["int8"]) if speed else "-"
    return f"{variant['bytes'] / 1e6:.2f}, {took}, {variant['parity']['agreement']:.1%}"
