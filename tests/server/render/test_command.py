"""``courtside analyze --render``: films beside the events, mistakes in one line with exit code 2, a clean Ctrl-C."""

import json
import signal
import subprocess
import sys
import time

import av
import pytest
from click.testing import CliRunner

from courtside_server.cli import analyze


@pytest.fixture
def flags(tmp_path, flash_repository):
    config = tmp_path / "courtside.toml"
    config.write_text("[inference]\nmodel = 'flash'\n[perception]\nprofile = 'clip'\n")
    return ["--config", str(config), "--repository", str(flash_repository), "--quiet"]


def run(*arguments):
    return CliRunner().invoke(analyze, [str(argument) for argument in arguments])


def frames(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_film_is_drawn_and_the_events_are_the_same_as_without(tmp_path, shot_film):
    film = shot_film.path
    plain, drawn = run(film, "--quiet"), run(film, "--quiet", "--render", tmp_path / "out.mp4")
    assert (plain.exit_code, drawn.exit_code) == (0, 0), drawn.output
    assert plain.stdout == drawn.stdout and json.loads(plain.stdout.splitlines()[0])["shot"]
    assert frames(tmp_path / "out.mp4") == shot_film.frames


def test_several_films_go_into_a_folder(tmp_path, flags, flash_film):
    films = [flash_film([], 1), flash_film([], 1, suffix=".mkv")]
    done = run(*films, *flags, "--render", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == sorted(f"{f.stem}.mp4" for f in films)


def test_what_cannot_be_is_one_line_and_exit_code_2_before_any_work(tmp_path, flags, flash_film):
    one, other = flash_film([], 1), flash_film([], 1)
    before = one.read_bytes()
    for films, out, says in (
        ([one, other], tmp_path / "out.mp4", "name a folder"),
        ([one], one, "overwrite the film"),
        ([one, other], one.parent, "overwrite the film"),
        ([one], tmp_path / "gone" / "out.mp4", "cannot be written"),
        ([one], tmp_path / "out.webm", "does not end in .mp4"),
    ):
        done = run(*films, *flags, "--render", out)
        (line,) = done.stderr.strip().splitlines()
        assert done.exit_code == 2 and says in line and not done.stdout
    assert one.read_bytes() == before and not list(tmp_path.glob("*.part"))


def test_help_says_what_comes_of_the_sound():
    assert "without its sound" in " ".join(run("--help").output.split())


def test_ctrl_c_while_drawing_leaves_the_older_film_and_nothing_half(tmp_path, flags, flash_film):
    # Large pictures: each takes tens of milliseconds to draw, so that the film cannot be done before the signal comes.
    film, out = flash_film([], 5, size=(1280, 720)), tmp_path / "out.mp4"
    out.write_bytes(b"older")
    command = [sys.executable, "-m", "courtside_client.cli", "analyze", str(film), *flags, "--render", str(out)]
    # A suite that runs in a shell's background ignores Ctrl-C, and would hand that on.
    heeds = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heeds) as process:
        part = tmp_path / "out.mp4.part"
        # It is there from the first frame on; its size says nothing, since so little is written when it is closed.
        while process.poll() is None and not part.exists():
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in errors
    assert out.read_bytes() == b"older" and not part.exists()
