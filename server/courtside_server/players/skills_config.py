"""Every number that decides about estimates of skills, in one typed group: :class:`SkillsConfig`."""

from __future__ import annotations

from pydantic import Field

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."
_PUBLISHED = (
    "BASKET, Table 4: a model that sees 64 frames of a film of 50 plays is right in 28.5 %, one that sees 16 of them, "
    "so 16 plays at most, in 23.9 %; chance is 20 %. Less film is hardly better than chance."
)


class SkillsConfig(ParameterGroup):
    """Estimates of a player's skills, and the highlights they are made of."""

    model: str = Field("player_skills", description="Name of the model that estimates skills.")
    min_film_s: float = parameter(
        160.0, unit="s", meaning="Shortest film from which skills are estimated: 16 plays of 10 s.",
        evidence=_PUBLISHED, search=(80, 300), low=1,
    )  # fmt: skip
    min_plays: int = parameter(
        16, unit="plays", meaning="Fewest plays of a player in a highlight that is assembled from a game's events.",
        evidence=_PUBLISHED, search=(8, 30), low=1,
    )  # fmt: skip
    max_film_s: float = parameter(
        1200.0, unit="s", meaning="Longest film that is taken for one player's highlight: twice the 10 min that the "
        "model was taught with. What is longer is a game, of which 64 frames show the player in a few only.",
        evidence=_BY_HAND, search=(600, 2400), low=1,
    )  # fmt: skip
    max_highlight_s: float = parameter(
        600.0, unit="s", meaning="Longest highlight that is assembled; the plays that say most are taken first.",
        evidence="BASKET's films have 8 to 10 minutes.", search=(480, 900), low=1,
    )  # fmt: skip
    before_s: float = parameter(
        6.0, unit="s", meaning="Film before a play of an assembled highlight.",
        evidence="BASKET's plays have 10 s. " + _BY_HAND, search=(3, 8), low=0,
    )  # fmt: skip
    after_s: float = parameter(
        4.0, unit="s", meaning="Film after a play of an assembled highlight.",
        evidence="BASKET's plays have 10 s. " + _BY_HAND, search=(2, 6), low=0,
    )  # fmt: skip
    crop_heights: float = parameter(
        3.2, unit="player heights", meaning="Height of the part of the picture that an assembled highlight shows.",
        evidence="In the films that the model was taught with the player has .31 of the picture's height (median of 33 "
        "plays; .25 to .37).", search=(2, 5), low=1,
    )  # fmt: skip
    crop_smoothing: float = parameter(
        0.6, unit="s", meaning="Time over which that part follows the player.", evidence=_BY_HAND, search=(0.2, 2),
        low=0.05,
    )  # fmt: skip
    crop_hold_s: float = parameter(
        2.0, unit="s", meaning="A player who was not seen for longer has no such part: the whole picture is shown.",
        evidence=_BY_HAND, search=(0.5, 5), low=0,
    )  # fmt: skip
    max_upload_mb: int = parameter(
        1024, unit="MB", meaning="Largest film that the gateway takes: 10 minutes at 13 Mbit/s.", evidence=_BY_HAND,
        low=1,
    )  # fmt: skip
    upload_wait_s: float = parameter(
        20.0, unit="s", meaning="Longest time without a further part of a film that is being sent.",
        evidence=_BY_HAND, low=0.1,
    )  # fmt: skip
    max_upload_s: float = parameter(
        1800.0, unit="s", meaning="Longest time that sending a film may take: nobody else can send one meanwhile.",
        evidence="1 GB at 4.5 Mbit/s.", low=1,
    )  # fmt: skip
