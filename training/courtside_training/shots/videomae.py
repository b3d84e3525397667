"""VideoMAE (Tong et al. 2022, arXiv:2203.12602) with the heads of shot analytics on one backbone.

The backbone is that of transformers. Sixteen samples become eight tubelets of two. The tokens of a tubelet are pooled
by their mean and under three attention maps (ball, rim, feet of the player with the ball), which only simulated film
trains. Position embeddings are sinusoids, so a checkpoint pre-trained on square clips is resampled to our 9 x 16
patches, and the film need not be squeezed into a square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import VideoMAEConfig, VideoMAEModel
from transformers.models.videomae.modeling_videomae import get_sinusoid_encoding_table
from transformers.utils import is_flash_attn_2_available

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit
from courtside_training.errors import TrainingInputError
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import HEIGHT, SAMPLES, WIDTH, ZONE_LABELS
from courtside_training.shots.train import VIDEOMAE, TrainConfig, device, window_fit

MAPS = 3
"""Attention maps."""
TUBELET = 2
"""Samples of a tubelet."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of the pixels that published checkpoints were trained on."""


@dataclass(frozen=True)
class Size:
    """Sizes of a backbone: width, layers, heads, width of the feed-forward layers, pixels of a patch (H, W)."""

    width: int
    layers: int
    heads: int
    forward: int
    patch: tuple[int, int] = (16, 16)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {**asdict(self), "patch": list(self.patch)}


SIZES: dict[str, Size] = {
    "toy": Size(32, 2, 2, 64, (48, 64)),
    "tiny": Size(192, 6, 3, 768, (24, 32)),
    "small": Size(384, 12, 6, 1536),
    "base": Size(768, 12, 12, 3072),
}
"""Small and base are as published. Tiny has a third of their tokens, so that a CPU can train it."""


def attention() -> str:
    """Flash attention if a GPU and its package are available, torch's scaled-dot-product attention otherwise."""
    return "flash_attention_2" if torch.cuda.is_available() and is_flash_attn_2_available() else "sdpa"


def backbone_config(size: Size) -> VideoMAEConfig:
    """The configuration of a size for our film."""
    return VideoMAEConfig(
        image_size=(HEIGHT, WIDTH), patch_size=size.patch, num_frames=SAMPLES, tubelet_size=TUBELET,
        hidden_size=size.width, num_hidden_layers=size.layers, num_attention_heads=size.heads,
        intermediate_size=size.forward, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        use_mean_pooling=False, attn_implementation=attention(),
    )


def positions(rows: int, columns: int, width: int, side: int) -> Tensor:
    """Sinusoids of side x side patches, resampled to rows x columns: (1, 8*rows*columns, width)."""
    tubelets = SAMPLES // TUBELET
    table = torch.as_tensor(get_sinusoid_encoding_table(tubelets * side * side, width), dtype=torch.float32)
    grid = table.reshape(tubelets, side, side, width).permute(0, 3, 1, 2)
    fitted = F.interpolate(grid, (rows, columns), mode="bilinear", align_corners=False)
    return fitted.permute(0, 2, 3, 1).reshape(1, -1, width)


class VideoMAEShots(nn.Module):
    """uint8 clips (B, 16, 3, 144, 256) RGB to the logits of `network.ShotNetwork`, maps on the patch grid.

    Args:
        size: of the backbone.
        backbone: pre-trained, or None for a new one.
    """

    def __init__(self, size: Size, backbone: VideoMAEModel | None = None) -> None:
        super().__init__()
        self.size = size
        self.rows, self.columns = HEIGHT // size.patch[0], WIDTH // size.patch[1]
        if self.rows * size.patch[0] != HEIGHT or self.columns * size.patch[1] != WIDTH:
            raise ValueError(f"patches of {size.patch} do not tile {HEIGHT} x {WIDTH}")
        self.backbone = backbone or VideoMAEModel(backbone_config(size))
        if backbone is None:
            # transformers draws all weights at one scale; a patch of thousands of pixels needs that of a linear layer.
            nn.init.xavier_uniform_(self.backbone.embeddings.patch_embeddings.projection.weight.view(size.width, -1))
        d = size.width
        self.maps = nn.Linear(d, TUBELET * MAPS)
        self.mix = nn.Sequential(nn.LayerNorm(d * (MAPS + 1)), nn.Linear(d * (MAPS + 1), TUBELET * d), nn.GELU())
        self.events = nn.Linear(d, 1)
        self.shot = nn.Linear(2 * d + 1, 1)
        self.zone = nn.Linear(d, len(ZONE_LABELS))
        self.make = nn.Linear(d, 1)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 1, 3, 1, 1), persistent=False)

    def forward(self, clip: Tensor) -> dict[str, Tensor]:
        """See the class."""
        batch, tubelets, d = clip.shape[0], SAMPLES // TUBELET, self.size.width
        pixels = (clip.float() / 255.0 - self.mean) / self.deviation
        tokens = self.backbone(pixels).last_hidden_state.reshape(batch * tubelets, self.rows * self.columns, d)
        maps = self.maps(tokens).transpose(1, 2)
        under = torch.bmm(maps.softmax(-1), tokens).reshape(batch * tubelets, TUBELET, MAPS * d).mean(1)
        h = self.mix(torch.cat([tokens.mean(1), under], 1)).reshape(batch, SAMPLES, d)
        events = self.events(h)[:, :, 0]
        focus = torch.softmax(events * 2.0, 1)
        attended = (h * focus[:, :, None]).sum(1)
        shot = self.shot(torch.cat([attended, h.mean(1), torch.logsumexp(events, 1, keepdim=True)], 1))[:, 0]
        return {
            "events": events, "shot": shot, "zone": self.zone(h), "make": self.make(h)[:, :, 0],
            "maps": maps.reshape(batch * SAMPLES, MAPS, self.rows, self.columns),
        }


def pretrained(source: str, size: Size) -> VideoMAEModel:
    """A backbone from a local folder or from the hub's cache on this machine; nothing is downloaded.

    Raises:
        TrainingInputError: it is not here, not readable, or of another size.
    """
    try:
        if Path(source).is_dir() and not (Path(source) / "config.json").is_file():
            raise FileNotFoundError("no config.json")
        found = VideoMAEConfig.from_pretrained(source, local_files_only=True)
    except Exception as error:
        raise TrainingInputError(
            f"no VideoMAE at {source!r}: give --init a folder with config.json and model.safetensors, or a hub name "
            f"that is already in this machine's cache ({type(error).__name__})"
        ) from error
    patch = found.patch_size if isinstance(found.patch_size, Sequence) else (found.patch_size, found.patch_size)
    theirs = Size(found.hidden_size, found.num_hidden_layers, found.num_attention_heads, found.intermediate_size,
                  (int(patch[0]), int(patch[1])))
    if theirs != size or found.tubelet_size != TUBELET:
        raise TrainingInputError(
            f"{source!r} is a VideoMAE of width {theirs.width}, {theirs.layers} layers, patch {theirs.patch}; this "
            f"--model has width {size.width}, {size.layers} layers, patch {size.patch}: choose the --model that fits"
        )
    try:
        model, report = VideoMAEModel.from_pretrained(
            source, config=_on_our_film(found, size), local_files_only=True, output_loading_info=True,
        )
    except Exception as error:
        raise TrainingInputError(f"cannot read the weights of {source!r}: {str(error).splitlines()[0]}") from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("layernorm"))
    if missing:
        raise TrainingInputError(f"{source!r} lacks weights of a VideoMAE, {missing[0]} first: give another --init")
    image = found.image_size if isinstance(found.image_size, int) else found.image_size[0]
    model.embeddings.position_embeddings = positions(
        HEIGHT // size.patch[0], WIDTH // size.patch[1], size.width, image // size.patch[0]
    )
    return model


def _on_our_film(found: VideoMAEConfig, size: Size) -> VideoMAEConfig:
    config = backbone_config(size)
    config.hidden_act, config.layer_norm_eps = found.hidden_act, found.layer_norm_eps
    return config


def videomae_fit(
    games: Sequence[Footage], size: Size, config: TrainConfig, path: Path, init: str | None = None
) -> Fit:
    """A training run of VideoMAE; on a GPU with gradient checkpointing and in bfloat16.

    Raises:
        TrainingInputError: there is no film, or `init` cannot be used.
    """
    torch.manual_seed(config.seed)
    module = VideoMAEShots(size, pretrained(init, size) if init else None)
    if device().type == "cuda":
        module.backbone.gradient_checkpointing_enable()
    settings = {"size": size.to_dict(), "init": init, "resampled": _square(module, init)}
    return window_fit(VIDEOMAE, module, games, config, path, settings)


def _square(module: VideoMAEShots, init: str | None) -> int:
    """Patches per side of the clips that the backbone was pre-trained on, 0 for a new one."""
    if init is None:
        return 0
    image = VideoMAEConfig.from_pretrained(init, local_files_only=True).image_size
    return (image if isinstance(image, int) else image[0]) // module.size.patch[0]


class ServedVideoMAE(nn.Module):
    """VideoMAE with its calibration and final probabilities; inputs and outputs as of `served.ServedShotModel`."""

    def __init__(
        self, network: VideoMAEShots, scale: float = 1.0, bias: float = 0.0, temperature: float = 1.0
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.float32))
        self.register_buffer("temperature", torch.tensor(temperature, dtype=torch.float32))

    def forward(self, clip: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Clip (B, 16, 3, 144, 256) to shot (B, 1), release (B, 16), zone (B, 7), make (B, 1), all probabilities."""
        out = self.network(clip)
        release = torch.softmax(out["events"], 1)
        make = (out["make"] * release).sum(1, keepdim=True) / self.temperature
        zone = torch.softmax((out["zone"] * release[:, :, None]).sum(1), 1)
        return torch.sigmoid(out["shot"] * self.scale + self.bias)[:, None], release, zone, torch.sigmoid(make)


def load_videomae(path: Path, calibrated: bool = True) -> tuple[ServedVideoMAE, dict[str, Any]]:
    """The served VideoMAE of a checkpoint, and the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, of another model, or its weights do not fit its sizes.
    """
    found = checkpoints.load(path, VIDEOMAE)
    try:
        stored = found["settings"]["size"]
        network = VideoMAEShots(Size(**{**stored, "patch": tuple(stored["patch"])}))
        side = found["settings"]["resampled"]
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingInputError(f"{path} holds a network of another shape: {error}") from error
    checkpoints.fill(network, found["average"], path)
    if side:
        network.backbone.embeddings.position_embeddings = positions(
            network.rows, network.columns, network.size.width, side
        )
    fitted = (found.get("calibration") if calibrated else None) or {"scale": 1.0, "bias": 0.0, "temperature": 1.0}
    served = ServedVideoMAE(network, fitted["scale"], fitted["bias"], fitted["temperature"])
    return served.to(device()).eval(), found
