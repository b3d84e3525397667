"""The tests that CI may skip, each with its reason. Whatever else is skipped there fails the run (loud_skips.py)."""

_FILMS = "the real films are not in the repository, and the machine of CI has none"
_WEIGHTS = "the published BlazePose weights are not in the repository, and the machine of CI has none"
_BROWSER = "the machine of CI is a bare Debian without a browser"

ALLOWED: dict[str, str] = {
    "tests/client/test_broadcast_overlay.py": _BROWSER,
    "tests/client/test_calibrate_browser.py": _BROWSER,
    "tests/client/test_films_page.py": _BROWSER,
    "tests/client/test_monitor.py": _BROWSER,
    "tests/client/test_ograf.py": _BROWSER,
    "tests/client/test_review.py": _BROWSER,
    "tests/client/test_sources.py::test_real_films_keep_every_frame": _FILMS,
    "tests/core/test_public.py::test_three_lines_find_the_shot_of_a_real_film": _FILMS,
    "tests/training/test_blazepose.py::test_keypoints_of_a_crop_are_finite_and_the_batch_is_free": _WEIGHTS,
    "tests/training/test_blazepose.py::test_landmarks_equal_those_of_the_files_own_interpreter": _WEIGHTS,
    "tests/server/ingest/test_ingest_streams.py::test_real_film_arrives_frame_for_frame": _FILMS,
}
"""File, or file and function, to why the test is skipped on a machine that lacks what it needs."""
