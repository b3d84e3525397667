"""Drafts and event logs, for the tests of events and of the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from courtside_server.events import SqliteLog
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle, Shot, ShotResult, Zone


def make_draft(
    number: int = 1,
    *,
    game: str = "games/final",
    camera: str = "left",
    lifecycle: Lifecycle = Lifecycle.PROVISIONAL,
    probability: float = 0.9,
    detail: str | None = None,
    due: float | None = None,
) -> EventDraft:
    """A shot (or, with a detail, a camera status) whose event_id is its number."""
    payload: Shot | CameraStatus
    if detail is None:
        payload = Shot(
            probability=probability,
            release_uncertainty=0.15,
            zone=Zone.MIDDLE_THREE_POINTER,
            zone_probabilities=(0.0, 0.125, 0.0, 0.125, 0.0, 0.625, 0.125),
            make_probability=1 / 3,
            model="shot_clip:1",
            windows_agreeing=3,
            windows_covering=8,
            result=ShotResult.UNKNOWN,
        )
    else:
        payload = CameraStatus(CameraState.DEGRADED, detail)
    return EventDraft(
        game=game,
        camera=f"{game}/cameras/{camera}",
        event_id=f"event-{number}",
        lifecycle=lifecycle,
        event_time=1_700_000_000.123456 + number,
        media_offset=number * 0.3,
        payload=payload,
        due=due,
    )


@pytest.fixture(scope="session")
def draft() -> Callable[..., EventDraft]:
    return make_draft


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "events.sqlite3", busy_timeout=0.05)
    yield log
    log.close()
