"""`courtside-train sim preview`: the contact sheet and the film with the ground truth drawn in."""

import av
import cv2
import numpy as np
from click.testing import CliRunner

from courtside_sim import open_simulation
from courtside_training.errors import TrainingInputError
from courtside_training.simview.commands import sim
from courtside_training.simview.overlay import draw_truth


def test_a_preview_is_a_sheet_and_a_film(tmp_path) -> None:
    run = CliRunner().invoke(
        sim, ["preview", "--seed", "3", "--camera", "corner", "--out", str(tmp_path), "--seconds", "1", "--fps", "10",
              "--rows", "1"]
    )
    assert run.exit_code == 0, run.output
    assert cv2.imread(str(tmp_path / "sheet-3.png")).shape == (270, 1920, 3)
    with av.open(str(tmp_path / "film-3.mp4")) as film:
        frames = [frame.to_ndarray(format="bgr24") for frame in film.decode(video=0)]
    assert len(frames) == 10 and frames[0].shape == (540, 960, 3) and frames[0].std() > 10


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    run = CliRunner().invoke(sim, ["preview", "--out", str(tmp_path / "file" / "below")])
    assert isinstance(run.exception, TrainingInputError) and "choose another --out" in str(run.exception)


def test_the_truth_is_drawn_where_it_is() -> None:
    film = open_simulation(3, camera="corner", duration=6)
    frame, truth = film.camera.render(2.0), film.camera.truth(2.0)
    drawn = draw_truth(frame, truth, film.shots)
    changed = np.abs(drawn.astype(int) - frame).max(-1) > 20
    player = int(np.flatnonzero(truth.in_view)[0])
    x0, y0, _, y1 = truth.boxes[player].astype(int)
    assert changed[y0 : y1 + 1, max(x0 - 1, 0) : x0 + 2].any(1).mean() > 0.8
    assert not np.array_equal(drawn, frame) and np.array_equal(frame, film.camera.render(2.0))
