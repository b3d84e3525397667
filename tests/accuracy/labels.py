"""Labelled releases of real clips, and events against them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
from accuracy.scores import ShotScores, match

from courtside_server.shots.detector import ShotChange
from courtside_server.types import ShotResult

TOLERANCE_S = 0.3
"""Real seconds by which a release may be off."""


@dataclass(frozen=True)
class Clip:
    """One clip.

    Attributes:
        path: the film.
        speed: real seconds per second of film.
        releases: (media seconds, result or blank).
        labelled: whether a person has looked for releases.
        source: clips of one source were filmed by the same people.
    """

    path: Path
    speed: float
    releases: tuple[tuple[float, str], ...]
    labelled: bool
    source: str = ""


def read_clips(folder: Path) -> list[Clip]:
    """The clips of a folder with a ``labels.csv``, or with a ``clips.csv`` and a ``releases.csv``.

    Clips that ``labels.csv`` does not name have no labels at all; those of ``clips.csv`` without a release show none.
    """
    if (folder / "clips.csv").is_file():
        return _read_clip_list(folder)
    rows: dict[str, list[dict[str, str]]] = {}
    for row in _rows(folder / "labels.csv"):
        rows.setdefault(row["file"], []).append(row)
    clips = []
    for path in sorted(folder.glob("*.mp4")):
        mine = rows.get(path.name, [])
        releases = _releases(path, [(int(row["release_frame"]), row["result"]) for row in mine])
        clips.append(Clip(path, float(mine[0]["playback_speed"]) if mine else 1.0, releases, bool(mine), path.stem))
    return clips


def _read_clip_list(folder: Path) -> list[Clip]:
    releases: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(folder / "releases.csv"):
        releases.setdefault(row["name"], []).append((int(row["frame"]), row["result"]))
    clips = []
    for row in _rows(folder / "clips.csv"):
        path = folder / row["file"]
        mine = _releases(path, releases.get(row["name"], []))
        clips.append(Clip(path, float(row["playback_speed"]), mine, True, row["source"]))
    return clips


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


def _releases(path: Path, frames: list[tuple[int, str]]) -> tuple[tuple[float, str], ...]:
    times = frame_times(path) if frames else []
    return tuple((times[frame], result) for frame, result in frames)


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
        """A shot as the detector leaves it."""
        result = change.state.result
        name = "unspecified" if result is ShotResult.UNKNOWN else result.name.lower()
        return cls(change.candidate.media, name, change.candidate.score)


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
        known: releases found whose result a person has labelled.
        right: of those, how many results agree.
        emitted: of those, how many have a result at all.
    """

    scores: ShotScores = field(default_factory=lambda: ShotScores(0, 0, 0, ()))
    known: int = 0
    right: int = 0
    emitted: int = 0

    def __add__(self, other: ClipScore) -> ClipScore:
        """Both clips together."""
        return ClipScore(
            self.scores + other.scores, self.known + other.known, self.right + other.right, self.emitted + other.emitted
        )


def score_clip(found: list[Found], clip: Clip) -> ClipScore:
    """Match found shots with a clip's labelled releases, one to one, within `TOLERANCE_S` of real time."""
    times = [shot.media * clip.speed for shot in found]
    truth = [media * clip.speed for media, _ in clip.releases]
    pairs = match(times, truth, TOLERANCE_S)
    errors = tuple(times[f] - truth[t] for f, t in pairs)
    known = [(found[f].result, clip.releases[t][1]) for f, t in pairs if clip.releases[t][1]]
    return ClipScore(
        ShotScores(len(pairs), len(found), len(truth), errors),
        known=len(known),
        right=sum(result == actual for result, actual in known),
        emitted=sum(result != "unspecified" for result, _ in known),
    )
