"""Restoring: the weights of an exported clip model, read back into a checkpoint that can be trained further.

The exporter folds every batch normalisation into the convolution before it. Restored, a normalisation adds the folded
bias and does nothing else; `settle_norms` gives it the statistics of film again without changing the outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError
from courtside_training.shots.network import ShotNetwork
from courtside_training.shots.result import ResultNetwork
from courtside_training.shots.served import ServedShotModel
from courtside_training.shots.train import MODEL
from courtside_training.shots.zone_head import ZoneNetwork

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def restore(path: Path) -> ServedShotModel:
    """The served model behind an exported ``shot_clip`` ONNX file, of the default sizes, in eval mode.

    Raises:
        TrainingInputError: no such file, or its graph is not that of this network.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:
        # Missing, torn, something else than ONNX: the parser raises a different error for each.
        raise TrainingInputError(f"{path} cannot be read as an ONNX model: {error}") from error
    values = {_weight_name(one.name): np.array(numpy_helper.to_array(one)) for one in graph.initializer}
    convolutions = [tuple(node.input) for node in graph.node if node.op_type == "Conv"]
    folded = [
        (values[one[1]], values[one[2]])
        for one in convolutions
        if one[1].startswith("onnx::") and len(one) == 3 and values.keys() >= {*one[1:]}
    ]
    model = ServedShotModel(ShotNetwork(), ZoneNetwork(), ResultNetwork()).eval()
    pairs = list(_normalised(model))
    if len(pairs) != len(folded):
        raise TrainingInputError(f"{path} has {len(folded)} folded convolutions, the clip network has {len(pairs)}")
    state = model.state_dict()
    known: dict[str, NDArray[np.generic]] = {name: value for name, value in values.items() if name in state}
    for (conv, norm), (weight, bias) in zip(pairs, folded, strict=True):
        known |= {f"{conv}.weight": weight, f"{norm}.bias": bias}
    for name, held in state.items():
        if name in known:
            if known[name].shape != tuple(held.shape):
                raise TrainingInputError(f"{path} is a network of another shape: {name} is {known[name].shape}")
            held.copy_(torch.from_numpy(np.array(known[name])))
        elif name.startswith("network.") and name.split(".")[1] in ("details", "zone", "make"):
            continue  # heads that only guide training are not exported
        elif not name.endswith((".running_mean", ".running_var", ".num_batches_tracked")) and not _is_norm(name, pairs):
            raise TrainingInputError(f"{path} lacks the weights {name}")
    for norm in _norms(model):
        norm.running_var.fill_(1.0 - norm.eps)  # type: ignore[union-attr, operator]
    return model


def _weight_name(exported: str) -> str:
    """The name of a weight in `ServedShotModel`; older exports have another name for the zone network."""
    return exported.replace("placer.", "zone_network.", 1) if exported.startswith("placer.") else exported


def _is_norm(name: str, pairs: list[tuple[str, str]]) -> bool:
    return any(name.startswith(f"{norm}.") for _, norm in pairs)


def _norms(module: nn.Module) -> Iterator[nn.BatchNorm1d | nn.BatchNorm2d]:
    return (one for one in module.modules() if isinstance(one, NORMS))


def _normalised(model: nn.Module) -> Iterator[tuple[str, str]]:
    """Names of every convolution that a normalisation follows, in the order in which the model calls them."""
    before = ""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            before = name
        elif isinstance(module, NORMS):
            yield before, name


def settle_norms(module: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give restored normalisations the mean and variance of their inputs; the outputs stay the same.

    Args:
        module: restored, so that each normalisation only adds its bias; left in eval mode.
        batches: inputs of the module.
    """
    sums: dict[nn.Module, list[Tensor]] = {norm: [] for norm in _norms(module)}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].detach().double().transpose(0, 1).flatten(1)
        sums[norm].append(torch.stack([torch.full_like(x[:, 0], x.shape[1]), x.sum(1), (x * x).sum(1)]))

    handles = [norm.register_forward_pre_hook(note) for norm in sums]
    module.eval()
    with torch.no_grad():
        for batch in batches:
            module(batch)
        for handle in handles:
            handle.remove()
        for norm, found in sums.items():
            count, total, squares = torch.stack(found).sum(0)
            mean = total / count
            var = (squares / count - mean**2).clamp_min(0.0)
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
            shift = norm.bias - scale * norm.running_mean  # type: ignore[operator]
            norm.running_mean.copy_(mean)  # type: ignore[union-attr, operator]
            norm.running_var.copy_(var)  # type: ignore[union-attr, operator]
            norm.weight.copy_(scale * (var.float() + norm.eps).sqrt())  # type: ignore[union-attr, operator]
            norm.bias.copy_(shift + scale * mean.float())  # type: ignore[union-attr, operator]


def restored_checkpoint(onnx: Path, path: Path) -> None:
    """Write an exported model as a checkpoint of the whole, with its calibration; how it was trained is not in it.

    Raises:
        TrainingInputError: as `restore`, or the checkpoint cannot be written.
    """
    model = restore(onnx)
    weights = model.network.state_dict()
    parts = {
        name: {"config": asdict(part.config), "weights": part.state_dict()}
        for name, part in (("placer", model.zone_network), ("result", model.result))
    }
    calibration = {name: float(getattr(model, name)) for name in ("scale", "bias", "temperature")}
    checkpoints.save(path, MODEL, {
        "settings": {"network": asdict(model.network.config)}, "weights": weights, "average": weights, **parts,
        "calibration": calibration, "restored": str(onnx),
    })
