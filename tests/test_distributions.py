"""The two distributions, courtside and courtside-client, say the same where they say the same thing."""

from __future__ import annotations

import tomllib

from tests_support import ROOT


def project(path: str) -> dict:
    return tomllib.loads((ROOT / path / "pyproject.toml").read_text())["project"]


def test_the_client_is_a_part_of_the_whole():
    whole, client = project("."), project("clients")
    assert set(client["dependencies"]) < set(whole["dependencies"])
    assert all(client[key] == whole[key] for key in ("version", "requires-python", "license"))
    assert client["scripts"]["courtside"] == whole["scripts"]["courtside"]


def test_nothing_that_is_installed_by_default_needs_a_screen_or_the_big_numeric_libraries():
    names = " ".join(project(".")["dependencies"])
    assert "opencv-python-headless" in names and "opencv-python>" not in names
    assert not {"scipy", "matplotlib", "supervision", "trackers", "torch"} & set(names.replace(">", " ").split())
