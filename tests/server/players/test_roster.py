"""Roster files: CSV and TOML, and one clear error for each mistake."""

from __future__ import annotations

import pytest

from courtside_server.errors import SettingsError
from courtside_server.players.roster import read_roster, read_rosters

CSV = "team,number,name\nHawks,7,Anna Berg\nHawks,0,Mia Frank\nHawks,00,\"Thom, Lea\"\nOwls,7,Éva Kurz\n"


@pytest.fixture
def roster(tmp_path):
    def write(content: str | bytes, name: str = "roster.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(("content", "name"), [
    (CSV, "r.csv"), ("\ufeff" + CSV.replace(",", ";").replace('"Thom; Lea"', '"Thom, Lea"').replace("\n", "\r\n"), "r"),
    ('[Hawks]\n7 = "Anna Berg"\n0 = "Mia Frank"\n00 = "Thom, Lea"\n[Owls]\n7 = "Éva Kurz"\n', "r.toml"),
])  # fmt: skip
def test_csv_and_toml_say_the_same_and_0_is_not_00(roster, content, name):
    teams = read_roster(roster(content, name)).teams
    assert teams == {"Hawks": {"7": "Anna Berg", "0": "Mia Frank", "00": "Thom, Lea"}, "Owls": {"7": "Éva Kurz"}}


@pytest.mark.parametrize(("content", "name", "says"), [
    (CSV + "Hawks,7,Ida Holm\n", "r.csv", "line 6: number 7 of 'Hawks' is there twice ('Anna Berg' and 'Ida Holm')"),
    (CSV + "Hawks,107,Ida Holm\n", "r.csv", "line 6: '107' is no jersey number"),
    (CSV + "Hawks,07,Ida Holm\n", "r.csv", "line 6: '07' is no jersey number; write 7"),
    (CSV + "Hawks,-1,Ida Holm\n", "r.csv", "line 6: '-1' is no jersey number"),
    (CSV + "Hawks,٣,Ida Holm\n", "r.csv", "is no jersey number"),
    (CSV + "Hawks,8,\n", "r.csv", "line 6: the name '' must have 1 to 80 characters"),
    (CSV + "Hawks,8,Holm, Ida\n", "r.csv", "line 6 has 4 values, not 3; put a name with a comma in quotes"),
    (CSV.encode("latin-1"), "r.csv", "is not UTF-8 (line 5): save it again as UTF-8"),
    ("number,name\n7,Anna\n", "r.csv", "its first line must be team,number,name, but is 'number,name'"),
    ("", "r.csv", "it has no player"), ("team,number,name\n", "r.csv", "it has no player"),
    ('[Hawks]\n7 = "Anna"\n7 = "Ida"\n', "r.toml", "line 3: 7 is there twice in one team"),
    ("[Hawks]\n7 = 5\n", "r.toml", "the name of number 7 of 'Hawks' is no text"),
    ('Hawks = "Anna"\n', "r.toml", "'Hawks' is no table of players"),
    (CSV.encode("utf-16"), "r.csv", "is not UTF-8"), (b"\0" * 2_000_000, "r.csv", "is larger than 1 MB"),
])  # fmt: skip
def test_a_mistake_is_one_clear_error(roster, content, name, says):
    with pytest.raises(SettingsError) as caught:
        read_roster(roster(content, name))
    assert says in caught.value.message and "\n" not in caught.value.message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read the roster .*none\.csv: No such file"):
        read_roster(tmp_path / "none.csv")


def test_a_camera_has_its_own_roster_or_its_games_or_the_one_for_all(roster):
    own, games, others = (roster(f"team,number,name\n{team},7,A\n", f"{team}.csv") for team in ("own", "game", "all"))
    found = read_rosters({"games/g/cameras/c": own, "games/g": games, "default": others})
    names = ("games/g/cameras/c", "games/g/cameras/d", "games/h/cameras/c")
    assert [list(found.of(name).teams) for name in names] == [["own"], ["game"], ["all"]]
    assert read_rosters({}).of("games/g/cameras/c") is None
