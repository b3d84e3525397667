"""Track files: what was tracked in a film as MOTChallenge text or COCO JSON, written while the film is analyzed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import IO

from courtside.media import SourceInfo
from courtside_server.errors import FilmUnwritable, InputError
from courtside_server.types import UNTRACKED, ObjectClass, Observations

SUFFIXES = (".txt", ".json")
"""Of MOT and of COCO."""
CATEGORIES = {ObjectClass.PLAYER: 1, ObjectClass.REFEREE: 2, ObjectClass.BALL: 3, ObjectClass.RIM: 4}
"""Class numbers in both formats."""


class TrackFile:
    """Takes the observations of one film; a context manager that leaves a whole file or none.

    MOT: ``frame,id,left,top,width,height,score,class,visibility``, as its ground truth has it. COCO: ``images`` with
    ``frame_id``, ``annotations`` with ``track_id``, as tracking tools read it. Frames count from 1 by the film's frame
    rate; boxes are pixels from the upper left corner, from 0. Boxes without a track are left out. An id belongs to one
    object of one class.

    Args:
        path: ends with .txt (MOT) or .json (COCO).
        info: of the film.
        playback_speed: as it was declared.

    Raises:
        FilmUnwritable: the file cannot be written.
    """

    def __init__(self, path: Path, info: SourceInfo, playback_speed: float = 1.0) -> None:
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._rate = (info.frame_rate or 30.0) / playback_speed
        self._coco = path.suffix.lower() == ".json"
        self._images: list[dict[str, object]] = []
        self._count, self._last = 0, 0
        self._file: IO[str]

    def __enter__(self) -> TrackFile:
        try:
            self._file = self._part.open("w", encoding="utf-8")
        except OSError as error:
            raise FilmUnwritable(f"cannot write {self._path}: {error.strerror}") from None
        if self._coco:
            self._file.write('{"annotations": [')
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with contextlib.suppress(FileNotFoundError), self._file:
            if kind is None:
                if self._coco:
                    names = [{"id": number, "name": str(one)} for one, number in CATEGORIES.items()]
                    rest = json.dumps({"images": self._images, "categories": names})
                    self._file.write(f"\n], {rest[1:]}\n")
                self._file.flush()
                os.replace(self._part, self._path)
            else:
                self._part.unlink()

    def add(self, observations: Observations) -> None:
        """Write the tracked boxes of a frame; a frame that does not come after the last one is left out."""
        frame = round(observations.media * self._rate) + 1
        if frame <= self._last:
            return
        self._last = frame
        if self._coco:
            self._images.append({
                "id": frame, "frame_id": frame, "file_name": f"{frame:06d}.jpg", "width": observations.width,
                "height": observations.height,
            })  # fmt: skip
        rows = zip(observations.tracks, observations.classes, observations.boxes, observations.scores, strict=True)
        for track, number, box, score in rows:
            if track == UNTRACKED:
                continue
            kind = ObjectClass(int(number))
            left, top, right, bottom = (float(value) for value in box)
            # Tracks are numbered class by class: four of them side by side are one numbering.
            self._write(frame, 4 * int(track) + int(kind) + 1, CATEGORIES[kind], left, top, right - left, bottom - top,
                        float(score))  # fmt: skip

    def _write(
        self, frame: int, track: int, category: int, left: float, top: float, width: float, height: float, score: float
    ) -> None:
        if not self._coco:
            self._file.write(
                f"{frame},{track},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{score:.4f},{category},1\n"
            )
            return
        self._count += 1
        annotation = {
            "id": self._count, "image_id": frame, "track_id": track, "category_id": category, "iscrowd": 0,
            "bbox": [round(value, 2) for value in (left, top, width, height)], "area": round(width * height, 2),
            "score": round(score, 4),
        }  # fmt: skip
        self._file.write(f"{',' if self._count > 1 else ''}\n{json.dumps(annotation)}")


def check_track_path(path: Path, films: int) -> None:
    """Check the path of a track file before any work.

    Raises:
        InputError: its ending names no format, there is more than one film, or its folder is not there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--tracks {path} ends neither in .txt (MOT) nor in .json (COCO)")
    if films != 1:
        raise InputError(f"--tracks {path} is for one film, but there are {films}: analyze them one by one")
    if not path.parent.is_dir() or path.is_dir():
        raise InputError(f"--tracks {path} cannot be written: name a file in a folder that is there")
