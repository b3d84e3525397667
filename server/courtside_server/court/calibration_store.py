"""The store that keeps one calibration for each camera."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import Field

from courtside.court.point_pairs import PointPairs
from courtside.files import StrictModel, first_problem, read_json, replace_file
from courtside.names import CameraName
from courtside_server.errors import InputError, NotFound, StoreFull, StoreUnavailable

MAX_CAMERAS = 1000
"""Cameras of one store."""
_MAX_STORE = 32 * 2**20
_FORMAT = "courtside-calibrations-1"

log = structlog.get_logger(__name__)


class CalibrationStore:
    """One calibration a camera, kept in one JSON file that is written whole or not at all.

    :meth:`set`, :meth:`delete` and :meth:`load` wait for the disk: call them off the event loop. :meth:`get` and
    :attr:`revision` are safe from any thread without a lock, and cheap enough for every frame: a change is a new
    dictionary put in the old one's place by one assignment, so that a reader has the old one or the new one, whole,
    and what is in it is never changed. :attr:`revision` counts up after that: who reads it *before* calling
    :meth:`get` misses no change.

    Args:
        path: the file; its folder is made when the first calibration is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._known: Mapping[str, PointPairs] = {}
        self._texts: dict[str, tuple[PointPairs, str]] = {}  # what each camera's part of the file was made of
        self._loaded = False
        self.revision = 0
        """Counts up with every change of any camera."""

    def load(self) -> None:
        """Read the file, once; what cannot be used is logged, set aside as ``*.broken``, and the store is empty."""
        with self._writing, contextlib.suppress(StoreUnavailable):  # logged; to be mended before anything is kept
            self._load()

    def get(self, camera: str) -> PointPairs | None:
        """What is kept for ``games/{game}/cameras/{camera}`` since :meth:`load`; the same object until it changes."""
        return self._known.get(camera)

    def set(self, camera: str, calibration: PointPairs) -> None:
        """Keep a calibration; durable when this returns.

        Raises:
            StoreFull: `MAX_CAMERAS` others have one.
            StoreUnavailable: the file cannot be written; nothing has changed.
        """
        with self._writing:
            self._load()
            if camera not in self._known and len(self._known) >= MAX_CAMERAS:
                raise StoreFull(f"{MAX_CAMERAS} cameras are calibrated already: delete one that is not used any more")
            self._replace({**self._known, camera: calibration})

    def delete(self, camera: str) -> None:
        """Forget a calibration; durable when this returns.

        Raises:
            NotFound: the camera has none.
            StoreUnavailable: the file cannot be written; nothing has changed.
        """
        with self._writing:
            self._load()
            if camera not in self._known:
                raise NotFound(f"{camera} is not calibrated", camera=camera)
            self._replace({name: kept for name, kept in self._known.items() if name != camera})

    def _replace(self, known: Mapping[str, PointPairs]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, self._text(known))
        except OSError as error:
            raise StoreUnavailable(f"cannot write {self._path}: {error.strerror or error}") from None
        self._known = known
        self.revision += 1

    def _text(self, known: Mapping[str, PointPairs]) -> str:
        """The file's text.

        Only what has changed is written anew as JSON: a thousand cameras have 25 MB of it, and nothing else could run
        meanwhile.
        """
        texts = {}
        for name, points in known.items():
            earlier = self._texts.get(name)
            if earlier is None or earlier[0] is not points:
                earlier = points, points.model_dump_json()
            texts[name] = earlier
        self._texts = texts
        cameras = ",\n".join(f"{json.dumps(name)}: {text}" for name, (_, text) in texts.items())
        return f'{{"format": "{_FORMAT}", "cameras": {{\n{cameras}\n}}}}\n'

    def _load(self) -> None:
        if self._loaded:
            return
        try:
            cameras = read_json(self._path, _StoreContent, _MAX_STORE).cameras
            known = {CameraName.parse(name).name: points for name, points in cameras.items()}
            for points in known.values():
                points.calibration()
        except FileNotFoundError:
            known = {}
        except (OSError, ValueError, InputError) as error:
            known = {}
            self._set_aside(first_problem(error))
        self._loaded = True
        if known:
            self._known = known
            self.revision += 1

    def _set_aside(self, why: str) -> None:
        """Keep a file that cannot be used for a person to look at; until that is done nothing may overwrite it."""
        aside = self._path.with_name(self._path.name + ".broken")
        for number in range(2, 100):
            if not aside.exists():
                break
            aside = self._path.with_name(f"{self._path.name}.broken-{number}")
        try:
            self._path.rename(aside)
        except OSError as error:
            log.error("calibrations cannot be read nor set aside", path=str(self._path), error=why)
            raise StoreUnavailable(
                f"{self._path} cannot be used ({why}) nor set aside ({error.strerror or error}): mend or move it"
            ) from None
        log.error("calibrations cannot be used: none are known", path=str(self._path), error=why, kept=str(aside))


class _StoreContent(StrictModel):
    """What is in a store's file."""

    format: Literal["courtside-calibrations-1"] = "courtside-calibrations-1"
    cameras: Annotated[dict[str, PointPairs], Field(max_length=MAX_CAMERAS)]
