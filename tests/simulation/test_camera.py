"""Cameras: pictures and frame truth."""

import time

import numpy as np
import pytest

from courtside_sim import CAMERA_KINDS, CameraConfig, GameConfig, SimulatedCamera, open_simulation, simulate


@pytest.fixture(scope="module", params=CAMERA_KINDS)
def film(request):
    return open_simulation(3, camera=request.param, duration=14)


def test_any_order_gives_the_same_pictures(film) -> None:
    times = [2.0, 5.37, 0.0, 9.1]
    forward = [film.camera.render(t) for t in times]
    again = SimulatedCamera(film.game, CameraConfig(film.camera.kind))
    backward = [again.render(t) for t in reversed(times)][::-1]
    for one, two in zip(forward, backward, strict=True):
        assert one.shape == (360, 640, 3) and one.dtype == np.uint8
        assert np.array_equal(one, two)
    assert np.array_equal(film.camera.truth(5.37).keypoints, again.truth(5.37).keypoints)


def test_the_same_address_is_the_same_film(film) -> None:
    again = open_simulation(3, camera=film.camera.kind, duration=14)
    assert again.shots == film.shots
    assert np.array_equal(again.camera.render(4.0), film.camera.render(4.0))


def test_the_film_is_the_camera_at_the_frame_times(film) -> None:
    assert len(film) == 420
    for (moment, picture), index in zip(film, range(3), strict=False):
        assert moment == pytest.approx(index / 30)
        assert np.array_equal(picture, film.camera.render(moment))


def test_keypoints_lie_in_their_boxes_and_boxes_in_the_frame(film) -> None:
    for t in np.arange(0, 13, 1.7):
        truth = film.camera.truth(float(t))
        assert truth.boxes.shape == (len(film.game.roster), 4)
        assert (truth.boxes >= 0).all() and (truth.boxes <= [640, 360, 640, 360]).all()
        for box, keys, seen in zip(truth.boxes, truth.keypoints, truth.in_view, strict=True):
            inside = keys[keys[:, 2] > 0, :2]
            if seen:
                assert (inside >= box[:2] - 0.01).all() and (inside <= box[2:] + 0.01).all()
            else:
                assert len(inside) == 0 and not box.any()


def test_the_ball_is_painted_where_the_truth_says() -> None:
    film = open_simulation(5, camera="behind", duration=14)
    shot = film.shots[0]
    moment = shot.release_time + 0.35
    x, y, radius, visible = film.camera.truth(moment).ball
    assert visible == 1 and 2 < radius < 20
    patch = (
        film.camera.render(moment)[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].reshape(-1, 3).mean(0)
    )
    assert patch[2] > patch[1] > patch[0] and patch[2] > 1.5 * patch[0]


def test_shooter_and_basket_are_in_view_at_the_release() -> None:
    seen = total = 0
    for seed in range(2):
        for kind in CAMERA_KINDS:
            film = open_simulation(seed, camera=kind, duration=30)
            for shot in film.shots:
                truth = film.camera.truth(shot.release_time)
                shooter = (truth.keypoints[shot.shooter, :, 2] > 0).sum() >= 15
                basket = film.camera.sees(film.game.court.rim_centre(shot.basket), shot.release_time)
                seen, total = seen + bool(shooter and basket), total + 1
    assert total >= 12
    assert seen / total >= 0.95


def test_pictures_differ_between_seeds_and_moments() -> None:
    game = simulate(1, GameConfig(duration=5))
    one, two = SimulatedCamera(game, seed=1), SimulatedCamera(game, seed=2)
    assert np.abs(one.render(1.0).astype(int) - two.render(1.0)).mean() > 5
    assert not np.array_equal(one.render(1.0), one.render(2.0))


def test_other_sizes_are_rendered() -> None:
    film = open_simulation("sim://2?width=320&height=240&duration=4&fps=10&camera=broadcast")
    _, picture = next(iter(film))
    assert picture.shape == (240, 320, 3) and len(film) == 40


def test_rendering_keeps_far_ahead_of_real_time(film) -> None:
    film.camera.render(0.0)
    start = time.process_time()
    for index in range(30):
        film.camera.render(index / 3)
    assert (time.process_time() - start) / 30 < 1 / 60
