"""``courtside analyze``: bad films among good ones, folders, names that are no addresses, a reader that leaves."""

import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from courtside_server.cli import analyze
from courtside_server.packaged import starter_models


@pytest.fixture
def flags(tmp_path, flash_repository):
    config = tmp_path / "courtside.toml"
    config.write_text("[inference]\nmodel = 'flash'\n[perception]\nprofile = 'clip'\n")
    return ["--config", str(config), "--repository", str(flash_repository), "--quiet"]


def run(*arguments):
    return CliRunner().invoke(analyze, [str(argument) for argument in arguments])


def games(done):
    """Games in the order they come, each once."""
    return list(dict.fromkeys(json.loads(line)["game"].removeprefix("games/") for line in done.stdout.splitlines()))


def test_bad_films_are_named_at_the_end_and_the_good_one_is_analyzed(tmp_path, shot_film):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no film")
    good = shot_film.path
    done = run(bad, good, tmp_path / "missing.mp4", "--quiet")
    assert done.exit_code == 2 and games(done) == [good.stem]
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2 and "bad.mp4: not a film" in lines[0] and "missing.mp4: no such file" in lines[1]


def test_a_film_with_lost_parts_is_analyzed_and_the_damage_is_reported(tmp_path, flags, flash_film):
    film = tmp_path / "lossy.ts"
    data = flash_film([1.5], 3, suffix=".ts").read_bytes()
    at = len(data) // 3 // 188 * 188
    film.write_bytes(data[:at] + data[at + 4 * 188 :])
    done = run(film, *flags[:-1])
    assert done.exit_code == 0 and games(done) == ["lossy"]
    assert " frames are damaged; shots in them may be missing or wrong" in done.stderr
    assert done.stderr.endswith("lossy.ts: 1 shot\n")


@pytest.mark.parametrize(("suffix", "options"), [(".mkv", []), (".avi", ["--render"])])
def test_a_film_whose_end_is_missing_is_named_and_its_events_are_printed(tmp_path, flags, flash_film, suffix, options):
    data = flash_film([1.5], 6, suffix=suffix).read_bytes()
    film = tmp_path / f"cut{suffix}"
    film.write_bytes(data[: len(data) * 7 // 10])
    done = run(film, *flags, *(options and [*options, tmp_path / "drawn.mp4"]))
    assert done.exit_code == 2 and games(done) == ["cut"]
    (line,) = done.stderr.strip().splitlines()
    assert f"cut{suffix}: the end of the film is missing" in line
    assert (tmp_path / "drawn.mp4").exists() == bool(options)


def test_a_folder_means_its_films_sorted(tmp_path, flags, flash_film):
    film = flash_film([1.5], 3)
    folder = tmp_path / "season"
    (folder / "later").mkdir(parents=True)
    for name in ("q2.mp4", "q1.MP4"):
        shutil.copy(film, folder / name)
    (folder / "notes.txt").write_text("no film")
    done = run(folder, *flags)
    assert (done.exit_code, games(done)) == (0, ["q1", "q2"]), done.stderr
    done = run(folder / "later", *flags)
    assert done.exit_code == 2 and "no film in this folder" in done.stderr and len(done.stderr.splitlines()) == 1


def test_films_of_one_name_are_different_games(tmp_path, flags, flash_film):
    film = flash_film([1.5], 3)
    for name in ("monday/比赛.mp4", "tuesday/比赛.mp4"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(film, tmp_path / name)
    done = run(tmp_path / "monday", tmp_path / "tuesday", *flags)
    assert (done.exit_code, games(done)) == (0, ["film", "film-2"])


def test_a_colon_in_a_name_is_nothing_special(tmp_path, flags, flash_film, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(flash_film([1.5], 3), "2026-11-22T20:15:00.mp4")
    done = run("2026-11-22T20:15:00.mp4", *flags, "--render", "drawn:1.mp4")
    assert done.exit_code == 0 and done.stdout, done.output
    assert (tmp_path / "drawn:1.mp4").stat().st_size > 1000


def test_it_stops_when_nobody_reads_any_more(flags, flash_film):
    film = flash_film([1.5], 60)
    command = [sys.executable, "-m", "courtside_client.cli", "analyze", str(film), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(timeout=60) == 141 and process.stderr.read() == ""


@pytest.mark.parametrize("option", ["--actions", "--form"])
def test_what_was_asked_for_and_has_no_model_is_one_line_before_any_film(tmp_path, shot_film, option):
    for folder in starter_models().iterdir():
        if folder.name != "player_pose":
            (tmp_path / folder.name).symlink_to(folder)
    done = run(shot_film.path, option, "--repository", tmp_path, "--format", "table")
    assert done.exit_code == 2 and not done.stdout
    assert done.stderr.count("\n") == 1 and f"{option} needs the model player_pose, which " in done.stderr


def test_a_film_with_nobody_in_it_says_so_and_nobody_can_be_followed(flash_film):
    empty = flash_film([], 1)
    done = run(empty)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{empty.name}: no shot, no player\n")
    done = run(empty, "--actions", "--follow", "5,5,10,10")
    assert (done.exit_code, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    assert "nobody is tracked in the rectangle of --follow" in done.stderr
