"""Labelled real film as training film: decoded once, stored like simulated games, and split by film."""

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

from courtside_training.common.splits import SPLITS
from courtside_training.errors import TrainingInputError
from courtside_training.shots.footage import GRID_S, labelled, save
from courtside_training.shots.geometry import HEIGHT, WIDTH, ZONE_LABELS
from courtside_training.shots.shot_labels import ShotRow

LOADERS = ("auto", "pyav", "dali")
"""What `decode` can use."""
Timed = Iterator[tuple[float, NDArray[np.uint8]]]
"""Images (h, w, 3) RGB with their seconds from the first image."""


def letterbox(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale an image (h, w, 3) into a black image of the model's size, as the service does."""
    scale = min(HEIGHT / image.shape[0], WIDTH / image.shape[1])
    height = min(max(round(image.shape[0] * scale), 1), HEIGHT)
    width = min(max(round(image.shape[1] * scale), 1), WIDTH)
    boxed = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    boxed[top : top + height, left : left + width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return boxed


def _pyav(path: Path) -> Timed:
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise TrainingInputError(f"{path} holds no video: name another film")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        first = None
        for frame in container.decode(stream):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            image = frame.to_ndarray(format="rgb24")
            turns = round(frame.rotation / 90) % 4
            yield float(frame.time - first), np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def dali_missing() -> str | None:
    """What DALI needs for decoding film and does not find here; None if nothing."""
    import torch

    if not torch.cuda.is_available():
        return "a GPU (on a CPU it decodes no H.264)"
    try:
        import nvidia.dali  # noqa: F401
    except ImportError:
        return "the package nvidia-dali-cuda130"
    return None


def _dali(path: Path) -> Timed:
    """Decode and scale on the GPU, sixteen images at a time."""
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
        images, _, stamps = (part.as_cpu().as_array()[0] for part in built.run())
        for time, image in zip(np.asarray(stamps).ravel(), images, strict=True):
            if time < 0:
                return
            first = float(time) if first is None else first
            yield float(time) - first, image


def decode(path: Path, loader: str = "auto") -> NDArray[np.uint8]:
    """Decode a film: (T, 144, 256, 3) RGB, the image nearest to each grid time.

    Args:
        path: of the film.
        loader: ``dali`` (GPU), ``pyav``, or ``auto``: DALI if it can run.

    Raises:
        TrainingInputError: the film is missing or corrupt, or the loader cannot run here.
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
        raise TrainingInputError(f"{path} cannot be decoded to its end ({error}): repair or remove it") from error
    if not frames:
        raise TrainingInputError(f"{path} holds no image: name another film")
    return np.stack(frames)


def _on_grid(source: Timed) -> Iterator[NDArray[np.uint8]]:
    """The nearest image for each multiple of `GRID_S`, up to the last image."""
    index, before = 0, None
    for time, image in source:
        small = None
        while index * GRID_S <= time + 1e-6:
            small = letterbox(image) if small is None else small
            closer = before is not None and index * GRID_S - before[0] < time - index * GRID_S
            yield before[1] if closer else small
            index += 1
        # Most images of a film are not used, so only those near a grid time are scaled.
        near = index * GRID_S - time <= GRID_S / 2
        before = (time, letterbox(image) if small is None else small) if near else None


def splits(videos: Sequence[str], seed: int = 0) -> dict[str, str]:
    """The split of each video: four fifths training, a tenth each validation and test.

    Of three videos or more every split has at least one; fewer are all training.
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
    """Decode the labelled films into `folder`, either all of them or none.

    Args:
        rows: of `read_labels`.
        films: folder with the videos.
        folder: to write. It must be missing, empty, or hold an import of the same labels, which is kept.
        loader: see `decode`.
        seed: of the split.
        report: called with the name of each video that is done.

    Returns:
        Videos of each split.

    Raises:
        TrainingInputError: a film is missing or corrupt, a release lies after the end of its film, or `folder` holds
            other film.
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
