"""Makes the previews: a contact sheet of courts, cameras and moments, and a film with the ground truth drawn in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from courtside_sim import CAMERA_KINDS, SimulatedFilm, open_simulation

from .overlay import draw_truth

TILE = (480, 270)
"""Width and height in pixels of an image on the contact sheet."""
SHEET_SECONDS = 16.0
"""Length in seconds of the games on the contact sheet."""


def _moments(film: SimulatedFilm) -> list[float]:
    """Four times in seconds: before the gather, just before the release, just after it, and at the result."""
    last = film.game.duration - 0.1
    if not film.shots:
        return [share * last for share in (0.2, 0.4, 0.6, 0.8)]
    shot = film.shots[-1]
    times = (shot.gather_time - 1.2, shot.release_time - 0.15, shot.release_time + 0.25, shot.result_time)
    return [min(max(time, 0.0), last) for time in times]


def contact_sheet(seed: int, camera: str | None, rows: int) -> np.ndarray:
    """A contact sheet of `rows` games from `seed` on: (rows * 270, 4 * 480, 3) uint8 BGR.

    Each row is one game at four times. The second and fourth image show the ground truth. The rows use all kinds of
    cameras in turn, unless `camera` names one.
    """
    lines = []
    for row in range(rows):
        kind = camera or CAMERA_KINDS[row % len(CAMERA_KINDS)]
        film = open_simulation(seed + row, camera=kind, duration=SHEET_SECONDS, width=640, height=360)
        tiles = []
        for index, moment in enumerate(_moments(film)):
            image = film.camera.render(moment)
            if index % 2:
                image = draw_truth(image, film.camera.truth(moment), film.shots)
            tiles.append(cv2.resize(image, TILE, interpolation=cv2.INTER_AREA))
        cv2.putText(
            tiles[0], f"seed {seed + row} {kind}", (6, 260), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1,
            cv2.LINE_AA,
        )  # fmt: skip
        lines.append(np.hstack(tiles))
    return np.vstack(lines)


def write_film(film: SimulatedFilm, path: Path, report: Callable[[int], None]) -> None:
    """Write `film` with its ground truth as H.264 to `path`; `report` receives the number of frames done so far."""
    truth = film.camera.truth_track(np.arange(len(film)) / film.fps)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(film.fps))
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for index, (_, image) in enumerate(film):
            drawn = draw_truth(image, truth.frame(index), film.shots)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(drawn, format="bgr24")))
            report(index + 1)
        container.mux(stream.encode())
