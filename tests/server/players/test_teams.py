"""Teams by kit colour: two kits found without being taught, names that stay, and players of neither."""

from __future__ import annotations

import numpy as np
import pytest

from courtside_server.players.config import TeamConfig
from courtside_server.players.teams import Teams, kit_colours
from courtside_server.types.players import PlayerCrop

WHITE, BLUE, GREEN, STRIPED = (225, 225, 220), (40, 60, 150), (30, 130, 70), (70, 70, 75)
FLOOR, SKIN = (190, 150, 100), (150, 100, 80)


def crop(track: int, shirt, shorts, rng, light: float = 1.0, number: bool = True) -> PlayerCrop:
    """A crop of a player of 100 by 200 pixels in his kit: head, arms, number, legs, and the floor round him."""
    picture = np.empty((256, 256, 3))
    picture[:] = FLOOR
    picture[28:66, 112:144] = SKIN
    picture[66:122, 96:160] = shirt
    picture[66:130, 84:96] = picture[66:130, 160:172] = SKIN
    if number:
        picture[80:108, 118:138] = 255 - np.array(shirt)
    picture[122:160, 98:158] = shorts
    picture[160:228, 104:120] = picture[160:228, 136:152] = SKIN
    # Light and shadow differ from crop to crop, and one side of a body is darker than the other.
    side = np.linspace(1.0, rng.uniform(0.7, 1.0), 256)[np.newaxis, :, np.newaxis]
    picture = picture * light * rng.uniform(0.75, 1.1) * side + rng.normal(0, 6, picture.shape)
    pixels = np.clip(picture, 0, 255).astype(np.uint8).transpose(2, 0, 1)
    box = np.array([78.0, 28.0, 178.0, 228.0], np.float32)
    return PlayerCrop(track, np.ascontiguousarray(pixels), (0.0, 0.0), 256.0, box)


def followed(kits, rounds=8, config=None, rng=None) -> Teams:
    """Teams after ``rounds`` crops of each track of ``kits`` (track: shirt, shorts)."""
    teams, rng = Teams(config or TeamConfig(search_every=10)), rng or np.random.default_rng(3)
    for _ in range(rounds):
        for track, (shirt, shorts) in kits.items():
            teams.add(crop(track, shirt, shorts, rng))
    return teams


def game(*, referees: int = 0):
    kits = {track: (WHITE, WHITE) for track in range(1, 6)} | {track: (BLUE, BLUE) for track in range(6, 11)}
    return kits | {track: (STRIPED, (20, 20, 20)) for track in range(90, 90 + referees)}


def test_two_kits_make_two_teams_and_the_first_one_seen_is_a():
    teams = followed(game())
    assert [teams.team(track) for track in range(1, 11)] == ["A"] * 5 + ["B"] * 5
    turned = followed(dict(reversed(game().items())))
    assert [turned.team(track) for track in range(1, 11)] == ["B"] * 5 + ["A"] * 5


def test_a_referee_who_passes_for_a_player_is_of_no_team():
    teams = followed(game(referees=1))
    assert teams.team(90) == ""
    assert [teams.team(track) for track in range(1, 11)] == ["A"] * 5 + ["B"] * 5


def test_names_stay_when_the_light_changes_and_new_tracks_come():
    rng = np.random.default_rng(8)
    teams = followed(game(), rng=rng)
    for _ in range(12):
        for track, (shirt, shorts) in game().items():
            teams.add(crop(100 + track, shirt, shorts, rng, light=0.75))
    assert [teams.team(100 + track) for track in range(1, 11)] == ["A"] * 5 + ["B"] * 5


def test_players_in_one_kit_have_no_teams():
    teams = followed({track: (GREEN, BLUE) for track in range(1, 7)})
    assert {teams.team(track) for track in range(1, 7)} == {""}


def test_a_player_who_was_hardly_seen_and_an_unknown_one_have_no_team():
    teams, rng = followed(game()), np.random.default_rng(5)
    teams.add(crop(50, WHITE, WHITE, rng))
    assert teams.team(50) == "" and teams.team(999) == ""
    for _ in range(3):
        teams.add(crop(50, WHITE, WHITE, rng))
    assert teams.team(50) == "A"


def test_the_shirt_lies_between_shoulders_and_hips_where_they_are_known():
    rng = np.random.default_rng(1)
    leaning = crop(1, GREEN, BLUE, rng, number=False)
    moved = PlayerCrop(1, np.roll(leaning.pixels, 30, axis=2), leaning.origin, leaning.side, leaning.box)
    joints = np.full((17, 3), np.nan, np.float32)
    joints[[5, 6, 11, 12], :2] = [[186, 70], [130, 70], [184, 125], [132, 125]]
    plain, known = kit_colours(leaning), kit_colours(moved, joints)
    assert known[:3] == pytest.approx(plain[:3], abs=6) and known[3:] == pytest.approx(plain[3:], abs=6)
    joints[5] = np.nan
    assert kit_colours(moved, joints) is not None


def test_a_crop_outside_the_frame_or_too_small_says_nothing():
    rng = np.random.default_rng(1)
    good = crop(1, WHITE, WHITE, rng)
    black = PlayerCrop(1, np.zeros_like(good.pixels), good.origin, good.side, good.box)
    tiny = PlayerCrop(1, good.pixels, good.origin, good.side, np.array([100, 100, 101, 102], np.float32))
    for empty in (black, tiny):
        assert kit_colours(empty) is None
        teams = Teams(TeamConfig())
        teams.add(empty)
        assert teams.team(1) == ""


def test_only_so_many_tracks_are_remembered():
    teams, rng = Teams(TeamConfig(), remember=4), np.random.default_rng(2)
    for track in range(12):
        teams.add(crop(track, WHITE, WHITE, rng))
    assert len(teams._players) == 4
