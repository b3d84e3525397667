"""Following: what becomes of one shot after its release: whose it was, how it flew, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.court import Calibration
from courtside_server.rings.observations import ObservationRing
from courtside_server.shots.arc import fit_arc
from courtside_server.shots.trajectory import BallPath, ball_paths, nearest_player, nearest_rim
from courtside_server.shots.filters import FLIGHT_S, glimpsed, hurtles, leaves_rim, sinks, strays
from courtside_server.shots.models.rim import WATCH_S, RimModel, Verdict, first_at_rim, flew_past
from courtside_server.types import UNTRACKED, Arc, ObjectClass, Observations, ShotResult, ZoneSource
from courtside_server.windows.nms import MergedShot

JUDGE_FROM_S, FINAL_S = 0.4, 3.5
"""Real seconds after the release between which the rim is watched; then the shot is final."""
JUDGE_EVERY_S = 0.05
"""Real seconds between two looks at the rim at least: a faster camera costs no more."""
SHOOTER_S = (0.35, 0.05)
"""Real seconds before and after the release in which the player nearest to the ball counts as its shooter."""
IN_HAND = 0.35
"""Body heights: a ball further from a player is not his."""
LEAVING = 2.0
"""Body heights a second by which a ball may have left a player before it was first seen."""
FLOOR_S = 0.8
"""Real seconds before the release in which the shooter's feet were on the floor at least once."""
REJOIN_S = 0.6
"""A track that begins so soon after another ended, and near, is the same ball."""


@dataclass(frozen=True, slots=True)
class ShotStory:
    """What is known of a shot beside its release.

    Attributes:
        ball: track of the ball that was shot, as it left the hand.
        shooter: track of the player who released it.
        zone: (7,) probabilities with their source; None while unknown.
        court: x, y of the shooter's feet, metres.
        arc: the flight's shape.
        result: what the rim decided.
        make: probability that it goes in, once the rim has been watched.
        missed_all: the ball was seen, and came near no rim: no shot.
        nobodys: players were seen, and the ball left none of them: no shot either.
        sank: the ball was seen, and never went up: it was dropped, rolled, or is no ball.
        hurtled: the ball was faster than any: not one ball was seen but several things.
        glimpsed: it was hardly seen, and not because it left the picture.
        off_rim: it was first seen going up right over a rim: the rebound of a shot before it, if there was one.
    """

    ball: int | None = None
    shooter: int | None = None
    zone: tuple[float, ...] | None = None
    zone_source: ZoneSource = ZoneSource.UNSPECIFIED
    court: tuple[float, float] | None = None
    arc: Arc | None = None
    result: ShotResult = ShotResult.UNKNOWN
    make: float | None = None
    missed_all: bool = False
    nobodys: bool = False
    sank: bool = False
    hurtled: bool = False
    glimpsed: bool = False
    off_rim: bool = False

    @property
    def refuted(self) -> bool:
        """Whether what was seen after the release says that it was none."""
        return self.missed_all or self.nobodys or self.sank or self.hurtled or self.glimpsed


UNTOLD = ShotStory()
"""Of a shot that is not followed."""


@dataclass(slots=True, eq=False)
class _Ball:
    """One of the balls that may have been shot: its way, the rim (4,) it came nearest to, and what they tell."""

    story: ShotStory
    path: BallPath = field(default_factory=BallPath.none)
    rim: NDArray[np.float64] | None = None
    verdict: Verdict = field(default_factory=Verdict)


class ShotFollower:
    """Follows one shot through the observations after its release.

    Windows may speak of several balls: a track that broke in the hand goes on under another id, and now and then the
    window that is surest of a release takes it from something else that moved. The first ball that nothing refutes
    is the one that was shot.

    Args:
        rim: judges its end; None where there is no such model.
        calibration: of the camera, for pixels with camera motion taken out; None without one.
        time_scale: real seconds a media second.
    """

    def __init__(self, rim: RimModel | None, calibration: Calibration | None, time_scale: float) -> None:
        self._rim, self._calibration, self._scale = rim, calibration, time_scale
        self._judged = -np.inf
        self._balls: dict[int, _Ball] = {}
        self._ball = _Ball(ShotStory())
        self._zone: tuple[float, ...] | None = None

    @property
    def story(self) -> ShotStory:
        """What is known by now."""
        story = self._ball.story
        if self._zone is None or story.zone_source is ZoneSource.CALIBRATION:
            return story
        return replace(story, zone=self._zone, zone_source=ZoneSource.MODEL)

    @property
    def path(self) -> BallPath:
        """The ball's way by now."""
        return self._ball.path

    def final(self, shot: MergedShot, now: float) -> bool:
        """Whether nothing more is to be learned: of what the flight has refuted, nothing is from its end on."""
        return (now - shot.media) * self._scale >= (FLIGHT_S if self.story.refuted else FINAL_S)

    async def follow(self, shot: MergedShot, ring: ObservationRing, now: float, last: bool = False) -> ShotStory:
        """Look again; call after every look until :meth:`final`.

        Args:
            shot: the release as merged so far.
            ring: observations up to ``now``.
            now: media seconds.
            last: nothing more will come, so that this look counts however soon it comes after the one before.

        Raises:
            EngineError: the rim model did not answer.
        """
        after = (now - shot.media) * self._scale
        if not last and (now - self._judged) * self._scale < JUDGE_EVERY_S - 1e-6:
            return self.story
        self._judged = now
        before = FLOOR_S / self._scale
        seen = ring.between(shot.media - before, now)
        if not seen or not shot.tracks:
            return self.story
        paths = {path.track: path for path in ball_paths(seen)}
        for track in shot.tracks:
            ball = self._balls.setdefault(track, _Ball(ShotStory(ball=track)))
            ball.path = chained(paths, track, self._scale)
            ball.story = self._placed(ball.story, paths.get(track), seen, shot)
            if after >= JUDGE_FROM_S and len(ball.path):
                ball.rim = nearest_rim(seen, ball.path.places)
                ball.story = self._flown(ball, seen, shot)
        balls = [self._balls[track] for track in shot.tracks if len(self._balls[track].path)] or [self._ball]
        self._ball = ball = next((ball for ball in balls if not ball.story.refuted), balls[0])
        if after >= JUDGE_FROM_S:
            reached = first_at_rim(ball.path, ball.rim, shot.media + JUDGE_FROM_S / self._scale)
            if self._rim is not None and reached is not None and (now - reached) * self._scale <= WATCH_S:
                window = ring.between(now - 2.4 / self._scale, now)
                ball.verdict.add(await self._rim.judge(ball.path, window, now, self._scale), now)
                ball.story = replace(ball.story, result=ball.verdict.result, make=ball.verdict.make_probability)
            if last or after >= FINAL_S:
                ball.story = replace(ball.story, result=_settled(ball, shot))
        return self.story

    def _flown(self, ball: _Ball, seen: Sequence[Observations], shot: MergedShot) -> ShotStory:
        """What the ball's way says, once it has come some."""
        path, rim = ball.path, ball.rim
        return replace(
            ball.story, arc=fit_arc(path, shot.media, rim, self._scale),
            missed_all=strays(path, seen, shot.media, self._scale),
            sank=sinks(path, rim, shot.media, self._scale),
            hurtled=hurtles(path, shot.media, self._scale),
            glimpsed=glimpsed(path, seen, shot.media, self._scale),
            off_rim=leaves_rim(path, rim, shot.media, self._scale),
        )  # fmt: skip

    def _placed(
        self, story: ShotStory, path: BallPath | None, seen: Sequence[Observations], shot: MergedShot
    ) -> ShotStory:
        """The shooter, and where he stood."""
        if story.shooter is not None or path is None:
            return story
        shooter = find_shooter(path, seen, shot.media, self._scale)
        if shooter is None:
            return replace(story, nobodys=self._nobodys(path, seen, shot))
        story = replace(story, shooter=shooter, nobodys=False)
        if self._calibration is None:
            return story
        feet = find_feet(seen, shooter, shot, self._scale)
        place = self._calibration.place(*feet) if feet is not None else None
        if place is None:
            return story
        shares = self._calibration.zones(place, self._calibration.court.nearer_basket(place.x))
        return replace(
            story, court=(round(place.x, 3), round(place.y, 3)), zone=tuple(float(share) for share in shares),
            zone_source=ZoneSource.CALIBRATION,
        )  # fmt: skip

    def _nobodys(self, path: BallPath, seen: Sequence[Observations], shot: MergedShot) -> bool:
        """Whether players are in sight around the release, and the ball is away from every one, tracked or not."""
        around = [o for o in seen if abs(o.media - shot.media) * self._scale <= SHOOTER_S[0]]
        least, any_players = np.inf, False
        for observations in around:
            boxes = observations.steady(ObjectClass.PLAYER)[:, :4]
            any_players |= bool(len(boxes))
            at = int(np.argmin(np.abs(path.media - observations.media)))
            least = min(least, nearest_player(boxes, float(path.places[at, 0]), float(path.places[at, 1]))[1])
        unseen = max(0.0, float(path.media[0]) - shot.media) * self._scale
        return any_players and least > IN_HAND + LEAVING * unseen

    def with_zone(self, zone: Sequence[float]) -> None:
        """Take a model's zone, for where there is no calibration's."""
        self._zone = tuple(zone)


def _settled(ball: _Ball, shot: MergedShot) -> ShotResult:
    """The result when nothing more will be seen of the shot."""
    result = ball.verdict.settled
    air_ball = result is ShotResult.UNKNOWN and flew_past(ball.path, ball.rim, shot.media)
    return ShotResult.MISSED if air_ball else result


def chained(paths: Mapping[int, BallPath], track: int, time_scale: float) -> BallPath:
    """A ball's path through the breaks of its track: at the net a ball is lost and found again.

    Args:
        paths: of all balls that were seen from before the release to now, by track.
        track: the one that was shot; nothing is seen of it where it has no path.
        time_scale: real seconds a media second.
    """
    own = paths.get(track)
    if own is None:
        return BallPath.none()
    parts = [own]
    while True:
        last = parts[-1]
        end, place, size = float(last.media[-1]), last.places[-1], float(np.median(last.sizes))
        best, least = None, np.inf
        for path in paths.values():
            gap = (float(path.media[0]) - end) * time_scale
            if path in parts or not 0 < gap <= REJOIN_S or not (len(path) < 3 or path.moves):
                continue
            apart = float(np.hypot(*(path.places[0] - place))) / size
            if apart < 3.0 + 22.0 * gap and apart < least:
                best, least = path, apart
        if best is None:
            break
        parts.append(best)
    return BallPath(
        own.track, np.concatenate([p.media for p in parts]), np.concatenate([p.places for p in parts]),
        np.concatenate([p.sizes for p in parts]), np.concatenate([p.scores for p in parts]),
    )  # fmt: skip


def find_shooter(path: BallPath, seen: Sequence[Observations], release: float, time_scale: float) -> int | None:
    """Track of the player the ball was nearest to around the release, by most looks; None where nobody was near.

    A path that begins with the flight (a ball in hands is often hidden) stands where it was first seen.
    """
    first, last = release - SHOOTER_S[0] / time_scale, release + SHOOTER_S[1] / time_scale
    votes: Counter[int] = Counter()
    for observations in seen:
        if not first <= observations.media <= last:
            continue
        players = observations.steady(ObjectClass.PLAYER)
        players = players[players[:, 5] != UNTRACKED]
        at = int(np.argmin(np.abs(path.media - observations.media)))
        row, far = nearest_player(players[:, :4], float(path.places[at, 0]), float(path.places[at, 1]))
        unseen = max(0.0, float(path.media[0]) - observations.media) * time_scale
        if row >= 0 and far <= IN_HAND + LEAVING * unseen:
            votes[int(players[row, 5])] += 1
    return votes.most_common(1)[0][0] if votes else None


def find_feet(
    seen: Sequence[Observations], shooter: int, shot: MergedShot, time_scale: float
) -> tuple[float, float] | None:
    """Pixel between the shooter's feet when they were last on the floor, camera motion taken out.

    The lowest box of the last moments before the release: a jump lifts it, nothing sinks it.
    """
    best: tuple[float, float] | None = None
    for observations in seen:
        if not shot.media - FLOOR_S / time_scale <= observations.media <= shot.media:
            continue
        for left, _, right, bottom, _, track in observations.steady(ObjectClass.PLAYER).tolist():
            if track == shooter and (best is None or bottom >= best[1]):
                best = ((left + right) / 2, bottom)
    return best

