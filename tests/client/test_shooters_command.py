from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from shooter_support import shots_of
from tests_support import GatewayProcess

from courtside.shot_poses import SUFFIX, read_poses, write_poses
from courtside_client.commands.group import courtside


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = GatewayProcess(tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


def shooters(gateway, *arguments: str):
    return CliRunner().invoke(courtside, ["shooters", *arguments, "--gateway", gateway.grpc], standalone_mode=False)


def test_a_shooter_is_enrolled_listed_exported_and_erased(gateway, tmp_path) -> None:
    files = [str(tmp_path / f"{index}{SUFFIX}") for index in range(3)]
    for file, poses in zip(files, shots_of(1, 3), strict=True):
        write_poses(tmp_path / file, poses)
    result = shooters(gateway, "enroll", "Anna", *files, "--height", "188")
    assert "Anna: 3 good shots" in result.output, result
    assert "188 cm" in shooters(gateway, "list").output
    assert "3 shots are in" in shooters(gateway, "export", "anna", "--out", str(tmp_path / "out")).output
    about = json.loads((tmp_path / "out" / "shooter.json").read_text())
    assert about["name"] == "Anna" and len(about["shots"]) == 3
    assert read_poses(tmp_path / "out" / about["shots"][0]["file"]).shot_id == "shot-1-0-0"
    assert "3 shots are erased" in shooters(gateway, "remove", "Anna", "--yes").output
    assert "no shooter 'Anna'" in str(shooters(gateway, "remove", "Anna", "--yes").exception)
