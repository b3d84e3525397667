"""Comparison of two forms, or of a form with a shooter's baseline: by joint and frame, in torso lengths."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import JOINTS
from courtside_server.players.form import Form
from courtside_server.players.form_config import FormConfig
from courtside_server.types import JointDeviation, ShotForm

WORST_JOINTS = 3
"""Joints that an alert names."""


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What a shot is compared with: one other shot, or the middle of several.

    Attributes:
        joints: (64, 17, 2) torso lengths from the left shoulder, y up; NaN where no shot shows the joint.
        elbow: (64,) degrees.
        knee: (64,) degrees.
        view: see `Form.view`.
        measures: the medians.
        shots: how many shots it is made of.
    """

    joints: NDArray[np.float64]
    elbow: NDArray[np.float64]
    knee: NDArray[np.float64]
    view: NDArray[np.float64]
    measures: ShotForm
    shots: int


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How a shot differs from a baseline.

    Attributes:
        shot: the shot.
        baseline: what it is compared with.
        difference: (64, 17, 2) shot minus baseline, torso lengths to the right and up; NaN where not both are seen.
        torso_cm: centimetres per torso length; None where no scale is known.
        warning: one sentence where the two should not be compared; otherwise empty.
    """

    shot: Form
    baseline: Baseline
    difference: NDArray[np.float64]
    torso_cm: float | None
    warning: str

    @property
    def corrections(self) -> NDArray[np.float64]:
        """(64, 17, 2) the vectors that move each joint of the shot to where the baseline has it, torso lengths."""
        return -self.difference

    def worst_joints(self, count: int = WORST_JOINTS) -> tuple[JointDeviation, ...]:
        """The joints that are farthest from the baseline on average, the farthest first."""
        return worst_joints(self.difference, count)


def baseline_of(forms: Sequence[Form]) -> Baseline:
    """The median of forms; a single form is its own baseline.

    Raises:
        ValueError: there is none.
    """
    if not forms:
        raise ValueError("a baseline needs a form")
    if len(forms) == 1:
        (one,) = forms
        return Baseline(one.joints, one.elbow, one.knee, one.view, one.measures, 1)
    return Baseline(
        _median([form.joints for form in forms]), _median([form.elbow for form in forms]),
        _median([form.knee for form in forms]), _median([form.view for form in forms]),
        _median_measures([form.measures for form in forms]), len(forms),
    )  # fmt: skip


def compare(
    shot: Form, baseline: Baseline, torso_cm: float | None = None, config: FormConfig | None = None
) -> Comparison:
    """Compare a shot with a baseline.

    Args:
        shot: the shot.
        baseline: of other shots, seen from the same side.
        torso_cm: centimetres per torso length, where that is known.
        config: limits.
    """
    config = config or FormConfig()
    difference = shot.joints - baseline.joints
    apart = float(np.linalg.norm(shot.view - baseline.view))
    warning = ""
    if not apart <= config.views_apart:  # also where it cannot be measured
        warning = (
            "the shots are seen from different sides, so their pictures differ whatever the form: compare shots from "
            "one camera"
        )
    elif shot.measures.arm is not baseline.measures.arm:
        warning = "the shots were taken with different arms, or left and right were mistaken in one of them"
    return Comparison(shot, baseline, difference, torso_cm, warning)


def worst_joints(difference: NDArray[np.float64], count: int = WORST_JOINTS) -> tuple[JointDeviation, ...]:
    """The joints with the largest mean difference.

    Args:
        difference: (64, 17, 2) torso lengths to the right and up, NaN where unknown.
        count: at most so many.
    """
    mean = _quiet(np.nanmean, difference)
    size = np.nan_to_num(np.linalg.norm(mean, axis=-1), nan=-1.0)
    order = [int(joint) for joint in np.argsort(-size, kind="stable") if size[joint] > 0][:count]
    return tuple(JointDeviation(JOINTS[joint], float(mean[joint, 0]), float(mean[joint, 1])) for joint in order)


def _median(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return _quiet(np.nanmedian, np.stack(values))


def _quiet(function: object, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A NaN-safe statistic along the first axis; NaN where nothing is known, without numpy's warning of that."""
    assert callable(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(function(values, axis=0), np.float64)


def _median_measures(measures: Sequence[ShotForm]) -> ShotForm:
    arms = [one.arm for one in measures]
    values: dict[str, float | None] = {}
    for field in fields(ShotForm):
        if field.name not in ("arm", "release_height_estimated"):
            known = [value for one in measures if (value := getattr(one, field.name)) is not None]
            values[field.name] = float(np.median(known)) if known else None
    estimated = any(one.release_height_estimated for one in measures)
    arm = max(arms, key=arms.count)
    return ShotForm(arm=arm, release_height_estimated=estimated, **values)  # type: ignore[arg-type]
