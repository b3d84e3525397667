"""Where events are pushed to: one ``[[sinks]]`` table of the settings for each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from courtside.events import PAYLOADS
from courtside.exports.score_row import COLUMNS
from courtside_server.parameters import ParameterGroup, parameter

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_SCHEMES = {"webhook": ("http", "https"), "vmix": ("http", "https"), "mqtt": ("mqtt", "mqtts")}


class SinkSettings(ParameterGroup):
    """One sink. Secrets never stand here: they come from environment variables, whose names do."""

    name: str = Field(description="of its files, log lines and metrics; small letters, digits, - and _")
    kind: Literal["webhook", "mqtt", "vmix"]
    url: str = Field("", description="http(s)://… of a webhook, http://host:8088 of vMix, mqtt(s)://user@host:1883")
    url_env: str = Field("", description="variable that holds the url, where it has a secret in it")
    secret_env: str = Field("", description="variable that holds the key of signatures, or MQTT's password")
    kinds: tuple[str, ...] = Field(("shot", "game_state"), description="kinds of events; empty: all")
    games: str = Field("*", description="which games, by their ids: a pattern with * and ?")
    start: Literal["now", "beginning"] = Field(
        "now", description="what a new sink gets: only what comes from now on, or what the log has"
    )
    topic: str = Field("courtside/{game}/{kind}", description="MQTT's topic; {game} and {kind} are filled in")
    input: str = Field("1", description="vMix's input: number, name or key of a title")
    fields: dict[str, str] = Field(
        default_factory=dict, description="columns of vmix.json to the names of the title's texts"
    )
    timeout_s: float = parameter(
        10.0, unit="s", meaning="How long one try may take.", evidence="Set by hand: receivers answer within a second.",
        low=0.1, high=120,
    )  # fmt: skip
    retry_first_s: float = parameter(
        1.0, unit="s", meaning="Wait after the first failed try; doubled after each further one.",
        evidence="Set by hand.", low=0.01, high=60,
    )  # fmt: skip
    retry_most_s: float = parameter(
        60.0, unit="s", meaning="Longest wait between two tries.", evidence="Set by hand.", low=0.01, high=3600
    )
    give_up_s: float = parameter(
        3600.0, unit="s", meaning="How long one event is tried before it goes to the dead-letter file.",
        evidence="Set by hand: longer than a receiver's restart or a break of the network.", low=0.0, high=7 * 86_400,
    )  # fmt: skip
    dead_letter_mb: float = parameter(
        16.0, unit="MB", meaning="Size of the dead-letter files together; the oldest lines go first.",
        evidence="Set by hand: 10,000 shots.", low=0.01, high=4096,
    )  # fmt: skip

    @field_validator("name")
    @classmethod
    def _file_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError(f"{value[:60]!r} is not a name of small letters, digits, - and _, at most 40")
        return value

    @field_validator("url_env", "secret_env")
    @classmethod
    def _variable(cls, value: str) -> str:
        if value and (not _VARIABLE.fullmatch(value) or value.startswith("COURTSIDE_")):
            raise ValueError(f"{value[:60]!r} is not the name of a variable; names with COURTSIDE_ are the settings'")
        return value

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [kind for kind in value if kind not in PAYLOADS]:
            raise ValueError(f"{unknown[0][:40]!r} is no kind of events: {', '.join(PAYLOADS)}")
        return value

    @field_validator("fields")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := [column for column in value if column not in COLUMNS]:
            raise ValueError(f"{unknown[0][:40]!r} is no column of vmix.json: {', '.join(COLUMNS)}")
        return value

    @field_validator("topic")
    @classmethod
    def _topic(cls, value: str) -> str:
        plain = value.replace("{game}", "").replace("{kind}", "")
        if not value or len(value) > 200 or re.search(r"[#+{}\x00]", plain):
            raise ValueError(f"{value[:60]!r} is not a topic such as courtside/{{game}}/{{kind}}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> SinkSettings:
        if bool(self.url) == bool(self.url_env):
            raise ValueError(f"sink {self.name!r} needs either url or url_env")
        if self.url:
            _check_url(self.name, self.kind, self.url)
        if self.kind == "vmix" and not self.fields:
            raise ValueError(f"sink {self.name!r} needs fields, such as {{home_score = \"Home.Text\"}}")
        return self

    def wants(self, game: str, kind: str) -> bool:
        """Whether an event of a game is for this sink.

        Args:
            game: ``games/{game}``.
            kind: of the event; empty: any.
        """
        return fnmatchcase(game.partition("/")[2], self.games) and (not kind or not self.kinds or kind in self.kinds)

    def address(self, environment: Mapping[str, str] = os.environ) -> str:
        """The url.

        Raises:
            ValueError: its variable is not set, or holds something else.
        """
        if not self.url_env:
            return self.url
        url = environment.get(self.url_env, "")
        if not url:
            raise ValueError(f"sink {self.name!r}: the variable {self.url_env} with its url is not set")
        _check_url(self.name, self.kind, url)
        return url

    def secret(self, environment: Mapping[str, str] = os.environ) -> str:
        """The secret; empty where none is named.

        Raises:
            ValueError: its variable is not set.
        """
        if not self.secret_env:
            return ""
        if not environment.get(self.secret_env):
            raise ValueError(f"sink {self.name!r}: the variable {self.secret_env} with its secret is not set")
        return environment[self.secret_env]


def _check_url(name: str, kind: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in _SCHEMES[kind] and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:  # the url itself is not named: it may hold a token
        raise ValueError(f"sink {name!r}: its url does not begin with {' or '.join(_SCHEMES[kind])}:// and a host")
