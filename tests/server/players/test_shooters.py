"""The shooters of a scene: whose poses are analysed, at which scale, and when once more."""

from __future__ import annotations

import numpy as np
import pytest
from player_scenes import CAMERA, pose

from courtside.court.homography import Calibration
from courtside_server.players.config import PoseConfig
from courtside_server.players.pose_tracks import PoseTracks
from courtside_server.players.shooters import Shooters
from courtside_sim import CameraConfig, GameConfig, SimulatedCamera, simulate


class FakeForms:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.seen, self.forgotten = [], []

    def analyze(self, infer, poses):
        self.seen.append(poses)
        return None

    def forget(self, event_id: str) -> None:
        self.forgotten.append(event_id)


def test_a_shot_is_analysed_for_its_shooter_at_the_scale_of_the_court_and_again_once_either_is_known_better() -> None:
    forms, poses = FakeForms(), PoseTracks(CAMERA, PoseConfig(), 1.0)
    for step in range(60):
        for track in (1, 2):
            poses.add(pose(track, step / 15, x=300.0 * track))  # 200 pixels tall
    shooters = Shooters(forms, poses, lambda request: None, 1.0)

    def known(shooter: int, scale: float | None) -> list[tuple[int, float | None]]:
        shooters.add("shot", 2.0, shooter, False, scale)
        return [(one.shooter, one.poses.pixels_per_metre) for one in shooters.complete(4.0)]

    assert known(1, None) == [(1, None)] and known(1, None) == []
    assert known(1, 105.0) == [(1, 105.0)] and known(1, 104.0) == [] and known(1, None) == []
    assert forms.forgotten == []
    assert known(2, 105.0) == [(2, 105.0)] and forms.forgotten == ["shot"]
    shooters.add("other", 2.0, 1, False, 20.0)  # he would be 10 m tall: the court is somewhere else
    assert [one.poses.pixels_per_metre for one in shooters.complete(4.0)] == [None]


@pytest.mark.parametrize("kind", ["behind", "corner"])
def test_the_scale_of_who_stands_on_a_calibrated_court_is_that_of_the_camera(kind: str) -> None:
    camera = SimulatedCamera(simulate(3, GameConfig(duration=2.0)), CameraConfig(kind, 1280, 720), 3)
    lens, court = camera.lens(1.0), camera.game.court
    floor = np.array([[x, y, 0.0] for x in (2.0, 6.0, 10.0) for y in (-4.0, 0.0, 4.0)])
    found = Calibration.fit(court, lens.project(floor)[0], floor[:, :2])
    for place in floor[::2]:
        (feet, head), _ = lens.project(np.stack([place, (*place[:2], 1.8)]))
        assert found.upright_scale(*feet, (1280, 720)) == pytest.approx(np.linalg.norm(head - feet) / 1.8, rel=0.01)
    assert found.upright_scale(640.0, -5000.0, (1280, 720)) is None
