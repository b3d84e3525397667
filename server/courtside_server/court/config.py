"""Every number that decides whether and where a court is recognised, in one typed group: :class:`CourtConfig`."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."
_STILLS = "Simulated stills and pictures of 30 real films, seen as overlays: benchmarks/court_estimates.py."


class CourtConfig(ParameterGroup):
    """How the court under a camera that nobody calibrated is recognised, and when it counts as known."""

    enabled: bool = parameter(True, unit="1", meaning="Whether courts are recognised at all.", evidence=_BY_HAND)
    min_interval: float = parameter(
        5.0, unit="s", meaning="Real seconds between two searches of one camera, doubled after each search of a scene.",
        evidence="A search takes about 0.5 s of one core.", search=(2, 20), low=0.5,
    )  # fmt: skip
    max_interval: float = parameter(
        60.0, unit="s", meaning="The doubled interval grows no further.", evidence=_BY_HAND, search=(20, 300), low=1,
    )  # fmt: skip
    max_pan: float = parameter(
        0.06, unit="picture widths", meaning="A camera that moved farther since the estimate needs a new one.",
        evidence="19 simulated cameras that pan: places .17 m off in the middle without a pan, .12 m up to .06, .16 m "
        "(90 %: .39 m) up to .12; at .13 of a broadcast lines lay .4 m off.", search=(0.01, 0.1), low=0, high=1,
    )  # fmt: skip
    max_rim_shift: float = parameter(
        0.25, unit="rim widths", meaning="Where the rim lies farther from its place in the estimate, the camera has "
        "zoomed, and the court is carried on.",
        evidence="Rims of cameras at rest move by .1; in a broadcast that zooms by .5 while lines drift by .5 m.",
        search=(0.15, 0.6), low=0.05, high=1,
    )  # fmt: skip
    carry_interval: float = parameter(
        2.0, unit="s", meaning="Real seconds from carrying a known court on to the next search.",
        evidence="It takes a third of a search.", search=(1, 5), low=0.5,
    )  # fmt: skip
    people_window: float = parameter(
        2.0, unit="s", meaning="People of so many real seconds before a picture measure the camera's height.",
        evidence=_BY_HAND, search=(0.5, 5), low=0, high=5,
    )  # fmt: skip
    min_player_score: float = parameter(
        0.35, unit="score", meaning="Lowest score of a person who is measured.", evidence=_BY_HAND, search=(0.2, 0.7),
        low=0, high=1,
    )  # fmt: skip
    min_line_support: float = parameter(
        105.0, unit="nats", meaning="Least evidence of painted lines for a court.",
        evidence="Courts of real films that are right as overlays have 112 or more; 18 floors with random lines gave "
        "up to 102 where the margin was large enough.", search=(20, 150), low=0,
    )  # fmt: skip
    min_margin: float = parameter(
        7.0, unit="nats", meaning="Least evidence by which a court is better than any that lies elsewhere.",
        evidence=_STILLS, search=(2, 20), low=0,
    )  # fmt: skip
    sure_margin: float = parameter(
        14.0, unit="nats", meaning="From this margin on a court needs no second picture that gives the same one.",
        evidence="The largest margin of a court that was wrong is 12, on 25 random lines.", search=(7, 40), low=0,
    )  # fmt: skip
    min_people_share: float = parameter(
        0.4, unit="1", meaning="Least share of the people who must have a person's height on the court's floor.",
        evidence=_STILLS, search=(0.2, 0.8), low=0, high=1,
    )  # fmt: skip
    max_rim_scale: float = parameter(
        0.26, unit="1", meaning="Largest logarithm of the rim's measured width over that which the court needs.",
        evidence=_STILLS, search=(0.1, 0.4), low=0,
    )  # fmt: skip
    uncertain_share: float = parameter(
        0.35, unit="probability", meaning="How often the best court of a picture is right that is not certain of it.",
        evidence="98 pictures of simulated films: 4 of 13, up to 1 m off; of those that were certain all but one.",
        search=(0.1, 0.6), low=0, high=1,
    )  # fmt: skip
    temperature: float = parameter(
        3.0, unit="nats", meaning="Evidence by which a court is e times as probable as another.", evidence=_STILLS,
        search=(1, 10), low=0.1,
    )  # fmt: skip
    court_error: float = parameter(
        0.15, unit="m", meaning="Standard deviation of a place for exact feet on a court that is right and whose lines "
        "are evidence of court_error_lines.",
        evidence="Exact feet on 100 courts of simulated films, metres off in the middle and at 90 %: lines of 140 to "
        "200 nats .26 and .97, to 260 .14 and .36, to 320 .14 and .23, above .10 and .19.",
        search=(0.1, 0.5), low=0.01,
    )  # fmt: skip
    court_error_lines: float = parameter(
        230.0, unit="nats", meaning="Evidence of lines at which court_error holds; with fewer lines it is larger.",
        evidence="As court_error.", search=(150, 300), low=1,
    )  # fmt: skip
    model_weight: float = parameter(
        0.5, unit="1", meaning="Power of the clip model's zone probabilities beside those of feet that are uncertain.",
        evidence="50 simulated shots on known courts with an uncertain zone: the clip model alone is right in 34, feet "
        "in 35, both in 39, with a weight of 1 in 37.", search=(0.0, 1.0), low=0, high=1,
    )  # fmt: skip
    min_zone_probability: float = parameter(
        0.8, unit="probability", meaning="A less probable zone stays unknown.",
        evidence="63 simulated shots as films: of zones of .7 to .8, 6 of 10 are right, above 27 of 28; the clip "
        "model's are right in 29 of 39; benchmarks/court_zones.py.", search=(0.45, 0.95), low=0, high=1,
    )  # fmt: skip
