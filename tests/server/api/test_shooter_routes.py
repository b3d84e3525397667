"""Enrolled shooters over HTTP: what pages read, and bad requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from page_server import GAME, PageServer
from shooter_support import shots_of


@pytest.fixture
def served(tmp_path: Path) -> Iterator[SimpleNamespace]:
    with PageServer(tmp_path / "events.sqlite3") as server, httpx.Client(base_url=server.address) as client:
        yield SimpleNamespace(server=server, client=client)


def test_two_shots_of_a_game_are_compared_and_whatever_is_wrong_is_one_sentence(served) -> None:
    for name, poses in zip("ab", shots_of(1, 2), strict=True):
        served.server.galleries.keep_game_shot(GAME, name, poses)

    def compare(shot: str, body: bytes | None = None, kind: str = "application/json") -> httpx.Response:
        request = {"shot": {"gameShot": {"game": GAME, "eventId": shot}},
                   "other": {"gameShot": {"game": GAME, "eventId": "b"}}}  # fmt: skip
        content = json.dumps(request).encode() if body is None else body
        return served.client.post("/v1/shooters/compare", content=content, headers={"Content-Type": kind})

    found = compare("a").json()
    assert found["frames"] == 64 and len(found["horizontal"]) == 64 * 17
    assert served.client.get("/v1/shooters").json() == {"shooters": []}
    for answer, status, says in (
        (compare("none"), 404, "no poses are kept"), (compare("a", b"[1"), 400, "no CompareFormRequest"),
        (compare("a", b" " * 5000), 413, "larger than"), (compare("a", kind="text/plain"), 415, "send JSON"),
        (compare("a", b"{}"), 400, "a shot is empty"),
    ):  # fmt: skip
        assert answer.status_code == status and says in answer.json()["error"], answer.text
