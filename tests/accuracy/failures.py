"""Why a clip fails: one line for each release that was missed, each false shot and each wrong result."""

from __future__ import annotations

from collections.abc import Iterator

from accuracy.labels import TOLERANCE_S, Clip, pair_shots
from accuracy.product import FilmRun

from courtside_server.shots.detector import ShotChange
from courtside_server.types import Lifecycle

_NEAR_S = 1.5
"""A shot within so many real seconds of a release is named in its line."""
_FLIGHT_S = 1.0
"""The ball is looked for in so much real time after a release."""
_SEEN = 0.25
"""A ball that was tracked in a smaller share of the flight was not seen."""


def reasons(run: FilmRun, clip: Clip) -> Iterator[str]:
    """The lines of one clip; none where everything is right."""
    found = list(run.found)
    pairs, false = pair_shots(found, clip)
    hit = {release for _, release in pairs}
    for index, (media, _) in enumerate(clip.releases):
        if index not in hit:
            yield f"release at {media:.2f} s: {_why_missed(run, clip, media)}"
    for index in false:
        yield f"false shot at {found[index].media:.2f} s (p {found[index].probability:.2f})"
    for index, release in pairs:
        actual, shown = clip.releases[release][1], found[index].result
        if actual and shown not in (actual, "unspecified"):
            yield f"result at {found[index].media:.2f} s is {shown}, it was {actual}"
        elif actual and shown == "unspecified":
            yield f"result at {found[index].media:.2f} s is unknown, it was {actual}"


def _why_missed(run: FilmRun, clip: Clip, media: float) -> str:
    def apart(change: ShotChange) -> float:
        return abs(change.candidate.media - media) * clip.speed

    near = sorted((change for change in run.shots if apart(change) <= _NEAR_S), key=apart)
    if near and near[0].candidate.lifecycle is Lifecycle.RETRACTED and apart(near[0]) <= 2 * TOLERANCE_S:
        candidate, state = near[0].candidate, near[0].state
        by = " and ".join(sorted(reason.name for reason in state.rejections)) or "its windows or another shot"
        likely = "" if state.probability is None else f"p {state.probability:.2f}, "
        return (
            f"retracted by {by} ({likely}windows {candidate.score:.2f}, {candidate.agreeing} of {candidate.covering}, "
            f"{candidate.media - media:+.2f} s)"
        )
    flight = [frame for frame in run.frames if 0 <= (frame.media - media) * clip.speed <= _FLIGHT_S]
    balls = sum(frame.ball for frame in flight)
    context = (
        f"ball in {balls} of {len(flight)} frames of its flight, rim in {sum(frame.rim for frame in flight)}, "
        f"player in {sum(frame.player for frame in flight)}"
    )
    nearest = f"; nearest shot {near[0].candidate.media - media:+.2f} s" if near else ""
    if balls < _SEEN * max(len(flight), 1):
        return f"no ball seen ({context}){nearest}"
    return f"no candidate ({context}){nearest}"
