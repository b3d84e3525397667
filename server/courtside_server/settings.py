"""One typed settings model, read from TOML, then environment, then flags; unknown keys are errors."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as SourceError,
)

from courtside_server.court.config import CourtConfig
from courtside_server.errors import SettingsError
from courtside_server.films.config import FilmsConfig
from courtside_server.media.config import MediaConfig, RecordingConfig
from courtside_server.packaged import starter_models
from courtside_server.perception.config import DetectorSharingConfig, TrackingConfig
from courtside_server.players.config import PlayersConfig
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.sinks.config import SinkSettings

PREFIX = "COURTSIDE_"
_DECODER_MB = 10
"""What an H.264 decoder takes for itself at 720p, as measured."""


_HOST_NAME = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_SERVICE_LINK = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?)$"
)
"""Variables that Kubernetes and Docker set for a service called ``courtside`` or ``courtside-something``."""
_ROSTER_OF = re.compile(r"default|games/[^/]+(/cameras/[^/]+)?")
"""What a roster can be for."""
RENAMED = {
    "perception.look_rate": "perception.detector_fps",
    "perception.looks": "perception.detector_queue",
    "perception.hop": "shots.flight.hop",
    "perception.threshold": "shots.flight.threshold",
    "perception.nms_radius_s": "shots.flight.radius",
    "perception.min_support": "shots.flight.min_support",
    "perception.alone": "shots.clip.alone",
    "windows.threshold": "shots.clip.threshold",
    "windows.nms_radius_s": "shots.clip.radius",
    "windows.middle_only": "shots.clip.middle_only",
    "windows.min_support": "shots.clip.min_support",
}
"""Old names of settings and the new ones."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListenSettings(_Section):
    """Where the gateway listens. Loopback unless told otherwise: there is no authentication on these ports."""

    grpc: str = "127.0.0.1:50051"
    http: str = "127.0.0.1:8080"
    http_hosts: tuple[str, ...] = Field(
        (), description="names under which browsers reach the HTTP port, beside IP addresses, localhost and names "
        "without a dot; *.example.com for all below it",
    )  # fmt: skip
    max_message_bytes: int = Field(8 * 2**20, ge=64 * 2**10, le=256 * 2**20)
    max_streams: int = Field(64, ge=1, le=4096, description="cameras at a time")
    max_connections: int = Field(
        2048, ge=1, le=65_536, description="connections on the gRPC port at a time, fewer where files are scarce"
    )

    @field_validator("http_hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a host name such as court.example.com or *.example.com")
        return tuple(name.lower() for name in value)

    @field_validator("grpc", "http")
    @classmethod
    def _host_port(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if not (host and colon and port.isdigit() and int(port) < 65536):
            raise ValueError(f"{value!r} is not HOST:PORT")
        return value


class IngestSettings(_Section):
    """What a camera may send and how much of it is kept."""

    staleness_s: float = Field(0.5, gt=0, le=10)
    frame_ring_mb: int = Field(26, ge=4, le=4096)
    packet_ring_mb: int = Field(8, ge=1, le=4096)
    resume_grace_s: float = Field(30.0, ge=0, le=3600)
    status_interval_s: float = Field(0.5, ge=0.05, le=10)


class WindowSettings(_Section):
    """How clip windows are scheduled. Thresholds stand in ``[shots.clip]``."""

    hop: int = Field(1, ge=1, le=8, description="samples of 0.3 s between windows: 1 low latency, 8 half a window")
    queue: int = Field(16, ge=1, le=1024, description="windows waiting for the model, per camera")


class PerceptionSettings(_Section):
    """How shots are found: by clips of pixels, by the ball's flight, or both."""

    profile: Literal["clip", "flight", "both"] = "flight"
    detector: str = "court_detector"
    people: str = Field(
        "person_detector", description="completes the players; empty, or not in the repository: none are added"
    )
    flight: str = "shot_flight"
    rim: str = Field("rim_result", description="empty: results stay unknown")
    candidate: str = Field("shot_candidate", description="empty: the windows alone decide what is a shot")
    pose: str = Field(
        "player_pose", description="reads the players' joints; empty, or not in the repository: players are not read"
    )
    actions: str = Field(
        "player_actions", description="reads what players do; empty, or not in the repository: nothing of it"
    )
    jersey: str = Field(
        "jersey_number", description="reads jersey numbers; empty, or not in the repository: players have none"
    )
    detector_fps: float = Field(15.0, ge=5, le=120, description="detector frames per real second, at most")
    detector_queue: int = Field(
        8, ge=1, le=256, description="frames waiting for the detector, per camera; live drops the oldest"
    )


class InferenceSettings(_Section):
    """Which engine answers, and with what."""

    engine: Literal["embedded", "triton"] = "embedded"
    model: str = "shot_clip"
    repository: Path = Field(default_factory=starter_models, description="the starter models unless another is named")
    triton_url: str = "127.0.0.1:8001"
    shared_memory: bool = False
    timeout_s: float = Field(2.0, gt=0, le=60)
    threads: int = Field(0, ge=0, le=256, description="threads per model in the embedded engine; 0: all cores")


class EventSettings(_Section):
    """The event log and its subscribers."""

    data_dir: Path = Path("var")
    subscriber_buffer: int = Field(1000, ge=1, le=100_000)
    heartbeat_s: float = Field(2.0, gt=0, le=60)
    max_events_per_game: int | None = Field(None, ge=100)


class Settings(BaseSettings):
    """All settings of ``courtside serve``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    listen: ListenSettings = ListenSettings()
    ingest: IngestSettings = IngestSettings()
    windows: WindowSettings = WindowSettings()
    perception: PerceptionSettings = PerceptionSettings()
    shots: ShotCriteria = ShotCriteria()
    tracking: TrackingConfig = TrackingConfig()
    sharing: DetectorSharingConfig = DetectorSharingConfig()
    court: CourtConfig = CourtConfig()
    players: PlayersConfig = PlayersConfig()
    inference: InferenceSettings = InferenceSettings()
    events: EventSettings = EventSettings()
    films: FilmsConfig = FilmsConfig()
    recording: RecordingConfig = RecordingConfig()
    media: MediaConfig = MediaConfig()
    sinks: tuple[SinkSettings, ...] = Field((), description="where events are pushed to: webhooks, MQTT, vMix")
    rosters: dict[str, Path] = Field(
        {}, description="roster files by games/{game}/cameras/{camera}, games/{game}, or default for all others"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    drain_s: float = Field(10.0, ge=0, le=300)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("rosters")
    @classmethod
    def _roster_names(cls, value: dict[str, Path]) -> dict[str, Path]:
        for name in value:
            if not _ROSTER_OF.fullmatch(name):
                raise ValueError(f"{name!r} is not default, games/NAME or games/NAME/cameras/NAME")
        return value

    def to_toml(self) -> str:
        """The settings as TOML that :func:`load_settings` reads back to the same."""
        return _toml(self.model_dump(mode="json", exclude_none=True), "").lstrip("\n")

    def camera_memory_mb(self) -> int:
        """Upper bound of the memory that one 720p camera takes, megabytes."""
        samples_frames_and_crops = 20
        return self.ingest.frame_ring_mb + self.ingest.packet_ring_mb + samples_frames_and_crops + _DECODER_MB


def _toml(table: Mapping[str, object], path: str) -> str:
    """A table as TOML: its own values first, then the tables inside it."""
    own = "".join(
        f"{_key(key)} = {_literal(value)}\n" for key, value in table.items() if not isinstance(value, Mapping)
    )
    head = f"\n[{path}]\n" if path and own else ""
    inner = (
        _toml(value, f"{path}.{key}" if path else key) for key, value in table.items() if isinstance(value, Mapping)
    )
    return head + own + "".join(inner)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _literal(key)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {_literal(one)}' for key, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value)


def load_settings(config: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings: defaults, then the TOML file, then ``COURTSIDE_SECTION__KEY`` variables, then flags.

    Args:
        config: TOML file, or ``None``.
        flags: dotted keys (``listen.grpc``) to values; ``None`` values are left out.

    Raises:
        SettingsError: file missing or no TOML, unknown key, bad value; the message names the key.
    """
    given: dict[str, Any] = {}
    for dotted, value in (flags or {}).items():
        *sections, key = dotted.split(".")
        if value is not None:
            table = given
            for section in sections:
                table = table.setdefault(section, {})
            table[key] = value
    _refuse_unknown_variables()
    if config is not None and not config.is_file():
        problem = "not a regular file" if config.exists() else "no such file"
        raise SettingsError(f"cannot read the settings file {config}: {problem}")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    try:
        return FromFile(**given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if key in RENAMED:
            raise SettingsError(f"setting {key!r} is now {RENAMED[key]!r}: rename it", key=key) from None
        if first["type"] == "extra_forbidden":
            message = f"unknown setting {key!r}; `courtside serve --print-config` lists them all"
            raise SettingsError(message, key=key) from None
        problem, given_value = first["msg"].removeprefix("Value error, "), repr(first["input"])
        if given_value not in problem and not key.startswith("sinks."):  # addresses of receivers hold tokens
            problem += f" (got {given_value})"
        raise SettingsError(f"setting {key!r}: {problem}", key=key) from None
    except RecursionError:
        raise SettingsError(f"cannot read the settings {config}: its values are nested too deeply") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, SourceError) as error:
        raise SettingsError(f"cannot read the settings ({config or 'environment'}): {error}") from None


def _refuse_unknown_variables() -> None:
    # pydantic-settings passes over a misspelt top-level variable; a typo must not be silently ignored.
    for name in os.environ:
        section = name.removeprefix(PREFIX).split("__")[0].lower()
        if name.startswith(PREFIX) and section not in Settings.model_fields and not _SERVICE_LINK.search(name):
            raise SettingsError(f"unknown variable {name}; settings are spelled {PREFIX}SECTION__KEY", key=name)
