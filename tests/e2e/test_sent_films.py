"""A film sent by command to a gateway as a process: its own child analyzes it with the gateway's settings."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from click.testing import CliRunner

from courtside_client.commands.send import send


def _json(http: str, path: str) -> Any:
    with urllib.request.urlopen(f"http://{http}{path}") as answer:
        return json.load(answer)


def test_a_film_that_is_sent_becomes_a_game_and_bad_files_are_named(gateway, flash_film, tmp_path):
    film = flash_film([1.5], 3)
    (tmp_path / "notes.txt").write_text("<html>")
    options = ["--gateway", gateway.http, "--wait", "--quiet"]
    ended = CliRunner().invoke(send, [str(film), str(tmp_path / "notes.txt"), str(tmp_path / "gone.mp4"), *options])
    assert ended.exit_code == 2
    assert f"{film.name}: 1 shot; game films-" in ended.stdout and f"http://{gateway.http}/films/#" in ended.stdout
    [sent] = [one for one in _json(gateway.http, "/v1/films")["films"] if one["state"] == "done"]
    with urllib.request.urlopen(f"http://{gateway.http}/v1/films/{sent['id']}/condensed.mp4") as answer:
        assert 0 < sent["condensed"] <= 3.1 and answer.read(8)[4:] == b"ftyp"
    assert len(ended.stderr.splitlines()) == 2
    assert "notes.txt: this file is a text file" in ended.stderr and "gone.mp4: cannot be read" in ended.stderr
