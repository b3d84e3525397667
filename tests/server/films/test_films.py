"""Films that people send: resumed uploads, limits, the queue, restarts."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import zipfile
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from accuracy.labels import read_clips
from film_server import FilmServer, write_film

from courtside_client.films import FilmRefused, FilmSender
from courtside_server.films.container import container_of
from courtside_server.films.film_folder import FilmState

PART = {"Content-Type": "application/offset+octet-stream"}


class Http:
    """Requests to a server, each over a connection of its own."""

    def __init__(self, server: FilmServer) -> None:
        self._port = server.port

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        if not isinstance(body, bytes | None):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if content and "json" in answer.headers.get("Content-Type", ""):
            content = json.loads(content)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def create(self, name: str, size: int) -> str:
        return self("POST", "/v1/films", {"name": name, "size": size})[2]["id"]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "final.mp4", 3 * 2**20)


@pytest.fixture
def server(tmp_path: Path):
    with FilmServer(tmp_path) as found:
        yield found


def _wait(server: FilmServer, film: str, *states: FilmState) -> dict[str, Any]:


    deadline = time.monotonic() + 20
    while (found := Http(server)("GET", f"/v1/films/{film}")[2])["state"] not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_an_upload_that_broke_off_is_resumed_and_its_shots_become_a_game(server, film, tmp_path):
    http, data = Http(server), film.read_bytes()
    film_id = http.create("C:\\games/../../final.mp4", len(data))
    half = len(data) // 2
    with socket.create_connection(("127.0.0.1", server.port)) as broken:  # announces all, sends half, is cut off
        head = f"PATCH /v1/films/{film_id}/content HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 0\r\n"
        head += f"Content-Type: {PART['Content-Type']}\r\nContent-Length: {len(data)}\r\n\r\n"
        broken.sendall(head.encode() + data[:half])
    while server.films.get(film_id).received < half:  # the server keeps what came
        time.sleep(0.005)
    assert http("HEAD", f"/v1/films/{film_id}/content")[1]["upload-offset"] == str(half)
    with FilmSender(f"127.0.0.1:{server.port}") as sender:
        steps: list[int] = []
        sent = sender.send(film, lambda done, size: steps.append(done))
        assert (sent.id, sent.name, steps[0]) == (film_id, "final.mp4", half), "the same upload goes on"
        server.let_go()
        done = list(sender.follow(sent))[-1]
    assert (done.state, done.shots, done.advice) == ("done", 2, "one frame is damaged")
    _, _, snapshot = http("GET", f"/v1/games/films-{film_id}/snapshot")
    assert {event["eventId"] for event in snapshot["events"]} == {"game", "s1", "s2"}, "nothing provisional"
    assert server.do(server.games.state(f"games/films-{film_id}")).title == "final.mp4"
    status, headers, part = http("GET", f"/v1/films/{film_id}/content", headers={"Range": "bytes=4-11"})
    assert (status, part, headers["content-type"]) == (206, data[4:12], "video/mp4")
    assert sorted(path.name for path in (tmp_path / "films" / film_id).iterdir()) == [
        "content", "film.json", "settings.toml",
    ]  # fmt: skip


def test_what_is_no_film_is_refused_with_one_sentence_and_takes_no_room(server, film, tmp_path):
    http, data = Http(server), film.read_bytes()
    with zipfile.ZipFile(tmp_path / "final.mp4", "w") as archive:
        archive.writestr("final.mp4", os.urandom(100_000))
    (tmp_path / "torn.mp4").write_bytes(data[:40] + bytes(100_000))
    (tmp_path / "empty.mp4").touch()
    with FilmSender(f"127.0.0.1:{server.port}") as sender:
        for name, problem in (("final", "a ZIP archive"), ("torn", "torn.mp4"), ("empty", "from 1 byte")):
            with pytest.raises(FilmRefused, match=problem) as refused:
                sender.send(tmp_path / f"{name}.mp4")
            assert str(tmp_path) not in refused.value.message and "\n" not in refused.value.message
    assert not list((tmp_path / "films").glob("*/content"))
    film_id = http.create("final.mp4", len(data))
    address = f"/v1/films/{film_id}/content"
    zero = {**PART, "Upload-Offset": "0"}
    long = {"name": "x", "size": 17_000_000_000}
    for status, problem, request in (
        (400, "films.max_film_gb", ("POST", "/v1/films", long)), (400, "size", ("POST", "/v1/films", {"name": "x"})),
        (400, "no JSON object", ("POST", "/v1/films", [1])), (400, "Content-Type", ("POST", "/v1/films", b"name=x")),
        (404, "no film", ("GET", "/v1/films/film.json")), (404, "no film", ("DELETE", "/v1/films/0123")),
        (415, "offset+octet-stream", ("PATCH", address, b"x")), (400, "Upload-Offset", ("PATCH", address, b"x", PART)),
        (409, "0 bytes are here", ("PATCH", address, b"x", {**PART, "Upload-Offset": "7"})),
        (403, "other sites", ("PATCH", address, b"x", {**zero, "Origin": "http://evil.example"})),
        (409, "cannot be played", ("GET", address)),
        (409, "nothing to analyze", ("POST", f"/v1/films/{film_id}:analyze", {})),
        (400, "send the rest", ("POST", f"/v1/films/{film_id}:finish", {})),
        (404, "none of finish", ("POST", f"/v1/films/{film_id}:burn", {})),
    ):  # fmt: skip
        answer = http(*request)
        assert (answer[0], problem in answer[2]["error"]) == (status, True), (request, answer)
    assert http("PATCH", address, data, zero)[0] == 204
    answer = http("POST", f"/v1/films/{film_id}:finish", {"crc32": "1234abcd"})
    assert answer[0] == 400 and "damaged on its way" in answer[2]["error"]
    assert http("GET", f"/v1/films/{film_id}")[2]["state"] == "failed"


def test_limits_of_room_and_of_one_address_and_idle_uploads(tmp_path):
    limits = {"max_total_gb": 0.001, "max_open_per_address": 2, "idle_upload_h": 0.001, "max_films": 3}
    with FilmServer(tmp_path, **limits) as server:
        http = Http(server)
        assert "there is room for 0.001 GB" in http("POST", "/v1/films", {"name": "a", "size": 2_000_000})[2]["error"]
        ids = [http.create(name, 1000) for name in "ab"]
        status, _, answer = http("POST", "/v1/films", {"name": "c", "size": 1000})
        assert status == 409 and "2 films of yours" in answer["error"]
        server.films.get(ids[0]).changed -= 10
        assert [one.id for one in server.films.idle_uploads()] == [ids[0]]


def test_films_wait_for_one_another_and_can_be_cancelled_and_deleted_and_survive_a_restart(film, tmp_path):
    with FilmServer(tmp_path) as server:
        http = Http(server)
        with FilmSender(f"127.0.0.1:{server.port}") as sender:
            first, second, third = (sender.send(film) for _ in range(3))
        running = _wait(server, first.id, FilmState.RUNNING)
        assert http("GET", f"/v1/films/{third.id}")[2]["before"] == 2 and running["progress"] <= 0.5
        assert http("POST", f"/v1/films/{second.id}:cancel", {})[2]["state"] == "cancelled"
        assert http("POST", f"/v1/films/{first.id}:cancel", {})[2]["state"] == "cancelled"
        _wait(server, third.id, FilmState.RUNNING)
        assert http("DELETE", f"/v1/films/{second.id}")[0] == 204 and not (tmp_path / "films" / second.id).exists()
        upload = http.create("later.mp4", film.stat().st_size)
        http("PATCH", f"/v1/films/{upload}/content", film.read_bytes()[:70_000], {**PART, "Upload-Offset": "0"})
    with FilmServer(tmp_path) as server:
        http = Http(server)
        assert {one.id: str(one.state) for one in server.films.films()}[first.id] == "cancelled"
        assert http("HEAD", f"/v1/films/{upload}/content")[1]["upload-offset"] == "70000"
        server.let_go()
        assert _wait(server, third.id, FilmState.DONE)["shots"] == 2
        assert http("POST", f"/v1/films/{first.id}:analyze", {})[0] == 200
        _wait(server, first.id, FilmState.DONE)


def test_labels_are_checked_two_people_do_not_overwrite_each_other_and_the_table_reads_back(server, film, tmp_path):
    http = Http(server)
    with FilmSender(f"127.0.0.1:{server.port}") as sender:
        address = f"/v1/films/{sender.send(film).id}/labels"
    label = {"frame": 12, "result": "made", "type": "layup", "court": [12.5, -1]}
    for problem, values in (
        ("must be a list", {"labels": 3}), ("label 0 is no object", {"labels": [3]}),
        ("frame is no number", {"labels": [{**label, "frame": -1}]}),
        ("result is one of", {"labels": [{**label, "result": "in"}]}),
        ("court is [x, y]", {"labels": [{**label, "court": [1, float("nan")]}]}),
        ("playbackSpeed", {"labels": [], "playbackSpeed": 0}),
    ):  # fmt: skip
        status, _, answer = http("PUT", address, {"revision": 0, **values})
        assert status == 400 and problem in answer["error"], (values, answer)
    labels = [label, {**label, "frame": 5, "happened": False}]
    assert http("PUT", address, {"revision": 0, "labels": labels, "playbackSpeed": 2})[2] == {"revision": 1}
    assert http("PUT", address, {"revision": 0, "labels": []})[0] == 409
    (tmp_path / "labels.csv").write_bytes(http("GET", f"{address}.csv")[2])
    shutil.copy(film, tmp_path)
    [clip] = read_clips(tmp_path)
    assert (clip.speed, clip.labelled) == (2.0, True) and clip.releases == ((pytest.approx(0.4), "made"),)


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x1aE\xdf\xa3", "webm"), (b"RIFF1234AVI LIST", "avi"), ((b"\x47" + bytes(187)) * 5, "ts"),
        ((bytes(4) + b"\x47" + bytes(187)) * 5, "ts"), (b"\0\0\0\x14ftypqt  ", "mp4"), (b"\0\0\0\x08wide", "mp4"),
    ],
)  # fmt: skip
def test_containers_are_known_by_their_first_bytes(head: bytes, container: str) -> None:
    assert container_of(head) == container
