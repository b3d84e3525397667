"""Cameras: rendered frames and their ground truth."""

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
        assert truth.in_view.any()
        for box, keys in zip(truth.boxes[truth.in_view], truth.keypoints[truth.in_view], strict=True):
            inside = keys[keys[:, 2] > 0, :2]
            assert (inside >= box[:2] - 0.01).all() and (inside <= box[2:] + 0.01).all()


def test_who_is_out_of_view_has_neither_box_nor_keypoints() -> None:
    truth = open_simulation(1, camera="sideline", duration=8).camera.truth(0.0)
    away = ~truth.in_view
    assert away.any() and not away.all()
    assert not truth.boxes[away].any() and not truth.keypoints[away][..., 2].any()


def test_the_ball_is_painted_at_its_true_position() -> None:
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
            film = open_simulation(seed, camera=kind, duration=20)
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


@pytest.mark.parametrize("kind", CAMERA_KINDS)
def test_a_track_of_truth_is_the_truth_of_its_frames(kind: str) -> None:
    camera = open_simulation(6, camera=kind, duration=12).camera
    times = np.arange(0, 12, 0.31)
    track = camera.truth_track(times)
    assert len(track) == len(times)
    for index in (0, 7, 20, len(times) - 1):
        one, many = camera.truth(float(times[index])), track.frame(index)
        for name, value in vars(one).items():
            other = getattr(many, name)
            if value is None:
                assert other is None, name
            else:
                assert np.asarray(other) == pytest.approx(np.asarray(value), abs=1e-3), name


def test_no_moments_are_an_empty_track() -> None:
    camera = open_simulation(6, camera="corner", duration=2).camera
    assert camera.truth_track(np.zeros(0)).boxes.shape == (0, len(camera.game.roster), 4)


def test_referees_are_seen_but_are_no_players() -> None:
    film = open_simulation(3, camera="broadcast", duration=10)
    referees = np.stack([film.camera.truth(t).referees for t in np.arange(0, 9, 0.5)])
    assert 1 <= referees.shape[1] <= 3
    seen = referees[referees.any(-1)]
    assert len(seen) and (seen[:, 3] - seen[:, 1] > 15).any()
    assert film.camera.truth(3.0).boxes.shape[0] == len(film.game.roster)


def test_compression_can_be_switched_off() -> None:
    game = simulate(2, GameConfig(duration=3))
    different = 0
    for seed in range(4):
        squeezed = SimulatedCamera(game, CameraConfig("corner"), seed)
        plain = SimulatedCamera(game, CameraConfig("corner", compression=False), seed)
        assert plain.style.quality == squeezed.style.quality
        same = np.array_equal(squeezed.render(1.0), plain.render(1.0))
        assert same == (squeezed.style.quality == 100)
        different += not same
    assert 0 < different < 4


def test_the_score_follows_made_shots() -> None:
    for seed in range(40):
        film = open_simulation(seed, camera="broadcast", duration=14)
        made = [shot for shot in film.shots if shot.made]
        if film.camera._strip is not None and made:
            break
    strip, shot = film.camera._strip, made[0]
    blank = np.zeros((360, 640, 3), np.uint8)
    shown = []
    for moment in (shot.result_time - 0.01, shot.result_time + 0.01):
        picture = blank.copy()
        strip.paint(picture, moment)
        shown.append((strip._key[:2], picture))
    gained = np.subtract(shown[1][0], shown[0][0])
    assert gained[shot.team] == (3 if shot.three else 2) and gained[1 - shot.team] == 0
    assert not np.array_equal(shown[0][1], shown[1][1])


def test_baskets_look_different_from_place_to_place() -> None:
    from courtside_sim.style import draw_style

    hoops = [draw_style(2, np.random.default_rng(seed)).hoop for seed in range(60)]
    assert {hoop.mount for hoop in hoops} == {"stand", "pole", "wall"}
    assert {hoop.opacity < 1 for hoop in hoops} == {hoop.square is None for hoop in hoops} == {True, False}
    assert len({hoop.rim for hoop in hoops}) > 30 and any(hoop.net is None for hoop in hoops)


def test_fast_things_smear_while_the_shutter_is_open() -> None:
    from dataclasses import replace

    film = next(f for f in (open_simulation(s, camera="phone", duration=9) for s in range(9, 30)) if f.shots)
    camera = film.camera
    shot = film.shots[0]
    moment = shot.release_time + 0.2
    pictures = []
    for shutter in (1 / 2000, 1 / 30):
        camera.style = replace(camera.style, shutter=shutter)
        pictures.append(camera.render(moment))
    x, y, radius, _ = camera.truth(moment).ball
    reach = int(3 * radius)
    around = np.s_[max(int(y) - reach, 0) : int(y) + reach, max(int(x) - reach, 0) : int(x) + reach]
    assert np.abs(pictures[0][around].astype(int) - pictures[1][around]).max() > 25
