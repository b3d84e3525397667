"""Every number that decides about forms and shooters, in one typed group: :class:`FormConfig`."""

from __future__ import annotations

from pydantic import Field

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."


class FormConfig(ParameterGroup):
    """Forms of shots and galleries of shooters."""

    model: str = Field("shot_fingerprint", description="Name of the model that embeds shots.")
    neighbours: int = parameter(
        3, unit="shots", meaning="Nearest shots of the galleries that decide who shot.",
        evidence="As published (k = 3).", search=(1, 9), low=1, high=25,
    )  # fmt: skip
    min_shots: int = parameter(
        3, unit="shots", meaning="Good shots from which on a shooter is recognised and compared with his baseline.",
        evidence=_BY_HAND, search=(2, 10), low=2, high=100,
    )  # fmt: skip
    min_drift_shots: int = parameter(
        12, unit="shots", meaning="Good shots from which on a shooter's form is watched: fewer give no stable limit.",
        evidence=_BY_HAND, search=(8, 40), low=6, high=200,
    )  # fmt: skip
    run: int = parameter(
        10, unit="shots", meaning="Shots over which the drift of a form is averaged.",
        evidence="benchmarks/shooters.py, galleries of 40: runs of ten distorted by .3 raise an alert in 79 %, usual "
        "ones in none of 96.",
        search=(3, 30), low=2, high=50,
    )  # fmt: skip
    least_limit: float = parameter(
        3.0, unit="standard errors", meaning="The drift alert's limit is never lower, however even the good shots are.",
        evidence="benchmarks/shooters.py: 1 % of usual runs raise an alert with galleries of 14, none with 40.",
        search=(2.0, 5.0), low=0.5,
    )  # fmt: skip
    stranger: float = parameter(
        0.48, unit="distance of embeddings",
        meaning="A shot whose three nearest shots of the winner are farther away on average is somebody else's.",
        evidence="benchmarks/shooters.py, shot_fingerprint 2, galleries of 4 to 14 shots: 94 to 100 % of own shots are "
        "nearer, 90 to 74 % of strangers' farther; distances relative to the gallery's own separate less well. Real "
        "film: 9 of 10 own shots nearer, 10 of 11 strangers' farther.",
        search=(0.3, 0.7), low=0.05,
    )  # fmt: skip
    views_apart: float = parameter(
        0.35, unit="torso lengths",
        meaning="Two shots whose shoulders and head point this differently in the picture should not be compared.",
        evidence="22 shots of 10 real films: two of one camera differ by up to .27, of two cameras by up to .75.",
        search=(0.3, 1.5), low=0.1,
    )  # fmt: skip
    min_visibility: float = parameter(
        0.1, unit="1", meaning="A joint that is seen less surely does not count in measures and comparisons.",
        evidence="BlazePose gives hidden limbs .1 to .5 and guesses them within .06 body heights (107 crops).",
        search=(0.05, 0.6), low=0.05, high=0.9,
    )  # fmt: skip
