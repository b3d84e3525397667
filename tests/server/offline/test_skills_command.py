"""``courtside skills``: highlights and a game's film with its events, as a table and as JSON, and what is refused."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from skill_support import events_of, write_film

from courtside_server.cli import skills


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("skills")
    write_film(folder / "anna.mp4", 200.0)
    write_film(folder / "short.mp4", 5.0)
    (folder / "events.jsonl").write_text("\n".join(event.to_json() for event in events_of()) + "\n")
    (folder / "bad.jsonl").write_text('{"zone": "nowhere"}\n')
    (folder / "empty.jsonl").touch()
    return folder


def run(folder, film: str, *arguments: str):
    return CliRunner().invoke(skills, [str(folder / film), *arguments])


def test_a_highlight_gives_a_table_of_twenty_skills_in_groups_and_a_caution(folder) -> None:
    result = run(folder, "anna.mp4")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    defense = lines.index(next(line for line in lines if line.startswith("Defense")))
    playmaking = lines.index(next(line for line in lines if line.startswith("Playmaking")))
    assert [line.split("  ")[1] for line in lines[defense + 1 : playmaking]] == [
        "Steals", "Fouls", "Points-allowed", "Defensive Consistency",
    ]  # fmt: skip
    assert "64 frames of 200 s of film, player_skills:1" in result.stdout
    assert "These levels are worth little" in lines[-1]


def test_a_games_film_and_its_events_give_the_players_levels_and_counts(folder) -> None:
    arguments = ("--player", "7", "--events", str(folder / "events.jsonl"))
    result = run(folder, "anna.mp4", *arguments)
    assert result.exit_code == 0, result.output
    assert "30 points; field goals 10 of 20; free throws 0 of 0" in result.stdout
    assert "middle three-pointer       10 of 20" in result.stdout
    found = json.loads(run(folder, "anna.mp4", *arguments, "--format", "json").stdout)
    assert len(found["skills"]) == 20 and found["statistics"]["points"] == 30 and len(found["ranges"]) == 1


@pytest.mark.parametrize(
    ("film", "arguments", "message"),
    [
        ("short.mp4", (), "not enough film: 5 s, levels need 160 s of one player at least"),
        ("missing.mp4", (), "missing.mp4: no such file"),
        ("events.jsonl", (), "not a film that can be opened"),
        ("anna.mp4", ("--player", "8", "--events", "events.jsonl"), "those with most plays are 7 ("),
        ("anna.mp4", ("--player", "9", "--events", "events.jsonl"), "the events name the player in 1 play,"),
        ("anna.mp4", ("--player", "7", "--events", "bad.jsonl"), "bad.jsonl, line 1: not an event"),
        ("anna.mp4", ("--player", "7", "--events", "empty.jsonl"), "empty.jsonl has no events"),
        ("anna.mp4", ("--events", "events.jsonl"), "--events belongs to --player TRACK"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_gives_one_line_and_exit_code_2(folder, film: str, arguments, message: str) -> None:
    result = run(folder, film, *(str(folder / one) if one.endswith(".jsonl") else one for one in arguments))
    (line,) = result.stderr.strip().splitlines()
    assert result.exit_code == 2 and message in line and line.startswith("courtside: ")


def test_a_film_in_which_nobody_does_anything_names_no_player(folder) -> None:
    result = run(folder, "short.mp4", "--player", "3")
    assert result.exit_code == 2 and "no player 3: nobody did anything in this film's events" in result.stderr
