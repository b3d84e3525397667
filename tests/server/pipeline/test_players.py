"""Players through the default pipeline with the shipped models: poses, possession, form, and a clean stop."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
from default_pipeline import DefaultCameras, decode_planes
from shot_film import ShotFilm

import courtside
from courtside.plays import Possession


async def test_a_live_camera_has_poses_and_possessions_beside_its_shots(shot_film: ShotFilm) -> None:
    async with DefaultCameras() as cameras:
        poses = []
        cameras.pipelines[0].backend.on_pose = poses.append
        await cameras.play(decode_planes(shot_film.path))
        await cameras.end()
        assert await cameras.shots()
        events = await cameras.events()
    assert len(poses) > 10 and all(pose.keypoints.shape == (17, 4) for pose in poses)
    assert [event for event in events if isinstance(event.payload, Possession)]


async def test_a_camera_that_is_stopped_in_mid_play_closes_without_a_fault(shot_film: ShotFilm) -> None:
    async with DefaultCameras() as cameras:
        await cameras.play(decode_planes(shot_film.path)[:50])
        await cameras.pipelines[0].stop()
        assert cameras.pipelines[0].backend.failure is None


async def test_the_same_film_gives_the_same_events_of_players(shot_film: ShotFilm, tmp_path: Path) -> None:
    short = tmp_path / "short.mkv"
    with av.open(str(shot_film.path)) as source, av.open(str(short), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in islice(source.demux(video=0), 50):
            packet.stream = stream
            target.mux(packet)

    async def events() -> list[str]:
        return [event.to_json() async for event in courtside.analyze_events(short, actions=True)]

    first = await events()
    assert any('"possession"' in event for event in first) and first == await events()
