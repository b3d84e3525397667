"""Real clips of shots at one rim: crops and the ball's path, found with an exported detector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import BALL, HEIGHT, RIM, WIDTH
from courtside_training.detector.images import BAR
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import RIM_COLUMNS, TIME_STEP_S, TIME_STEPS, Column
from courtside_training.flight.tracks import resample
from courtside_training.rim.crops import CROPS, GREY, SIDE
from courtside_training.rim.scenery import DOWN_RIMS, SIDE_RIMS
from courtside_training.rim.views import SPAN, Verdict
from courtside_training.rim.windows import nearest_frames

KINDS = {"make": Verdict.MADE, "miss": Verdict.MISSED}
"""Folder of clips, and the result of the shots in them."""
LARGEST = 0.8
"""Largest scale at which clips are given to the detector: it was trained on small rims."""
RIM_SCORE, BALL_SCORE = 0.3, 0.1
"""Least scores of a rim and of a ball."""
STILL = 0.25
"""Share of a clip's frames. What is detected at one point in more of them is no ball."""
STEP_RIMS = 18.0
"""Rim widths per second. A ball does not fly faster."""

Detect = Callable[[NDArray[np.uint8]], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Image (H, W, 3) RGB to boxes (K, 4) xyxy, scores (K,) and classes (K,)."""


@dataclass(frozen=True)
class Clip:
    """One clip, prepared for the rim network.

    Attributes:
        name: of the file.
        truth: result of the shot.
        times: (T,) seconds from the first frame.
        crops: (T, 64, 64, 3) uint8 RGB.
        balls: (T, 4) x, y, size and score in pixels of the clip, NaN without a ball.
        rim: x, y, width, height in pixels.
    """

    name: str
    truth: Verdict
    times: np.ndarray
    crops: NDArray[np.uint8]
    balls: np.ndarray
    rim: np.ndarray


def detector(model: Path) -> Detect:
    """Open a detector of `model_repository`.

    Raises:
        TrainingInputError: the file is missing or no detector.
    """
    import onnxruntime

    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base but Exception
        raise TrainingInputError(
            f"{model} cannot be opened as a detector ({type(error).__name__}): name a model.onnx of court_detector"
        ) from error

    def detect(image: NDArray[np.uint8]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        height, width = image.shape[:2]
        scale = min(WIDTH / width, HEIGHT / height, LARGEST)
        wide, tall = round(width * scale), round(height * scale)
        x, y = (WIDTH - wide) // 2, (HEIGHT - tall) // 2
        sheet = np.full((HEIGHT, WIDTH, 3), BAR, np.uint8)
        sheet[y : y + tall, x : x + wide] = cv2.resize(image, (wide, tall), interpolation=cv2.INTER_AREA)
        boxes, scores, classes = session.run(
            ["boxes", "scores", "classes"], {"image": np.ascontiguousarray(sheet.transpose(2, 0, 1))[None]}
        )
        return (boxes[0] - [x, y, x, y]) / scale, scores[0], np.round(classes[0]).astype(int)

    return detect


def clip_files(folder: Path) -> list[tuple[Path, Verdict]]:
    """Clips in the subfolders `KINDS` of `folder`, each with its result.

    Raises:
        TrainingInputError: there are none.
    """
    found = [(path, kind) for name, kind in KINDS.items() for path in sorted((folder / name).glob("*.mp4"))]
    if not found:
        raise TrainingInputError(f"no clips in {folder}: it needs make/*.mp4 and miss/*.mp4")
    return found


def read_clip(path: Path, truth: Verdict, detect: Detect) -> Clip | None:
    """Read a clip; None if no rim is detected in it.

    Raises:
        TrainingInputError: it cannot be decoded.
    """
    images, times = [], []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for frame in container.decode(stream):
                images.append(frame.to_ndarray(format="rgb24"))
                times.append(float(frame.time or 0.0))
    except (av.error.FFmpegError, IndexError) as error:
        raise TrainingInputError(
            f"{path} cannot be decoded ({type(error).__name__}): remove it, or convert it to H.264"
        ) from error
    return clip_of(path.stem, truth, images, np.array(times) - times[0], [detect(image) for image in images])


def clip_of(
    name: str, truth: Verdict, images: list[NDArray[np.uint8]], times: np.ndarray,
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> Clip | None:
    """Make a clip.

    Args:
        name: of the clip.
        truth: result of the shot.
        images: frames (H, W, 3) RGB.
        times: (T,) of the frames, seconds.
        found: detections of each frame, see `Detect`.

    Returns:
        The clip, or None if no rim was detected.
    """
    rims = [boxes[(classes == RIM) & (scores > RIM_SCORE)][:1] for boxes, scores, classes in found]
    rims = np.concatenate(rims) if rims else np.zeros((0, 4))
    if not len(rims):
        return None
    box = np.median(rims, 0)
    rim = np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])
    balls = [boxes[(classes == BALL) & (scores > BALL_SCORE)] for boxes, scores, classes in found]
    ball_scores = [scores[(classes == BALL) & (scores > BALL_SCORE)] for _, scores, classes in found]
    balls, ball_scores = without_still_objects(balls, ball_scores, rim[2])
    return Clip(name, truth, times, np.stack([crop(image, rim) for image in images]),
                ball_path(balls, ball_scores, times, rim[2]), rim)  # fmt: skip


def crop(image: NDArray[np.uint8], rim: np.ndarray) -> NDArray[np.uint8]:
    """The square around a rim (x, y, width, height) as (64, 64, 3); grey outside the image."""
    side = max(2, round(SIDE_RIMS * rim[2]))
    left, top = round(rim[0] - side / 2), round(rim[1] + DOWN_RIMS * rim[2] - side / 2)
    height, width = image.shape[:2]
    square = np.full((side, side, 3), GREY, np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if x1 > x0 and y1 > y0:
        square[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    way = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    return cv2.resize(square, (SIDE, SIDE), interpolation=way)


def without_still_objects(
    balls: list[np.ndarray], ball_scores: list[np.ndarray], wide: float
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Remove detections that do not move, such as a knot of the net or a lamp.

    Args:
        balls: boxes (K, 4) of each frame.
        ball_scores: scores (K,) of each frame.
        wide: width of the rim, pixels.

    Returns:
        The boxes and the scores that are left.
    """
    centres = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in balls]
    kept = []
    for now, here in enumerate(centres):
        there = np.zeros(len(here))
        for other, rest in enumerate(centres):
            if other != now and len(rest) and len(here):
                there += np.linalg.norm(here[:, None] - rest[None], axis=2).min(1) < 0.15 * wide
        kept.append(there < max(STILL * len(centres), 5))
    return [b[k] for b, k in zip(balls, kept, strict=True)], [w[k] for w, k in zip(ball_scores, kept, strict=True)]


def ball_path(balls: list[np.ndarray], ball_scores: list[np.ndarray], times: np.ndarray, wide: float) -> np.ndarray:
    """The path of one ball (T, 4): detections with high scores and short distances between them.

    Args:
        balls: boxes (K, 4) of each frame.
        ball_scores: scores (K,) of each frame.
        times: (T,) of the frames, seconds.
        wide: width of the rim, pixels.

    Returns:
        x, y, size and score in each frame, NaN without a ball.
    """
    best: list[tuple[np.ndarray, np.ndarray]] = []
    for now, (boxes, scores) in enumerate(zip(balls, ball_scores, strict=True)):
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        total, back = scores.astype(float), np.full((len(boxes), 2), -1)
        for before in range(max(0, now - 8), now):
            if not len(balls[before]) or not len(boxes):
                continue
            past = (balls[before][:, :2] + balls[before][:, 2:]) / 2
            jump = np.linalg.norm(centres[:, None] - past[None], axis=2) / (wide * STEP_RIMS)
            jump /= max(times[now] - times[before], 1e-3)
            gain = np.where(jump < 1, best[before][0][None] - 0.3 * jump**2, -np.inf).astype(float)
            chosen = gain.argmax(1)
            value = gain[np.arange(len(boxes)), chosen] + scores
            better = value > total
            total = np.where(better, value, total)
            back[better] = np.stack([np.full(len(boxes), before), chosen], 1)[better]
        best.append((total, back))
    path = np.full((len(balls), 4), np.nan)
    ends = [(totals.max(), now, int(totals.argmax())) for now, (totals, _) in enumerate(best) if len(totals)]
    if ends:
        _, now, index = max(ends)
        while now >= 0:
            x0, y0, x1, y1 = balls[now][index]
            path[now] = (x0 + x1) / 2, (y0 + y1) / 2, ((x1 - x0) + (y1 - y0)) / 2, ball_scores[now][index]
            now, index = best[now][1][index]
    return path


def clip_windows(clip: Clip, step: float = 0.1) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Windows of a clip that end every `step` seconds: end, crops (24, 3, 64, 64) and track (48, 15)."""
    seen = ~np.isnan(clip.balls[:, 0])
    for end in np.arange(0.3, clip.times[-1] + 0.05, step):
        index, there = nearest_frames(clip.times, end - np.arange(CROPS - 1, -1, -1) * TIME_STEP_S)
        crops = clip.crops[index].copy()
        crops[~there] = GREY
        track = np.zeros((TIME_STEPS, RIM_COLUMNS), np.float32)
        past = seen & (clip.times <= end + 1e-6)
        known, ball = resample(clip.times[past] - (end - SPAN), clip.balls[past])
        track[known, Column.BALL_SEEN] = 1
        track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
        track[:, Column.RIM_SEEN] = 1
        track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = clip.rim
        yield float(end), np.ascontiguousarray(crops.transpose(0, 3, 1, 2)), track


def decide(verdicts: np.ndarray) -> Verdict:
    """One result for the verdicts (N, 3) of a shot's windows: their sum, over the windows that are not open if any."""
    closed = 1 - verdicts[:, Verdict.OPEN]
    weight = np.where(closed > 0.5, closed, 0.0) if (closed > 0.5).any() else np.ones(len(closed))
    made, missed = (verdicts[:, [Verdict.MADE, Verdict.MISSED]] * weight[:, None]).sum(0)
    return Verdict.MADE if made > missed else Verdict.MISSED
