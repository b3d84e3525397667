"""Sources: files, cameras, network streams and simulations behind one interface."""

from __future__ import annotations

import re

from courtside.film import Film
from courtside_client.errors import SourceError
from courtside_client.sources.base import Source
from courtside_client.sources.device import DeviceSource
from courtside_client.sources.network import SCHEMES, NetworkSource

__all__ = ["Source", "open_source"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def open_source(text: str) -> Source:
    """Open a source by its name: a device index, a file, the URL of a stream, or ``sim://SEED``.

    Raises:
        SourceError: it does not exist, has no video, cannot be decoded, or its scheme is not known.
    """
    if text.isascii() and text.isdigit():
        return DeviceSource(int(text))
    match = _SCHEME.match(text)
    scheme = match.group(1).lower() if match else ""
    if scheme == "sim":
        try:  # the simulation, which no other source needs
            from courtside_client.sources.simulated import SimulatedSource
        except ModuleNotFoundError as error:
            if error.name != "courtside_sim":
                raise
            raise SourceError(
                f"{text}: the simulation is not installed; install `courtside` instead of `courtside-client`", text
            ) from None
        return SimulatedSource(text)
    if scheme in SCHEMES:
        return NetworkSource(text)
    if scheme:
        known = ", ".join(f"{name}://" for name in (*SCHEMES, "sim"))
        raise SourceError(f"{text}: unknown scheme {scheme}://; use one of {known}, a file or a device index", text)
    return Film(text)
