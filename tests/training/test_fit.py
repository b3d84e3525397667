"""The training loop and its checkpoints: a stopped run goes on as if it had not stopped, and bad files are named."""

from __future__ import annotations

import errno

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from courtside_training.common import checkpoint  # noqa: E402
from courtside_training.common.fit import Fit, FitConfig  # noqa: E402
from courtside_training.errors import TrainingInputError  # noqa: E402


def batches(epoch, rng):
    for _ in range(4):
        x = torch.from_numpy(rng.normal(size=(8, 3)).astype(np.float32))
        yield x, x.sum(1, keepdim=True)


def loss(module, batch):
    return {"total": ((module(batch[0]) - batch[1]) ** 2).mean()}


def build(path, epochs=6, wide=4, loss=loss, batches=batches):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, wide), torch.nn.Dropout(0.1), torch.nn.Linear(wide, 1))
    return Fit("toy", module, FitConfig(epochs=epochs, rate=0.05), 4, batches, loss, path, {"wide": wide})


def test_the_loss_falls_and_samples_are_counted(tmp_path):
    history = build(tmp_path / "a.pt").run()
    assert history.losses[-1]["total"] < 0.5 * history.losses[0]["total"]
    assert (history.epochs, history.samples) == (6, 6 * 4 * 8)


def test_a_resumed_run_equals_one_that_never_stopped(tmp_path):
    whole = build(tmp_path / "whole.pt")
    whole.run()
    build(tmp_path / "half.pt").run(until=3)
    rest = build(tmp_path / "half.pt")
    rest.resume()
    rest.run()
    for a, b in zip(whole.average.parameters(), rest.average.parameters(), strict=True):
        assert torch.equal(a, b)
    assert rest.history.losses == whole.history.losses


def test_an_interrupt_saves_the_finished_epochs(tmp_path):
    def stop(epoch, step, losses):
        if (epoch, step) == (2, 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "a.pt").run(stop)
    again = build(tmp_path / "a.pt")
    again.resume()
    assert again.history.epochs == 2
    assert again.run().epochs == 6


def test_a_loss_that_is_no_number_ends_training_with_the_step(tmp_path):
    with pytest.raises(TrainingInputError, match="nan at step 0: lower --rate"):
        build(tmp_path / "a.pt", loss=lambda m, b: {"total": m(b[0]).mean() * float("nan")}).run()


def test_an_epoch_without_batches_is_named(tmp_path):
    with pytest.raises(TrainingInputError, match="nothing to train on"):
        build(tmp_path / "a.pt", batches=lambda epoch, rng: ()).run()


def test_a_checkpoint_of_another_shape_names_the_tensor(tmp_path):
    build(tmp_path / "a.pt").run(until=1)
    with pytest.raises(TrainingInputError, match=r"another shape: 0\.weight is \(4, 3\), expected \(5, 3\)"):
        build(tmp_path / "a.pt", wide=5).resume()


def test_a_checkpoint_that_is_missing_torn_or_foreign_is_named(tmp_path):
    with pytest.raises(TrainingInputError, match="no checkpoint at"):
        checkpoint.load(tmp_path / "none.pt", "toy")
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(TrainingInputError, match="no readable checkpoint"):
        checkpoint.load(tmp_path / "torn.pt", "toy")
    checkpoint.save(tmp_path / "other.pt", "other", {})
    with pytest.raises(TrainingInputError, match="not a checkpoint of toy but of other"):
        checkpoint.load(tmp_path / "other.pt", "toy")


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    checkpoint.save(path, "toy", {"epoch": 1})

    def full(content, part):
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(TrainingInputError, match="No space left on device"):
        checkpoint.save(path, "toy", {"epoch": 2})
    assert checkpoint.load(path, "toy")["epoch"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def test_update_adds_to_a_checkpoint(tmp_path):
    checkpoint.save(tmp_path / "a.pt", "toy", {"epoch": 1})
    checkpoint.update(tmp_path / "a.pt", "toy", temperature=1.5)
    assert checkpoint.load(tmp_path / "a.pt", "toy") == {"system": "toy", "epoch": 1, "temperature": 1.5}
