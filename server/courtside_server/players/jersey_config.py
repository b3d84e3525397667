"""The numbers that decide what is read of jerseys, in one typed group."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."
_LEFT_OUT = (
    "24 tracks of real films left out (`courtside-train jersey evaluate`): probability .6, .7, .8, .9 decide .46, .46, "
    ".42, .42 of the tracks, of these right .91, .91, 1, 1; 3, 4, 5 readings at .7 decide .54, .46, .42, right "
    ".85, .91, 1."
)


class JerseyConfig(ParameterGroup):
    """When a torso is read, and when a number is output."""

    min_side: float = parameter(
        20.0, unit="px", meaning="Side of the smallest torso square of the frame that is read.",
        evidence=_BY_HAND, search=(12, 60), low=8,
    )  # fmt: skip
    live_rate: float = parameter(
        8.0, unit="crops per second", meaning="Most torsos of one live camera that are read, all its players together; "
        "the others are left out. Film has no limit.", evidence=_BY_HAND, search=(2, 30), low=1,
    )  # fmt: skip
    interval: float = parameter(
        0.15, unit="s", meaning="Pause between two readings of a player whose number is not known; neighbouring frames "
        "show the same blur and the same fold.", evidence=_BY_HAND, search=(0.05, 1), low=0,
    )  # fmt: skip
    decided_interval: float = parameter(
        1.0, unit="s", meaning="The same once it is known: only a contradiction is of interest.", evidence=_BY_HAND,
        search=(0.3, 5), low=0,
    )  # fmt: skip
    min_probability: float = parameter(
        0.8, unit="probability", meaning="A reading that is less probable does not count.", evidence=_LEFT_OUT,
        search=(0.5, 0.99), low=0, high=1,
    )  # fmt: skip
    min_readings: int = parameter(
        4, unit="readings", meaning="So many must be equal before a number is output.", evidence=_LEFT_OUT,
        search=(2, 12), low=1,
    )  # fmt: skip
    min_share: float = parameter(
        0.75, unit="share", meaning="So large a share of the readings must be equal before a number is output.",
        evidence=_BY_HAND, search=(0.5, 1), low=0.5, high=1,
    )  # fmt: skip
    keep_share: float = parameter(
        0.6, unit="share", meaning="A number that was output is withdrawn where fewer of the readings still agree.",
        evidence=_BY_HAND, search=(0.5, 0.9), low=0.5, high=1,
    )  # fmt: skip
    hidden: float = parameter(
        3.0, unit="readings", meaning="How often a reading of two digits counts against one of them alone: a digit is "
        "hidden more easily than invented.", evidence=_BY_HAND, search=(1, 10), low=1,
    )  # fmt: skip
    window: int = parameter(
        16, unit="readings", meaning="The newest readings of a player that count: a track that has gone over to "
        "another player loses its number.", evidence=_BY_HAND, search=(6, 60), low=2,
    )  # fmt: skip
    together: float = parameter(
        1.0, unit="s", meaning="Two players of a team whose readings overlap by so much are two people, and cannot "
        "both wear a number.", evidence=_BY_HAND, search=(0.3, 5), low=0,
    )  # fmt: skip
    min_evidence: int = parameter(
        2, unit="numbers", meaning="By so many numbers one way to give the roster's teams to the kits must be better "
        "than all others; a number that only one of two teams has counts twice.", evidence=_BY_HAND, search=(1, 5),
        low=1,
    )  # fmt: skip
