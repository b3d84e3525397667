"""The default profile shows the detector most frames only in part, and finds the shot all the same."""

from __future__ import annotations

import pytest
from default_pipeline import DefaultCameras, decode_planes
from shot_film import NEAR_S, write_shot_film


@pytest.mark.timeout(60)
async def test_a_shot_is_found_while_the_detector_sees_half_of_the_pictures(tmp_path):
    film = write_shot_film(tmp_path / "shot.mp4")
    pixels: list[int] = []

    async def count(infer, timeout):
        pixels.append(infer.args[1]["image"][:, 0].size)
        return await infer()

    async with DefaultCameras() as cameras:
        cameras.engine.faults["court_detector"] = count
        await cameras.play(decode_planes(film.path))
        await cameras.end()
        ((media, shot),) = await cameras.shots()
    assert media == pytest.approx(film.release, abs=NEAR_S) and shot.result is film.result
    whole = 384 * 640
    assert pixels[0] == whole and set(pixels) != {whole}
    frames = film.frames / 2  # 15 of 30 each second
    assert sum(pixels) < 0.7 * frames * whole
