"""Every number that decides about films that people send: :class:`FilmsConfig`."""

from __future__ import annotations

from pydantic import Field

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."


class FilmsConfig(ParameterGroup):
    """What people may send, and how it is analyzed."""

    enabled: bool = Field(True, description="Take films over HTTP; off: the page says so.")
    max_film_gb: float = parameter(
        16.0, unit="GB", meaning="Largest film.", evidence="Two hours of 1080p at 16 Mbit/s take 14 GB.",
        search=(1, 200), low=0.000001,
    )  # fmt: skip
    max_total_gb: float = parameter(
        100.0, unit="GB", meaning="Room for all films together; a film takes its whole size when its upload begins.",
        evidence=_BY_HAND, search=(10, 10_000), low=0.000001,
    )  # fmt: skip
    min_free_gb: float = parameter(
        2.0, unit="GB", meaning="Space on the disk that films leave free: the event log lies there too.",
        evidence=_BY_HAND, search=(0.5, 100), low=0,
    )  # fmt: skip
    max_films: int = parameter(
        200, unit="films", meaning="Films that are kept; a further one is refused until one is deleted.",
        evidence=_BY_HAND, search=(10, 1000), low=1, high=1000,
    )  # fmt: skip
    max_open_per_address: int = parameter(
        20, unit="films", meaning="Films of one address that are being sent or wait for their analysis; a further one "
        "is refused.", evidence="A tournament day of one club.", search=(1, 200), low=1, high=1000,
    )  # fmt: skip
    max_transfers: int = parameter(
        16, unit="requests", meaning="Parts of films that are taken at the same time; a further one is refused and "
        "sent again by its sender.", evidence=_BY_HAND, search=(2, 64), low=1, high=128,
    )  # fmt: skip
    idle_upload_h: float = parameter(
        24.0, unit="h", meaning="An upload of which nothing came for this long is deleted.",
        evidence="Who is cut off in the evening goes on in the morning.", search=(1, 200), low=0.001,
    )  # fmt: skip
    stalled_s: float = parameter(
        30.0, unit="s", meaning="A request of which nothing comes for this long is given up; what came is kept.",
        evidence=_BY_HAND, search=(5, 120), low=0.05,
    )  # fmt: skip
    silent_min: float = parameter(
        60.0, unit="min", meaning="An analysis that reports no progress for this long is ended.",
        evidence="It runs when nothing else wants the processor, so it may have to wait.", search=(10, 600), low=0.01,
    )  # fmt: skip
    threads: int = parameter(
        0, unit="threads", meaning="Threads per model of an analysis; 0: half of the cores.", evidence=_BY_HAND,
        search=(1, 16), low=0, high=256,
    )  # fmt: skip
