"""Settings into parts: the engine they name, and each room's own rules; the same for live and film."""

from __future__ import annotations

from courtside_server.inference.aliases import AliasWatch
from courtside_server.inference.embedded import EmbeddedEngine
from courtside_server.inference.engine import Engine
from courtside_server.inference.repository import ModelRepository
from courtside_server.inference.triton import TritonEngine
from courtside_server.ingest.rules import IngestRules
from courtside_server.perception.detector import CourtDetector
from courtside_server.pipeline.camera import PipelineRules
from courtside_server.settings import Settings
from courtside_server.shots.detector import Finders, FlightRules, Profile
from courtside_server.shots.models.clip import ClipModel
from courtside_server.shots.models.flight import FlightModel
from courtside_server.shots.models.rim import RimModel
from courtside_server.telemetry.metrics import Metrics
from courtside_server.windows.nms import MergeRules


def make_engine(settings: Settings, metrics: Metrics | None = None) -> Engine:
    """The engine that the settings name, not yet started."""
    inference = settings.inference
    if inference.engine == "triton":
        repository = inference.repository if inference.repository.is_dir() else None
        return TritonEngine(
            inference.triton_url, repository=repository, shared_memory=inference.shared_memory, metrics=metrics
        )
    return EmbeddedEngine(inference.repository, threads=inference.threads, metrics=metrics)


def make_alias_watch(settings: Settings, engine: Engine) -> AliasWatch | None:
    """What lets the engine follow aliases.toml; None where the gateway has no repository of its own."""
    folder = settings.inference.repository
    return AliasWatch(engine, ModelRepository(folder), model_names(settings)) if folder.is_dir() else None


def pipeline_rules(settings: Settings) -> PipelineRules:
    """What the settings say of windows, in the pipeline's own terms."""
    windows, look = settings.windows, settings.perception
    merge = MergeRules(windows.threshold, windows.nms_radius_s, windows.middle_only, windows.min_support)
    flight = FlightRules(
        look.hop, MergeRules(look.threshold, look.nms_radius_s, min_support=look.min_support), look.alone
    )
    return PipelineRules(
        windows.hop, merge, windows.queue, profile=Profile(look.profile), flight=flight,
        look_rate=look.look_rate, looks=look.looks,
    )  # fmt: skip


def model_names(settings: Settings) -> list[str]:
    """Every model that the profile needs."""
    look = settings.perception
    flight = [] if look.profile == "clip" else [look.detector, look.flight, *([look.rim] if look.rim else [])]
    return [settings.inference.model, *flight]


def make_finders(settings: Settings, engine: Engine, least_timeout: float = 0.0) -> Finders:
    """The profile's models on a started engine, each with at least so many seconds to answer.

    Raises:
        ModelNotFound, ModelInvalid: one cannot be used; the message says which and why.
    """
    timeout, look = max(settings.inference.timeout_s, least_timeout), settings.perception
    clip = ClipModel(engine, settings.inference.model, timeout)
    if look.profile == "clip":
        return Finders(clip)
    return Finders(
        clip, CourtDetector(engine, look.detector, timeout), FlightModel(engine, look.flight, timeout),
        RimModel(engine, look.rim, timeout) if look.rim else None,
    )  # fmt: skip


def ingest_rules(settings: Settings) -> IngestRules:
    """What the settings say of cameras, in the ingest's own terms."""
    ingest = settings.ingest
    return IngestRules(
        staleness=ingest.staleness_s,
        frame_budget=ingest.frame_ring_mb * 2**20,
        packet_budget=ingest.packet_ring_mb * 2**20,
        grace=ingest.resume_grace_s,
        status_interval=ingest.status_interval_s,
        max_cameras=settings.listen.max_streams,
        max_message_bytes=settings.listen.max_message_bytes,
    )
