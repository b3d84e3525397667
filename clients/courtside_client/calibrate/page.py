"""The calibration page's HTTP server: loopback only, behind a random token, until something is saved."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import uvicorn
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from courtside.court.homography import MAX_RESIDUAL, MIN_POINTS, fit_homography
from courtside.court.measures import COURTS
from courtside.court.point_pairs import MAX_POINTS, PointPairs
from courtside.files import StrictModel, first_problem
from courtside_client.calibrate.plan import View, plan
from courtside_client.calibrate.projection import projected_lines
from courtside_client.calibrate.still import Still
from courtside_client.errors import BadCalibration, BadOption, CourtsideError

PAGES = Path(__file__).parent / "web"
"""The page's files, part of this package."""
FILES = ("calibrate.css", "calibrate.js", "calibrate-list.js", "calibrate-picture.js", "calibrate-plan.js")
MAX_BODY = 64 * 2**10
"""Bytes of a posted body at most."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _FitRequest(StrictModel):
    points: PointPairs
    view: View


class CalibrationPage:
    """The page over one picture.

    Args:
        picture: the picture to show.
        court: whose lines to show first.
        earlier: points to show first, from a picture of the same size, or ``None``.
        keep: saves the points and returns one line about it for the page; may raise a CourtsideError.
        confidence: probability that the points are right, where they were recognised; None where somebody saved them.

    Attributes:
        token: the path under which everything is served; without it nothing is accessible.
        saved: set once the points are saved and the page has its answer.
    """

    def __init__(
        self, picture: Still, court: str, earlier: PointPairs | None, keep: Callable[[PointPairs], Awaitable[str]],
        confidence: float | None = None,
    ) -> None:  # fmt: skip
        self._picture, self._court, self._earlier, self._keep = picture, court, earlier, keep
        self._confidence = confidence
        self._keeping = asyncio.Lock()
        self.token = secrets.token_urlsafe(16)
        self.saved = asyncio.Event()

    def app(self) -> Starlette:
        """The HTTP application; everything but ``/TOKEN/…`` is 404."""
        root = f"/{self.token}"
        routes: list[BaseRoute] = [
            Route("/favicon.ico", lambda request: Response(status_code=204)),  # browsers request it without the token
            Route(root, lambda request: RedirectResponse(f"{root}/")),
            Route(f"{root}/", _file("calibrate.html")),
            *(Route(f"{root}/{name}", _file(name)) for name in FILES),
            Route(f"{root}/picture.jpg", self._show_picture),
            Route(f"{root}/session.json", self._show_session),
            Route(f"{root}/fit", self._fit, methods=["POST"]),
            Route(f"{root}/save", self._save, methods=["POST"]),
        ]
        # Another site must not reach this server by a host name of its own.
        return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, ["127.0.0.1", "localhost"])])

    async def serve(self, port: int, stop: asyncio.Event, on_ready: Callable[[str], None]) -> None:
        """Listen on loopback until something is saved or ``stop`` is set.

        Args:
            port: 0 for a free one.
            stop: ends it.
            on_ready: called with the page's address once it listens.

        Raises:
            BadOption: the port is taken.
        """
        app = self.app()
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with contextlib.closing(listening):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind(("127.0.0.1", port))
                listening.listen()  # a browser may connect before uvicorn is ready
            except OSError as error:
                raise BadOption(f"--port {port}: cannot listen on it: {error.strerror}") from None
            config = uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1,
                limit_concurrency=32,
            )  # fmt: skip
            server = _Server(config)
            serving = asyncio.create_task(server.serve([listening]))
            on_ready(f"http://127.0.0.1:{listening.getsockname()[1]}/{self.token}/")
            ends = [asyncio.create_task(event.wait()) for event in (stop, self.saved)]
            try:
                await asyncio.wait([serving, *ends], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
                server.should_exit = True
                await serving

    async def _show_picture(self, request: Request) -> Response:
        return Response(self._picture.jpeg, media_type="image/jpeg", headers=_HEADERS)

    async def _show_session(self, request: Request) -> Response:
        picture = self._picture
        return _json({
            "name": Path(picture.name).name, "at": picture.at, "width": picture.width, "height": picture.height,
            "court": self._court, "courts": {name: plan(name) for name in COURTS},
            "points": [point.model_dump() for point in self._earlier.points] if self._earlier else [],
            "confidence": self._confidence,
            "limits": {"min": MIN_POINTS, "max": MAX_POINTS, "max_miss": MAX_RESIDUAL},
        })  # fmt: skip

    async def _fit(self, request: Request) -> Response:
        try:
            body = await _body(request, _FitRequest)
        except BadCalibration as error:
            return _json({"problem": error.message}, 422)
        try:
            fit = await asyncio.to_thread(fit_homography, body.points.pixels, body.points.metres)
        except BadCalibration as error:  # not a mistake: so far these points determine nothing
            return _json({"problem": error.message, "residuals": [], "lines": []})
        shown = await asyncio.to_thread(projected_lines, fit, body.points, body.view)
        return _json({
            "problem": body.points.problem, "error": fit.error, "residuals": fit.residuals.tolist(),
            "to_pixels": np.linalg.inv(fit.matrix).ravel().tolist(),
            "lines": [np.round(line, 2).tolist() for line in shown],
        })  # fmt: skip

    async def _save(self, request: Request) -> Response:
        try:
            points = await _body(request, PointPairs)
            if (points.width, points.height) != (self._picture.width, self._picture.height):
                raise BadCalibration("the points belong to a picture of another size: reload the page")
            await asyncio.to_thread(points.calibration)
            async with self._keeping:
                if self.saved.is_set():
                    raise BadCalibration("these points are already saved")
                summary = await self._keep(points)
        except CourtsideError as error:
            return _json({"problem": error.message}, 422)
        return _json({"saved": summary}, background=BackgroundTask(self.saved.set))


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The command handles signals."""
        yield


_Model = TypeVar("_Model", bound=BaseModel)


async def _body(request: Request, model: type[_Model]) -> _Model:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadCalibration("the body must be application/json")
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY:
            raise BadCalibration(f"the body has more than {MAX_BODY} bytes")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise BadCalibration(f"the request cannot be used: {first_problem(error)}") from None


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        return FileResponse(PAGES / name, headers=_HEADERS)

    return show


def _json(content: object, status: int = 200, background: BackgroundTask | None = None) -> Response:
    return JSONResponse(content, status, _HEADERS, background=background)
