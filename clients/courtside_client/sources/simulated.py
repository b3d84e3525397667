"""Simulated films: ``sim://SEED[?camera=&width=&height=&fps=&duration=&players=]``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import av

from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.errors import SourceError
from courtside_sim import ShotTruth, SimulatedFilm, open_simulation

SCENE_S = 60.0
"""Seconds of one scene of an endless simulation."""
_TIME_BASE = Fraction(1, 90_000)


class SimulatedSource:
    """A simulated camera; endless, scene after scene, unless the address names a duration.

    The first scene of an endless simulation is the film that ``sim://SEED`` names; scene n is that of SEED + n.

    Raises:
        SourceError: an unknown option or an impossible value.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self._first = open_simulation(url, duration=SCENE_S)
        except ValueError as error:
            raise SourceError(f"{url}: {error}", url) from None
        parts = urlsplit(url)
        self._seed, self._query = int(parts.netloc), parts.query
        options = parse_qs(self._query)
        self._endless = "duration" not in options
        if "camera" not in options:  # every scene by the same kind of camera
            self._query = "&".join(filter(None, (self._query, f"camera={self._first.camera.kind}")))
        self._lock = threading.Lock()
        self._shots: list[ShotTruth] = list(self._first.shots)
        self._info = SourceInfo(
            name=url,
            width=self._first.width,
            height=self._first.height,
            frame_rate=self._first.fps,
            time_base=_TIME_BASE,
            first_pts=0,
            frames=None if self._endless else len(self._first),
        )

    @property
    def info(self) -> SourceInfo:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._info

    @property
    def undecodable(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return 0

    @property
    def shots(self) -> list[ShotTruth]:
        """The truth of all scenes so far; times in seconds since the first frame of the first scene."""
        with self._lock:
            return list(self._shots)

    @property
    def damaged(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return 0

    def frames(self) -> Iterator[SourceFrame]:
        """See :class:`~courtside_client.sources.base.Source`; a picture is rendered only when it is used."""
        with self._lock:
            self._shots = list(self._first.shots)
        if not self._endless:
            yield from self._scene(self._first, 0.0)
            return
        with ThreadPoolExecutor(1, "simulate") as pool:
            film, start, number = self._first, 0.0, 0
            while True:
                number += 1
                following: Future[SimulatedFilm] = pool.submit(self._make, number)
                yield from self._scene(film, start)
                start += len(film) / film.fps
                film = following.result()
                with self._lock:
                    self._shots.extend(
                        replace(shot, release_time=shot.release_time + start, result_time=shot.result_time + start)
                        for shot in film.shots
                    )

    def packets(self) -> Iterator[SourcePacket]:
        """A simulation has pictures only."""
        return iter(())

    def close(self) -> None:
        """Nothing to release."""

    def _make(self, number: int) -> SimulatedFilm:
        return open_simulation(f"sim://{self._seed + number}?{self._query}", duration=SCENE_S)

    def _scene(self, film: SimulatedFilm, start: float) -> Iterator[SourceFrame]:
        for index in range(len(film)):
            time = index / film.fps

            def render(time: float = time) -> av.VideoFrame:
                return av.VideoFrame.from_ndarray(film.camera.render(time), format="bgr24")

            yield SourceFrame(round((start + time) / _TIME_BASE), render)
