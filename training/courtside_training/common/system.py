"""What a trained system declares; `courtside_training.common.commands` makes its command line from it.

A new system is a module ``courtside_training/<name>/system.py`` with one `System` under the name ``SYSTEM``, its name
in `courtside_training.common.registry`, and its own science: data, network, training step, evaluation, export spec.
Such a module is imported for every ``--help``, so it imports torch, OpenCV and the like inside its methods only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from courtside_training.common.fit import Fit

Option = Callable[[Any], Any]
"""A `click.option` decorator."""


@dataclass(frozen=True)
class RunContext:
    """The options that every `fit` and `evaluate` command has.

    Attributes:
        checkpoint: file to write (`fit`) or to read (`evaluate`).
        bar: progress bar, to which a system may add tasks of its own.
        threads: of torch, and of other engines that a system runs.
        seed: of draws and first weights; 0 in `evaluate`.
        resume: continue from the checkpoint; False in `evaluate`.
    """

    checkpoint: Path
    bar: Progress
    threads: int = 2
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True)
class Stage:
    """One training run of a `fit` command; most systems have one stage, some need an encoder first.

    Attributes:
        fit: network, data, training step and configuration.
        resume: whether ``--resume`` continues this stage. False where there is nothing to continue from, such as a
            first stage whose checkpoint does not exist.
    """

    fit: Fit
    resume: bool = True


@dataclass(frozen=True)
class SmokeRun:
    """One model in miniature, for ``--smoke``.

    Attributes:
        model: name of the model in the repository.
        make: builds the run for a checkpoint path, with equal weights and batches every time.
        epochs: as `make` configures them; at least 4.
        finish: what else a checkpoint needs before it can be exported, such as a calibration.
    """

    model: str
    make: Callable[[Path], Fit]
    epochs: int
    finish: Callable[[Path], None] | None = None


class System(Protocol):
    """A trained system, such as the detector.

    Subclass it, set the attributes and write the four methods. Options arrive as keyword arguments.

    Attributes:
        name: of the package, of the command group and of the folder below ``runs/``.
        help: one line for ``--help``.
        export_specs: module that holds the ``EXPORT_SPEC``, by the name of the model in the repository.
        sample: what the training samples are called in the summary, in the plural.
        fit_help: help text of `fit`.
        fit_options: options of `fit` beside ``--checkpoint``, ``--threads``, ``--seed`` and ``--resume``.
        fit_checkpoint: help of ``--checkpoint`` of `fit`, where its default depends on other options; the context's
            checkpoint is then None when it is left out. None: the default is ``runs/<name>/last.pt``.
        evaluate_help: help text of `evaluate`.
        evaluate_options: options of `evaluate` beside ``--checkpoint``, ``--threads`` and ``--out``.
        merge_results: ``evaluate --out`` replaces only its own keys of a file that exists already, so that several
            evaluations can share one file.
        commands: further commands of the group.
    """

    name: str
    help: str
    export_specs: ClassVar[Mapping[str, str]]
    sample: str = "samples"
    fit_help: str = "Train; writes a checkpoint after every epoch and when interrupted."
    fit_options: Sequence[Option] = ()
    fit_checkpoint: str | None = None
    evaluate_help: str = "Measure a checkpoint on held-out data."
    evaluate_options: Sequence[Option] = ()
    merge_results: bool = False
    commands: Sequence[click.Command] = ()

    def stages(self, context: RunContext, **options: Any) -> Iterator[Stage]:
        """Build the data and the training runs of `fit`.

        The command trains each stage before it asks for the next one, so a generator may use the weights of the stage
        it yielded, and may complete the checkpoint after the last one.

        Raises:
            TrainingInputError: the options or the data cannot be used.
        """
        ...

    def evaluate(self, context: RunContext, **options: Any) -> dict[str, Any]:
        """Measure a checkpoint; the result must be writable as JSON.

        Raises:
            TrainingInputError: the options, the data or the checkpoint cannot be used.
        """
        ...

    def tables(self, result: dict[str, Any]) -> str:
        """The result of `evaluate` as Markdown tables."""
        ...

    def smoke_runs(self) -> Iterator[SmokeRun]:
        """The models of the system in miniature: all runs together take under a minute on two cores."""
        ...
