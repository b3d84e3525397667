"""The commands: exit codes, one clear line for every mistake, output for programs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from scripted_gateway import event


def courtside(*arguments):
    return subprocess.Popen([sys.executable, "-m", "courtside_client.cli", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


async def finish(process):
    out, err = await asyncio.to_thread(process.communicate, timeout=30)
    return process.returncode, out, err


async def test_watch_prints_one_json_line_an_event(server):
    server.acts = [[event(1), event(2)]]
    code, out, _ = await finish(
        courtside("watch", "--gateway", server.address, "--game", "g", "--after", "0", "--format", "jsonl",
                  "--count", "2")
    )
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [line["sequence"] for line in lines] == ["1", "2"]
    assert lines[0]["mediaOffset"] == 0 and lines[0]["shot"]["zone"] == "ZONE_UNSPECIFIED"


async def test_a_fenced_publisher_stops_with_one_line(server):
    code, _, err = await finish(
        courtside("stream", "sim://1?duration=1", "--gateway", server.address, "--camera", "games/g/cameras/c",
                  "--quiet")
    )
    assert code == 2 and err.strip() == "courtside: stale_epoch"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["stream", "nowhere.mp4", "--camera", "games/g/cameras/c"], "nowhere.mp4: no such file"),
        (["stream", "sim://1", "--camera", "left"], "camera 'left' is not a name"),
        (["stream", "sim://1", "--camera", "games/g/cameras/c", "--gateway", "here"], "not HOST:PORT"),
        (["watch", "--game", "a b"], "game 'a b' is not a name"),
        (["watch"], "Missing option '--game'"),
        (["wotch"], "No such command 'wotch'"),
        (["demo", "--seconds", "-1"], "--seconds"),
    ],
)
async def test_bad_usage_is_one_line_and_exit_code_2(arguments, says):
    code, out, err = await finish(courtside(*arguments))
    (line,) = err.strip().splitlines()
    assert code == 2 and says in line and out == ""


async def test_help_lists_every_command_without_loading_the_server():
    code, out, _ = await finish(courtside("--help"))
    assert code == 0
    for name in ("analyze", "demo", "serve", "stream", "triton", "watch"):
        assert f"  {name} " in out
