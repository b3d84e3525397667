"""Exports a checkpoint as a new version in a model repository; the version appears complete or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx

from courtside_export.errors import ExportInputError
from courtside_export.graph import check_opset
from courtside_export.job import ExportJob
from courtside_export.model_config import check_signature, config_files, versions
from courtside_export.report import Report
from courtside_export.settings import ExportSettings
from courtside_export.tensorrt_engine import missing, trtexec
from courtside_export.version_folder import new_version, replace_files, write_error
from courtside_training.common import registry
from courtside_training.common.export_spec import ExportSpec


def export_model(
    name: str, checkpoint: Path, repository: Path, settings: ExportSettings | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Report:
    """Export one checkpoint as a new version of its model.

    Args:
        name: Name of the model in the registry.
        checkpoint: A checkpoint of that model.
        repository: A folder in Triton's layout; created when missing.
        settings: See `ExportSettings`.
        progress: Called with a short text at every stage.

    Raises:
        TrainingInputError: An unknown name, a missing or foreign checkpoint, or a network of another shape.
        ExportInputError: An unsupported opset, precision, version or target, a full disk, or an unwritable folder.
    """
    settings = settings or ExportSettings()
    spec = registry.export_spec(name)
    check_opset(settings.opset)
    if settings.target == "onnx" and settings.fp16 and settings.int8:
        raise ExportInputError("--fp16 and --int8 together need --to tensorrt, which mixes them: choose one for ONNX")
    if not checkpoint.is_file():
        raise ExportInputError(f"no checkpoint at {checkpoint}: train one with `courtside-train`")
    folder = repository / spec.signature.name
    if settings.target == "tensorrt":
        _refuse_without_gpu(spec, folder, settings)
    check_signature(folder, spec.signature, settings.target)
    module = spec.load(checkpoint)
    with new_version(folder, settings.version) as (version, scratch):
        export = ExportJob(spec, module, checkpoint, settings, progress)
        report = export.into(scratch, folder / str(version), version)
    texts = config_files(spec.signature, settings.target)
    replace_files(folder, texts if export.card is None else {**texts, "MODEL_CARD.md": export.card})
    return report


def export_graph(
    name: str, checkpoint: Path, repository: Path, graph: Path, settings: ExportSettings,
    progress: Callable[[str], None] = lambda text: None,
) -> str:
    """Write the ONNX graph for TensorRT on a machine without a GPU, and the model's config.pbtxt.

    Args:
        name: Name of the model in the registry.
        checkpoint: A checkpoint of that model.
        repository: Gets config.pbtxt and the labels, but no version.
        graph: File to write; with ``settings.int8`` it holds calibrated quantise/dequantise pairs.
        settings: Precision, opset, calibration and version.
        progress: Called with a short text at every stage.

    Returns:
        The trtexec command line that builds the engine into the repository.

    Raises:
        TrainingInputError, ExportInputError: As in `export_model`.
    """
    spec = registry.export_spec(name)
    check_opset(settings.opset)
    folder = repository / spec.signature.name
    check_signature(folder, spec.signature, "tensorrt")
    made = ExportJob(spec, spec.load(checkpoint), checkpoint, settings, progress).for_tensorrt()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        onnx.save(made, str(graph))
    except OSError as error:
        raise write_error(graph, error) from error
    replace_files(folder, config_files(spec.signature, "tensorrt"))
    return _trtexec(spec, folder, graph, settings)


def _trtexec(spec: ExportSpec, folder: Path, graph: Path, settings: ExportSettings) -> str:
    plan = folder / str(settings.version or max(versions(folder), default=0) + 1) / "model.plan"
    return f"mkdir -p {plan.parent} && " + trtexec(spec.signature, graph, plan, fp16=settings.fp16, int8=settings.int8)


def _refuse_without_gpu(spec: ExportSpec, folder: Path, settings: ExportSettings) -> None:
    """Raise ExportInputError when no engine can be built here; it names what is missing and the command to run."""
    lacks = missing()
    if lacks:
        graph = Path(f"{spec.signature.name}.onnx")
        raise ExportInputError(
            f"no TensorRT engine can be built here: this machine lacks {' and '.join(lacks)}. Add --graph {graph} to "
            f"write the graph, then run on the GPU machine: {_trtexec(spec, folder, graph, settings)}"
        )
