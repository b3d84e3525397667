"""Composition: settings to parts, the same for live streams and films."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from courtside_server.errors import ModelNotFound, SettingsError
from courtside_server.inference.aliases import AliasWatch, read_aliases
from courtside_server.inference.engine import Engine
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.inference.repository import ModelRepository
from courtside_server.inference.triton.engine import TritonEngine
from courtside_server.ingest.limits import IngestConfig
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.people import PeopleDetector
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.players.actions import ActionModel
from courtside_server.players.analysis import PlayerModels
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.gallery import Galleries
from courtside_server.players.jersey import JerseyModel
from courtside_server.players.pose import PoseModel
from courtside_server.players.roster import Rosters
from courtside_server.players.shot_forms import ShotForms
from courtside_server.settings import Settings
from courtside_server.shots.detector import Profile, ShotModels
from courtside_server.shots.models.candidate import CandidateModel
from courtside_server.shots.models.clip import ClipModel
from courtside_server.shots.models.flight import FlightModel
from courtside_server.shots.models.rim import RimModel
from courtside_server.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)


class PlayerOption(enum.StrEnum):
    """What may be wanted of a film's players, by the option of ``courtside analyze``."""

    ACTIONS = "--actions"
    FORM = "--form"
    ROSTER = "--roster"


def film_settings_toml(settings: Settings) -> str:
    """The settings of the child process that analyzes a film: its models run on the processor, in few threads.

    So Triton, and with it the graphics card, belongs to live cameras. Sinks and their secrets stay in the gateway.
    """
    threads = settings.films.threads or max((os.cpu_count() or 2) // 2, 1)
    inference = settings.inference.model_copy(update={"engine": "embedded", "threads": threads})
    return settings.model_copy(update={"inference": inference, "sinks": ()}).to_toml()


def check_data_folder(folder: Path) -> None:
    """Make the data folder where it is missing, and see that files can be made in it.

    A disk that is full is no mistake of the settings: the event log waits for room.

    Raises:
        SettingsError: it cannot be written; the message says why.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            message = f"the data folder {folder} cannot be written: {error.strerror}; name another with --data-dir"
            raise SettingsError(message, key="events.data_dir") from None


def make_engine(settings: Settings, metrics: Metrics | None = None) -> Engine:
    """Make the engine that the settings name; it is not started yet."""
    inference = settings.inference
    if inference.engine == "triton":
        repository = inference.repository if inference.repository.is_dir() else None
        return TritonEngine(
            inference.triton_url, repository=repository, shared_memory=inference.shared_memory, metrics=metrics
        )
    return EmbeddedEngine(inference.repository, threads=inference.threads, metrics=metrics)


def make_alias_watch(settings: Settings, engine: Engine, on_switch: Callable[[], None]) -> AliasWatch | None:
    """Make the watch that follows aliases.toml; None where the gateway has no repository of its own."""
    folder = settings.inference.repository
    if not folder.is_dir():
        return None
    people = people_model(settings)
    names = [*model_names(settings), *([people] if people else []), *player_models(settings)]
    return AliasWatch(engine, ModelRepository(folder), names, on_switch=on_switch)


def pipeline_config(settings: Settings) -> PipelineConfig:
    """The settings of one camera's pipeline."""
    windows, perception = settings.windows, settings.perception
    return PipelineConfig(
        profile=Profile(perception.profile), clip_hop=windows.hop, clip_queue=windows.queue,
        detector_fps=perception.detector_fps, detector_queue=perception.detector_queue,
        criteria=settings.shots, tracking=settings.tracking, court=settings.court, players=settings.players,
    )  # fmt: skip


def model_names(settings: Settings) -> list[str]:
    """Names of the models that the profile needs."""
    perception = settings.perception
    if perception.profile == "clip":
        return [settings.inference.model]
    names = [settings.inference.model, perception.detector, perception.flight, perception.rim, perception.candidate]
    return [name for name in names if name]


def people_model(settings: Settings) -> str:
    """Name of the model of people; "" where the profile needs none or the repository does not hold it."""
    return "" if settings.perception.profile == "clip" else _held(settings, settings.perception.people)


def player_models(settings: Settings) -> list[str]:
    """Names of the models that read players; the pose model is the first, and without it there are none."""
    perception = settings.perception
    pose = "" if perception.profile == "clip" else _held(settings, perception.pose)
    named = (perception.actions, settings.players.form.model, perception.jersey)
    others = (_held(settings, name) for name in named)
    return [pose, *(name for name in others if name)] if pose else []


def _held(settings: Settings, name: str) -> str:
    """The name of a model that may be missing; "" where the gateway's own repository lacks it."""
    folder = settings.inference.repository
    if name and folder.is_dir() and not (folder / name).is_dir() and name not in read_aliases(folder / "aliases.toml"):
        return ""
    return name


async def start_models(settings: Settings, engine: Engine, wanted: Collection[PlayerOption] = ()) -> None:
    """Start the engine with the profile's models; the models of people and players may be missing.

    Args:
        settings: name the models.
        engine: not started yet.
        wanted: options whose models may not be missing; of others that are missing there is a warning.

    Raises:
        ModelNotFound, ModelInvalid: a model cannot be used; the message says which and why.
        SettingsError: the settings switch off what is wanted.
        EngineUnavailable: the engine cannot answer yet.
    """
    needed, people, players = model_names(settings), people_model(settings), player_models(settings)
    optional = [name for name in (people, *players) if name]
    while True:
        try:
            await engine.start([*needed, *optional])
            break
        except ModelNotFound as error:
            if error.fields.get("model") not in optional:
                raise
            optional.remove(str(error.fields["model"]))
    _check_player_models(settings, engine, wanted)
    perception = settings.perception
    if perception.profile == "clip":
        return
    if perception.people and people not in optional:
        _log.info(
            "no model of people: only players that the court's detector finds are tracked; add the model to the "
            "repository, or set perception.people to an empty name", model=perception.people,
        )  # fmt: skip
    for missing, lost in _missing_player_models(settings, engine).items():
        _log.warning(
            f"the repository has no model {missing}: {lost}; add the model, or set its name to an empty one",
            model=missing,
        )


def _missing_player_models(settings: Settings, engine: Engine) -> dict[str, str]:
    """Models that the settings name for reading players and that a started engine lacks, and what is lost with each.

    Without the pose model only that one is listed: the others are not started.
    """
    perception = settings.perception
    if perception.profile == "clip" or not perception.pose:
        return {}
    started = _started(settings, engine)
    if perception.pose not in started:
        return {perception.pose: "players are not read"}
    lost = {
        perception.actions: "it is not known what players do",
        settings.players.form.model: "the form of shots is not read and no shooter is recognised",
        perception.jersey: "players stay without number and name",
    }
    return {name: what for name, what in lost.items() if name and name not in started}


def _check_player_models(settings: Settings, engine: Engine, wanted: Collection[PlayerOption]) -> None:
    """See that a started engine has every model that options need.

    Raises:
        ModelNotFound: one is missing; the message names it, the option and what to do.
        SettingsError: the settings switch it off.
    """
    perception, form = settings.perception, settings.players.form.model
    needed = {
        PlayerOption.ACTIONS: {"perception.pose": perception.pose, "perception.actions": perception.actions},
        PlayerOption.FORM: {"perception.pose": perception.pose, "players.form.model": form},
        PlayerOption.ROSTER: {"perception.pose": perception.pose, "perception.jersey": perception.jersey},
    }
    if wanted and perception.profile == "clip":
        names = " and ".join(wanted)
        raise SettingsError(
            f"{names}: the profile clip reads no players; take --profile flight or both", key="perception.profile"
        )
    started = _started(settings, engine)
    for option in wanted:
        for key, name in needed[option].items():
            if not name:
                raise SettingsError(f"{option} needs a model, but {key} is empty: take that setting out", key=key)
            if name not in started:
                raise ModelNotFound(
                    f"{option} needs the model {name}, which the repository {settings.inference.repository} lacks: "
                    f"add it, or leave {option} out", model=name,
                )  # fmt: skip


def _started(settings: Settings, engine: Engine) -> set[str]:
    """The models of players that the engine has."""
    found = set()
    for name in player_models(settings):
        with contextlib.suppress(ModelNotFound):
            engine.info(name)
            found.add(name)
    return found


def make_shot_models(settings: Settings, engine: Engine, min_timeout: float = 0.0) -> ShotModels:
    """The profile's models on a started engine.

    Args:
        settings: name the profile and its models.
        engine: holds the models.
        min_timeout: seconds that each model may take at least, whatever the settings say.

    Raises:
        ModelNotFound, ModelInvalid: one cannot be used; the message says which and why.
    """
    timeout, perception = max(settings.inference.timeout_s, min_timeout), settings.perception
    clip = ClipModel(engine, settings.inference.model, timeout)
    if perception.profile == "clip":
        return ShotModels(clip)
    return ShotModels(
        clip,
        CourtDetector(engine, perception.detector, timeout, settings.tracking.detection.min_score),
        FlightModel(engine, perception.flight, timeout, settings.shots.flight),
        RimModel(engine, perception.rim, timeout) if perception.rim else None,
        CandidateModel(engine, perception.candidate, timeout) if perception.candidate else None,
        _people_detector(settings, engine, timeout),
    )


def make_shot_forms(
    settings: Settings, engine: Engine, galleries: Galleries, before: ShotForms | None = None, min_timeout: float = 0.0
) -> ShotForms | None:
    """The analysis of forms, one for all cameras; None where there is no fingerprint model.

    Args:
        settings: name the model, and limits.
        engine: holds it; started.
        galleries: loaded ones.
        before: used on as long as the same version of the model answers: it knows the last shots of every shooter.
        min_timeout: seconds that the model may take at least, whatever the settings say.

    Raises:
        ModelInvalid: the model cannot be used; the message says why.
    """
    name, timeout = _held(settings, settings.players.form.model), max(settings.inference.timeout_s, min_timeout)
    try:
        model = FingerprintModel(engine, name, timeout) if name else None
    except ModelNotFound:  # not started: the players are not read
        return None
    if model is None or (before is not None and before.version == model.version):
        return before
    return ShotForms(galleries, model, settings.players.form)


def make_player_models(
    settings: Settings, engine: Engine, forms: ShotForms | None = None, min_timeout: float = 0.0,
    rosters: Rosters | None = None,
) -> PlayerModels | None:
    """The models that read players, on a started engine; None where there is no pose model.

    Args:
        settings: name the models.
        engine: holds them.
        forms: analyses the shooters' forms; see :func:`make_shot_forms`.
        min_timeout: seconds that each model may take at least, whatever the settings say.
        rosters: whose the jersey numbers are.

    Raises:
        ModelInvalid: one cannot be used; the message says why.
    """
    names, timeout = player_models(settings), max(settings.inference.timeout_s, min_timeout)
    if not names:
        return None
    try:
        pose = PoseModel(engine, names[0], timeout)
    except ModelNotFound:  # `start_models` has said so
        return None
    actions, jersey = settings.perception.actions, settings.perception.jersey
    try:
        action_model = ActionModel(engine, actions, timeout) if actions in names else None
    except ModelNotFound:
        action_model = None
    try:
        jersey_model = JerseyModel(engine, jersey, timeout) if jersey in names else None
    except ModelNotFound:
        jersey_model = None
    return PlayerModels(pose, action_model, forms, jersey_model, rosters or Rosters())


async def make_court_detectors(
    settings: Settings, engine: Engine, min_timeout: float
) -> tuple[CourtDetector, PeopleDetector | None]:
    """Start the engine with the models that a court is recognised with; the model of people may be missing.

    Args:
        settings: name the models.
        engine: not started yet.
        min_timeout: seconds that each model may take at least, whatever the settings say.

    Raises:
        ModelNotFound, ModelInvalid: the detector cannot be used; the message says why.
    """
    timeout, people = max(settings.inference.timeout_s, min_timeout), people_model(settings)
    name = settings.perception.detector
    await engine.start([name, people] if people else [name])
    detector = CourtDetector(engine, name, timeout, settings.tracking.detection.min_score)
    return detector, _people_detector(settings, engine, timeout)


def _people_detector(settings: Settings, engine: Engine, timeout: float) -> PeopleDetector | None:
    name = people_model(settings)
    try:
        return PeopleDetector(engine, name, timeout, settings.tracking.people) if name else None
    except ModelNotFound:  # `start_models` has said so
        return None


def ingest_config(settings: Settings) -> IngestConfig:
    """The settings of the ingest."""
    ingest = settings.ingest
    return IngestConfig(
        staleness=ingest.staleness_s,
        frame_budget=ingest.frame_ring_mb * 2**20,
        packet_budget=ingest.packet_ring_mb * 2**20,
        grace=ingest.resume_grace_s,
        status_interval=ingest.status_interval_s,
        max_cameras=settings.listen.max_streams,
        max_message_bytes=settings.listen.max_message_bytes,
    )
