"""The shooting motion in a track of keypoints: find gather and release, cut the motion, resample it to 64 steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.keypoints import interpolate
from courtside.skeleton import ANKLES, HIPS, SHOULDERS, WRISTS

STEPS = 64
"""Steps of the network's input, from gather to release."""
GRID_HZ = 60.0
"""Rate in hertz to which a track is resampled to find the shot."""
LONGEST_GAP = 0.25
"""Longest time in seconds between a step and the nearest detection of a joint on either side."""
LOWEST_CONFIDENCE = 0.05
"""A joint with a lower confidence counts as not detected."""
LONGEST_RISE = 0.8
"""Longest time in seconds from the lowest point of the hands to the end of their rise."""
LONGEST_FALL = 0.7
"""Longest time in seconds in which the hands sink to their lowest point."""
SHORTEST_MOTION = 0.35
"""Shortest time in seconds from gather to release."""


SEARCHED = (1.7, 0.3)
"""Seconds before and after a known release in which the motion of the hands is searched."""
RELEASE_SLIP = 0.4
"""Largest difference in seconds between a known release and the end of the hands' rise for these to be one shot. A hand
that rests at the set point ends its rise there; a follow-through ends it later."""


class NoShotError(ValueError):
    """No shooting motion was found in a track."""


@dataclass(frozen=True)
class Motion:
    """A shooting motion: times of its gather and its release in seconds, in the time of the track."""

    gather: float
    release: float


def check_track(keypoints: NDArray[np.floating], times: NDArray[np.floating]) -> None:
    """Check the shapes and times of a track.

    Raises:
        ValueError: the shapes are wrong, there are fewer than eight frames, or the times are not ascending.
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != (17, 3):
        raise ValueError(f"keypoints must be (T, 17, 3), not {keypoints.shape}")
    if times.shape != (len(keypoints),):
        raise ValueError(f"{len(keypoints)} frames of keypoints but {times.shape} times")
    if len(times) < 8:
        raise ValueError(f"a track of {len(times)} frames is too short")
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise ValueError("times must be finite and ascending")


def resample(
    keypoints: NDArray[np.floating], times: NDArray[np.floating], at: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Keypoints at other times. Each joint is interpolated between the frames in which it was detected.

    Args:
        keypoints: (T, 17, 3) pixels and confidence; NaN or a confidence near 0 means not detected.
        times: (T,) seconds, ascending, at any rate.
        at: (S,) seconds.

    Returns:
        (S, 17, 3) float32. A joint without a detection within `LONGEST_GAP` seconds on both sides is 0, 0, 0.
    """
    found = np.isfinite(keypoints).all(-1) & (keypoints[..., 2] > LOWEST_CONFIDENCE)
    values, known = interpolate(keypoints, times, at, found, LONGEST_GAP)
    return np.where(known[..., None], values, 0.0).astype(np.float32)


def smooth(values: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    """Values (T, ...) smoothed along the first axis by a Gaussian of `sigma` steps; the ends are mirrored."""
    reach = min(int(4.0 * sigma + 0.5), len(values))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, [(reach, reach)] + [(0, 0)] * (values.ndim - 1), mode="symmetric")
    shifted = [weight * padded[start : start + len(values)] for start, weight in enumerate(weights / weights.sum())]
    return np.asarray(sum(shifted), np.float64)


def _heights(track: NDArray[np.floating], seen: NDArray[np.bool_]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Smoothed heights (S, 2) of both wrists in trunk lengths, above the shoulders and above the lower foot."""
    filled = track[..., :2].astype(float)
    rows = np.arange(len(track))
    for joint in (*SHOULDERS, *WRISTS, *HIPS, *ANKLES):
        good = np.flatnonzero(seen[:, joint])
        if len(good) < 4:
            raise NoShotError("shoulders, hips, wrists or ankles are detected in fewer than four steps")
        for axis in range(2):
            filled[:, joint, axis] = np.interp(rows, good, filled[good, joint, axis])
    top, bottom = filled[:, SHOULDERS].mean(1), filled[:, HIPS].mean(1)
    trunk = np.median(np.linalg.norm(top - bottom, axis=-1))
    if not trunk > 1e-6:
        raise NoShotError("the trunk has no length")
    floor = filled[:, ANKLES, 1].max(1)
    raised = (top[:, None, 1] - filled[:, WRISTS][..., 1]) / trunk
    above = (floor[:, None] - filled[:, WRISTS][..., 1]) / trunk
    return smooth(raised, 0.03 * GRID_HZ), smooth(above, 0.03 * GRID_HZ)


def _sinking(height: NDArray[np.floating], bottom: int) -> int:
    """Index at which the hands (S,) began to sink to the lowest point at index `bottom`.

    The search goes back from the lowest point until the hands have almost stopped for about a tenth of a second. A
    shorter stop is the rest of the ball in the shooting pocket.
    """
    first = max(0, bottom - round(LONGEST_FALL * GRID_HZ))
    fall = -np.gradient(height) * GRID_HZ
    quick = 0.07 * max(float(fall[first : bottom + 1].max()), 1e-6)
    begin, pause = bottom, 0
    for index in range(bottom, first - 1, -1):
        if fall[index] > quick:
            begin, pause = index, 0
        else:
            pause += 1
            if begin < bottom and pause > 0.12 * GRID_HZ:
                break
    return begin


def find_shot(keypoints: NDArray[np.floating], times: NDArray[np.floating]) -> Motion:
    """Find gather and release of the only shot in a track from the movement of the wrists.

    The release is the end of the last fast rise to the highest position of the shooting wrist above the shoulders. The
    gather is the time at which the hands began to sink to the lowest point before that.

    Args:
        keypoints: (T, 17, 3) pixels (y down) and confidence, NaN if not detected.
        times: (T,) seconds, ascending, at any rate.

    Raises:
        NoShotError: a `ValueError`; no wrist rises clearly above the shoulders after being below them.
        ValueError: see `check_track`.
    """
    check_track(keypoints, times)
    at = np.arange(times[0], times[-1], 1 / GRID_HZ)
    track = resample(keypoints, times, at)
    raised, above = _heights(track, track[..., 2] > 0)
    side = int(raised.max(0).argmax())
    strong = raised[:, side]
    top = int(strong.argmax())
    if strong[top] < 0.25:
        raise NoShotError("no wrist rises above the shoulders")
    # The highest point may be late in a held follow-through. The rise ends when that height is almost reached.
    lower = np.flatnonzero(strong[: top + 1] < 0.85 * strong[top])
    risen = int(lower[-1]) + 1 if len(lower) else 0
    first = max(0, risen - round(LONGEST_RISE * GRID_HZ))
    bottom = first + int(above[first : risen + 1].mean(1).argmin())
    if strong[top] - strong[bottom] < 0.6 or risen - bottom < 3:
        raise NoShotError("the hands do not rise from below")
    speed = np.gradient(strong) * GRID_HZ
    # Only the last part of the rise counts, because the ball may rest at the set point on its way.
    high = strong[bottom] + 0.6 * (strong[top] - strong[bottom])
    push = bottom + int(np.flatnonzero(strong[bottom : risen + 1] >= high)[0])
    fastest = push + int(speed[push : risen + 1].argmax())
    slow = np.flatnonzero(speed[fastest : top + 1] < 0.25 * speed[fastest])
    release = fastest + int(slow[0]) if len(slow) else top
    gather = _sinking(above.mean(1), bottom)
    gather = min(gather, release - round(SHORTEST_MOTION * GRID_HZ))
    return Motion(float(at[max(gather, 0)]), float(at[release]))


def find_motion(keypoints: NDArray[np.floating], times: NDArray[np.floating], release: float) -> Motion:
    """Find the gather of a shot whose release is known from the ball, which shows it better than the hands do.

    Args:
        keypoints: (T, 17, 3) pixels (y down) and confidence, NaN if not detected.
        times: (T,) seconds, ascending, at any rate.
        release: seconds, in the time of the track.

    Returns:
        The motion that ends at `release`.

    Raises:
        NoShotError: a `ValueError`; no wrist rises clearly above the shoulders before the release, or the track does
            not reach from the lowest point of the hands to the release.
        ValueError: see `check_track`.
    """
    check_track(keypoints, times)
    if not times[0] < release - SHORTEST_MOTION or times[-1] < release - 2 * LONGEST_GAP:
        raise NoShotError(
            f"the track from {times[0]:.2f} to {times[-1]:.2f} s does not contain the motion before the release at "
            f"{release:.2f} s: the player left the picture or was lost"
        )
    near = (times >= release - SEARCHED[0]) & (times <= release + SEARCHED[1])
    if near.sum() < 8:
        raise NoShotError(f"only {near.sum()} poses near the release at {release:.2f} s, 8 are needed")
    found = find_shot(keypoints[near], times[near])
    if abs(found.release - release) > RELEASE_SLIP:
        raise NoShotError(f"the hands rise until {found.release:.2f} s, not until the release at {release:.2f} s")
    release = min(release, float(times[-1]))
    return Motion(max(min(found.gather, release - SHORTEST_MOTION), float(times[0])), release)


def cut(keypoints: NDArray[np.floating], times: NDArray[np.floating], where: Motion) -> NDArray[np.float32]:
    """The motion between gather and release as the network's input: (64, 17, 3) float32.

    Raises:
        ValueError: gather or release is outside the track.
    """
    slack = 2.0 * float(np.median(np.diff(times)))
    if not (times[0] - slack <= where.gather < where.release <= times[-1] + slack):
        raise ValueError(
            f"the shot from {where.gather:.2f} to {where.release:.2f} s is outside its track, "
            f"{times[0]:.2f} to {times[-1]:.2f} s"
        )
    return resample(keypoints, times, np.linspace(where.gather, where.release, STEPS))
