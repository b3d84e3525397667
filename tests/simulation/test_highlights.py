"""Highlight films: skills of players, plays that follow the skills, and deterministic frames."""

import numpy as np
import pytest

from courtside_sim.game_bank import Bank
from courtside_sim.game_plays import SHOTS, PlayKind
from courtside_sim.highlights import Highlight
from courtside_sim.play_choice import LONGEST, SHORTEST
from courtside_sim.seasons import LEAGUES, SEASONS
from courtside_sim.skills import GROUPS, LEVELS, SKILLS, draw_skills, size_of


@pytest.fixture(scope="module")
def source() -> Bank:
    return Bank(3, 2, duration=24.0, size=(192, 112))


def film(source: Bank, seed: int = 1, levels: np.ndarray | None = None, season: int = 0) -> Highlight:
    return Highlight(seed, source, SEASONS[season], LEAGUES[0], levels)


def with_level(skill: str, level: int) -> np.ndarray:
    levels = np.full(len(SKILLS), 2)
    levels[SKILLS.index(skill)] = level
    return levels


def test_twenty_skills_in_five_groups():
    assert len(SKILLS) == len(set(SKILLS)) == 20
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(SKILLS)
    assert list(GROUPS) == ["Shooting", "Rebounding", "Defense", "Playmaking", "Offense"]
    assert "Fouls" in GROUPS["Defense"] and "Turnovers" in GROUPS["Playmaking"]
    assert (SKILLS.index("Turnovers"), SKILLS.index("Fouls")) == (9, 14)  # the order of the published labels
    assert len(LEVELS) == len(GROUPS) == 5


def test_levels_are_equally_frequent_and_go_together_as_in_players():
    levels = draw_skills(np.random.default_rng(0), 4000)
    for column in levels.T:
        assert np.abs(np.bincount(column, minlength=5) / len(levels) - 0.2).max() < 0.03
    together = np.corrcoef(levels.T)
    rebounds, assists = SKILLS.index("Rebounds"), SKILLS.index("Assists")
    assert together[rebounds, SKILLS.index("Defensive Rebounds")] > 0.5
    assert together[rebounds, assists] < -0.2
    big = size_of(levels) > 1
    assert levels[big, rebounds].mean() > 3 > 1 > levels[big, assists].mean() - 1


def test_a_film_lasts_eight_to_ten_minutes_of_one_players_plays(source: Bank):
    shown = film(source)
    assert SHORTEST <= shown.duration <= LONGEST + 20
    assert 35 <= len(shown.cuts) <= 90
    for before, after in zip(shown.cuts, shown.cuts[1:], strict=False):
        assert after.start == pytest.approx(before.start + before.length)


def test_pictures_are_the_same_in_any_order_and_for_every_bank(source: Bank):
    shown = film(source)
    times = np.array([3.0, 100.0, 47.0])
    frames = shown.render(times)
    assert frames.shape == (3, 112, 192, 3) and frames.dtype == np.uint8
    again = film(Bank(3, 2, duration=24.0, size=(192, 112))).render(times[::-1])
    assert np.array_equal(frames, again[::-1])


def test_the_player_is_in_the_picture(source: Bank):
    shown = film(source)
    spots = np.array([moment.player for moment in shown.moments(np.arange(5.0, 470.0, 5.0))])
    inside = ((spots >= 0) & (spots < (192, 112))).all(1)
    assert inside.mean() > 0.95


@pytest.mark.parametrize(
    ("skill", "kinds"),
    [
        ("3-PTs", (PlayKind.THREE,)),
        ("Assists", (PlayKind.ASSIST,)),
        ("Defensive Rebounds", (PlayKind.DEFENSIVE_REBOUND,)),
    ],
)
def test_more_of_a_skill_shows_more_of_its_plays(source: Bank, skill: str, kinds: tuple[PlayKind, ...]):
    shares = []
    for level in (0, 4):
        cuts = [cut for seed in range(6) for cut in film(source, seed, with_level(skill, level)).cuts]
        shares.append(np.mean([cut.play.kind in kinds for cut in cuts]))
    assert shares[1] > 2 * shares[0]


def test_better_shooters_make_more():
    source = Bank(3, 4, duration=24.0, size=(192, 112))
    made = []
    for level in (0, 4):
        levels = np.full(len(SKILLS), level)
        plays = [cut.play for seed in range(6) for cut in film(source, seed, levels).cuts]
        made.append(np.mean([play.success for play in plays if play.kind in SHOTS]))
    assert made[1] > made[0] + 0.2


def test_seasons_look_different(source: Bank):
    old, new = film(source, season=0), film(source, season=5)
    assert np.array_equal(old.star.levels, new.star.levels)
    differing = np.abs(old.render(np.array([5.0])).astype(int) - new.render(np.array([5.0])).astype(int))
    assert differing.mean() > 3
