"""`courtside calibrate`: the page behind its token, what it takes, and where what was saved goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import pytest
from calibration_support import CAMERA, SEEN, calibrate_command, point_pairs, write_floor_film

from courtside.court.point_pairs import PointPairs, read_calibration
from courtside.v1 import court_pb2_grpc
from courtside_client import connect
from courtside_client.calibrate.page import FILES, MAX_BODY, CalibrationPage
from courtside_client.calibrate.still import Still
from courtside_client.errors import BadOption, GatewayUnavailable, NotFoundError, RejectedError
from courtside_server.api.court import CourtService
from courtside_server.api.status import StatusInterceptor
from courtside_server.court.calibration_store import CalibrationStore


@pytest.fixture(scope="module")
def floor_film(tmp_path_factory) -> Path:
    return write_floor_film(tmp_path_factory.mktemp("film") / "court.mp4")


# --- the page ------------------------------------------------------------------------------------------------------


class Served:
    """The page over real HTTP on loopback."""

    def __init__(self, page: CalibrationPage, address: str) -> None:
        self.page, self.address = page, address

    async def fetch(self, path="", body=None, address=None, **headers):
        """Status and body."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        sent = {"Content-Type": "application/json"} if data is not None else {}
        request = urllib.request.Request((address or self.address) + path, data, sent | headers)
        return await asyncio.to_thread(self._fetch, request)

    @staticmethod
    def _fetch(request):
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@contextlib.asynccontextmanager
async def served(keep=None, earlier=None):
    async def nothing(_):
        return "kept"

    page = CalibrationPage(Still("/films/film.mp4", 1.5, 1280, 720, b"jpeg"), "fiba", earlier, keep or nothing)
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(page.serve(0, stop, address.set_result))
    try:
        async with asyncio.timeout(60):
            yield Served(page, await address)
    finally:
        stop.set()
        await serving


async def test_the_page_and_all_it_needs_come_from_here():
    async with served(earlier=point_pairs()) as page:
        assert page.address.startswith("http://127.0.0.1:")
        _, html = await page.fetch()
        assert b"calibrate.js" in html and b"http" not in html.replace(b"http-equiv", b"")
        for name in FILES:
            status, text = await page.fetch(name)
            assert status == 200 and b"://" not in text.replace(b"http://www.w3.org/2000/svg", b"")
        assert await page.fetch("picture.jpg") == (200, b"jpeg")
        session = json.loads((await page.fetch("session.json"))[1])
        assert (session["name"], session["width"], session["court"]) == ("film.mp4", 1280, "fiba")
        assert len(session["points"]) == len(SEEN)


async def test_nobody_gets_in_without_the_token_or_by_another_name():
    async with served() as page:
        root = page.address.removesuffix(f"/{page.page.token}/")
        for path in ("/", "/session.json", "/picture.jpg", "/wrong-token/", f"/{page.page.token[:-1]}/"):
            assert (await page.fetch(path, address=root))[0] == 404
        assert (await page.fetch("session.json", Host="evil.example"))[0] == 400
        assert len(page.page.token) >= 20


async def test_the_fit_gives_residuals_and_lines():
    moved = np.zeros((len(SEEN), 2))
    moved[2] = (4, 0)
    async with served() as page:
        body = {"points": point_pairs(jitter=moved).model_dump(), "view": "0"}
        status, text = await page.fetch("fit", body)
        answer = json.loads(text)
        assert status == 200 and answer["problem"] == ""
        assert int(np.argmax(answer["residuals"])) == 2 and 0.01 < answer["error"] < 0.2
        assert sum(len(line) for line in answer["lines"]) > 100 and len(answer["to_pixels"]) == 9
        few = {"points": point_pairs(SEEN[:3]).model_dump(), "view": "0"}
        assert json.loads((await page.fetch("fit", few))[1])["problem"].startswith("1 more point needed")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{" * 1000, {}),
        (b"x" * (MAX_BODY + 1), {}),
        ({"points": point_pairs().model_dump() | {"width": "1280"}, "view": "0"}, {}),
        ({"points": point_pairs().model_dump() | {"points": [{}]}, "view": "0"}, {}),
        ({"points": point_pairs().model_dump() | {"more": 1}, "view": "0"}, {}),
        (b"[]", {}),
        ({"points": point_pairs().model_dump(), "view": "0"}, {"Content-Type": "text/plain"}),
    ],
    ids=["empty", "broken", "too large", "wrong type", "no point", "unknown key", "list", "a form's type"],
)
async def test_what_the_page_would_not_send_is_refused(body, headers):
    async with served() as page:
        for path in ("fit", "save"):
            status, text = await page.fetch(path, body, **headers)
            assert status == 422 and json.loads(text)["problem"]
        assert not page.page.saved.is_set()


async def test_what_does_not_fit_is_not_saved_and_what_fails_can_be_tried_again():
    tries = []

    async def keep(points):
        tries.append(points)
        if len(tries) == 1:
            raise GatewayUnavailable("the gateway is away")
        return "it is kept"

    async with served(keep) as page:
        turned = point_pairs().model_dump()
        for point in turned["points"]:
            point["pixel_x"] = 1280 - point["pixel_x"]
        for bad in (turned, point_pairs(SEEN[:3]).model_dump(), point_pairs(width=640).model_dump()):
            assert (await page.fetch("save", bad))[0] == 422
        assert tries == []
        assert json.loads((await page.fetch("save", point_pairs().model_dump()))[1])["problem"] == "the gateway is away"
        assert not page.page.saved.is_set()
        assert json.loads((await page.fetch("save", point_pairs().model_dump()))[1]) == {"saved": "it is kept"}
        await asyncio.wait_for(page.page.saved.wait(), 10)
    assert tries == [point_pairs(), point_pairs()]


async def test_a_port_that_is_taken():
    async with served() as page:
        port = int(page.address.split(":")[2].split("/")[0])
        other = CalibrationPage(Still("f", 0.0, 2, 2, b""), "nba", None, None)
        with pytest.raises(BadOption, match=f"--port {port}"):
            await other.serve(port, asyncio.Event(), print)


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def gateway(tmp_path):
    store = CalibrationStore(tmp_path / "gateway.json")
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    court_pb2_grpc.add_CourtServiceServicer_to_server(CourtService(store), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield store, f"127.0.0.1:{port}"
    await server.stop(0)


async def test_the_client_s_calls(gateway):
    store, address = gateway
    async with connect(address) as client:
        with pytest.raises(NotFoundError):
            await client.get_calibration(CAMERA)
        assert await client.set_calibration(CAMERA, point_pairs()) < 1e-3
        assert (await client.get_calibration(CAMERA)).points == point_pairs()
        with pytest.raises(RejectedError, match="needs 4"):
            await client.set_calibration(CAMERA, PointPairs.of("nba", 9, 9, []))
        await client.delete_calibration(CAMERA)
        assert store.get(CAMERA) is None
        with pytest.raises(NotFoundError):
            await client.delete_calibration(CAMERA)


async def test_saving_ends_the_command_and_fills_file_and_gateway(floor_film, gateway, tmp_path):
    store, address = gateway
    out = tmp_path / "calibration.json"
    process = await asyncio.create_subprocess_exec(
        *calibrate_command(floor_film, "--out", out, "--gateway", address, "--camera", CAMERA, "--court", "fiba"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            page = Served(None, (await process.stdout.readline()).decode().strip())
            assert json.loads((await page.fetch("session.json"))[1])["points"] == []
            assert (await page.fetch("save", point_pairs().model_dump()))[0] == 200
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0 and CAMERA.encode() in errors
    assert PointPairs.read(out) == point_pairs()
    assert store.get(CAMERA).to_json() == read_calibration(out).to_json()


def test_ctrl_c_ends_it_without_saving(floor_film, tmp_path):
    command = calibrate_command(floor_film, "--no-recognise", "--out", tmp_path / "c.json")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "nothing was saved" in errors
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["FILM"], "--out"),
        (["FILM", "--gateway", "127.0.0.1:1", "--out", "c.json"], "--camera"),
        (["FILM", "--camera", "left"], "left"),
        (["FILM", "--camera", CAMERA, "--gateway", "nowhere"], "HOST:PORT"),
        (["FILM", "--out", "BROKEN"], "not a calibration file"),
        (["FILM", "--out", "c.json", "--at", "99"], "--at 99"),
        (["BROKEN", "--out", "c.json"], "not a film"),
    ],
)
def test_every_mistake_is_one_line(floor_film, tmp_path, arguments, says):
    (tmp_path / "broken").write_text("nothing of use")
    names = {"FILM": str(floor_film), "BROKEN": str(tmp_path / "broken")}
    given = calibrate_command(*(names.get(argument, argument) for argument in arguments))
    done = subprocess.run(given, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert says in line and "Traceback" not in line
    assert (tmp_path / "broken").read_text() == "nothing of use"
