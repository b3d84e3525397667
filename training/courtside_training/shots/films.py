"""Labelled real film becomes training film: decoded once, in the stored form of simulated games, split by video."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.errors import TrainingInputError
from courtside_training.shots.footage import GRID_S, labelled, save
from courtside_training.shots.geometry import HEIGHT, SPLITS, WIDTH, ZONE_LABELS
from courtside_training.shots.shot_labels import ShotRow

LOADERS = ("auto", "pyav", "dali")
Timed = Iterator[tuple[float, NDArray[np.uint8]]]
"""Seconds from the film's first picture, and the picture (h, w, 3) RGB."""


def letterbox(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a picture (h, w, 3) into the black frame of the model's size, as the service does."""
    scale = min(HEIGHT / picture.shape[0], WIDTH / picture.shape[1])
    height = min(max(round(picture.shape[0] * scale), 1), HEIGHT)
    width = min(max(round(picture.shape[1] * scale), 1), WIDTH)
    boxed = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    boxed[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return boxed


def _pyav(path: Path) -> Timed:
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise TrainingInputError(f"{path} has no video in it")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        first = None
        for frame in container.decode(stream):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            picture = frame.to_ndarray(format="rgb24")
            turns = round(frame.rotation / 90) % 4
            yield float(frame.time - first), np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def dali_missing() -> str | None:
    """What DALI lacks here for decoding film, or None."""
    import torch

    if not torch.cuda.is_available():
        return "a GPU (on a CPU it decodes no H.264)"
    try:
        import nvidia.dali  # noqa: F401
    except ImportError:
        return "the package nvidia-dali-cuda130"
    return None


def _dali(path: Path) -> Timed:
    """Decode and scale on the GPU; the sixteen pictures of a sequence come together."""
    from nvidia.dali import fn, pipeline_def, types

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        scale = min(HEIGHT / stream.height, WIDTH / stream.width)
        size = (max(round(stream.height * scale), 1), max(round(stream.width * scale), 1))

    @pipeline_def(batch_size=1, num_threads=2, device_id=0)
    def pipeline() -> object:
        return fn.readers.video_resize(
            device="gpu", filenames=[str(path)], labels=[0], sequence_length=16, enable_timestamps=True,
            pad_sequences=True, resize_y=size[0], resize_x=size[1], interp_type=types.INTERP_TRIANGULAR, name="film",
        )

    built = pipeline()
    built.build()
    first = None
    for _ in range(built.epoch_size("film")):
        pictures, _, stamps = (part.as_cpu().as_array()[0] for part in built.run())
        for time, picture in zip(np.asarray(stamps).ravel(), pictures, strict=True):
            if time < 0:
                return
            first = float(time) if first is None else first
            yield float(time) - first, picture


def decode(path: Path, loader: str = "auto") -> NDArray[np.uint8]:
    """A film on the grid: (T, 144, 256, 3) RGB, the picture nearest to each grid time.

    Args:
        path: of the film.
        loader: ``dali`` (GPU), ``pyav``, or ``auto``: DALI where it can run.

    Raises:
        TrainingInputError: missing or corrupt film, or a loader that cannot run here.
    """
    if not path.is_file():
        raise TrainingInputError(f"no film at {path}")
    lacks = dali_missing() if loader != "pyav" else None
    if loader == "dali" and lacks:
        raise TrainingInputError(f"DALI cannot decode film here, it lacks {lacks}: use --loader pyav")
    source = _pyav if loader == "pyav" or lacks else _dali
    try:
        frames = list(_on_grid(source(path)))
    except (av.error.FFmpegError, RuntimeError, OSError) as error:
        raise TrainingInputError(f"{path} is no film that can be decoded to its end: {error}") from error
    if not frames:
        raise TrainingInputError(f"{path} has no picture in it")
    return np.stack(frames)


def _on_grid(source: Timed) -> Iterator[NDArray[np.uint8]]:
    """The nearest picture for each multiple of `GRID_S`, up to the last picture."""
    index, before = 0, None
    for time, picture in source:
        small = None
        while index * GRID_S <= time + 1e-6:
            small = letterbox(picture) if small is None else small
            closer = before is not None and index * GRID_S - before[0] < time - index * GRID_S
            yield before[1] if closer else small
            index += 1
        # Most pictures of a fast film are never wanted: scale only those near a grid time.
        near = index * GRID_S - time <= GRID_S / 2
        before = (time, letterbox(picture) if small is None else small) if near else None


def splits(videos: Sequence[str], seed: int = 0) -> dict[str, str]:
    """Which split each video goes to, whole: four fifths training, a tenth each validation and test.

    With three videos or more every split has one; fewer are all training.
    """
    ordered = sorted(set(videos), key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
    share = max(1, round(len(ordered) / 10)) if len(ordered) >= 3 else 0
    names = ["validation"] * share + ["test"] * share
    names += ["train"] * (len(ordered) - len(names))
    return dict(zip(ordered, names, strict=True))


def import_films(
    rows: Sequence[ShotRow], films: Path, folder: Path, loader: str = "auto", seed: int = 0,
    report: Callable[[str], None] = lambda name: None,
) -> dict[str, list[str]]:
    """Decode the labelled films into `folder`, all of them or none.

    Args:
        rows: of `read_labels`.
        films: folder with the videos.
        folder: to write; must not exist, or hold an import of the same labels, which is then kept.
        loader: see `decode`.
        seed: of the split.
        report: told each video's name when it is done.

    Returns:
        Videos of each split.

    Raises:
        TrainingInputError: a missing or corrupt film, a release after a film's end, or other film in `folder`.
    """
    videos = sorted({row.video for row in rows})
    known = {"rows": [[row.video, row.release, row.zone, row.made] for row in rows], "seed": seed, "zones": ZONE_LABELS}
    digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()
    manifest = folder / "films.json"
    if manifest.is_file():
        found = json.loads(manifest.read_text())
        if found["labels"] == digest:
            return found["videos"]
        raise TrainingInputError(f"{folder} holds film of other labels: delete it or give another --film")
    if folder.exists() and any(folder.iterdir()):
        raise TrainingInputError(f"{folder} is not empty: give another --film for labelled film")
    for video in videos:
        if not (films / video).is_file():
            line = next(row.line for row in rows if row.video == video)
            raise TrainingInputError(f"no film {video} in {films} (labels, line {line})")
    where = splits(videos, seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        count = dict.fromkeys(SPLITS, 0)
        for video in videos:
            frames = decode(films / video, loader)
            mine = [row for row in rows if row.video == video]
            length = (len(frames) - 1) * GRID_S
            for row in mine:
                if row.release > length + GRID_S:
                    raise TrainingInputError(
                        f"labels, line {row.line}: a release at {row.release:g} s, but {video} is {length:.1f} s long"
                    )
            split = where[video]
            number = SPLITS[split][0] + count[split]
            count[split] += 1
            save(labelled(
                number, frames, np.array([row.release for row in mine]), np.array([row.zone for row in mine]),
                np.array([row.made for row in mine]),
            ), part)
            report(video)
        found = {"labels": digest, "videos": {name: [v for v in videos if where[v] == name] for name in SPLITS}}
        (part / "films.json").write_text(json.dumps(found, indent=1) + "\n")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return found["videos"]
