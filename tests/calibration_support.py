"""What tests of calibration share: a camera over a court, points as somebody would click them, a film of the floor."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import cv2
import numpy as np

from courtside.court.point_pairs import PointPair, PointPairs
from courtside_client.calibrate.plan import lines, plan

CAMERA = "games/final/cameras/left"
SPOTS = {spot["id"]: spot for spot in plan("fiba")["points"]}
SEEN = ["0-lane-base-left", "0-lane-base-right", "0-elbow-left", "0-elbow-right", "mid-side-left", "0-three-top"]


def camera(metres, x=-4.0, y=-14.0, height=4.0, focal=900.0):
    """Pixels of floor points in a 1280x720 picture of a camera at (x, y, height) that looks at (9, 0, 0)."""
    ahead = np.array([9.0 - x, -y, -height]) / np.linalg.norm([9.0 - x, -y, -height])
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    relative = np.column_stack([metres, np.zeros(len(metres))]) - [x, y, height]
    depth = relative @ ahead
    down = np.cross(ahead, right)
    return np.stack([640 + focal * (relative @ right) / depth, 360 + focal * (relative @ down) / depth], 1)


def point_pairs(ids=SEEN, jitter=None, **changes) -> PointPairs:
    metres = np.array([(SPOTS[key]["x"], SPOTS[key]["y"]) for key in ids]).reshape(-1, 2)
    pixels = camera(metres) + (0 if jitter is None else jitter)
    points = [
        PointPair(pixel_x=u, pixel_y=v, court_x=x, court_y=y, label=SPOTS[key]["label"])
        for key, (u, v), (x, y) in zip(ids, pixels.tolist(), metres.tolist(), strict=True)
    ]
    return PointPairs(**{"court": "fiba", "width": 1280, "height": 720, "points": points} | changes)


def write_floor_film(path: Path) -> Path:
    """Three frames of half a FIBA court as `camera` sees it."""
    floor = np.full((720, 1280, 3), 120, np.uint8)
    for line in lines("fiba", "0"):
        seen = line[line[:, 0] > 0.5]
        cv2.polylines(floor, [np.int32(np.round(camera(seen)))], False, (255, 255, 255), 2, cv2.LINE_AA)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(floor)))
        container.mux(stream.encode())
    return path


def calibrate_command(*arguments) -> list[str]:
    return [sys.executable, "-m", "courtside_client.cli", "calibrate", *map(str, arguments)]
