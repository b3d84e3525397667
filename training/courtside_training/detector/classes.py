"""The detector's fixed choices: its classes, picture size and number of answers, and how data sets' names map."""

from __future__ import annotations

CLASSES: tuple[str, ...] = ("ball", "rim", "player", "referee")
"""In the order of the model's output."""
BALL, RIM, PLAYER, REFEREE = range(4)
HEIGHT, WIDTH = 384, 640
"""Input size in pixels: a 16:9 picture of 640x360 with bars above and below."""
STRIDE = 4
"""Input pixels a cell of the output maps."""
ANSWERS = 64
"""Detections a picture, best first."""

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
"""Class of each category of basketball-player-detection-3; others are no object of ours.

Not ``number``, and not ``ball-in-basket``: its boxes lie around the net, and the ball in it has a box of its own.
"""
YOLO_NAMES: dict[str, int] = {"Ball": BALL, "Hoop": RIM, "Player": PLAYER, "Ref": REFEREE}
"""Class of each name of basketball-players-fy4c2-vfsuv; others (Clock, Overlay, Scoreboard) are no object of ours."""
