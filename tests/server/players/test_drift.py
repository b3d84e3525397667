from __future__ import annotations

import numpy as np
import pytest
from shooter_support import shots_of

from courtside_server.players.comparison import baseline_of
from courtside_server.players.drift import DriftMonitor, OwnShots
from courtside_server.players.embedding_map import pca, tsne
from courtside_server.players.form import form_of
from courtside_server.players.form_config import FormConfig
from courtside_server.players.recognition import recognise

CONFIG = FormConfig()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_gallery_of_few_shots_is_not_enough(rng) -> None:
    assert OwnShots.of(rng.normal(size=(1, 8)), CONFIG) is None
    small = OwnShots.of(rng.normal(size=(4, 8)), CONFIG)
    assert small is not None and small.limit == np.inf


def test_an_alert_comes_once_when_a_run_has_left_the_baseline_and_says_which_joint_moved(rng) -> None:
    own = OwnShots.of(rng.normal(size=(40, 8)), CONFIG)
    form = form_of(shots_of(3, 1)[0])
    moved = form_of(shots_of(3, 1)[0])
    moved.joints[:, 8, 0] += 0.3
    monitor = DriftMonitor("Anna", own, baseline_of([form]), CONFIG)
    usual = [monitor.update(f"good-{index}", vector, form) for index, vector in enumerate(rng.normal(size=(30, 8)))]
    assert usual == [None] * 30
    drifted = [
        monitor.update(f"bad-{index}", vector, moved) for index, vector in enumerate(rng.normal(size=(20, 8)) + 1.5)
    ]
    (alert,) = [one for one in drifted if one is not None]
    assert alert.shooter == "Anna" and alert.statistic > alert.limit >= CONFIG.least_limit
    assert len(alert.event_ids) == CONFIG.run and alert.event_ids[-1].startswith("bad-")
    assert alert.joints[0].joint == "right_elbow"


def test_a_later_revision_of_a_shot_does_not_count_twice_and_a_retracted_one_not_at_all(rng) -> None:
    own = OwnShots.of(rng.normal(size=(40, 8)), CONFIG)
    form = form_of(shots_of(3, 1)[0])
    monitor = DriftMonitor("Anna", own, baseline_of([form]), CONFIG)
    far = rng.normal(size=8) + 3.0
    assert [monitor.update("shot-1", far, form) for _ in range(20)] == [None] * 20
    for index in range(2, CONFIG.run):
        assert monitor.update(f"shot-{index}", far, form) is None
    monitor.forget("shot-1")  # it was none
    assert monitor.update("shot-20", far, form) is None
    assert monitor.update("shot-21", far, form) is not None


def test_the_nearest_gallery_names_the_shooter_and_a_stranger_has_no_name(rng) -> None:
    centres = np.eye(8)[:3] * 6
    own = {
        name: OwnShots.of(centre + rng.normal(size=(10, 8)) * 0.3, CONFIG)
        for name, centre in zip(("Anna", "Ben", "Cleo"), centres, strict=True)
    }
    config = FormConfig(stranger=2.0)
    found = recognise(own, centres[1] + 0.1, config)
    assert found.name == "Ben" and 0.7 < found.probability < 1.0
    assert abs(found.baseline_distance) < 3
    assert recognise(own, np.full(8, -5.0), config).name == ""
    assert recognise({}, centres[0], CONFIG) is None


@pytest.mark.parametrize("method", [pca, tsne])
def test_a_map_keeps_groups_apart_and_is_the_same_each_time(rng, method) -> None:
    vectors = np.concatenate([rng.normal(size=(15, 12)) + 8 * np.eye(12)[group] for group in range(3)])
    points, groups = method(vectors), np.repeat(np.arange(3), 15)
    np.testing.assert_array_equal(points, method(vectors))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 1e9 * np.eye(45)
    assert (groups[apart.argmin(1)] == groups).mean() > 0.95
    assert np.isfinite(method(np.ones((20, 4)))).all()
