from __future__ import annotations

import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from shooter_support import shots_of

from courtside_server.errors import AlreadyEnrolled, BadRequest, NotFound, StoreFull, StoreUnavailable
from courtside_server.players import gallery as module
from courtside_server.players.gallery import Galleries, NewShot

MODEL = "shot_fingerprint:2"


@pytest.fixture
def galleries(tmp_path):
    found = Galleries(tmp_path / "shooters.sqlite3")
    yield found
    found.close()


def new_shots(player: int, count: int) -> list[NewShot]:
    vectors = np.random.default_rng(player).normal(size=(count, 8)).astype(np.float32)
    return [NewShot(poses, 1.0, vector) for poses, vector in zip(shots_of(player, count), vectors, strict=True)]


def test_shooters_are_kept_over_a_restart(galleries, tmp_path) -> None:
    shots = new_shots(1, 2)
    galleries.enroll("Anna", shots, MODEL, height_cm=188.0)
    galleries.enroll("Ben", new_shots(2, 1), MODEL)
    galleries.close()
    again = Galleries(tmp_path / "shooters.sqlite3")
    again.load()
    assert [one.name for one in again.shooters.values()] == ["Anna", "Ben"]
    anna = again.find("anna")
    assert (anna.height_cm, len(anna.shots)) == (188.0, 2)
    np.testing.assert_array_equal(anna.shots[0].poses.keypoints, shots[0].poses.keypoints)
    np.testing.assert_array_equal(anna.shots[1].embedding, shots[1].embedding)
    again.close()


def test_the_same_name_twice_is_refused_unless_shots_are_added(galleries) -> None:
    galleries.enroll("Zoë", new_shots(1, 1), MODEL)
    with pytest.raises(AlreadyEnrolled, match="'Zoë' is enrolled already, with 1 shots"):
        galleries.enroll("ZOE\u0308", new_shots(1, 1), MODEL)  # the same letters, written otherwise
    assert len(galleries.enroll("zoë", new_shots(1, 3), MODEL, add=True).shots) == 4


def test_nothing_of_a_removed_shooter_is_left_in_any_file(galleries, tmp_path) -> None:
    galleries.enroll("Annabelle Unmistakable", new_shots(1, 3), MODEL)
    galleries.enroll("Ben", new_shots(2, 1), MODEL)
    erased = galleries.find("Annabelle Unmistakable").shots
    galleries.keep_game_shot("games/g", erased[0].poses.shot_id, erased[0].poses)
    assert galleries.remove("annabelle unmistakable") == 3
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for trace in (b"nnabelle", *(shot.poses.to_bytes()[60:160] for shot in erased), erased[0].embedding.tobytes()):
        assert trace not in left
    assert new_shots(2, 1)[0].embedding.tobytes() in left
    for call in (galleries.find, galleries.remove):
        with pytest.raises(NotFound, match="no shooter 'Annabelle Unmistakable'"):
            call("Annabelle Unmistakable")
    with pytest.raises(NotFound, match="no poses are kept"):
        galleries.game_shot("games/g", erased[0].poses.shot_id)


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb", "a\x00", "\u202egnirts", "\ud800"])
def test_names_that_cannot_be_printed_are_refused(galleries, name) -> None:
    with pytest.raises(BadRequest, match="1 to 64 printable characters"):
        galleries.enroll(name, new_shots(1, 1), MODEL)


def test_names_are_data_and_never_code(galleries) -> None:
    name = "'); DROP TABLE shooters; --"
    galleries.enroll(name, new_shots(1, 1), MODEL)
    assert galleries.find(name).name == name


def test_stores_are_bounded(galleries, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_SHOTS", 3)
    monkeypatch.setattr(module, "MAX_SHOOTERS", 1)
    monkeypatch.setattr(module, "MAX_GAME_SHOTS", 2)
    galleries.enroll("Anna", new_shots(1, 2), MODEL)
    with pytest.raises(StoreFull, match="3 shots at most"):
        galleries.enroll("Anna", new_shots(1, 2), MODEL, add=True)
    with pytest.raises(StoreFull, match="remove one"):
        galleries.enroll("Ben", new_shots(2, 1), MODEL)
    assert len(galleries.find("Anna").shots) == 2
    for index in range(4):
        galleries.keep_game_shot("games/g", f"shot-{index}", shots_of(1, 1)[0])
    assert galleries.game_shot("games/g", "shot-3").release == shots_of(1, 1)[0].release
    with pytest.raises(NotFound):
        galleries.game_shot("games/g", "shot-1")


def test_a_new_model_s_embeddings_replace_the_old_ones(galleries) -> None:
    galleries.enroll("Anna", new_shots(1, 2), MODEL)
    before, revision = galleries.find("Anna").shots, galleries.revision
    galleries.replace_embeddings([before[0].number, 999], np.full((2, 4), 0.5, np.float32), "shot_fingerprint:3")
    after = galleries.find("Anna").shots
    assert [shot.model for shot in after] == ["shot_fingerprint:3", MODEL]
    assert after[0].embedding.tolist() == [0.5] * 4 and galleries.revision > revision


def test_another_program_s_file_is_left_alone_with_one_clear_error(tmp_path) -> None:
    path = tmp_path / "shooters.sqlite3"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    content = path.read_bytes()
    galleries = Galleries(path)
    with pytest.raises(StoreUnavailable, match="no file of galleries"):
        galleries.load()
    with pytest.raises(StoreUnavailable):
        galleries.enroll("Anna", new_shots(1, 1), MODEL)
    assert path.read_bytes() == content


def test_a_height_that_no_body_has_is_refused(galleries) -> None:
    with pytest.raises(BadRequest, match="100 to 260"):
        galleries.enroll("Anna", [replace(shot) for shot in new_shots(1, 1)], MODEL, height_cm=1.88)


def test_one_shot_is_neither_two_good_shots_nor_two_peoples(galleries) -> None:
    shots = new_shots(1, 2)
    galleries.enroll("Anna", shots[:1], MODEL)
    for name, given, why in (
        ("Anna", shots[:1], "in the gallery of 'Anna' already"), ("Ben", shots[:1], "in the gallery of 'Anna' already"),
        ("Ben", [shots[1], shots[1]], "given already"),
    ):  # fmt: skip
        with pytest.raises(BadRequest, match=why):
            galleries.enroll(name, given, MODEL, add=True)
    assert len(galleries.find("Anna").shots) == 1 and list(galleries.shooters) == ["anna"]
    assert len(galleries.enroll("Anna", shots[1:], MODEL, add=True).shots) == 2
