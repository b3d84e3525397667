"""Every number that decides about recording, clips and shortened films: :class:`MediaConfig`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."


class RecordingConfig(ParameterGroup):
    """What the gateway keeps of its cameras' film.

    It is off by default: film shows people, often children, and takes 1.1 GB per hour and camera at 2.5 Mbit/s.
    Whoever runs the gateway decides that it is kept, where and for how long.
    """

    enabled: bool = Field(False, description="Keep the film of every camera.")
    folder: Path | None = Field(None, description="Where it is kept; `recording` in the data folder by default.")
    segment_s: float = parameter(
        10.0, unit="s", meaning="Least film in one file; a file begins with a keyframe. What is deleted, and what a "
        "crash may tear, is one file.", evidence=_BY_HAND, search=(4, 60), low=1, high=600,
    )  # fmt: skip
    max_segment_mb: int = parameter(
        512, unit="MB", meaning="Largest file. Where no keyframe comes until then, nothing is recorded up to the next.",
        evidence="Thirty seconds between keyframes at 100 Mbit/s take 375 MB.", low=1,
    )  # fmt: skip
    keep_hours: float = parameter(
        72.0, unit="h", meaning="Film that is older is deleted.", evidence=_BY_HAND, search=(1, 1000), low=0,
    )  # fmt: skip
    max_gb: float = parameter(
        100.0, unit="GB", meaning="The oldest film is deleted beyond this.",
        evidence="90 hours of one camera at 2.5 Mbit/s.", search=(1, 10_000), low=0.001,
    )  # fmt: skip
    min_free_gb: float = parameter(
        2.0, unit="GB", meaning="With less free space on its disk, recording stops until there is room again: the "
        "event log lies on the same disk by default.", evidence=_BY_HAND, search=(0.5, 100), low=0,
    )  # fmt: skip
    queue_mb: int = parameter(
        16, unit="MB", meaning="Packets of one camera that may wait for the disk. Of more, all up to a keyframe are "
        "dropped; film waits.", evidence="Fifty seconds at 2.5 Mbit/s.", low=1,
    )  # fmt: skip


class ClipConfig(ParameterGroup):
    """Clips cut from what was recorded."""

    before_s: float = parameter(
        4.0, unit="s", meaning="Film before an event where nobody says how much.",
        evidence="A possession's last pass and the gather. " + _BY_HAND, search=(2, 8), low=0,
    )  # fmt: skip
    after_s: float = parameter(
        3.0, unit="s", meaning="Film after an event where nobody says how much.",
        evidence="A shot is decided 2 s after its release at most, as `shots.result` measures it.", search=(2, 6),
        low=0,
    )  # fmt: skip
    max_s: float = parameter(
        120.0, unit="s", meaning="Longest clip.", evidence=_BY_HAND, search=(30, 600), low=1, high=3600,
    )  # fmt: skip
    max_mb: int = parameter(
        256, unit="MB", meaning="Most bytes of packets in a clip: it and the files round it are in memory while cut.",
        evidence="120 s at 17 Mbit/s.", low=1,
    )  # fmt: skip
    jobs: int = parameter(
        2, unit="clips", meaning="Clips that are cut at a time.", evidence=_BY_HAND, low=1, high=64,
    )  # fmt: skip
    waiting: int = parameter(
        16, unit="clips", meaning="Further clips that may wait; beyond them a call is refused.", evidence=_BY_HAND,
        low=0, high=1024,
    )  # fmt: skip
    cache_mb: int = parameter(
        512, unit="MB", meaning="Clips that are kept for players that read them in parts; the one that was used "
        "longest ago goes first.", evidence=_BY_HAND, low=1,
    )  # fmt: skip


class CondenseConfig(ParameterGroup):
    """Which stretches of a game a condensed film keeps."""

    before_shot_s: float = parameter(
        1.3, unit="s", meaning="Film before a shot's release.",
        evidence="Simulated games 101 to 106, broadcast and sideline: the gather begins 0.8 s before (median), 1.1 s "
        "at most. They have a shot every 7.3 to 8.7 s; half of that is to be saved.",
        search=(1, 10), low=0,
    )  # fmt: skip
    after_shot_s: float = parameter(
        1.8, unit="s", meaning="Film after a shot's release.",
        evidence="The same games: the ball has fallen past the rim after 1.4 s (median); made shots by 1.7 s.",
        search=(1, 6), low=0,
    )  # fmt: skip
    min_probability: float = parameter(
        0.05, unit="1", meaning="Shots that were retracted are kept with at least this probability, without a chapter.",
        evidence="Simulated games 101 and 103, 100 s each: true shots that were retracted have 0.34 and more, of the "
        "other retracted ones 7 of 14 have less than 0.05, and 58 % and 52 % are saved.", search=(0.02, 0.6), low=0,
        high=1,
    )  # fmt: skip
    before_play_s: float = parameter(
        2.0, unit="s", meaning="Film before a rebound, a steal or a turnover.", evidence=_BY_HAND, search=(1, 5), low=0,
    )  # fmt: skip
    after_play_s: float = parameter(
        2.0, unit="s", meaning="Film after a rebound, a steal or a turnover.", evidence=_BY_HAND, search=(1, 5), low=0,
    )  # fmt: skip
    max_possession_s: float = parameter(
        3.0, unit="s", meaning="Of a possession that leads to a shot or is lost, the last seconds that are kept.",
        evidence=_BY_HAND, search=(2, 24), low=0,
    )  # fmt: skip
    join_s: float = parameter(
        0.5, unit="s", meaning="Stretches that are less apart are joined: such a cut would only be seen as a jump.",
        evidence=_BY_HAND, search=(0.2, 5), low=0,
    )  # fmt: skip
    max_extra: float = parameter(
        0.15, unit="1", meaning="Share of film that may be added because stretches begin at keyframes. With more, the "
        "stretches are encoded again.", evidence=_BY_HAND, search=(0.05, 0.5), low=0, high=10,
    )  # fmt: skip


class FilmJobsConfig(ParameterGroup):
    """Condensed games and reels that the gateway makes."""

    jobs: int = parameter(
        1, unit="films", meaning="Films that are made at a time.", evidence=_BY_HAND, low=1, high=16,
    )  # fmt: skip
    waiting: int = parameter(
        4, unit="films", meaning="Further films that may wait; beyond them a call is refused.", evidence=_BY_HAND,
        low=0, high=256,
    )  # fmt: skip


class MediaConfig(ParameterGroup):
    """Clips and shortened films."""

    clips: ClipConfig = ClipConfig()
    condense: CondenseConfig = CondenseConfig()
    films: FilmJobsConfig = FilmJobsConfig()
