"""Labelled releases of real clips, and events against them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
from accuracy.kinds import CameraKind, kind_of
from accuracy.scores import ShotScores, match

from courtside.film import Film
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
        background: media seconds of shots of people far behind, which are neither required nor false.
        kind: how the camera sees the game.
    """

    path: Path
    speed: float
    releases: tuple[tuple[float, str], ...]
    labelled: bool
    source: str = ""
    background: tuple[float, ...] = ()
    kind: CameraKind = CameraKind.UNKNOWN


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
        speed = float(mine[0]["playback_speed"]) if mine else 1.0
        kind = kind_of(path.stem, speed, len(releases))
        clips.append(Clip(path, speed, releases, bool(mine), path.stem, kind=kind))
    return clips


def _read_clip_list(folder: Path) -> list[Clip]:
    releases: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(folder / "releases.csv"):
        releases.setdefault(row["name"], []).append((int(row["frame"]), row["result"]))
    background: dict[str, list[tuple[int, str]]] = {}
    if (folder / "background_releases.csv").is_file():
        for row in _rows(folder / "background_releases.csv"):
            background.setdefault(row["name"], []).append((int(row["frame"]), ""))
    clips = []
    for row in _rows(folder / "clips.csv"):
        path, speed = folder / row["file"], float(row["playback_speed"])
        mine = _releases(path, releases.get(row["name"], []))
        far = tuple(media for media, _ in _releases(path, background.get(row["name"], [])))
        kind = kind_of(row.get("camera") or path.stem, speed, len(mine))
        clips.append(Clip(path, speed, mine, True, row["source"], far, kind))
    return clips


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


def _releases(path: Path, frames: list[tuple[int, str]]) -> tuple[tuple[float, str], ...]:
    times = frame_times(path) if frames else []
    return tuple((times[frame], result) for frame, result in frames)


def frame_times(path: Path) -> list[float]:
    """Media seconds of every frame in the order shown, on the film's clock as `courtside analyze` counts it."""
    begin = Film(path).info
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stamps = sorted(frame.pts for frame in container.decode(stream))
        return [float(stamp * stream.time_base - begin.first_pts * begin.time_base) for stamp in stamps]


@dataclass(frozen=True)
class Found:
    """A shot as its event's last revision has it; ``speed`` is how fast the film runs there, where it is known."""

    media: float
    result: str
    probability: float
    speed: float | None = None

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


def pair_shots(found: list[Found], clip: Clip) -> tuple[list[tuple[int, int]], list[int]]:
    """Found shots against a clip's labelled releases, one to one, within `TOLERANCE_S` of real time.

    Returns:
        ``(found index, release index)`` pairs, and the indices of false shots. A shot of the background is neither.
    """
    times = [shot.media * clip.speed for shot in found]
    pairs = match(times, [media * clip.speed for media, _ in clip.releases], TOLERANCE_S)
    others = sorted(set(range(len(found))) - {f for f, _ in pairs})
    behind = match([times[f] for f in others], [media * clip.speed for media in clip.background], TOLERANCE_S)
    ignored = {others[f] for f, _ in behind}
    return pairs, [f for f in others if f not in ignored]


def score_clip(found: list[Found], clip: Clip) -> ClipScore:
    """Match found shots with a clip's labelled releases; see :func:`pair_shots`."""
    pairs, false = pair_shots(found, clip)
    errors = tuple((found[f].media - clip.releases[t][0]) * clip.speed for f, t in pairs)
    known = [(found[f].result, clip.releases[t][1]) for f, t in pairs if clip.releases[t][1]]
    return ClipScore(
        ShotScores(len(pairs), len(pairs) + len(false), len(clip.releases), errors),
        known=len(known),
        right=sum(result == actual for result, actual in known),
        emitted=sum(result != "unspecified" for result, _ in known),
    )
