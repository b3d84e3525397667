"""The context of a shot: how far from the rim, how the shooter came to it, how the ball came to him, who was near.

Everything is measured in observations round the release. On a known court feet are measured in metres on the floor.
Elsewhere bodies and the rim are the scale: a player is about 1.9 m tall in his box, a rim 0.46 m wide. What was not
seen stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration, project
from courtside_server.shots.arc import GRAVITY
from courtside_server.shots.quality_criteria import ContextConfig
from courtside_server.shots.shooter import ARM
from courtside_server.shots.trajectory import Trajectory, ball_trajectories
from courtside_server.types import UNTRACKED, ObjectClass, Observations

BODY_M = 1.9
"""Height of a player's box, metres: body, shoes and hair."""
RIM_M = 0.47
"""Width of a rim's box, metres: 18 inches inside, and the ring itself."""
RIM_HEIGHT_M = 3.05
"""From the floor to the rim, metres."""
_FOCAL = 0.9
"""Focal length of a usual camera as a share of the picture's longer side."""
_CARRY_S, _SAME_BODY = 0.3, 0.4
"""Seconds and overlap (intersection over union) up to which a box without a track continues the shooter's."""
_FAR_SHORT = 0.5
"""Share of the distance in the picture below which a time of flight is not the shot's."""
_FALL = 5.5
"""Speed at which a shot comes down to the rim, metres per second."""
_RELEASE_M = 2.5
"""Height of the ball at the release of a jump shot, metres."""


@dataclass(frozen=True, slots=True)
class ShotContext:
    """What was seen round a release; None where it is not known.

    Attributes:
        distance: metres on the floor from the shooter to the point below the rim.
        angle: degrees between the basket's axis and the shooter, seen from below the rim; only on a known court.
        defender: metres from the shooter to the nearest other player; inf where nobody else is in view.
        arrived: seconds before the release at which the ball came through the air to the shooter.
        watched: seconds before the release from which on the ball was followed in his hands.
        dribbled: seconds before the release at which the ball touched the floor last, after it had arrived; inf where
            it did not.
        still: seconds before the release in which the shooter's feet stayed where they were.
        away: metres by which the feet moved away from the rim in the last step.
        across: metres by which the feet moved at a right angle to that.
        speed: metres per second towards the rim shortly before the release.
        before_step: metres by which the feet moved in the same direction in the second before that step.
        over_rim: metres by which the ball was above the rim when it left the hand beside it.
        flight: seconds from the release until the ball was at the rim.
        deeper: how much farther from the camera the rim is than the shooter, by their sizes: logarithm of the ratio.
    """

    distance: float | None = None
    angle: float | None = None
    defender: float | None = None
    arrived: float | None = None
    watched: float | None = None
    dribbled: float | None = None
    still: float | None = None
    away: float | None = None
    across: float | None = None
    speed: float | None = None
    before_step: float | None = None
    over_rim: float | None = None
    flight: float | None = None
    deeper: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Feet:
    """The shooter before the release: (N,) seconds since it, (N, 4) boxes, camera motion removed."""

    since: NDArray[np.float64]
    boxes: NDArray[np.float64]

    @property
    def height(self) -> float:
        """Pixels of the standing player: he crouches and jumps, and boxes err."""
        return float(np.percentile(self.boxes[:, 3] - self.boxes[:, 1], 75))

    @property
    def points(self) -> NDArray[np.float64]:
        """(N, 2) pixels between the feet."""
        return np.stack([(self.boxes[:, 0] + self.boxes[:, 2]) / 2, self.boxes[:, 3]], 1)


def shot_context(
    path: Trajectory, observations: Sequence[Observations], shooter: int | None, rim: NDArray[np.float64] | None,
    release: float, time_scale: float, config: ContextConfig, court: Calibration | None = None,
) -> ShotContext:
    """Measure the context of a shot.

    Args:
        path: the ball's trajectory, from the release on or longer.
        observations: from some seconds before the release to now, oldest first.
        shooter: his track; None where it is not known.
        rim: box and confidence (5,) of the rim that the ball flew to, camera motion removed; None without one.
        release: media seconds.
        time_scale: real seconds per media second.
        config: the numbers that decide.
        court: from pixels with camera motion removed to metres; None where the court is not known.
    """
    known: dict[str, float | None] = {}
    if len(path) and rim is not None:
        known["flight"] = _flight(path, rim, release, time_scale)
    feet = _feet(observations, shooter, release, time_scale, config)
    if feet is None:
        return ShotContext(distance=_flown_distance(known.get("flight")), **known)
    known |= _on_floor(feet, observations, rim, release, court, config)
    if court is None or known.get("distance") is None:
        known["distance"] = _agreed(known.get("distance"), _flown_distance(known.get("flight")))
    if rim is not None:
        # Pixels of a metre at the shooter's place over those at the rim's.
        known["deeper"] = math.log(feet.height / BODY_M * RIM_M / max(float(rim[2] - rim[0]), 1.0))
    known["defender"] = _defender(feet, observations, shooter, release, time_scale, court)
    known |= _ball_before(path, observations, feet, release, time_scale, config)
    if len(path) and rim is not None:
        known["over_rim"] = _over_rim(path, rim, release, time_scale)
    return ShotContext(**known)


def _feet(
    observations: Sequence[Observations], shooter: int | None, release: float, scale: float, config: ContextConfig
) -> _Feet | None:
    frames = [
        frame for frame in observations
        if frame.whole and -config.lookback <= (frame.media - release) * scale <= 0.0
    ]  # fmt: skip
    since: list[float] = []
    boxes: list[NDArray[np.float64]] = []
    for frame in reversed(frames):
        players, before = frame.steady(ObjectClass.PLAYER), (frame.media - release) * scale
        own = players[players[:, 5] == shooter, :4]
        if len(own):
            since.append(before)
            boxes.append(own[0])
        elif boxes and since[-1] - before <= _CARRY_S:
            # His track may have begun late. Until then the box that covers him is his.
            strangers = players[players[:, 5] == UNTRACKED, :4]
            shares = overlap(strangers, boxes[-1])
            if len(shares) and shares.max() >= _SAME_BODY:
                since.append(before)
                boxes.append(strangers[int(shares.argmax())])
    if len(since) < config.min_frames:
        return None
    return _Feet(np.array(since[::-1]), np.array(boxes[::-1]))


def overlap(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union (N,) of boxes (N, 4) with one box (4,)."""
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    common = np.prod(np.maximum(high - low, 0.0), 1)
    both = np.prod(boxes[:, 2:] - boxes[:, :2], 1) + np.prod(box[2:] - box[:2]) - common
    shares: NDArray[np.float64] = common / np.maximum(both, 1e-9)
    return shares


def _on_floor(
    feet: _Feet, observations: Sequence[Observations], rim: NDArray[np.float64] | None, release: float,
    court: Calibration | None, config: ContextConfig,
) -> dict[str, float | None]:
    """Distance, angle, rest and steps of the feet."""
    out: dict[str, float | None] = {"still": _still(feet, config)}
    since = feet.since
    # A jump lifts the feet before the release, and on a floor that would carry them away.
    late = (since >= -config.stand_from) & (since <= -config.stand_until)
    early = (since >= -config.step_from) & (since <= -config.step_until)
    if not late.any():
        return out
    if court is not None:
        spots, depth = project(court.matrix, feet.points)
        stood = np.median(spots[late], axis=0)
        basket = court.court.nearer_basket(float(stood[0]))
        if not (depth > 0).all() or basket >= court.court.baskets:
            return out
        ahead, left = court.court.to_local(float(stood[0]), float(stood[1]), basket)
        out["distance"] = math.hypot(ahead, left)
        out["angle"] = math.degrees(math.atan2(abs(left), ahead))
        to_rim = court.court.rim_centre(basket)[:2] - stood
    elif rim is not None:
        # Metres across the picture, and into it as far as sizes show that.
        metre, rim_metre = feet.height / BODY_M, max(float(rim[2] - rim[0]), 1.0) / RIM_M
        at_release = min(observations, key=lambda frame: abs(frame.media - release))
        middle = at_release.width / 2 - at_release.pan[0]
        focal = _FOCAL * max(at_release.width, at_release.height)
        ground = _ground(observations, config)
        if ground is None or not (feet.points[:, 1] > ground.horizon).all():
            across, deep = (feet.points[:, 0] - middle) / metre, np.full(len(since), focal / metre)
        else:
            # The floor says how deep feet are, sizes of bodies only once for all.
            metres = (feet.points[:, 1] - ground.horizon) / ground.camera_height
            across, deep = (feet.points[:, 0] - middle) / metres, focal / metres
        spots = np.stack([across, deep], 1)
        stood = np.median(spots[late], axis=0)
        to_rim = np.array([((rim[0] + rim[2]) / 2 - middle) / rim_metre, focal / rim_metre]) - stood
        out["distance"] = float(np.hypot(*to_rim))
    else:
        return out
    earlier = (since >= -config.step_from - 1.0) & (since <= -config.step_from - 0.4)
    ran = None
    if earlier.any() and early.any():
        ran = np.median(spots[early], axis=0) - np.median(spots[earlier], axis=0)
    length = float(np.hypot(*to_rim))
    if length < 0.1 or not early.any():
        return out
    towards = to_rim / length
    step = np.median(spots[late], axis=0) - np.median(spots[early], axis=0)
    out["away"] = -float(step @ towards)
    out["across"] = abs(float(step @ (-towards[1], towards[0])))
    if ran is not None:
        out["before_step"] = float(ran @ step) / max(float(np.hypot(*step)), 0.1)
    out["speed"] = float(step @ towards) / max(float(np.median(since[late]) - np.median(since[early])), 0.1)
    return out


@dataclass(frozen=True, slots=True)
class _Ground:
    """The floor before a level camera: pixel row of the horizon, and metres of the camera above the floor."""

    horizon: float
    camera_height: float


def _ground(observations: Sequence[Observations], config: ContextConfig) -> _Ground | None:
    """The floor by the people on it: the lower their feet in the picture, the taller they are. None where too few
    people stand at different depths.
    """
    rows = []
    for frame in observations[:: max(1, len(observations) // 20)]:
        if frame.whole:
            players = frame.steady(ObjectClass.PLAYER)
            cut = players[:, 3] + frame.pan[1] >= frame.height - 2
            rows.append(players[~cut])
    players = np.concatenate(rows) if rows else np.zeros((0, 6))
    tall, feet, tracks = players[:, 3] - players[:, 1], players[:, 3], players[:, 5]
    # One person's posture moves height and feet as well: it takes several.
    people = [np.median(feet[tracks == track]) for track in np.unique(tracks) if track != UNTRACKED]
    if (
        len(players) < config.ground_boxes or len(people) < config.ground_people
        or np.ptp(people) < config.ground_depth * np.median(tall)
    ):  # fmt: skip
        return None
    # Errors lie in the heights: people crouch, jump and hide one another. Those far off the line are left out once.
    line = np.polyfit(feet, tall, 1)
    off = np.abs(tall - np.polyval(line, feet))
    kept = off <= 2.5 * np.median(off)
    if np.ptp(feet[kept]) <= 0 or np.ptp(tall[kept]) <= 0:
        return None
    line = np.polyfit(feet[kept], tall[kept], 1)
    likeness = np.corrcoef(feet[kept], tall[kept])[0, 1]
    if line[0] <= 0 or likeness < config.ground_likeness:
        return None
    return _Ground(float(-line[1] / line[0]), BODY_M / float(line[0]))


def _still(feet: _Feet, config: ContextConfig) -> float:
    """Seconds before the release in which the feet stayed where they were; across the picture only during the jump."""
    metre = feet.height / BODY_M
    spots = feet.points / metre
    late, floor = feet.since >= -config.stand_from, feet.since <= -config.stand_until
    if not late.any():
        return 0.0
    moved = np.abs(spots[:, 0] - np.median(spots[late, 0]))
    if (late & floor).any():
        moved[floor] = np.maximum(moved, np.abs(spots[:, 1] - np.median(spots[late & floor, 1])))[floor]
    off = np.flatnonzero(moved > config.still_distance)
    first = 0 if not len(off) else min(int(off[-1]) + 1, len(moved) - 1)
    return float(-feet.since[first])


def _agreed(seen: float | None, flown: float | None) -> float | None:
    """One distance of two: by sizes in the picture, and by the time of flight, which is more exact.

    Something else that passes the rim ends a flight too early.
    """
    if seen is None or flown is None:
        return flown if seen is None else float(seen)
    return flown if flown > _FAR_SHORT * seen else float(seen)


def _flown_distance(flight: float | None) -> float | None:
    """Metres on the floor that a shot of so many seconds covers.

    Times of flight hardly depend on the camera. Shots leave the hand at about 52 degrees.
    """
    if flight is None or flight < 0.3:
        return None
    rise = RIM_HEIGHT_M - _RELEASE_M + GRAVITY * flight**2 / 2
    return rise / math.tan(math.radians(52.0))


def _flight(path: Trajectory, rim: NDArray[np.float64], release: float, scale: float) -> float | None:
    """Seconds until the ball is at the rim's height on its way down, near the rim."""
    since = (path.media - release) * scale
    width = max(float(rim[2] - rim[0]), 1.0)
    x, y = (rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2
    near = (since > 0.0) & (since < 2.5) & (np.hypot(path.positions[:, 0] - x, path.positions[:, 1] - y) < 1.2 * width)
    if not near.any():
        return None
    first = int(np.flatnonzero(near)[0])
    # Above the rim it still has to fall; at the rim it falls at about 5.5 m/s.
    above = max(0.0, float(y - path.positions[first, 1])) / width * RIM_M
    return float(since[first]) + above / _FALL


def _over_rim(path: Trajectory, rim: NDArray[np.float64], release: float, scale: float) -> float | None:
    """Metres of the ball over the rim as it left the hand; only where it was beside the rim."""
    since = (path.media - release) * scale
    near = np.abs(since) <= 0.12
    if not near.any():
        return None
    width = max(float(rim[2] - rim[0]), 1.0)
    x, y = (rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2
    at = path.positions[near].mean(0)
    if abs(at[0] - x) > 3.0 * width:
        return None
    return float((y - at[1]) / width * RIM_M)


def _defender(
    feet: _Feet, observations: Sequence[Observations], shooter: int | None, release: float, scale: float,
    court: Calibration | None,
) -> float | None:
    """Metres to the nearest other player at the release: on the floor of a known court, else in the picture."""
    frames = [frame for frame in observations if frame.whole and abs(frame.media - release) * scale <= 0.2]
    if not frames:
        return None
    metre = feet.height / BODY_M
    own = np.median(feet.points[-3:], axis=0)
    least = []
    for frame in frames:
        players = frame.steady(ObjectClass.PLAYER)
        others = players[players[:, 5] != shooter, :4]
        # Spectators and people far behind are much smaller or larger.
        tall = others[:, 3] - others[:, 1]
        others = others[(tall > 0.6 * feet.height) & (tall < 1.6 * feet.height)]
        if not len(others):
            least.append(math.inf)
            continue
        points = np.stack([(others[:, 0] + others[:, 2]) / 2, others[:, 3]], 1)
        if court is not None:
            both, depth = project(court.matrix, np.concatenate([own[np.newaxis], points]))
            seen = depth[1:] > 0
            away = np.full(len(points), math.inf)
            away[seen] = np.hypot(*(both[1:][seen] - both[0]).T) if depth[0] > 0 else math.inf
        else:
            away = np.hypot(*(points - own).T) / metre
        least.append(float(away.min()))
    return float(np.median(least))


def _ball_before(
    path: Trajectory, observations: Sequence[Observations], feet: _Feet, release: float, scale: float,
    config: ContextConfig,
) -> dict[str, float | None]:
    """Follow the ball back from the release: until when it was in the air, and whether it touched the floor since."""
    chain = _back(path, observations, feet, release, scale, config)
    out: dict[str, float | None] = {"arrived": None, "dribbled": None, "watched": None}
    if not chain:
        return out
    times = np.array([time for time, _ in chain])
    where = np.array([position for _, position in chain])
    boxes = np.stack([np.interp(times, feet.since, column) for column in feet.boxes.T], 1)
    height = feet.height
    gap = np.maximum(np.maximum(boxes[:, 0] - where[:, 0], where[:, 0] - boxes[:, 2]), 0)
    up = np.maximum(np.maximum(boxes[:, 1] - ARM * height - where[:, 1], where[:, 1] - boxes[:, 3]), 0)
    apart = np.hypot(gap, up) / height
    low = where[:, 1] > boxes[:, 3] - config.floor_share * height
    # Before the shooter was first seen he came no faster than he can run.
    apart = np.maximum(apart - config.run * np.maximum(feet.since[0] - times, 0.0), 0.0)
    known = np.flatnonzero((times >= feet.since[0] - config.unseen) & (times <= -config.shortest_hold))
    out["watched"] = float(-times[known[-1]]) if len(known) else None
    flown = flight_to(observations, feet.since, feet.boxes, release, scale, config)
    away = np.flatnonzero(apart[known] > config.apart)
    far = np.flatnonzero(apart[known] > config.passed)
    if flown is not None:
        # Hands, heads and shoes pass for the ball; one that flies to the shooter is hardly mistaken.
        out["arrived"] = flown
        out["watched"] = max(flown, out["watched"] or 0.0)
        known = known[times[known] > -flown + config.first_bounce]
    elif len(far) >= config.passed_detections:
        # The newest time at which it was far from him; it arrived when it was apart from him last before that.
        since_far = away[away <= far[0]]
        begin = int(far[0])
        while begin - 1 in since_far:
            begin -= 1
        coming = known[begin:]
        coming = coming[times[coming] >= times[known[begin]] - config.approach_time]
        if len(coming) > 1 and _slope(times[coming], apart[coming]) <= -config.approach:
            out["arrived"] = float(-times[known[begin]])
        else:
            # It did not come to him: the ball in his hands was hidden, and this is another one.
            out["watched"] = float(-times[known[begin - 1]]) if begin else None
        known = known[:begin]
    bounces = known[low[known]]
    out["dribbled"] = float(-times[bounces[0]]) if len(bounces) else math.inf
    return out


def _slope(times: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Change of values per second."""
    off = times - times.mean()
    return float(off @ values / max(off @ off, 1e-9))


def flight_to(
    observations: Sequence[Observations], since: NDArray[np.float64], boxes: NDArray[np.float64], release: float,
    scale: float, config: ContextConfig,
) -> float | None:
    """Seconds before the release at which a ball flew to a player; None where none is seen to.

    A flight is a row of detections, each nearer to him than the one before and at the speed of a pass, from well apart
    up to him. A bounce on the way does not end it. The newest one counts.

    Args:
        observations: round the release, oldest first.
        since: (N,) seconds since the release at which the player was seen, rising.
        boxes: (N, 4) of the player then, camera motion removed.
        release: media seconds.
        scale: real seconds per media second.
        config: the numbers that decide.
    """
    height = float(np.percentile(boxes[:, 3] - boxes[:, 1], 75))
    rows = []
    for frame in observations:
        time = (frame.media - release) * scale
        if not -config.lookback <= time <= -config.shortest_hold:
            continue
        balls = frame.steady(ObjectClass.BALL)
        for ball in balls[balls[:, 4] >= config.ball_score]:
            rows.append((time, (ball[0] + ball[2]) / 2, (ball[1] + ball[3]) / 2, ball[5]))
    if len(rows) < config.passed_detections:
        return None
    times, x, y, tracks = np.array(rows).T
    moves = np.ones(len(rows), np.bool_)
    for track in np.unique(tracks[tracks != UNTRACKED]):
        own = tracks == track
        if np.ptp(times[own]) > config.flight_gap:
            moves[own] = math.hypot(np.ptp(x[own]), np.ptp(y[own])) > config.approach * height * np.ptp(times[own])
    times, x, y = times[moves], x[moves], y[moves]
    left, top, right, bottom = (np.interp(times, since, column) for column in boxes.T)
    gap = np.maximum(np.maximum(left - x, x - right), 0)
    apart = np.hypot(gap, np.maximum(np.maximum(top - ARM * height - y, y - bottom), 0)) / height
    # The longest row that ends with each detection: its length, and how far from the player it began.
    length, begin, pace = np.ones(len(times), np.int64), apart.copy(), np.full(len(times), np.nan)
    arrived = None
    for row in range(len(times)):
        lapse = times[row] - times
        moved = np.hypot(x - x[row], y - y[row]) / height
        with np.errstate(divide="ignore", invalid="ignore"):
            nearer, speed = (apart - apart[row]) / lapse, moved / lapse
        before = np.flatnonzero(
            (lapse > 1e-6) & (lapse <= config.flight_gap) & (nearer >= config.approach)
            & (speed >= config.pass_speed) & (speed <= config.greatest_speed)
            & ~((nearer > config.steady * pace) | (nearer < pace / config.steady))
        )  # fmt: skip
        if not len(before):
            continue
        best = before[np.lexsort((times[before], length[before]))[-1]]
        length[row], begin[row], pace[row] = length[best] + 1, begin[best], nearer[best]
        if (
            length[row] >= config.passed_detections and begin[row] >= config.passed
            and apart[row] <= config.caught and begin[row] - apart[row] >= config.caught
        ):  # fmt: skip
            arrived = float(-times[row])
    return arrived


def _back(
    path: Trajectory, observations: Sequence[Observations], feet: _Feet, release: float, scale: float,
    config: ContextConfig,
) -> list[tuple[float, NDArray[np.float64]]]:
    """The ball before the release, newest first: seconds and position (2,). Breaks of its track are bridged.

    Hands, knees and heads pass for balls, but score less. Balls that lie about do not move.
    """
    if not len(path):
        return []
    start = int(np.argmin(np.abs(path.media - release)))
    time, at, size = float(path.media[start]), path.positions[start], max(float(np.median(path.sizes)), 1.0)
    chain = [((time - release) * scale, at)]
    low, high = feet.boxes.min(0)[:2] - size, feet.boxes.max(0)[2:] + size
    resting = {
        other.track for other in ball_trajectories([one for one in observations if one.media <= release])
        if other.seconds(other.media <= release, scale) > config.ball_rest and other.extent() < 1.0
        and not ((other.positions.mean(0) > low) & (other.positions.mean(0) < high)).all()
    }  # fmt: skip
    for frame in reversed(observations):
        if frame.media >= time - 1e-9 or frame.media > release:
            continue
        gap = (time - frame.media) * scale
        if gap > config.ball_gap:
            break
        balls = frame.steady(ObjectClass.BALL)
        balls = balls[(balls[:, 4] >= config.ball_score) & ~np.isin(balls[:, 5], list(resting))]
        if not len(balls):
            continue
        middles = (balls[:, :2] + balls[:, 2:4]) / 2
        distance = np.hypot(*(middles - at).T) / size
        best = int(distance.argmin())
        if distance[best] > config.ball_distance + config.ball_speed * min(gap, config.ball_hidden):
            continue
        time, at = frame.media, middles[best]
        chain.append(((time - release) * scale, at))
    return chain
