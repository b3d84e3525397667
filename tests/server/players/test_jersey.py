"""Jersey numbers: several equal readings, contradictions, teammates, kits and the roster's names."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest
from player_scenes import CAMERA, observations, pose, standing

from courtside.jersey_digits import read_number
from courtside.plays import Action, PlayerAction, Possession
from courtside_server.compose import player_models
from courtside_server.players.actions import ORDER
from courtside_server.players.analysis import PlayerAnalysis, PlayerModels
from courtside_server.players.config import PlayersConfig
from courtside_server.players.jersey import Jerseys, Reading, torso_of, worn_kits
from courtside_server.players.jersey_config import JerseyConfig
from courtside_server.players.roster import Roster
from courtside_server.settings import load_settings
from courtside_server.types import DetectorFrame, Frame, ObjectClass
from courtside_server.types.players import PlayerCrop, Pose

HAWKS = {"7": "Anna Berg", "0": "Mia Frank", "00": "Lea Thom", "12": "Ida Holm"}
OWLS = {"7": "Eva Kurz", "23": "Zoe Lang"}


def jerseys(kits: dict[int, str] | None = None, roster: Roster | None = None, live: bool = False) -> Jerseys:
    return Jerseys(JerseyConfig(), 1.0, lambda track: (kits or {}).get(track, ""), roster, live)


def read(known: Jerseys, track: int, numbers: str, start: float = 0.0, sure: float = 0.95) -> None:
    """One reading every 0.2 s; numbers are separated by spaces, ``-`` is none."""
    for step, number in enumerate(numbers.split()):
        if known.wants(track, start + 0.2 * step, 60.0):
            known.add(track, start + 0.2 * step, Reading("" if number == "-" else number, sure))
    known.decide()


def shown(known: Jerseys, track: int) -> str:
    jersey = known.jersey(track)
    return "" if jersey is None else str(jersey)


@pytest.mark.parametrize(("numbers", "number"), [
    ("7 7 7", ""), ("7 7 7 7", "#7"), ("- 7 - 7 - 7 - 7", "#7"), ("- - - - - -", ""), ("23 23 7 23 7 23", ""),
    ("11 11 1 11 11 11", "#11"), ("22 2 2 22 2 22 22", "#22"), ("2 2 2 22 2 2", ""), ("1 11 1 11 7 1", ""),
    ("0 0 0 0", "#0"), ("00 00 00 00", "#00"), ("0 00 0 00 0 00", ""),
])  # fmt: skip
def test_a_number_is_output_after_several_equal_readings(numbers, number):
    known = jerseys()
    read(known, 3, numbers)
    assert shown(known, 3) == number


def test_uncertain_readings_and_small_torsos_do_not_count():
    known = jerseys()
    read(known, 3, "7 7 7 7 7 7", sure=0.6)
    assert known.jersey(3) is None and known.jersey(None) is None
    assert not known.wants(4, 0.0, 10.0)
    assert not known.wants(3, 1.01, 60.0) and known.wants(3, 1.3, 60.0)  # neighbouring frames say the same


def test_a_contradiction_withdraws_a_number_and_another_one_may_follow():
    known, changes = jerseys(), []
    known.on_change = lambda track: changes.append(shown(known, track))
    read(known, 3, "7 7 7 7 7 7")
    read(known, 3, "23 23 23 23 23 23", start=4.0)
    assert shown(known, 3) == "" and changes == ["#7", ""]
    read(known, 3, "23 " * 12, start=8.0)
    assert shown(known, 3) == "#23"


def test_two_teammates_who_are_seen_together_do_not_wear_one_number():
    both = jerseys({1: "A", 2: "A", 3: "B"})
    for step in range(8):
        for track in (1, 2, 3):
            if step < 6 or track == 1:
                read(both, track, "7", start=0.2 * step)
    assert [shown(both, track) for track in (1, 2, 3)] == ["#7", "", "#7"]
    later = jerseys({1: "A", 2: "A"})
    read(later, 1, "7 7 7 7 7")
    read(later, 2, "7 7 7 7 7", start=10.0)  # he left the picture and came back
    assert shown(later, 1) == shown(later, 2) == "#7"


def test_live_a_budget_holds_and_unknown_numbers_come_first():
    known, rate = jerseys(live=True), JerseyConfig().live_rate
    read(known, 1, "7 " * 30)
    assert shown(known, 1) == "#7"
    wanted = {track: 0 for track in range(1, 11)}
    for frame in range(150):
        for track in wanted:
            wanted[track] += known.wants(track, 8.0 + frame / 15, 60.0)
    assert sum(wanted.values()) <= rate * 11
    assert 0 < wanted[1] < min(wanted[track] for track in range(2, 11)) + 3
    assert min(wanted.values()) * 2 >= max(wanted.values())  # nobody is left out for good


def test_names_need_a_kit_that_is_known_to_be_the_teams():
    roster = Roster({"Hawks": HAWKS, "Owls": OWLS})
    known = jerseys({1: "A", 2: "B", 3: "A", 4: ""}, roster)
    read(known, 1, "7 7 7 7")
    read(known, 2, "7 7 7 7")
    assert shown(known, 1) == shown(known, 2) == "#7"  # whose 7?
    read(known, 3, "12 12 12 12", start=3.0)
    assert [shown(known, track) for track in (1, 2, 3)] == ["#7 Anna Berg", "#7 Eva Kurz", "#12 Ida Holm"]
    read(known, 4, "23 23 23 23", start=6.0)
    assert shown(known, 4) == "#23"  # of neither kit: a referee, perhaps


def test_only_the_number_of_one_player_names_him_where_kits_are_not_told_apart():
    known = jerseys({}, Roster({"Hawks": HAWKS, "Owls": OWLS}))
    for track, number in ((1, "7"), (2, "23"), (3, "00"), (4, "99")):
        read(known, track, f"{number} " * 4)
    assert [shown(known, track) for track in (1, 2, 3, 4)] == ["#7", "#23 Zoe Lang", "#00 Lea Thom", "#99"]


def test_a_roster_of_one_team_does_not_name_its_opponents():
    read_numbers = {("A", "7"), ("A", "12"), ("A", "0"), ("B", "7"), ("B", "44"), ("B", "5")}
    assert worn_kits(read_numbers, Roster({"Hawks": HAWKS}), 2) == {"A": "Hawks"}
    assert worn_kits({("A", "7"), ("B", "7")}, Roster({"Hawks": HAWKS}), 2) == {}


def cells(**digits: tuple[int, int, float]) -> np.ndarray:
    """A map with digits (``d7``) at x, y with a probability."""
    found = np.zeros((11, 16, 16))
    for name, (x, y, sure) in digits.items():
        found[int(name[1]), y, x] = sure
    found[10] = 1 - found[:10].sum(0)
    return found


@pytest.mark.parametrize(("shown", "number", "sure"), [
    (cells(), "", 1.0), (cells(d0=(8, 7, 0.9)), "0", 0.9), (cells(d2=(6, 7, 0.9), d3=(10, 7, 0.9)), "23", 0.81),
    (cells(d3=(6, 7, 0.9), d2=(10, 7, 0.9)), "32", 0.81), (cells(d2=(6, 7, 0.9), d3=(10, 7, 0.4)), "2", 0.54),
    (cells(d2=(8, 3, 0.9), d3=(8, 12, 0.8)), "2", 0.18), (cells(d7=(6, 7, 0.2)), "", 0.8),
])  # fmt: skip
def test_digits_side_by_side_are_a_number_and_what_else_shows_speaks_against_it(shown, number, sure):
    found, probability = read_number(shown)
    assert found == number and probability == pytest.approx(sure)


def test_the_torso_comes_of_the_pose_and_without_one_of_the_box():
    found, box = pose(3, 0.0), np.array([260.0, 300.0, 340.0, 500.0], np.float32)
    crop = PlayerCrop(3, np.zeros((3, 256, 256), np.uint8), (172.0, 272.0), 256.0, box)
    by_pose = torso_of(crop, found, (0.0, 0.0))
    assert (round(by_pose.x), round(by_pose.y)) == (128, 95)
    found.keypoints[:] = np.nan
    by_box = torso_of(crop, found, (0.0, 0.0))
    assert np.isfinite([by_box.x, by_box.y, by_box.side]).all()
    assert abs(by_box.y - by_pose.y) < 10 and abs(by_box.side / by_pose.side - 1) < 0.25


class OneReader:
    """Stands for the pose model and the model of numbers: every player stands, and wears a 7."""

    def __init__(self) -> None:
        self.read = 0

    def submit(self, request):
        done: Future = Future()
        done.set_result(None)
        return SimpleNamespace(answer=done)

    def result(self, request, pending):
        return request()

    def pose_request(self, crop, media, pan):
        x, y = (crop.box[0] + crop.box[2]) / 2, crop.box[3]
        return lambda: Pose(crop.track, media, standing(x, y), 1.0, crop.box)

    def number_request(self, torso):
        assert torso.shape == (3, 64, 64) and torso.dtype == np.uint8
        self.read += 1
        return lambda: Reading("7", 0.95)

    def action_request(self, window):
        return lambda: np.eye(len(ORDER))[ORDER.index(Action.RUN)]


@pytest.mark.parametrize("live", [True, False])
def test_players_are_read_and_named_and_referees_are_not(live):
    reader, config = OneReader(), PlayersConfig()
    kits = {1: "A", 2: "B"}
    known = Jerseys(config.jersey, 1.0, lambda track: kits.get(track, ""), Roster({"Hawks": {"7": "Anna Berg"}}), live)
    models = PlayerModels(
        SimpleNamespace(request=reader.pose_request), jerseys=SimpleNamespace(request=reader.number_request),
        actions=SimpleNamespace(request=reader.action_request, model="actions:1"),
    )  # fmt: skip
    players = PlayerAnalysis(CAMERA, models, reader, config, 1.0, live, jerseys=known)
    planes = np.full((720 * 3 // 2, 1280), 128, np.uint8)
    changes = []
    for step in range(45):
        media = step / 15
        seen = observations(media, {1: (300, 500), 2: (700, 500), 9: (1000, 500)}, [(300, 400)])
        seen.classes[2] = ObjectClass.REFEREE
        frame = Frame(CAMERA, step, media, 1000.0 + media, media, 0, planes)
        prepared = DetectorFrame(
            CAMERA, 0, step, media, 1000.0 + media, media, planes, 1.0, (0, 0), 1280, 720, (0.0, 0.0), False,
            frame=frame,
        )  # fmt: skip
        players.see(prepared, seen)
        changes += players.follow(seen)
    changes += players.flush()
    assert [shown(known, track) for track in (1, 2, 9)] == ["#7", "#7", ""]
    assert reader.read <= 8 * 3 + 8 or not live
    actions = [change for change in changes if isinstance(change.payload, PlayerAction)]
    assert actions and min(change.media for change in actions) == 0.0, "no action begins before the first frame"
    assert all(change.wall == pytest.approx(1000.0 + change.media) for change in actions)
    possessions = [change.payload for change in changes if isinstance(change.payload, Possession)]
    assert possessions and str(possessions[-1].jersey) == "#7"


def test_without_the_model_players_are_read_all_the_same(tmp_path):
    for name in ("player_pose", "player_actions"):
        (tmp_path / name).mkdir()
    settings = load_settings(None, {"inference.repository": str(tmp_path)})
    assert player_models(settings) == ["player_pose", "player_actions"]
    (tmp_path / "jersey_number").mkdir()
    assert player_models(settings)[-1] == "jersey_number"
