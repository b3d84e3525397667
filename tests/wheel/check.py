"""Builds both wheels, installs each into an empty environment, and uses it from another folder as a stranger would.

    python3.11 tests/wheel/check.py      # 3.12 and 3.13 as well; needs venv and the package registry, takes two minutes

Whoever runs it as root has everything that was installed used by another user, who may write nowhere but in one folder
of his own. Prints a line for each check and exits 1 where one failed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
UNWANTED = ("matplotlib", "opencv-python", "scipy", "supervision", "torch", "trackers")
"""Distributions that nobody gets who installs Courtside; the client leaves out more."""
UNWANTED_IN_CLIENT = (*UNWANTED, "onnxruntime", "prometheus-client", "pydantic", "starlette", "tritonclient")
FAILED: list[str] = []
PASSED: list[str] = []


def check(what: str, good: object, found: object = "") -> None:
    """Note one check; print it."""
    (PASSED if good else FAILED).append(what)
    print(f"{'ok    ' if good else 'FAILED'} {what}{'' if good else f': {found}'}", flush=True)


class Installed:
    """An environment with one wheel in it, and a stranger who uses it.

    Args:
        folder: empty; holds the environment, and the stranger's own folder.
        source: folder of the distribution's pyproject.toml.
    """

    def __init__(self, folder: Path, source: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
        self.bin = folder / "environment" / "bin"
        shutil.rmtree(source / "build", ignore_errors=True)  # what an earlier build left would be in the wheel
        self.pip("wheel", "--no-deps", "--wheel-dir", folder, source)
        self.wheel = next(folder.glob("*.whl"))
        self.pip("install", "--constraint", ROOT / "constraints.txt", self.wheel)
        self.site = next((folder / "environment" / "lib").glob("python3*/site-packages"))
        self.here = folder / "here"
        # Folders that a careless program takes for its own.
        for name in ("", "model_repository", "courtside", "courtside_server"):
            (self.here / name).mkdir()
        (self.here / "click.py").write_text("raise SystemExit('a file of the working directory was imported')")
        self.ids: dict[str, int] = {}
        if os.geteuid() == 0 and self._others_may_run():
            self.ids = {"user": NOBODY, "group": NOBODY}
            shutil.chown(self.here, NOBODY, NOBODY)
        else:
            print("(not root, or this Python may be run by nobody else: the install folder is made read-only instead)")
        for path in [self.site, *self.site.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)

    def _others_may_run(self) -> bool:
        try:
            done = subprocess.run([self.bin / "python", "-c", ""], user=NOBODY, group=NOBODY, check=False)
            return done.returncode == 0
        except PermissionError:
            return False

    def pip(self, *words: object) -> None:
        """Run pip there."""
        command = [self.bin / "python", "-m", "pip", "--disable-pip-version-check", "-qq", *map(str, words)]
        subprocess.run(command, check=True)

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a user without a home."""
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}

    def run(self, *words: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as the stranger, in the stranger's folder."""
        command = [str(self.bin / str(words[0])), *map(str, words[1:])]
        return subprocess.run(
            command, cwd=self.here, env=self.environment, capture_output=True, text=True, timeout=timeout,
            check=False, **self.ids,
        )  # fmt: skip

    def distributions(self) -> set[str]:
        """Names of all that is installed."""
        done = self.run("python", "-P", "-m", "pip", "--disable-pip-version-check", "list", "--format", "json")
        return {row["name"].lower().replace("_", "-") for row in json.loads(done.stdout)}


def check_whole(installed: Installed) -> None:
    """Everything a user of ``courtside`` does first."""
    unwanted = installed.distributions() & set(UNWANTED)
    check("no distribution that needs a screen or is not needed", not unwanted, unwanted)
    graphics = "print(any('libGL' in line for line in open('/proc/self/maps')))"
    done = installed.run("python", "-P", "-c", f"import cv2, courtside_server.perception.tracker; {graphics}")
    check("OpenCV and tracking load without libGL", done.stdout.strip() == "False", done.stderr[-300:])
    done = installed.run("courtside", "serve", "--print-config")
    models = f'repository = "{installed.site}/courtside_server/model_repository"'
    check("the starter models come along and are the default", models in done.stdout, done.stdout[-300:])
    check("the default model is found", "shot_clip is answered by" in done.stdout, done.stdout[-300:])

    done = installed.run("courtside", "demo", "--seconds", "16", "--format", "jsonl")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    check("courtside demo ends well", done.returncode == 0, done.stderr[-300:])
    check("courtside demo finds a shot", any("shot" in event for event in events), done.stderr[-2000:])

    film = "film.mp4"
    done = installed.run("python", "-P", "-c", _FILM, film)
    check("a simulated film is written", done.returncode == 0, done.stderr[-300:])
    truth = json.loads(done.stdout)
    done = installed.run("courtside", "analyze", film, "--quiet")
    check("courtside analyze finds the film's shot", is_the_shot(done.stdout, truth), done.stdout + done.stderr[-300:])

    def use(gateway: str, http: str) -> None:
        check_server(http)
        check_stream(installed, gateway, film, truth)

    with_server(installed, use)
    with_calibration(installed, film)
    for words, says in (
        (("analyze", film, "--repository", "nowhere"), "nowhere is not a folder"),
        (("analyze", film, "--repository", "model_repository"), "no model"),
        (("serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data-dir", "/proc/var"), "/proc/var"),
    ):
        done = installed.run("courtside", *words)
        lines = done.stderr.strip().splitlines()
        good = done.returncode and len(lines) == 1 and says in lines[0]
        check(f"one clear line for: courtside {' '.join(words[:1])} {words[-1]}", good, (done.returncode, lines[-3:]))


_FILM = (ROOT / "tests" / "shot_film.py").read_text() + """
import json, sys
made = write_shot_film(Path(sys.argv[1]))
print(json.dumps({"release": made.release, "near": NEAR_S, "result": made.result.name, "zone": made.zone.name}))
"""
"""Writes the film that the tests of the default profile use, and prints its known answer."""


def is_the_shot(lines: str, truth: dict[str, Any]) -> bool:
    """Whether events, one JSON object a line, end in the one shot that the film shows."""
    events = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    last = {event["eventId"]: event for event in events if "shot" in event}
    found = [event for event in last.values() if event["lifecycle"] == "LIFECYCLE_CONFIRMED"]
    return len(found) == 1 and abs(found[0]["mediaOffset"] - truth["release"]) <= truth["near"] and (
        found[0]["shot"]["result"], found[0]["shot"]["zone"]
    ) == (f"SHOT_RESULT_{truth['result']}", f"ZONE_{truth['zone']}")


def with_server(installed: Installed, use: Callable[[str, str], None]) -> None:
    """Run the gateway, with no option but where it listens, while ``use`` gets its gRPC and HTTP address."""
    words = ["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "error"]
    with subprocess.Popen(
        [installed.bin / "courtside", *words], cwd=installed.here, env=installed.environment, text=True,
        stdout=subprocess.PIPE, **installed.ids,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        check("courtside serve starts", line, "it printed no addresses")
        if not line:
            return
        addresses = json.loads(line)
        use(addresses["grpc"], addresses["http"])
        process.terminate()
        check("courtside serve ends well", process.wait(30) == 0, process.returncode)


def check_server(http: str) -> None:
    """The pages are there."""
    for path, says in (("", "Courtside monitor"), ("lib/feed-worker.js", "EventSource"), ("metrics", "courtside_")):
        with urllib.request.urlopen(f"http://{http}/{path}", timeout=20) as answer:
            check(f"courtside serve shows /{path}", says in answer.read().decode())


def check_stream(installed: Installed, gateway: str, film: str, truth: dict[str, Any]) -> None:
    """A film goes in, its shot comes out."""
    done = installed.run(
        "courtside", "stream", film, "--gateway", gateway, "--camera", "games/g/cameras/c", "--mode", "film",
        "--pace", "max", "--quiet",
    )  # fmt: skip
    check("courtside stream sends the film", done.returncode == 0, done.stderr[-300:])
    words = [str(installed.bin / "courtside"), "watch", "--gateway", gateway, "--game", "g", "--after", "0",
             "--format", "jsonl"]  # fmt: skip
    lines: list[str] = []
    with subprocess.Popen(
        words, cwd=installed.here, env=installed.environment, text=True, stdout=subprocess.PIPE, **installed.ids
    ) as process:
        assert process.stdout is not None
        limit = threading.Timer(60, process.kill)
        limit.start()
        for line in process.stdout:
            lines.append(line)
            if "CAMERA_STATE_OFFLINE" in line:
                break
        limit.cancel()
        process.terminate()
    check("courtside watch shows the film's shot", is_the_shot("".join(lines), truth), lines)


def with_calibration(installed: Installed, film: str) -> None:
    """The page that calibrates is there."""
    words = ["calibrate", film, "--out", "court.json", "--port", "0"]
    with subprocess.Popen(
        [installed.bin / "courtside", *words], cwd=installed.here, env=installed.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **installed.ids,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = next((line for line in process.stdout if "http://" in line), "")
        address = line[line.find("http://") :].split()[0] if line else ""
        page = urllib.request.urlopen(address, timeout=20).read().decode() if address else ""
        check("courtside calibrate shows its page", "calibrate.js" in page, line)
        process.terminate()
        process.wait(30)


def check_client(installed: Installed) -> None:
    """Everything a user of ``courtside-client`` does first."""
    unwanted = installed.distributions() & set(UNWANTED_IN_CLIENT)
    check("courtside-client leaves out what streaming and watching do not need", not unwanted, unwanted)
    done = installed.run("python", "-P", "-c", "from courtside_client import connect, StreamSession")
    check("courtside-client imports", done.returncode == 0, done.stderr[-300:])
    for command in ("watch", "stream"):
        done = installed.run("courtside", command, "--help")
        check(f"courtside-client: courtside {command} --help", done.returncode == 0, done.stderr[-300:])
    for words in (("serve",), ("analyze", "film.mp4"), ("demo",), ("calibrate", "film.mp4"),
                  ("stream", "sim://7", "--camera", "games/a/cameras/b")):  # fmt: skip
        done = installed.run("courtside", *words)
        lines = done.stderr.strip().splitlines()
        good = done.returncode == 2 and len(lines) == 1 and "install `courtside`" in lines[0]
        check(f"courtside-client: one clear line for courtside {' '.join(words[:2])}", good, lines[-3:])


def megabytes(installed: Installed) -> int:
    """What an install takes, without pip and setuptools."""
    own = {path for name in ("pip", "setuptools") for path in installed.site.glob(f"{name}*")}
    files = (path for path in installed.site.rglob("*") if own.isdisjoint(path.parents) and path.is_file())
    return round(sum(path.stat().st_size for path in files) / 1e6)


def main() -> None:
    """Build, install, check."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="courtside-wheel-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part, use in ((".", check_whole), ("clients", check_client)):
            (folder / use.__name__).mkdir()
            installed = Installed(folder / use.__name__, ROOT / part)
            size = installed.wheel.stat().st_size / 1e6
            print(f"{installed.wheel.name}: {size:.1f} MB, installed {megabytes(installed)} MB", flush=True)
            use(installed)
            for path in [installed.site, *installed.site.rglob("*")]:
                path.chmod(path.stat().st_mode | 0o200)
    print(f"{time.monotonic() - begin:.0f} s")
    print(f"{len(PASSED)} passed, {len(FAILED)} failed")
    sys.exit(bool(FAILED))


if __name__ == "__main__":
    main()
