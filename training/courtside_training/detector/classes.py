"""Fixed choices of the detector: classes, input size, number of detections, and the class names of data sets."""

from __future__ import annotations

CLASSES: tuple[str, ...] = ("ball", "rim", "player", "referee")
"""Class names in the order of the model's output."""
BALL, RIM, PLAYER, REFEREE = range(4)
"""Class numbers."""
HEIGHT, WIDTH = 384, 640
"""Input size in pixels: a 16:9 image of 640x360 with bars above and below."""
MULTIPLE, SMALLEST, LARGEST = 32, 128, 1024
"""The network takes any height and width that are multiples of 32, here from 128 to 1024 pixels: the backbone halves
five times. `HEIGHT` x `WIDTH` is the size that it is tuned for."""
STRIDE = 4
"""Side of a cell of the output maps in input pixels."""
MAX_DETECTIONS = 64
"""Detections per image, best first."""

COCO_NAMES: dict[str, int] = {
    "ball": BALL,
    "rim": RIM,
    "player": PLAYER,
    "player-in-possession": PLAYER,
    "player-jump-shot": PLAYER,
    "player-layup-dunk": PLAYER,
    "player-shot-block": PLAYER,
    "referee": REFEREE,
}
"""Class of each category of basketball-player-detection-3; other categories are left out.

``number`` is left out. ``ball-in-basket`` is left out because its boxes are around the net, and the ball in the net has
another box.
"""
YOLO_NAMES: dict[str, int] = {"Ball": BALL, "Hoop": RIM, "Player": PLAYER, "Ref": REFEREE}
"""Class of each name of basketball-players-fy4c2-vfsuv; other names (Clock, Overlay, Scoreboard) are left out."""
