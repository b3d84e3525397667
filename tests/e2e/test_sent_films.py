"""A film sent by command to a gateway as a process: its own child analyzes it with the gateway's settings."""

from __future__ import annotations

from click.testing import CliRunner

from courtside_client.commands.send import send


def test_a_film_that_is_sent_becomes_a_game_and_bad_files_are_named(gateway, flash_film, tmp_path):
    film = flash_film([1.5], 3)
    (tmp_path / "notes.txt").write_text("<html>")
    options = ["--gateway", gateway.http, "--wait", "--quiet"]
    ended = CliRunner().invoke(send, [str(film), str(tmp_path / "notes.txt"), str(tmp_path / "gone.mp4"), *options])
    assert ended.exit_code == 2
    assert f"{film.name}: 1 shot; game films-" in ended.stdout and f"http://{gateway.http}/films/#" in ended.stdout
    assert len(ended.stderr.splitlines()) == 2
    assert "notes.txt: this file is a text file" in ended.stderr and "gone.mp4: cannot be read" in ended.stderr
