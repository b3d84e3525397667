"""Labelled releases of real clips, and events against them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

import av

from courtside_server.shots.detector import ShotChange
from courtside_server.types import ShotResult
from courtside_server.windows.evaluate import ShotScores, match

TOLERANCE_S = 0.3
"""Real seconds by which a release may be off."""


@dataclass(frozen=True)
class Clip:
    """One clip: how much too fast it runs, and its releases as (media seconds, result or blank)."""

    path: Path
    speed: float
    releases: tuple[tuple[float, str], ...]
    labelled: bool


def read_clips(folder: Path) -> list[Clip]:
    """The clips of a folder with a ``labels.csv``; clips that it does not name have no labels at all."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            rows.setdefault(row["file"], []).append(row)
    clips = []
    for path in sorted(folder.glob("*.mp4")):
        mine = rows.get(path.name, [])
        times = frame_times(path) if mine else []
        releases = tuple((times[int(row["release_frame"])], row["result"]) for row in mine)
        clips.append(Clip(path, float(mine[0]["playback_speed"]) if mine else 1.0, releases, bool(mine)))
    return clips


def frame_times(path: Path) -> list[float]:
    """Media seconds of every frame since the first, in the order shown."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stamps = sorted(frame.pts for frame in container.decode(stream))
        return [float((stamp - stamps[0]) * stream.time_base) for stamp in stamps]


@dataclass(frozen=True)
class Found:
    """A shot as its event's last revision has it."""

    media: float
    result: str
    probability: float

    @classmethod
    def of(cls, change: ShotChange) -> Found:
        """A shot as the finder leaves it."""
        result = change.story.result
        said = "unspecified" if result is ShotResult.UNKNOWN else result.name.lower()
        return cls(change.shot.media, said, change.shot.score)


def last_revisions(lines: str) -> list[Found]:
    """The shots that stand at the end of ``courtside analyze --format jsonl``, by release."""
    latest: dict[str, dict] = {}
    for line in lines.splitlines():
        event = json.loads(line)
        if "shot" in event:
            latest[event["eventId"]] = event
    shots = [
        Found(event["mediaOffset"], event["shot"]["result"].removeprefix("SHOT_RESULT_").lower(),
              event["shot"]["probability"])
        for event in latest.values()
        if event["lifecycle"] != "LIFECYCLE_RETRACTED"
    ]  # fmt: skip
    return sorted(shots, key=lambda shot: shot.media)


@dataclass(frozen=True)
class ClipScore:
    """What came of one clip.

    Attributes:
        scores: counts and release errors in real seconds.
        judged: releases found whose result a person judged.
        right: of those, how many results agree.
        told: of those, how many have a result at all.
    """

    scores: ShotScores = field(default_factory=lambda: ShotScores(0, 0, 0, ()))
    judged: int = 0
    right: int = 0
    told: int = 0

    def __add__(self, other: ClipScore) -> ClipScore:
        """Both clips together."""
        return ClipScore(
            self.scores + other.scores, self.judged + other.judged, self.right + other.right, self.told + other.told
        )


def score_clip(found: list[Found], clip: Clip) -> ClipScore:
    """Match found shots with a clip's labelled releases, one to one, within `TOLERANCE_S` of real time."""
    times = [shot.media * clip.speed for shot in found]
    truth = [media * clip.speed for media, _ in clip.releases]
    pairs = match(times, truth, TOLERANCE_S)
    errors = tuple(times[f] - truth[t] for f, t in pairs)
    judged = [(found[f].result, clip.releases[t][1]) for f, t in pairs if clip.releases[t][1]]
    return ClipScore(
        ShotScores(len(pairs), len(found), len(truth), errors), len(judged),
        sum(said == actual for said, actual in judged), sum(said != "unspecified" for said, _ in judged),
    )  # fmt: skip
