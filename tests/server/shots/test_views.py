"""Two cameras of one game see one shot: one event with both views, whatever comes when, and never two shots in one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from courtside.events import Event, latest_shots
from courtside.names import CameraName
from courtside_server.events.sqlite import SqliteLog
from courtside_server.shots.criteria import ShotViewsConfig
from courtside_server.shots.event_drafts import ShotEvents
from courtside_server.shots.state import ShotState
from courtside_server.shots.views import SHOTS, GameShots, known_shots
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle, Shot, ShotResult, Zone, ZoneSource
from courtside_server.windows.nms import ShotCandidate

GAME = "games/g"
SHOT = Shot(0.9, 0.1, Zone.PAINT_EXTENDED, (0.9, 0.1, 0, 0, 0, 0, 0), 0.5, "m:1", 3, 5)
MADE = {"result": ShotResult.MADE, "make_probability": 0.98}
MISSED = {"result": ShotResult.MISSED, "make_probability": 0.02}


def draft(camera: str, time: float, lifecycle=Lifecycle.PROVISIONAL, name="1", **changes) -> EventDraft:
    return EventDraft(
        GAME, f"{GAME}/cameras/{camera}", f"{camera}-{name}", lifecycle, time, time - 1000.0,
        replace(SHOT, **changes), session=f"session-{camera}",
    )  # fmt: skip


class Game:
    """Cameras' drafts through the matcher into a log."""

    def __init__(self, offsets: dict[str, float] | None = None, **config: float) -> None:
        self.log = SqliteLog(":memory:")
        self.offsets, self.config = offsets or {}, ShotViewsConfig(**config)
        self.restart()

    def restart(self) -> None:
        """A new gateway on the same log."""
        self.shots = GameShots(self.config, lambda camera: self.offsets.get(camera.rpartition("/")[2]))
        self.shots.restore(GAME, self.log.read(GAME, 0, 1000))

    def take(self, *drafts: EventDraft) -> list[Event]:
        for one in drafts:
            self.log.append(self.shots.merge([one]))
        return self.events()

    def events(self) -> list[Event]:
        return latest_shots(self.log.read(GAME, 0, 1000))


def seen_by(event: Event) -> list[str]:
    return [camera.rpartition("/")[2] for camera in event.cameras]


def test_one_camera_s_shot_has_one_view():
    (event,) = Game().take(draft("left", 1002.5, shooter=4))
    (view,) = event.shot.views
    assert (view.camera, view.event_time, view.media_offset) == (event.camera, 1002.5, 2.5)
    assert (view.probability, view.shooter, view.session) == (0.9, 4, "session-left")


def test_two_cameras_see_one_shot():
    game = Game()
    (event,) = game.take(
        draft("left", 1000.0),
        draft("right", 1000.3, probability=0.95, shooter=7),
        draft("left", 1000.0, Lifecycle.CONFIRMED, **MADE),
        draft("right", 1000.3, Lifecycle.CONFIRMED, probability=0.95, shooter=7),
    )
    assert (event.event_id, event.camera, seen_by(event)) == ("left-1", f"{GAME}/cameras/left", ["left", "right"])
    assert event.lifecycle is Lifecycle.CONFIRMED and event.event_time == 1000.0 and event.revision == 4
    assert event.shot.probability == 0.95 and event.shot.result is ShotResult.MADE
    assert [view.result for view in event.shot.views] == [ShotResult.MADE, ShotResult.UNKNOWN]


def test_the_better_placed_camera_says_where_and_how():
    (event,) = Game().take(
        draft("left", 1000.0),
        draft("right", 1000.1, zone=Zone.MIDDLE_THREE_POINTER, zone_source=ZoneSource.CALIBRATION, court=(3.0, 1.0),
              zone_probabilities=(0.4, 0, 0, 0, 0, 0.6, 0), **MISSED),
    )  # fmt: skip
    assert (event.shot.zone, event.shot.court, event.shot.points) == (Zone.MIDDLE_THREE_POINTER, (3.0, 1.0), 3)
    assert event.shot.result is ShotResult.MISSED and event.shot.make_probability == 0.02


def test_a_late_second_view_revises_the_confirmed_event():
    game = Game()
    game.take(draft("left", 1000.0, Lifecycle.CONFIRMED))
    (event,) = game.take(draft("right", 1000.2))
    assert event.lifecycle is Lifecycle.CONFIRMED and seen_by(event) == ["left", "right"] and event.revision == 2


def test_the_cameras_clocks_are_compared_by_the_server_s():
    apart = [draft("left", 1000.0), draft("right", 1007.2)]
    assert len(Game().take(*apart)) == 2
    (event,) = Game(offsets={"right": 7.0}).take(*apart)
    assert event.shot.views[1].event_time == 1007.2, "each view keeps its camera's own time"


def test_a_camera_s_clock_is_remembered_when_it_has_gone():
    """Its last shots are closed then."""
    game = Game(offsets={"right": 7.0})
    game.take(draft("right", 1000.0))
    game.offsets.clear()
    assert len(game.take(draft("left", 1013.0), draft("right", 1020.1, name="2"))) == 2
    assert [len(event.shot.views) for event in game.events()] == [1, 2]


def test_two_shots_of_one_camera_are_never_one():
    game = Game()
    assert len(game.take(draft("left", 1000.0), draft("left", 1000.2, name="2"))) == 2
    events = game.take(draft("right", 1000.25), draft("right", 1000.05, name="2"))
    assert [(event.event_id, seen_by(event)) for event in events] == [
        ("left-1", ["left", "right"]), ("left-2", ["left", "right"]),
    ]  # fmt: skip


def test_far_in_time_is_another_shot():
    assert len(Game().take(draft("left", 1000.0), draft("right", 1000.5))) == 2
    assert len(Game(max_time_difference=0).take(draft("left", 1000.0), draft("right", 1000.0))) == 2


@pytest.mark.parametrize("places, count", [(((0.0, 0.0), (9.0, 0.0)), 2), (((0.0, 0.0), (2.0, 0.0)), 1),
                                           (((0.0, 0.0), None), 1)])  # fmt: skip
def test_places_on_the_court_can_speak_against_it(places, count):
    left, right = (draft(c, 1000.0, court=place) for c, place in zip(("left", "right"), places, strict=True))
    assert len(Game().take(left, right)) == count


def test_places_on_recognised_courts_do_not_speak_against_it_and_give_way_to_calibrated_ones():
    estimated = {"court": (-9.0, 0.0), "zone": Zone.PAINT_EXTENDED, "zone_source": ZoneSource.COURT_ESTIMATE}
    measured = {"court": (3.0, 1.0), "zone": Zone.MIDDLE_THREE_POINTER, "zone_source": ZoneSource.CALIBRATION}
    one = Game().take(draft("left", 1000.0, **estimated), draft("right", 1000.1, **measured))
    assert len(one) == 1 and one[0].payload.court == (3.0, 1.0)


def test_certain_results_can_speak_against_it_and_unknown_ones_do_not():
    assert len(Game().take(draft("left", 1000.0, **MADE), draft("right", 1000.0, **MISSED))) == 2
    unsure = {"result": ShotResult.MISSED, "make_probability": 0.3}
    (event,) = Game().take(draft("left", 1000.0, **MADE), draft("right", 1000.0, **unsure))
    assert event.shot.result is ShotResult.MADE
    assert len(Game().take(draft("left", 1000.0, **MADE), draft("right", 1000.0))) == 1


def test_views_whose_results_turn_out_to_differ_become_two_events():
    """Two baskets, two balls, at the same time."""
    game = Game()
    assert len(game.take(draft("left", 1000.0), draft("right", 1000.1))) == 1
    final = Lifecycle.CONFIRMED
    events = game.take(draft("left", 1000.0, final, **MADE), draft("right", 1000.1, final, **MISSED))
    assert [(event.event_id, seen_by(event), event.shot.result) for event in events] == [
        ("left-1", ["left"], ShotResult.MADE), ("right-1", ["right"], ShotResult.MISSED),
    ]  # fmt: skip


def test_a_confirmed_event_stays_confirmed_where_results_turn_out_to_differ():
    game, final = Game(), Lifecycle.CONFIRMED
    game.take(draft("left", 1000.0), draft("right", 1000.1, final, **MISSED))
    events = game.take(draft("left", 1000.0, **MADE))
    assert [(event.event_id == "left-1", seen_by(event), event.lifecycle) for event in events] == [
        (True, ["right"], final), (False, ["left"], Lifecycle.PROVISIONAL),
    ]  # fmt: skip
    events = game.take(draft("left", 1000.0, final, **MADE))
    assert [(seen_by(event), event.lifecycle) for event in events] == [(["right"], final), (["left"], final)]


def test_the_event_stands_while_one_camera_sees_the_shot():
    game = Game()
    game.take(draft("left", 1000.0), draft("right", 1000.1))
    (event,) = game.take(draft("left", 1000.0, Lifecycle.RETRACTED))
    assert event.event_id == "left-1" and event.lifecycle is Lifecycle.PROVISIONAL
    assert event.camera == f"{GAME}/cameras/right" and seen_by(event) == ["right"]
    assert game.take(draft("right", 1000.1, Lifecycle.RETRACTED)) == []
    assert game.log.latest(GAME, "left-1").lifecycle is Lifecycle.RETRACTED
    (again,) = game.take(draft("left", 1000.0))
    assert again.event_id == "left-1", "seen again after all"


def test_a_view_after_a_retraction_is_a_shot_of_its_own():
    game = Game()
    game.take(draft("left", 1000.0), draft("left", 1000.0, Lifecycle.RETRACTED))
    (event,) = game.take(draft("right", 1000.0))
    assert (event.event_id, seen_by(event)) == ("right-1", ["right"])


def test_a_restart_in_between_makes_no_second_event_and_loses_none():
    game = Game()
    game.take(draft("left", 1000.0), draft("left", 1020.0, name="2"))
    game.restart()
    events = game.take(draft("right", 1000.2), draft("right", 1020.1, name="2"), draft("right", 1040.0, name="3"))
    assert [seen_by(event) for event in events] == [["left", "right"], ["left", "right"], ["right"]]
    game.restart()
    # After a restart a camera finds its shots under the ids of their events.
    again = replace(draft("right", 1000.2, Lifecycle.CONFIRMED, **MADE), event_id="left-1")
    events = game.take(again, draft("left", 1000.0, Lifecycle.CONFIRMED))
    assert [event.event_id for event in events] == ["left-1", "left-2", "right-3"]
    assert seen_by(events[0]) == ["left", "right"] and events[0].shot.result is ShotResult.MADE


def test_a_separated_view_gets_an_id_of_its_own_after_a_restart_too():
    game = Game()
    game.take(draft("left", 1000.0), draft("right", 1000.1))
    game.restart()
    right = replace(draft("right", 1000.1, Lifecycle.CONFIRMED, **MISSED), event_id="left-1")
    events = game.take(draft("left", 1000.0, Lifecycle.CONFIRMED, **MADE), right, right)
    assert [seen_by(event) for event in events] == [["left"], ["right"]]


def test_games_stay_apart_and_changes_of_state_pass():
    shots = GameShots()
    other = replace(draft("right", 1000.0), game="games/h", camera="games/h/cameras/right")
    status = replace(other, payload=CameraStatus(CameraState.ONLINE, "frames arrive"))
    merged = shots.merge([draft("left", 1000.0), other, status])
    assert [len(one.payload.views) for one in merged[:2]] == [1, 1] and merged[2] == status


def test_memory_is_bounded():
    shots = GameShots()
    for number in range(SHOTS + 50):
        shots.merge([draft("left", 1000.0 + 10 * number, Lifecycle.CONFIRMED, name=str(number))])
    late = [shots.merge([draft("right", 1000.0 + 10 * n, name=str(n))])[0] for n in (0, SHOTS + 49)]
    assert [len(one.payload.views) for one in late] == [1, 2]
    (game,) = shots._games.values()
    assert len(game.shots) <= SHOTS and len(game._by_draft) <= 2 * SHOTS


# --- whatever comes when -------------------------------------------------------------------------------------------

LEFT, RIGHT, FAR = (CameraName.parse(f"{GAME}/cameras/{name}") for name in ("left", "right", "far"))
lifecycles = st.sampled_from([Lifecycle.PROVISIONAL] * 2 + [Lifecycle.CONFIRMED, Lifecycle.RETRACTED])
steps = st.lists(
    st.none()  # the gateway is killed and started again
    | st.tuples(
        st.sampled_from([LEFT, RIGHT, FAR]), st.integers(0, 3), lifecycles,
        st.sampled_from([(ShotResult.UNKNOWN, 0.5), (ShotResult.MADE, 0.99), (ShotResult.MISSED, 0.01)]),
    ),
    max_size=25,
)  # fmt: skip


@given(steps)
@example([
    (RIGHT, 2, Lifecycle.PROVISIONAL, (ShotResult.UNKNOWN, 0.5)),
    (LEFT, 2, Lifecycle.CONFIRMED, (ShotResult.MISSED, 0.01)),
    (RIGHT, 2, Lifecycle.PROVISIONAL, (ShotResult.MADE, 0.99)),  # the event has its id, and stays with the other view
])  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_every_shot_that_a_camera_sees_stands_in_exactly_one_event(steps):
    """Whatever the cameras draft, in whatever order, and wherever the gateway is killed."""
    log, shots, cameras = SqliteLog(":memory:"), GameShots(), {}
    last: dict[tuple[str, int], Lifecycle] = {}
    closed: set[tuple[str, int]] = set()
    for step in steps:
        if step is None:
            events = log.read(GAME, 0, 1000)
            shots, cameras = GameShots(), {}
            shots.restore(GAME, events)
            closed.clear()  # The cameras send their films again.
            continue
        camera, number, lifecycle, (result, make) = step
        if camera not in cameras:
            cameras[camera] = ShotEvents(camera, session=camera.id)
            cameras[camera].restore(known_shots(log.read(GAME, 0, 1000), camera.name, camera.id))
        if (camera.name, number) in closed:
            continue  # nothing comes after it
        was_final = last.get((camera.name, number)) is Lifecycle.CONFIRMED
        if lifecycle is Lifecycle.CONFIRMED or (was_final and lifecycle is Lifecycle.RETRACTED):
            closed.add((camera.name, number))
        # Four shots, 10 s apart; each camera is off by as much as cameras are.
        time = 1000.0 + 10 * number + {LEFT: 0.0, RIGHT: 0.15, FAR: -0.1}[camera]
        seen = ShotCandidate(number, lifecycle, 0.9, time - 990, time, 0.1, None, make, 3, 5, "m:1", 0.0)
        one = cameras[camera].draft(0, seen, ShotState(result=result, make=make))
        if one is not None:
            log.append(shots.merge([one]))
            last[camera.name, number] = lifecycle
    standing = latest_shots(log.read(GAME, 0, 1000))
    views = [(view.camera, round((view.event_time - 1000) / 10)) for event in standing for view in event.shot.views]
    assert sorted(views) == sorted(key for key, lifecycle in last.items() if lifecycle is not Lifecycle.RETRACTED)
    states: dict[str, list[Lifecycle]] = {}
    for event in log.read(GAME, 0, 1000):
        states.setdefault(event.event_id, []).append(event.lifecycle)
    for state in states.values():
        final = state.index(Lifecycle.CONFIRMED) if Lifecycle.CONFIRMED in state else len(state)
        assert set(state[final:]) <= {Lifecycle.CONFIRMED}, "what was confirmed is final"
    for event in standing:
        assert len(set(event.cameras)) == len(event.cameras) and event.camera == event.cameras[0]
        assert len({round((view.event_time - 1000) / 10) for view in event.shot.views}) == 1
