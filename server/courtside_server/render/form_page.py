"""The page of a comparison: one self-contained HTML file with a slider from gather to release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import BONES, JOINTS
from courtside_server.players.comparison import Comparison
from courtside_server.types import ShotForm

_PAGE = Path(__file__).parents[1] / "web" / "form.html"
_MARK = "/*DATA*/"
_MEASURES = (
    ("release height, torso lengths", "release_height", 2), ("release height, cm", "release_height_cm", 0),
    ("elbow at the set point, °", "set_elbow", 0), ("knee at the set point, °", "set_knee", 0),
    ("elbow at the release, °", "release_elbow", 0), ("knee at the release, °", "release_knee", 0),
    ("gather to release, s", "tempo", 2),
)  # fmt: skip


def form_page(found: Comparison, shot: str, reference: str, baseline_distance: float | None = None) -> str:
    """The page as text.

    Args:
        found: the comparison.
        shot: what the shot is called.
        reference: what the reference is called.
        baseline_distance: of the shot from the shooter's good shots, standard deviations; None where it is not known.
    """
    about = f"Reference: {found.baseline.shots} shots, their median." if found.baseline.shots > 1 else ""
    if baseline_distance is not None:
        about += f" This shot is {baseline_distance:+.1f} standard deviations from the shooter's usual distance."
    values = {
        "shot_name": shot, "reference_name": reference, "about": about.strip(), "warning": found.warning,
        "joints": [joint.replace("_", " ") for joint in JOINTS], "bones": [bone for bone in BONES if min(bone) >= 5],
        "shot_joints": _plain(found.shot.joints), "reference_joints": _plain(found.baseline.joints),
        "shot_elbow": _plain(found.shot.elbow), "reference_elbow": _plain(found.baseline.elbow),
        "shot_knee": _plain(found.shot.knee), "reference_knee": _plain(found.baseline.knee),
        "torso_cm": found.torso_cm, "measures": measure_rows(found.shot.measures, found.baseline.measures),
    }  # fmt: skip
    # In a script element only "<" could end it: names are anybody's.
    text = json.dumps(values, allow_nan=False).replace("<", "\\u003c")
    return _PAGE.read_text("utf-8").replace(_MARK, text)


def measure_rows(shot: ShotForm, reference: ShotForm) -> list[list[str]]:
    """Rows of the table of measures: name, shot, reference, difference; those that neither has are left out."""
    rows = []
    for name, field, digits in _MEASURES:
        one, other = getattr(shot, field), getattr(reference, field)
        if one is None and other is None:
            continue
        difference = "–" if one is None or other is None else f"{one - other:+.{digits}f}"  # noqa: RUF001
        rows.append([name, *("?" if value is None else f"{value:.{digits}f}" for value in (one, other)), difference])
    return rows


def _plain(values: NDArray[np.floating]) -> Any:
    """Nested lists of rounded numbers, None for NaN."""
    nested = np.round(values.astype(np.float64), 4).astype(object)
    nested[~np.isfinite(values)] = None
    return nested.tolist()
