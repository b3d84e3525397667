"""``courtside form compare``: a shot against another one or against a shooter, as pictures, a film and a page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.errors import InputError
from courtside.names import parse_game
from courtside.shot_poses import SUFFIX, ShotPoses, read_poses
from courtside_server.compose import make_engine
from courtside_server.errors import FilmUnwritable, NotEnoughShots
from courtside_server.players.comparison import Comparison, baseline_of, compare
from courtside_server.players.drift import OwnShots
from courtside_server.players.embedding_map import FEWEST, FEWEST_TSNE, pca, tsne
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.form import Form, form_of, torso_cm
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import EnrolledShooter, Galleries
from courtside_server.players.shot_forms import forms_of
from courtside_server.render.brush import Picture
from courtside_server.render.form_heatmap import draw_heatmap
from courtside_server.render.form_map import draw_map
from courtside_server.render.form_overlay import write_overlay
from courtside_server.render.form_page import form_page, measure_rows
from courtside_server.settings import Settings

HORIZONTAL, VERTICAL, OVERLAY, PAGE, MAP = "horizontal.png", "vertical.png", "overlay.mp4", "form.html", "map.png"
"""Names of the files that are written."""
_MAX_MAPPED = 400


@dataclass(frozen=True, slots=True, eq=False)
class FormReport:
    """What was compared and written.

    Attributes:
        comparison: the comparison.
        shot: what the shot is called.
        reference: what the reference is called.
        baseline_distance: standard deviations; None without a shooter.
        files: what was written.
    """

    comparison: Comparison
    shot: str
    reference: str
    baseline_distance: float | None
    files: tuple[Path, ...]

    def lines(self) -> list[str]:
        """The report for a terminal."""
        rows = [["", "shot", "reference", "difference"]]
        rows += measure_rows(self.comparison.shot.measures, self.comparison.baseline.measures)
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        text = [
            "  ".join(cell.ljust(width) if not column else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
            for row in rows
        ]  # fmt: skip
        for joint in self.comparison.worst_joints():
            name = joint.joint.replace("_", " ")
            text.append(f"{name}: {joint.horizontal:+.2f} right, {joint.vertical:+.2f} up on average (torso lengths)")
        if self.baseline_distance is not None:
            text.append(f"{self.baseline_distance:+.1f} standard deviations from {self.reference}'s usual distance")
        if self.comparison.warning:
            text.append(f"warning: {self.comparison.warning}")
        return [*text, *(f"wrote {path}" for path in self.files)]


def compare_forms(shot: str, reference: str, out: Path, settings: Settings, height_cm: float | None) -> FormReport:
    """Compare, and write heatmaps, overlay, page and, where there are enough shots, a map.

    Args:
        shot: a file of poses, or ``games/G:EVENT_ID`` of a shot in the data folder.
        reference: the same, or the name of a shooter who is enrolled in the data folder.
        out: folder to write into.
        settings: name the data folder and the model.
        height_cm: height of the shooter's body, None where it is not known.

    Raises:
        InputError, NotFound, NotEnoughShots: something cannot be used; the message says what to do.
        FilmUnwritable: a file cannot be written.
        EngineError: the model cannot be used.
    """
    config, folder = settings.players.form, settings.events.data_dir
    if not folder.is_dir() and not (Path(shot).exists() and Path(reference).exists()):
        raise InputError(f"the data folder {folder} does not exist; name that of a gateway with --data-dir")
    galleries = Galleries(folder / "shooters.sqlite3")
    try:
        galleries.load()
        poses = _shot(shot, galleries)
        shooter: EnrolledShooter | None = None
        if _is_shot(reference):
            other = _shot(reference, galleries)
            references, named = [form_of(other, config, height_cm)], other.shot_id or reference
        else:
            shooter = galleries.find(reference)
            references, named = forms_of(shooter, config), shooter.name
            height_cm = height_cm or shooter.height_cm
            if len(references) < config.min_shots:
                raise NotEnoughShots(
                    f"{named!r} has {len(references)} good shots, a baseline needs {config.min_shots}: enroll more"
                )
        enrolled = list(galleries.shooters.values())
    finally:
        galleries.close()
    form = form_of(poses, config, height_cm)
    found = compare(form, baseline_of(references), torso_cm(form, poses, height_cm), config)
    forms, names, marks = _mapped(form, references, shooter, enrolled, config)
    distance, picture = None, None
    if shooter is not None or len(forms) >= FEWEST:
        model, vectors = asyncio.run(_embed([one.inputs for one in forms], settings))
        vectors = vectors[:, model.who]
        if shooter is not None:
            own = OwnShots.of(vectors[[name == shooter.name for name in names]], config)
            distance = None if own is None else own.distance(vectors[0], config)
        if len(forms) >= FEWEST:
            enough = len(forms) >= FEWEST_TSNE
            points = tsne(vectors) if enough else pca(vectors)
            picture = draw_map(points, names, marks, "t-SNE" if enough else "principal components")
    name = poses.shot_id or Path(shot).name
    files = _write(found, out, name, named, distance, picture)
    return FormReport(found, name, named, distance, files)


def _is_shot(text: str) -> bool:
    return text.endswith(SUFFIX) or text.startswith("games/") or Path(text).exists()


def _shot(text: str, galleries: Galleries) -> ShotPoses:
    path = Path(text)
    if text.startswith("games/") and ":" in text and not path.exists():
        game, _, event_id = text.partition(":")
        return galleries.game_shot(parse_game(game), event_id)
    if path.suffix.lower() in (".mp4", ".mov", ".mkv", ".avi", ".webm"):
        raise InputError(f"{path} is a film, not the poses of one shot: `courtside analyze --form` writes these")
    return read_poses(path)


def _mapped(
    form: Form, references: list[Form], shooter: EnrolledShooter | None, enrolled: list[EnrolledShooter],
    config: FormConfig,
) -> tuple[list[Form], list[str], list[str]]:  # fmt: skip
    """The forms of the map, the compared shot first; names of their shooters; what is written beside them."""
    forms, names, marks = [form], [""], ["the shot"]
    if shooter is None:
        forms, names, marks = [form, *references], ["", ""], ["the shot", "reference"]
    for one in enrolled:
        own = references if one is shooter else forms_of(one, config)
        own = own if one is shooter else own[: max(0, _MAX_MAPPED - len(forms))]
        forms += own
        names += [one.name] * len(own)
        marks += [""] * len(own)
    return forms, names, marks


async def _embed(
    inputs: list[NDArray[np.float32]], settings: Settings
) -> tuple[FingerprintModel, NDArray[np.float32]]:
    engine = make_engine(settings)
    try:
        await engine.start([settings.players.form.model])
        model = FingerprintModel(engine, settings.players.form.model, max(settings.inference.timeout_s, 30.0))
        parts = []
        for start in range(0, len(inputs), model.batch):
            request = model.request(np.stack(inputs[start : start + model.batch]))
            parts.append(request.parse(await engine.infer(request.model, request.inputs, timeout=request.timeout)))
        return model, np.concatenate(parts)
    finally:
        await engine.close()


def _write(
    found: Comparison, out: Path, shot: str, reference: str, distance: float | None, picture: Picture | None
) -> tuple[Path, ...]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = [out / HORIZONTAL, out / VERTICAL, out / PAGE, out / OVERLAY]
        _write_picture(files[0], draw_heatmap(found, "horizontal", shot, reference))
        _write_picture(files[1], draw_heatmap(found, "vertical", shot, reference))
        files[2].write_text(form_page(found, shot, reference, distance), "utf-8")
        write_overlay(found, files[3], shot, reference)
        if picture is not None:
            files.append(out / MAP)
            _write_picture(files[-1], picture)
    except OSError as error:
        raise FilmUnwritable(f"{out} cannot be written: {error.strerror or error}") from None
    return tuple(files)


def _write_picture(path: Path, picture: Picture) -> None:
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
