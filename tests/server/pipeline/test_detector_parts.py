"""The default profile shows the detector most frames only in part, and finds the shot all the same."""

from __future__ import annotations

import asyncio
import zlib

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


@pytest.mark.timeout(60)
async def test_how_fast_the_detector_answers_does_not_change_what_it_sees_of_a_film(tmp_path):
    """A film gives the same events on any machine, however busy."""
    frames = decode_planes(write_shot_film(tmp_path / "shot.mp4").path)[:60]

    async def seen(slow: bool) -> list[tuple[tuple[int, ...], int]]:
        parts: list[tuple[tuple[int, ...], int]] = []

        async def note(infer, timeout):
            image = infer.args[1]["image"]
            parts.append((image.shape, zlib.crc32(image.tobytes())))
            if slow and len(parts) % 3 == 0:
                await asyncio.sleep(0.08)
            return await infer()

        async with DefaultCameras() as cameras:
            cameras.engine.faults["court_detector"] = note
            await cameras.play(frames)
            await cameras.end()
        return sorted(parts)

    fast = await seen(slow=False)
    assert fast == await seen(slow=True) and len({shape for shape, _ in fast}) > 1
