"""Keypoints at other times: the one interpolation of pose tracks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def interpolate(
    keypoints: NDArray[np.floating], times: NDArray[np.floating], at: NDArray[np.floating],
    seen: NDArray[np.bool_], longest_gap: float, hold: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:  # fmt: skip
    """Keypoints at other times; each joint between the frames in which it was seen.

    Args:
        keypoints: (T, J, C), any values where a joint was not seen.
        times: (T,) seconds, ascending, at any rate; at least one.
        at: (S,) seconds.
        seen: (T, J) whether a joint was seen.
        longest_gap: seconds from a wanted time to the frames that are used. Before a joint's first frame and after its
            last one, that frame alone is used.
        hold: where the frame on one side is farther than that, the one on the other side stands alone.

    Returns:
        (S, J, C) values, and (S, J) whether they are known.
    """
    frames = len(times)
    rows = np.arange(frames)[:, None]
    # For every frame and joint: the last frame with it at or before, and the first one at or after.
    last = np.maximum.accumulate(np.where(seen, rows, -1))
    coming = np.minimum.accumulate(np.where(seen, rows, frames)[::-1])[::-1]
    first = np.searchsorted(times, at, side="right") - 1
    before = np.where((first >= 0)[:, None], last[np.maximum(first, 0)], -1)
    next_ = np.searchsorted(times, at)
    after = np.where((next_ < frames)[:, None], coming[np.minimum(next_, frames - 1)], frames)
    before, after = np.where(before < 0, after, before), np.where(after >= frames, before, after)
    known = (before >= 0) & (before < frames) & (after >= 0) & (after < frames)
    before, after = np.where(known, before, 0), np.where(known, after, 0)
    near = [np.abs(times[row] - at[:, None]) <= longest_gap for row in (before, after)]
    if hold:
        before, after = np.where(near[0], before, after), np.where(near[1], after, before)
        known &= near[0] | near[1]
    else:
        known &= near[0] & near[1]
    start, gap = times[before], times[after] - times[before]
    share = np.where(gap > 0, (at[:, None] - start) / np.where(gap > 0, gap, 1.0), 0.0)[..., None]
    joints = np.arange(keypoints.shape[1])
    earlier, later = np.nan_to_num(keypoints[before, joints]), np.nan_to_num(keypoints[after, joints])
    return earlier + (later - earlier) * share, known
