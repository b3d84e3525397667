"""Held-out simulated games as films."""

from __future__ import annotations

from pathlib import Path

import av

from courtside_sim import open_simulation


def write_game(path: Path, seed: int, seconds: float, balls: int = 1) -> tuple[str, tuple]:
    """Write the game of a seed as H.264, with two `balls` its warm-up; give its camera's kind and its true shots."""
    film = open_simulation(f"sim://{seed}", duration=seconds, balls=balls)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(film.fps))
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "22"}
        for _, bgr in film:
            for packet in stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return str(film.camera.kind), tuple(film.shots)
