"""Training the shot networks: they learn, stop and go on, and say clearly what is wrong with their input."""

from __future__ import annotations

import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from courtside_training import cli  # noqa: E402
from courtside_training.errors import TrainingInputError  # noqa: E402
from courtside_training.shots import place_train, train, windows  # noqa: E402
from courtside_training.shots.footage import GRID_S, Footage, FootagePlan, ensure, load, stored  # noqa: E402
from courtside_training.shots.network import NetworkConfig  # noqa: E402
from courtside_training.shots.placing import PlacerConfig, PlacingNetwork  # noqa: E402
from courtside_training.shots.prefetch import prefetch  # noqa: E402

SMALL = NetworkConfig(8, 8, 16, 16)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def game() -> Footage:
    """A ball that rests left for zone 2 shots and right for zone 6 shots and jumps up when released."""
    count, rng = 240, np.random.default_rng(0)
    releases, zones = np.array([4.0, 9.0, 14.0, 19.0]), np.array([2, 6, 2, 6])
    frames = rng.integers(60, 90, (count, 144, 256, 3), np.uint8)
    points, ground = np.zeros((count, 3, 3), np.float32), np.full(count, -1)
    for index in range(count):
        shot = min(int(np.searchsorted(releases, index * GRID_S - 1.5)), 3)
        flown = 0.0 <= index * GRID_S - releases[shot] <= 1.5
        x, y = (60 if zones[shot] == 2 else 190), (30 if flown else 100)
        frames[index, y - 6 : y + 6, x - 6 : x + 6] = (255, 140, 0)
        points[index, 0] = (x / 256, y / 144, 1)
        if not flown:
            points[index, 2], ground[index] = (x / 256, 0.8, 1), zones[shot]
    return Footage(0, "sideline", frames, points, ground, releases, zones, np.array([True, False, True, False]))


def tensors(game: Footage, count: int) -> dict[str, torch.Tensor]:
    refs = windows.draw_epoch([game], count // 3, seed=0, epoch=0)
    arrays = next(iter(windows.batches([game], refs, count)))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def test_a_handful_of_windows_is_learnt_by_heart(game: Footage):
    trainer = train.Trainer([game], train.TrainConfig(network=SMALL, rate=1e-2))
    batch = tensors(game, 3)
    losses = [trainer.step(batch) for _ in range(20)]
    assert losses[-1]["shot"] < 0.5 * losses[0]["shot"]
    assert losses[-1]["events"] < 0.6 * losses[0]["events"]


def test_the_same_seed_trains_the_same_network_and_a_resumed_run_goes_on(game: Footage, tmp_path):
    def run(path, epochs: int, resume: bool = False) -> train.Trainer:
        trainer = train.Trainer([game], train.TrainConfig(network=SMALL, epochs=epochs, positives=2, batch=3), path)
        if resume:
            trainer.resume()
        trainer.fit()
        return trainer

    whole = run(tmp_path / "whole.pt", 2)
    again = run(tmp_path / "again.pt", 2)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name
    assert whole.progress.windows == 12 and len(whole.progress.history) == 2
    longer = run(tmp_path / "whole.pt", 3, resume=True)
    assert longer.progress.epoch == 3 and longer.progress.windows == 18


def test_an_interrupt_leaves_a_checkpoint(game: Footage, tmp_path):
    trainer = train.Trainer(
        [game], train.TrainConfig(network=SMALL, epochs=3, positives=2, batch=3), tmp_path / "cut.pt"
    )

    def stop(epoch: int, step: int, steps: int, totals: dict[str, float]) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.fit(stop)
    assert train.load_checkpoint(tmp_path / "cut.pt")["progress"]["epoch"] == 1


def test_the_placing_network_learns_left_from_right(game: Footage):
    torch.manual_seed(0)
    config = place_train.PlaceConfig(steps=60, batch=8, rate=3e-3, average=0.8)
    placer, summary = place_train.fit_placer([game], config, PlacingNetwork(PlacerConfig(8, 16, 16, 32)))
    moments = place_train.Moments([game])
    right = 0
    for index, release in enumerate(game.releases):
        moment = place_train.Moment(0, round(release / GRID_S), int(game.zones[index]), 0)
        pictures, zone, _ = moments.example(moment, None)
        with torch.no_grad():
            right += int(placer(torch.from_numpy(pictures[None]))[0].argmax()) == zone
    assert right == 4 and summary["moments"] == 480


def test_checkpoints_of_something_else_are_named(tmp_path):
    with pytest.raises(TrainingInputError, match="no checkpoint at"):
        train.load_checkpoint(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(TrainingInputError, match="no readable checkpoint"):
        train.load_checkpoint(tmp_path / "text.pt")
    torch.save({"format": "other"}, tmp_path / "other.pt")
    with pytest.raises(TrainingInputError, match="not a checkpoint of the shot clip model"):
        train.load_checkpoint(tmp_path / "other.pt")


def test_film_is_rendered_once_and_the_same_each_time(tmp_path):
    plan = FootagePlan(duration=10.0)
    assert list(ensure((3,), tmp_path / "a", plan)) == [3]
    written = (tmp_path / "a" / "frames-3.npy").stat().st_mtime_ns
    list(ensure((3,), tmp_path / "a", plan))
    assert (tmp_path / "a" / "frames-3.npy").stat().st_mtime_ns == written
    list(ensure((3,), tmp_path / "b", plan))
    first, second = load(3, tmp_path / "a"), load(3, tmp_path / "b")
    assert np.array_equal(first.frames, second.frames) and np.array_equal(first.points, second.points)
    assert first.frames.shape[1:] == (144, 256, 3) and (first.ground >= 0).any()
    assert stored(tmp_path / "a", (0, 10)) == [3] and stored(tmp_path / "a", (4, 10)) == []
    with pytest.raises(TrainingInputError, match="shots render"):
        load(4, tmp_path / "a")


def test_prefetch_keeps_order_hands_on_errors_and_can_be_left_early():
    assert list(prefetch(iter(range(20)))) == list(range(20))

    def broken():
        yield 1
        raise OSError("disk gone")

    source = prefetch(broken())
    assert next(source) == 1
    with pytest.raises(OSError, match="disk gone"):
        next(source)
    endless = prefetch(iter(int, 1))
    assert next(endless) == 0
    endless.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shots", "fit", "--film", "nowhere"], "no train film in nowhere"),
        (["shots", "render", "--split", "validation", "--first", "5"], "leave the validation split"),
        (["shots", "fit", "--epochs", "0"], "epochs"),
        (["shots", "guess"], "guess"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["courtside-train", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_smoke_runs_everything(monkeypatch, capsys):
    monkeypatch.setattr("courtside_training.common.allocator.keep_memory", lambda: False)
    monkeypatch.setattr(sys, "argv", ["courtside-train", "shots", "smoke", "--steps", "3"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
    assert "smoke: loss" in capsys.readouterr().out
