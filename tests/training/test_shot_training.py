"""Training the shot networks: they learn, stop and go on, and report clearly what is wrong with their input."""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from courtside_training import cli  # noqa: E402
from courtside_training.common import checkpoint as checkpoints  # noqa: E402
from courtside_training.errors import TrainingInputError  # noqa: E402
from courtside_training.shots import losses, moment_train, train, windows  # noqa: E402
from courtside_training.shots.footage import GRID_S, SPOTS, Footage, FootagePlan, ensure, load, stored  # noqa: E402
from courtside_training.shots.geometry import HEIGHT, WIDTH  # noqa: E402
from courtside_training.shots.network import NetworkConfig  # noqa: E402
from courtside_training.shots.prefetch import prefetch  # noqa: E402
from courtside_training.shots.result import SIDE, ResultConfig, after, crop_at  # noqa: E402
from courtside_training.shots.zone_head import ZoneNetworkConfig  # noqa: E402

SMALL = NetworkConfig(8, 8, 16, 16)


@pytest.fixture(scope="module")
def game() -> Footage:
    """A ball that rests left for zone 4 shots and right for zone 6 shots and jumps up when released."""
    count, rng = 240, np.random.default_rng(0)
    releases, zones = np.array([4.0, 9.0, 14.0, 19.0]), np.array([4, 6, 4, 6])
    frames = rng.integers(60, 90, (count, 144, 256, 3), np.uint8)
    points, ground = np.zeros((count, 3, 3), np.float32), np.full(count, -1)
    for index in range(count):
        shot = min(int(np.searchsorted(releases, index * GRID_S - 1.5)), 3)
        flown = 0.0 <= index * GRID_S - releases[shot] <= 1.5
        x, y = (60 if zones[shot] == 4 else 190), (30 if flown else 100)
        frames[index, y - 6 : y + 6, x - 6 : x + 6] = (255, 140, 0)
        points[index, 0] = (x / 256, y / 144, 1)
        if not flown:
            points[index, 2], ground[index] = (x / 256, 0.8, 1), zones[shot]
    points[:, 1] = (0.5, 0.3, 1)
    for release, made in zip(releases, (True, False, True, False), strict=True):
        fallen = round(release / GRID_S) + 12
        frames[fallen : fallen + 12, 45:55, 124:132] = (255, 140, 0) if made else (0, 0, 0)
    spots, floor = np.zeros((count, SPOTS, 3), np.float32), np.zeros((count, SPOTS, 3), np.float32)
    floor[:, :2] = ((60 / 256, 0.8, 1), (190 / 256, 0.8, 1))
    spots[:, :2] = ((1.0, 6.8, 4), (1.0, -6.8, 6))
    return Footage(
        0, "sideline", frames, points, ground, releases, zones, np.array([True, False, True, False]), floor, spots,
        np.zeros(count, bool), np.ones(4, bool),
    )


def batch_of(game: Footage, count: int) -> dict[str, torch.Tensor]:
    refs = windows.draw_epoch([game], windows.EpochPlan(count // 3), seed=0, epoch=0)
    return train.tensors(next(iter(windows.batches([game], refs, count))))


def run(game: Footage, path, epochs: int, resume: bool = False, **more):
    fit = train.light_fit([game], train.TrainConfig(epochs=epochs, positives=2, batch=3, **more), path, SMALL)
    if resume:
        fit.resume()
    fit.run()
    return fit


def test_a_handful_of_windows_is_learned_by_heart(game: Footage, tmp_path):
    fit = train.light_fit([game], train.TrainConfig(), tmp_path / "a.pt", SMALL)
    batch, optimizer = batch_of(game, 3), torch.optim.Adam(fit.module.parameters(), lr=1e-2)
    history = []
    fit.module.train()
    for _ in range(20):
        found = fit.loss(fit.module, batch)
        optimizer.zero_grad()
        found["total"].backward()
        optimizer.step()
        history.append({name: float(value.detach()) for name, value in found.items()})
    assert history[-1]["shot"] < 0.5 * history[0]["shot"]
    assert history[-1]["events"] < 0.6 * history[0]["events"]


def test_the_same_seed_trains_the_same_network_and_a_resumed_run_ends_alike(game: Footage, tmp_path):
    whole = run(game, tmp_path / "whole.pt", 2)
    cut = train.light_fit([game], train.TrainConfig(epochs=2, positives=2, batch=3), tmp_path / "cut.pt", SMALL)
    cut.run(until=1)
    again = run(game, tmp_path / "cut.pt", 2, resume=True)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, again.module.state_dict()[name]), name
    assert whole.history.samples == 12 and len(whole.history.losses) == 2
    assert checkpoints.load(tmp_path / "whole.pt", "shot_clip")["settings"]["data"]["releases"] == 4


def test_heads_that_are_not_taught_have_no_loss_and_unknown_truth_teaches_nothing(game: Footage):
    from courtside_training.shots.network import ShotNetwork

    batch = batch_of(game, 6)
    out = ShotNetwork(SMALL)(batch["clip"])
    assert set(losses.losses(out, batch, heads=("zone",))) == {"points", "zone", "total"}
    unknown = {**batch, "zone": torch.full_like(batch["zone"], -1), "made": torch.full_like(batch["made"], -1.0)}
    found = losses.losses(out, unknown)
    assert "zone" not in found and float(found["make"].detach()) == 0.0


def test_the_focal_loss_lets_sure_answers_count_less():
    focal, logits, truth = losses.Focal(), torch.tensor([0.0, 4.0, -4.0]), torch.tensor([1.0, 1.0, 1.0])
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    found = focal(logits, truth)
    assert float(found[0]) == pytest.approx(float(plain[0]))
    assert float(found[1]) < 0.1 * float(plain[1]) and float(found[2]) > float(plain[2])


def test_the_zone_network_learns_left_from_right(game: Footage, tmp_path):
    config = moment_train.MomentConfig(steps=100, batch=8, rate=4e-3, average=0.8)
    fit = moment_train.zone_fit([game], config, tmp_path / "place.pt", ZoneNetworkConfig(8, 16, 16, 32))
    fit.run()
    moments = moment_train.Moments([game])
    right = 0
    for index, release in enumerate(game.releases):
        moment = moment_train.Moment(0, round(release / GRID_S), int(game.zones[index]), -1)
        one = moments.example(moment, None)
        with torch.no_grad():
            out = fit.average(torch.from_numpy(one["images"][None]))
        right += int(out["zone"].argmax()) == one["zone"]
    assert right == 4 and fit.history.samples == 800


def test_the_result_network_sees_what_fell_through_the_rim(game: Footage, tmp_path):
    config = moment_train.MomentConfig(steps=60, batch=8, rate=4e-3, average=0.8)
    fit = moment_train.result_fit([game], config, tmp_path / "result.pt", ResultConfig(8, 16, 16))
    fit.run()
    results = moment_train.Results([game])
    rows = [results.example(np.random.default_rng([7, index])) for index in range(40)]
    rows = [row for row in rows if row["exist"].sum() >= 4]
    batch = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
    with torch.no_grad():
        predicted = fit.average(batch["squares"].float() / 127.5 - 1, batch["exist"])
    assert float(((predicted > 0) == (batch["made"] > 0.5)).float().mean()) > 0.9


def test_training_and_serving_cut_the_same_square():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    for centre in ((128.0, 72.0), (60.25, 40.5), (5.0, 140.0)):
        ours = moment_train.crop_around(image, np.array(centre), np.ones(2), mirrored=False)
        share = torch.tensor([[centre[0] / WIDTH, centre[1] / HEIGHT]], dtype=torch.float32)
        served = crop_at(torch.from_numpy(image.transpose(2, 0, 1)[None]), share)[0]
        gap = np.abs(ours.transpose(2, 0, 1) / 127.5 - 1 - served.numpy())
        assert ours.shape == (SIDE, SIDE, 3) and np.median(gap) < 0.02


def test_at_the_end_of_the_window_the_last_sample_repeats_and_is_marked():
    samples, exist = after(torch.tensor([4.0, 11.0]))
    assert samples.tolist() == [[6, 7, 8, 9, 10, 11, 12, 13], [13, 14, 15, 15, 15, 15, 15, 15]]
    assert exist.sum(1).tolist() == [8.0, 3.0]


def test_a_whole_model_needs_all_its_parts(game: Footage, tmp_path):
    run(game, tmp_path / "last.pt", 1)
    with pytest.raises(TrainingInputError, match="has no zone network yet"):
        train.load_served(tmp_path / "last.pt")
    moments = moment_train.MomentConfig(2, 2)
    moment_train.zone_fit([game], moments, tmp_path / "p.pt", ZoneNetworkConfig(8, 16, 16, 32)).run()
    moment_train.result_fit([game], moments, tmp_path / "r.pt", ResultConfig(8, 8, 16)).run()
    with pytest.raises(TrainingInputError, match="not a checkpoint of shot_place but of shot_result"):
        train.join(tmp_path / "last.pt", zone=tmp_path / "r.pt")
    train.join(tmp_path / "last.pt", zone=tmp_path / "p.pt", result=tmp_path / "r.pt")
    served = train.load_served(tmp_path / "last.pt")
    with torch.no_grad():
        shot, release, zone, make = served(batch_of(game, 3)["clip"])
    assert shot.shape == make.shape == (3, 1) and zone.shape == (3, 7)
    assert torch.allclose(release.sum(1), torch.ones(3)) and bool(((make > 0) & (make < 1)).all())


def test_checkpoints_of_something_else_are_named(game: Footage, tmp_path):
    with pytest.raises(TrainingInputError, match="no checkpoint at"):
        train.load_network(tmp_path / "none.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(TrainingInputError, match="no readable checkpoint"):
        train.load_network(tmp_path / "text.pt")
    fit = run(game, tmp_path / "wide.pt", 1)
    fit.settings = {**fit.settings, "network": asdict(NetworkConfig(8, 8, 16, 32))}
    fit.save()
    with pytest.raises(TrainingInputError, match="another shape: mix"):
        train.load_network(tmp_path / "wide.pt")


def test_film_is_rendered_once_and_the_same_each_time(tmp_path):
    plan = FootagePlan(duration=10.0)
    assert list(ensure((3,), tmp_path / "a", plan)) == [3]
    written = (tmp_path / "a" / "frames-3.npy").stat().st_mtime_ns
    list(ensure((3,), tmp_path / "a", plan))
    assert (tmp_path / "a" / "frames-3.npy").stat().st_mtime_ns == written
    list(ensure((3,), tmp_path / "b", plan))
    first, second = load(3, tmp_path / "a"), load(3, tmp_path / "b")
    seen = first.floor[..., 2] > 0
    assert seen.any() and set(np.unique(first.spots[seen][:, 2])) <= set(range(7))
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
        (["shots", "fit", "--labels", "a.csv"], "--labels and --films belong together"),
        (["shots", "fit", "--init", "x"], "--init is for VideoMAE"),
        (["shots", "fit", "--labels", "a.csv", "--films", "."], "no labels at a.csv"),
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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_smoke_learns_resumes_and_exports_both_networks():
    done = CliRunner().invoke(cli.cli, ["shots", "--smoke"])
    assert done.exit_code == 0, done.output
    assert "shot_clip: loss" in done.output and "shot_videomae: loss" in done.output
