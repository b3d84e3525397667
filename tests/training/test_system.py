"""Commands made from a System declaration: stages in order, resuming, results as JSON, and the smoke run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
import torch
from click.testing import CliRunner

from courtside_training.cli import cli
from courtside_training.common import registry, smoke
from courtside_training.common.commands import system_group
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.common.options import count_option, write_json
from courtside_training.common.system import SmokeRun, Stage, System
from courtside_training.errors import TrainingInputError


def toy_fit(path: Path, epochs: int = 4, learn: bool = True) -> Fit:
    """One weight that should become 1; without `learn` the loss stays as it is."""
    torch.manual_seed(0)

    def loss(module, batch):
        return {"total": ((module(batch) - 1) ** 2).mean() * (1.0 if learn else 0.0) + (0.0 if learn else 1.0)}

    def batches(epoch, rng):
        yield from (torch.ones(4, 1) for _ in range(5))

    return Fit("toy", torch.nn.Linear(1, 1), FitConfig(epochs, rate=0.1, average=0.5), 5, batches, loss, path, {})


class Toy(System):
    """Two stages, the second of which needs the first one's weights."""

    name = "toy"
    help = "A toy."
    sample = "ones"
    fit_options = (count_option("--epochs", 2),)
    evaluate_options = (count_option("--value", 3),)
    merge_results = True

    def __init__(self) -> None:
        self.trained: list[int] = []

    def stages(self, context, *, epochs):
        for path in (context.checkpoint.with_name("first.pt"), context.checkpoint):
            fit = toy_fit(path, epochs)
            yield Stage(fit, resume=path.is_file())
            self.trained.append(fit.history.epochs)

    def evaluate(self, context, *, value):
        return {"value": value}

    def tables(self, result):
        return f"value {result['value']}"

    def smoke_runs(self):
        yield SmokeRun("toy", toy_fit, 4)


def run(system: System, *arguments: object):
    return CliRunner().invoke(system_group(system), [str(argument) for argument in arguments], catch_exceptions=False)


def test_stages_are_trained_in_order_before_the_next_one_is_built(tmp_path):
    toy = Toy()
    done = run(toy, "fit", "--checkpoint", tmp_path / "last.pt")
    assert done.exit_code == 0 and toy.trained == [2, 2]
    assert done.output.count("trained 2 epochs, 40 ones") == 2 and (tmp_path / "first.pt").is_file()


def test_resume_continues_only_the_stages_that_have_a_checkpoint(tmp_path):
    toy_fit(tmp_path / "first.pt", 3).run(until=1)
    done = run(Toy(), "fit", "--checkpoint", tmp_path / "last.pt", "--epochs", 3, "--resume")
    assert done.exit_code == 0 and done.output.count("trained 3 epochs, 60 ones") == 2


def test_results_of_several_evaluations_share_a_file(tmp_path):
    out = tmp_path / "folder" / "evaluation.json"
    write_json(out, {"other": 1, "value": 0})
    done = run(Toy(), "evaluate", "--out", out, "--value", 5)
    assert done.stdout == "value 5\n" and json.loads(out.read_text()) == {"other": 1, "value": 5}
    out.write_text("[1]")
    with pytest.raises(TrainingInputError, match="holds no JSON object"):
        write_json(out, {}, merge=True)
    out.write_text("{")
    with pytest.raises(TrainingInputError, match="is no JSON file"):
        write_json(out, {}, merge=True)


def test_a_smoke_run_trains_resumes_and_calls_the_checks():
    seen = []

    def check(model: str, checkpoint: Path) -> str:
        seen.append((model, checkpoint.is_file()))
        return "checked"

    line = smoke.smoke(SmokeRun("toy", toy_fit, 4), [check])
    assert seen == [("toy", True)] and "resumed at 2, checked" in line


def test_a_smoke_run_fails_if_nothing_is_learned_or_a_check_fails():
    with pytest.raises(click.ClickException, match="hardly fell"):
        smoke.smoke(SmokeRun("toy", lambda path: toy_fit(path, learn=False), 4), [])

    def refuse(model: str, checkpoint: Path) -> str:
        raise click.ClickException("differs")

    with pytest.raises(click.ClickException, match="differs"):
        smoke.smoke(SmokeRun("toy", toy_fit, 4), [refuse])


def test_without_a_registered_export_check_the_smoke_run_says_what_to_do(monkeypatch):
    monkeypatch.setattr(smoke, "entry_points", lambda group: [])
    monkeypatch.setattr(smoke, "prepare", lambda threads: None)  # not this process's threads
    done = run(Toy(), "--smoke")
    assert done.exit_code == 1 and "pip install -e ." in done.output


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_system_has_its_commands_and_models_of_its_own_name(name):
    system = registry.system(name)
    assert system.name == name and system.export_specs
    assert {"fit", "evaluate"} <= set(system_group(system).commands)
    for model in system.export_specs:
        assert registry.export_spec(model).signature.name == model


def test_an_unknown_model_is_named_with_the_known_ones():
    with pytest.raises(TrainingInputError, match="unknown model 'moon': use one of shot_clip"):
        registry.export_spec("moon")
    assert "No such command" in CliRunner().invoke(cli, ["moon"]).output


def test_help_needs_no_torch():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom courtside_training.cli import cli\n"
        "assert 'flight' in CliRunner().invoke(cli, ['--help']).output\n"
        "assert CliRunner().invoke(cli, ['shots', 'fit', '--help']).exit_code == 0\n"
        "assert not {'torch', 'onnxruntime', 'courtside_export'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
