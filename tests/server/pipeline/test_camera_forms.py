from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shooter_support import shots_of

from courtside.shot_poses import ShotPoses
from courtside_server.errors import StoreUnavailable
from courtside_server.pipeline.shot_forms import CameraForms
from courtside_server.players.form_config import FormConfig
from courtside_server.players.shot_forms import AnalysedShot, ShotForms
from courtside_server.types import (
    EventDraft,
    FormAlert,
    Lifecycle,
    PoseTrack,
    Shooter,
    Shot,
    Zone,
)

PLAYER = 7


@pytest.fixture
def poses() -> ShotPoses:
    return shots_of(3, 1)[0]


def draft(release: float, lifecycle: Lifecycle, shooter: int | None = PLAYER, event_id: str = "shot-1") -> EventDraft:
    shot = Shot(0.9, 0.1, Zone.UNSPECIFIED, (), 0.4, "shot_flight:3", shooter=shooter)
    return EventDraft("games/g", "games/g/cameras/c", event_id, lifecycle, 100.0 + release, release, shot)


class Scene:
    """Poses of one player up to a media time that grows, and forms without a model."""

    def __init__(self, poses: ShotPoses, forms: ShotForms | None = None) -> None:
        self.poses, self.now, self.read, self.kept = poses, np.inf, 0, []
        model_less = ShotForms(None, lambda: None, FormConfig())
        self.forms = CameraForms(forms or model_less, lambda request: None, self.track, self.keep)

    def track(self, player: int, first: float, last: float) -> PoseTrack | None:
        self.read += 1
        times = self.poses.times
        rows = (times >= first) & (times <= min(last, self.now))
        if player != PLAYER or not rows.any():
            return None
        return PoseTrack("games/g/cameras/c", player, times[rows], self.poses.keypoints[rows], self.poses.heights[rows])

    def keep(self, game: str, event_id: str, poses: ShotPoses) -> None:
        self.kept.append((game, event_id, poses))


def test_a_form_is_added_once_the_follow_through_was_seen_and_kept_with_the_confirmed_shot(poses) -> None:
    scene, release = Scene(poses), poses.release
    scene.now = release + 0.1
    (early,) = scene.forms.add([draft(release, Lifecycle.PROVISIONAL)], 1.0)
    assert early.payload.form is None
    scene.now = np.inf
    (later,) = scene.forms.add([draft(release, Lifecycle.PROVISIONAL)], 1.0)
    assert later.payload.form.tempo > 0.3 and not scene.kept
    (confirmed,) = scene.forms.add([draft(release, Lifecycle.CONFIRMED)], 1.0)
    assert confirmed.payload.form == later.payload.form
    (kept,) = scene.kept
    assert kept[:2] == ("games/g", "shot-1") and kept[2].release == release
    before = scene.read
    scene.forms.add([draft(release, Lifecycle.CONFIRMED)], 1.0)
    assert scene.read == before and len(scene.kept) == 1


def test_drafts_without_a_shooter_or_poses_or_a_shooting_motion_pass_unchanged(poses) -> None:
    scene, release = Scene(poses), poses.release
    for one in (
        draft(release, Lifecycle.CONFIRMED, None), draft(release, Lifecycle.CONFIRMED, 8),
        draft(release, Lifecycle.RETRACTED), draft(release + 60, Lifecycle.CONFIRMED),
    ):  # fmt: skip
        assert scene.forms.add([one], 1.0) == [one]
    still = np.repeat(poses.keypoints[:1], len(poses.times), 0)
    scene = Scene(replace(poses, keypoints=still))
    one = draft(release, Lifecycle.CONFIRMED)
    assert scene.forms.add([one], 1.0) == [one] and not scene.kept


def test_an_alert_follows_its_shot_as_an_event_of_its_own(poses) -> None:
    alert = FormAlert(shooter="Anna", event_ids=("shot-0", "shot-1"), statistic=5.0, limit=3.0)

    class Alerting(ShotForms):
        def analyze(self, infer, poses, *, final=True):
            found = ShotForms(None, lambda: None, FormConfig()).analyze(infer, poses)
            return AnalysedShot(found.form, Shooter("Anna", 0.9, 2.5), alert if final else None, None)

    scene = Scene(poses, Alerting(None, lambda: None, FormConfig()))
    shot, form = scene.forms.add([draft(poses.release, Lifecycle.CONFIRMED)], 1.0)
    assert shot.payload.identity.name == "Anna"
    assert form.payload is alert and form.event_id == "form-shot-1" and form.lifecycle is Lifecycle.CONFIRMED
    assert scene.forms.add([draft(poses.release, Lifecycle.CONFIRMED)], 1.0)[1:] == []


def test_poses_that_cannot_be_kept_do_not_cost_the_shot_its_form(poses, monkeypatch) -> None:
    scene = Scene(poses)

    def full(game, event_id, poses):
        raise StoreUnavailable("the disk is full")

    forms = CameraForms(ShotForms(None, lambda: None, FormConfig()), lambda request: None, scene.track, full)
    (found,) = forms.add([draft(poses.release, Lifecycle.CONFIRMED)], 1.0)
    assert found.payload.form is not None
