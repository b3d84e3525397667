"""Thumbnails: at most one per second and camera, of whatever frames come, and no frame is waited for."""

from __future__ import annotations

import time

import cv2
import numpy as np
from camera_session import add_frame, session_with_frames

from courtside_server.api.cameras import MAX_GONE, CameraBoard
from courtside_server.telemetry.metrics import Metrics


async def test_a_thumbnail_is_made_once_a_second_and_a_still_picture_is_noticed():
    metrics, now = Metrics(), [time.monotonic()]
    session = await session_with_frames(metrics, "left", ages=[0.1], size=(640, 480))
    board = CameraBoard(lambda: [session], metrics, clock=lambda: now[0])
    camera = session.info.camera.name
    first = await board.thumbnail(camera)
    assert first is not None
    assert cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)
    add_frame(session, 1, now[0])
    assert await board.thumbnail(camera) is first, "less than a second later"
    now[0] += 1.1
    assert await board.thumbnail(camera) is not first
    for number in range(2, 5):
        now[0] += 5
        add_frame(session, number, now[0], luma=90)
        await board.thumbnail(camera)
    (shown,) = board.summary()["cameras"]
    assert shown["stillSeconds"] == 10.0 and shown["state"] == "live"
    assert await board.thumbnail("games/final/cameras/none") is None


async def test_gone_cameras_are_remembered_up_to_a_limit_and_forgotten_when_they_are_back():
    metrics, now, open_sessions = Metrics(), [time.monotonic()], []
    board = CameraBoard(lambda: open_sessions, metrics, clock=lambda: now[0])
    session = await session_with_frames(metrics, "left", ages=[0.1, 0.0])
    board.note_end(session)
    now[0] += 30
    (shown,) = board.summary()["cameras"]
    assert (shown["state"], shown["goneSeconds"], shown["fps"]) == ("gone", 30.0, 0.0)
    open_sessions.append(session)
    assert [one["state"] for one in board.summary()["cameras"]] == ["frozen"]
    open_sessions.clear()
    for number in range(MAX_GONE + 1):
        board.note_end(await session_with_frames(metrics, f"camera{number}", ages=[0.0], size=(32, 32)))
    assert len(board.summary()["cameras"]) == MAX_GONE
