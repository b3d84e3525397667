"""``courtside shooters``: enroll shooters in a gateway, list, export and erase them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from courtside.shot_poses import SUFFIX, ShotPoses, read_poses, write_poses
from courtside_client.client import connect
from courtside_client.errors import InputError
from courtside_client.shooters import EnrolledShooter, ExportedShooter, GameShot

_T = TypeVar("_T")
_GATEWAY = click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")


@click.group()
def shooters() -> None:
    """Shooters whom the gateway recognises by how they shoot, never by the face.

    A gallery holds keypoints of the body, no pictures. Enroll nobody who has not agreed to it.
    """


@shooters.command()
@click.argument("name")
@click.argument("shots", nargs=-1, required=True, metavar="SHOT...")
@click.option("--add", is_flag=True, help="Add the shots to a shooter who is enrolled already.")
@click.option("--height", type=click.FloatRange(100, 260), metavar="CM", help="The shooter's height.")
@_GATEWAY
def enroll(name: str, shots: tuple[str, ...], add: bool, height: float | None, gateway: str) -> None:
    """Enroll NAME with good shots: files of poses (.poses.npz), or games/GAME:EVENT_ID of shots the gateway saw."""
    found = [_shot(text) for text in shots]

    async def work() -> EnrolledShooter:
        async with connect(gateway, timeout=60.0) as client:
            return await client.enroll_shooter(name, found, add=add, height_cm=height)

    shooter = _run(work())
    click.echo(f"{shooter.name}: {shooter.shots} good shots" + (f"; {shooter.advice}" if shooter.advice else ""))


@shooters.command("list")
@_GATEWAY
def list_(gateway: str) -> None:
    """List everybody who is enrolled."""

    async def work() -> list[EnrolledShooter]:
        async with connect(gateway) as client:
            return await client.list_shooters()

    for one in _run(work()):
        day = time.strftime("%Y-%m-%d", time.localtime(one.enrolled))
        height = f"{one.height_cm:.0f} cm" if one.height_cm else ""
        click.echo(f"{one.name:<24} {one.shots:4d} shots  {day}  {height:>6}  {one.advice}".rstrip())


@shooters.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_GATEWAY
def remove(name: str, yes: bool, gateway: str) -> None:
    """Erase everything that the gateway keeps of NAME. What events of the log say stays until they are evicted."""
    if not yes:
        click.confirm(f"Erase every shot of {name!r} for ever?", abort=True)

    async def work() -> int:
        async with connect(gateway, timeout=60.0) as client:
            return await client.remove_shooter(name)

    click.echo(f"{name} and {_run(work())} shots are erased")


@shooters.command()
@click.argument("name")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@_GATEWAY
def export(name: str, out: Path, gateway: str) -> None:
    """Write everything that the gateway keeps of NAME into DIR: a file of poses for each shot, and shooter.json."""

    async def work() -> ExportedShooter:
        async with connect(gateway, timeout=60.0) as client:
            return await client.export_shooter(name)

    found = _run(work())
    try:
        out.mkdir(parents=True, exist_ok=True)
        about: dict[str, Any] = {
            "name": found.shooter.name, "height_cm": found.shooter.height_cm, "enrolled": found.shooter.enrolled,
            "shots": [],
        }  # fmt: skip
        for number, shot in enumerate(found.shots, 1):
            file = f"{number:03d}-{re.sub(r'[^A-Za-z0-9_.-]', '_', shot.poses.shot_id)[:80]}{SUFFIX}"
            write_poses(out / file, shot.poses)
            about["shots"].append({
                "file": file, "gather": shot.gather, "release": shot.poses.release, "added": shot.added,
                "model": shot.model, "embedding": [round(float(value), 6) for value in shot.embedding],
            })  # fmt: skip
        (out / "shooter.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from None
    click.echo(f"{found.shooter.name}: {len(found.shots)} shots are in {out}")


def _shot(text: str) -> ShotPoses | GameShot:
    game, colon, event_id = text.partition(":")
    if colon and text.startswith("games/"):
        return game, event_id
    return read_poses(Path(text))


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)

