"""How an event is handed to a receiver: by webhook, to an MQTT broker, or into a title of vMix."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from courtside_server.sinks.config import SinkSettings
from courtside_server.types import Event

_AGAIN = (408, 425, 429)
"""Statuses below 500 after which another try may help."""
_LONGEST_RETRY_AFTER_S = 3600.0


class NotDelivered(Exception):
    """An event was not taken.

    Attributes:
        final: another try would not help.
        retry_after: seconds that the receiver wants to be left alone; None where it says nothing.
    """

    def __init__(self, text: str, *, final: bool = False, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.final, self.retry_after = final, retry_after


class Sender(Protocol):
    """Hands events over, one at a time, in order."""

    async def send(self, event: Event, log: str) -> None:
        """Hand one event over; return when it was taken.

        Args:
            event: the event.
            log: identity of its log.

        Raises:
            NotDelivered: it was not.
        """

    async def close(self) -> None:
        """End its connections."""


class WebhookSender:
    """POSTs each event as JSON, signed as Standard Webhooks has it (https://www.standardwebhooks.com).

    ``webhook-id`` names the log, the game and the sequence: the same at every try. ``webhook-signature`` is ``v1,`` and
    the base64 of HMAC-SHA256 over ``id.timestamp.body``. ``courtside-event-id`` and ``courtside-revision`` show a
    receiver what it has already.

    Args:
        url: of the receiver.
        secret: key of the signature, ``whsec_`` and base64 or any text; empty: no signature.
        timeout: seconds that one try may take.
    """

    def __init__(self, url: str, secret: str, timeout: float) -> None:
        self._url, self._key = url, signing_key(secret)
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)

    async def send(self, event: Event, log: str) -> None:
        """See :class:`Sender`."""
        body = event.to_json().encode()
        number = f"{log}-{event.game.partition('/')[2]}-{event.sequence}"
        headers = {
            "Content-Type": "application/json", "User-Agent": "courtside", "webhook-id": number,
            "courtside-event-id": "".join(one if " " < one <= "~" else "?" for one in event.event_id)[:256],
            "courtside-revision": str(event.revision),
        }  # fmt: skip
        stamp = str(int(time.time()))
        headers["webhook-timestamp"] = stamp
        if self._key:
            headers["webhook-signature"] = signature(self._key, number, stamp, body)
        await _request(self._client, "POST", self._url, content=body, headers=headers)

    async def close(self) -> None:
        """See :class:`Sender`."""
        await self._client.aclose()


def signing_key(secret: str) -> bytes:
    """The bytes of a secret: base64 after ``whsec_``, else the text itself.

    Example:
        >>> signing_key("whsec_YQ=="), signing_key("plain")
        (b'a', b'plain')
    """
    if secret.startswith("whsec_"):
        with contextlib.suppress(binascii.Error, ValueError):
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def signature(key: bytes, number: str, stamp: str, body: bytes) -> str:
    """The header ``webhook-signature``."""
    digest = hmac.new(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class MqttSender:
    """Publishes each event as JSON with quality of service 1: the broker has confirmed it.

    Args:
        url: ``mqtt://`` or ``mqtts://``, with the user's name where there is one.
        password: empty: none.
        topic: with ``{game}`` and ``{kind}``.
        name: of the sink, for the client's id.
        timeout: seconds that one try may take.

    Raises:
        ModuleNotFoundError: aiomqtt is not installed.
    """

    def __init__(self, url: str, password: str, topic: str, name: str, timeout: float) -> None:
        import aiomqtt

        self._library, self._topic, self._timeout = aiomqtt, topic, timeout
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        self._options: dict[str, Any] = {
            "hostname": parts.hostname or "", "port": parts.port or (8883 if tls else 1883),
            "username": unquote(parts.username) if parts.username else None, "password": password or None,
            "identifier": f"courtside-{name}", "timeout": timeout, "clean_session": True,
            "tls_context": ssl.create_default_context() if tls else None,
        }  # fmt: skip
        self._client: Any = None

    async def send(self, event: Event, log: str) -> None:
        """See :class:`Sender`."""
        topic = self._topic.replace("{game}", event.game.partition("/")[2]).replace("{kind}", event.kind)
        try:
            if self._client is None:
                client = self._library.Client(**self._options)
                await client.__aenter__()
                self._client = client
            await self._client.publish(topic, event.to_json(), qos=1, timeout=self._timeout)
        except (self._library.MqttError, OSError, TimeoutError) as error:
            await self.close()
            raise NotDelivered(f"the broker: {str(error) or type(error).__name__}") from error

    async def close(self) -> None:
        """See :class:`Sender`."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(self._library.MqttError, OSError, TimeoutError):
                await client.__aexit__(None, None, None)


class VmixSender:
    """Writes columns of a game's row into a title with vMix's ``SetText``: what has changed since the last time.

    A late event pushes what is true now, so a title never goes back.

    Args:
        url: of vMix, ``http://host:8088``.
        input: number, name or key of the title.
        fields: columns to the names of the title's texts.
        row: gives a game's row.
        timeout: seconds that one try may take.
    """

    def __init__(
        self, url: str, input: str, fields: dict[str, str], row: Callable[[str], Awaitable[dict[str, str]]],
        timeout: float,
    ) -> None:  # fmt: skip
        self._url, self._input, self._fields, self._row = f"{url.rstrip('/')}/api/", input, dict(fields), row
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
        self._shown: dict[str, str] = {}

    async def send(self, event: Event, log: str) -> None:
        """See :class:`Sender`."""
        row = await self._row(event.game)
        for column, text in self._fields.items():
            if self._shown.get(column) == row[column]:
                continue
            query = {"Function": "SetText", "Input": self._input, "SelectedName": text, "Value": row[column]}
            self._shown.pop(column, None)  # unknown until vMix has confirmed it
            await _request(self._client, "GET", self._url, params=query)
            self._shown[column] = row[column]

    async def close(self) -> None:
        """See :class:`Sender`."""
        await self._client.aclose()


async def _request(client: httpx.AsyncClient, method: str, url: str, **values: Any) -> None:
    """Make a request whose answer counts by its status; its body is not read."""
    try:
        async with client.stream(method, url, **values) as answer:
            status, wait = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    if 200 <= status < 300:
        return
    seconds = min(float(wait), _LONGEST_RETRY_AFTER_S) if wait.isdecimal() else None
    final = status < 500 and status not in _AGAIN
    raise NotDelivered(f"the receiver answers {status}", final=final, retry_after=seconds)


def make_sender(settings: SinkSettings, row: Callable[[str], Awaitable[dict[str, str]]]) -> Sender:
    """The sender of a sink.

    Args:
        settings: of the sink.
        row: gives a game's flat row.

    Raises:
        ValueError: a variable that it names is not set.
        ModuleNotFoundError: its library is not installed.
    """
    url, secret = settings.address(), settings.secret()
    if settings.kind == "webhook":
        return WebhookSender(url, secret, settings.timeout_s)
    if settings.kind == "mqtt":
        return MqttSender(url, secret, settings.topic, settings.name, settings.timeout_s)
    return VmixSender(url, settings.input, settings.fields, row, settings.timeout_s)
