"""VideoMAE with the shot heads: it learns, begins with local weights, and refuses what does not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from courtside_training.errors import TrainingInputError  # noqa: E402
from courtside_training.shots import videomae  # noqa: E402
from courtside_training.shots.export_spec import shot_signature  # noqa: E402
from courtside_training.shots.videomae_export_spec import EXPORT_SPEC  # noqa: E402

TOY = videomae.SIZES["toy"]


def clips(count: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, 16, 3, 144, 256), np.uint8))


def test_it_has_the_signature_of_the_clip_model():
    served = videomae.ServedVideoMAE(videomae.VideoMAEShots(TOY)).eval()
    with torch.no_grad():
        outputs = served(clips(2))
    assert [tuple(out.shape[1:]) for out in outputs] == [tensor.dims for tensor in EXPORT_SPEC.signature.outputs]
    clip = shot_signature("shot_clip")
    assert EXPORT_SPEC.signature.inputs == clip.inputs and EXPORT_SPEC.signature.parameters == clip.parameters
    assert torch.allclose(outputs[1].sum(1), torch.ones(2)) and torch.allclose(outputs[2].sum(1), torch.ones(2))


@pytest.mark.parametrize("name", ["small", "base"])
def test_the_published_sizes_are_the_published_ones(name):
    config = videomae.backbone_config(videomae.SIZES[name])
    published = {"small": (384, 12, 6, 1536), "base": (768, 12, 12, 3072)}[name]
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads, config.intermediate_size) == (
        published
    )
    assert config._attn_implementation in ("sdpa", "flash_attention_2")


def test_positions_on_the_pre_trained_grid_are_its_own_and_resampled_elsewhere():
    own = videomae.positions(3, 3, 8, 3)
    assert torch.allclose(own[0, 0, 1::2], torch.ones(4)) and own.shape == (1, 72, 8)
    assert videomae.positions(2, 5, 8, 3).shape == (1, 80, 8)


def test_it_begins_with_local_weights(tmp_path):
    torch.manual_seed(1)
    config = videomae.backbone_config(TOY)
    config.image_size = (96, 128)
    videomae.VideoMAEModel(config).save_pretrained(tmp_path / "mae")
    found = videomae.pretrained(str(tmp_path / "mae"), TOY)
    again = videomae.pretrained(str(tmp_path / "mae"), TOY)
    weight = found.embeddings.patch_embeddings.projection.weight
    assert torch.equal(weight, again.embeddings.patch_embeddings.projection.weight)
    with torch.no_grad():
        out = videomae.VideoMAEShots(TOY, found).eval()(clips(1))
    assert out["events"].shape == (1, 16)


def test_weights_that_do_not_fit_or_are_not_here_are_one_clear_line(tmp_path):
    with pytest.raises(TrainingInputError, match="no VideoMAE at 'nobody/nothing'"):
        videomae.pretrained("nobody/nothing", TOY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingInputError, match="no VideoMAE at"):
        videomae.pretrained(str(tmp_path / "empty"), TOY)
    videomae.VideoMAEModel(videomae.backbone_config(TOY)).save_pretrained(tmp_path / "mae")
    with pytest.raises(TrainingInputError, match="choose the --model that fits"):
        videomae.pretrained(str(tmp_path / "mae"), videomae.SIZES["tiny"])
    (tmp_path / "mae" / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(TrainingInputError, match="cannot read the weights"):
        videomae.pretrained(str(tmp_path / "mae"), TOY)
    assert json.loads((tmp_path / "mae" / "config.json").read_text())["model_type"] == "videomae"
