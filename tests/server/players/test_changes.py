"""Player events: one happening keeps its id and its time, whatever the camera's clocks do between frames."""

from __future__ import annotations

from courtside.names import CameraName
from courtside.plays import Action, PlayerAction
from courtside_server.players.changes import PlayerChange, PlayerEvents
from courtside_server.types import Lifecycle

CAMERA = CameraName.parse("games/g/cameras/c")


def change(wall: float, end: float, final: bool = False, player: int = 7) -> PlayerChange:
    action = PlayerAction(action=Action.RUN, confidence=0.8, player=player, end=end, model="player_actions:2")
    return PlayerChange(2.0, wall, action, final)


def test_a_capture_clock_that_jitters_makes_neither_new_events_nor_further_revisions():
    events = PlayerEvents(CAMERA, "s")
    (first,) = events.draft([change(1000.0, 3.0)])
    assert events.draft([change(1000.004, 3.0)]) == []
    (last,) = events.draft([change(999.998, 4.0, final=True)])
    assert (last.event_id, last.event_time, last.lifecycle) == (first.event_id, 1000.0, Lifecycle.CONFIRMED)
    assert events.draft([change(1000.0, 3.0, player=8)])[0].event_id != first.event_id
