"""The model card: a table of what the export measured, then the text that the system supplies."""

from __future__ import annotations

from collections.abc import Sequence

from courtside_export.model_config import label_files
from courtside_export.report import Report
from courtside_export.speed import Speed
from courtside_training.common.export_spec import ModelSignature, TensorSpec
from courtside_training.common.tables import markdown


def write_card(signature: ModelSignature, report: Report, body: str) -> str:
    """The text of MODEL_CARD.md.

    Args:
        signature: The model's signature.
        report: The report of this version.
        body: The system's own text, Markdown.
    """
    labels = label_files(signature)
    rows = [
        ("input" if index == 0 else "", _tensor(tensor, None)) for index, tensor in enumerate(signature.inputs)
    ] + [
        ("outputs" if index == 0 else "", _tensor(tensor, labels.get(tensor.name)))
        for index, tensor in enumerate(signature.outputs)
    ]
    file = "model.plan" if report.target == "tensorrt" else "model.onnx"
    rows.append(("file", f"{file}, {report.size / 1e6:.2f} MB, {report.precision}, opset {report.opset}, free batch "
                         f"size up to {signature.max_batch}"))
    if report.speed is not None:
        rows.append(("speed", _speed(report.speed)))
    gaps = ", ".join(f"{name} {value:.1e}" for name, value in report.parity.largest.items())
    rows.append(("parity", f"{report.parity.samples} simulated samples against the checkpoint: decisions agree on "
                           f"{report.parity.agreement:.1%}; largest differences {gaps}"))
    rows += [(variant.precision, variant.verdict) for variant in report.variants]
    head = f"# {signature.name}, version {report.version}\n\n{markdown(('', ''), rows).rstrip()}\n"
    notes = "".join(f"\n{note}\n" for note in report.notes)
    return f"{head}{notes}\n{body.strip()}\n"


def _tensor(tensor: TensorSpec, file: str | None) -> str:
    shape = ", ".join(str(size) for size in ("B", *tensor.dims))
    if tensor.free:
        least, most = tensor.limits
        shape += "; " + ", ".join(f"size {axis + 1} from {least[axis]} to {most[axis]}" for axis in tensor.free)
    return f"`{tensor.name}` {tensor.dtype} [{shape}]" + (f", labels in {file}" if file else "")


def _speed(speed: Speed) -> str:
    names: Sequence[tuple[str, str]] = (
        ("torch", "torch, one thread"), ("onnx 1", "ONNX Runtime, one thread"), ("onnx 2", "two threads"),
        ("engine", "TensorRT"),
    )
    parts = [f"{speed.median[name]:.3g} ms ({text})" for name, text in names if name in speed.median]
    if not speed.in_use:
        return f"{', '.join(parts)}; batch 1, median of {speed.rounds}, {speed.cores} cores"
    share = "" if speed.others is None else f", which took {speed.others:.0%} of it"
    return (
        f"{', '.join(parts)}; batch 1, median of {speed.rounds}, {speed.cores} cores, machine in use by others{share}"
    )
