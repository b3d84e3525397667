"""`courtside serve` and `analyze`: every mistake is one line on stderr and exit code 2."""

import shutil
import socket
import subprocess
import sys

import pytest


def courtside(*arguments):
    command = [sys.executable, "-m", "courtside_client.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def config(tmp_path, text):
    path = tmp_path / "courtside.toml"
    path.write_text(text)
    return path


def assert_refused(done, says):
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert says in line and "Traceback" not in line


def serve(tmp_path, repository, text="[inference]\nmodel = 'flash'\n"):
    return courtside("serve", "--config", config(tmp_path, text), "--repository", repository,
                     "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data-dir", tmp_path / "data")


def test_a_model_missing_from_the_repository(tmp_path, flash_repository):
    settings = "[inference]\nmodel = 'shot_clap'\n[perception]\nprofile = 'clip'\n"
    assert_refused(serve(tmp_path, flash_repository, settings), "shot_clap")


def test_a_repository_that_is_not_there(tmp_path):
    assert_refused(serve(tmp_path, tmp_path / "nowhere"), "nowhere")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text.replace("max_batch_size: 8", "max_batch_size: {"), "config.pbtxt"),
        (lambda text: text.replace("dims: [ 7 ]", "dims: [ 5 ]"), "zone"),
        (lambda text: text.replace("16, 3, 144, 256", "8, 3, 144, 256"), "clip"),
    ],
    ids=["does not parse", "wrong output shape", "wrong input shape"],
)
def test_a_broken_model_entry(tmp_path, flash_repository, edit, says):
    repository = tmp_path / "repository"
    shutil.copytree(flash_repository, repository)
    path = repository / "flash" / "config.pbtxt"
    path.write_text(edit(path.read_text()))
    assert_refused(serve(tmp_path, repository), says)


def test_a_data_folder_that_cannot_be_written(tmp_path, flash_repository):
    (tmp_path / "data").write_text("in the way")
    assert_refused(serve(tmp_path, flash_repository), "data folder")


@pytest.mark.parametrize("listen", ["grpc", "http"])
def test_an_address_that_is_in_use(tmp_path, flash_repository, listen):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        flags = {"--grpc": "127.0.0.1:0", "--http": "127.0.0.1:0", f"--{listen}": address}
        done = courtside(
            "serve", "--config", config(tmp_path, "[inference]\nmodel = 'flash'\n[perception]\nprofile = 'clip'\n"),
            "--repository", flash_repository, "--data-dir", tmp_path / "data",
            *(part for pair in flags.items() for part in pair),
        )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"cannot listen on {address}" in done.stderr.strip().splitlines()[-1]


def test_an_unknown_setting(tmp_path, flash_repository):
    assert_refused(serve(tmp_path, flash_repository, "[windows]\nhopp = 1\n"), "windows.hopp")


@pytest.mark.parametrize(
    ("content", "says"), [(None, "no such file"), (b"not a film at all", "not a film"), (b"", "not a film")]
)
def test_analyze_of_what_is_no_film(tmp_path, flash_repository, content, says):
    film = tmp_path / "film.mp4"
    if content is not None:
        film.write_bytes(content)
    path = config(tmp_path, "[inference]\nmodel = 'flash'\n[perception]\nprofile = 'clip'\n")
    assert_refused(courtside("analyze", film, "--config", path, "--repository", flash_repository), says)


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "1e9"])
def test_analyze_refuses_a_speed_without_sense(tmp_path, speed):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"x")
    assert_refused(courtside("analyze", film, "--playback-speed", speed), "playback-speed")


def test_print_config_shows_the_memory_budget():
    done = courtside("serve", "--print-config", "--hop", "8")
    assert done.returncode == 0 and "hop = 8" in done.stdout and "MB" in done.stdout.splitlines()[-1]
