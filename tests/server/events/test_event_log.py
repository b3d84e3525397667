"""The event log keeps its promises: durable, sequenced, revised, idempotent, lossless, bounded on request."""

from __future__ import annotations

import dataclasses
import itertools
import sqlite3
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from courtside.plays import Action, Play, PlayerAction, PlayKind, Possession, PossessionEnd
from courtside_server.errors import CursorEvicted, LogUnavailable
from courtside_server.events import SqliteLog
from courtside_server.types import (
    CameraState,
    CameraStatus,
    Event,
    EventDraft,
    Lifecycle,
    Shot,
    ShotResult,
    ShotView,
    Zone,
    ZoneSource,
)

text = st.text(max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
times = st.floats(-6e10, 2.5e11)
number = st.floats(allow_nan=False)
views = st.builds(
    ShotView, camera=text, event_time=finite, media_offset=finite, lifecycle=st.sampled_from(Lifecycle),
    probability=number, make_probability=number, result=st.sampled_from(ShotResult),
    shooter=st.none() | st.integers(0, 9), session=text, media_segment=st.integers(0, 9),
)
payloads = st.one_of(
    st.builds(
        Shot,
        probability=number,
        release_uncertainty=number,
        zone=st.sampled_from(Zone),
        zone_probabilities=st.lists(number, max_size=7).map(tuple),
        make_probability=number,
        model=text,
        windows_agreeing=st.integers(0, 2**31),
        windows_covering=st.integers(0, 2**31),
        result=st.sampled_from(ShotResult),
        interrupted=st.booleans(),
        views=st.lists(views, max_size=2).map(tuple),
        playback_speed=st.none() | number,
        replay_of=text,
    ),
    st.builds(CameraStatus, st.sampled_from(CameraState), text),
    st.builds(PlayerAction, action=st.sampled_from(Action), confidence=number, player=st.integers(0, 2**31),
              end=number, model=text),
    st.builds(Possession, player=st.integers(0, 2**31), confidence=number, end=number,
              ended=st.sampled_from(PossessionEnd), team=text),
    st.builds(Play, kind=st.sampled_from(PlayKind), player=st.integers(0, 2**31), confidence=number,
              other=st.none() | st.integers(0, 2**31), shot=text, offensive=st.none() | st.booleans()),
)


def drafts(ids: st.SearchStrategy[str] = text) -> st.SearchStrategy[EventDraft]:
    return st.builds(
        EventDraft,
        game=st.sampled_from(["games/a", "games/b"]),
        camera=st.sampled_from(["games/a/cameras/l", "games/b/cameras/r"]),
        event_id=ids,
        lifecycle=st.sampled_from(Lifecycle),
        event_time=times,
        media_offset=finite,
        payload=payloads,
        due=st.none() | finite,
        session=text,
        media_segment=st.integers(0, 2**31),
    )


@given(draft=drafts())
@settings(deadline=None)
def test_any_draft_reads_back_equal(draft: EventDraft) -> None:
    log = SqliteLog(":memory:", clock=lambda: 12.5)
    [event] = log.append([draft])
    assert event == draft.logged(1, 1, 12.5)
    assert log.read(draft.game, 0, 10) == [event]
    assert log.latest(draft.game, draft.event_id) == event
    assert log.append([draft]) == [event], "a repeated draft must give the existing event back"
    log.close()


class Model:
    """What a log should hold, kept in lists."""

    def __init__(self, keep: int | None) -> None:
        self.keep = keep
        self.events: dict[str, list[Event]] = {}

    def append(self, draft: EventDraft, now: float) -> Event:
        events = self.events.setdefault(draft.game, [])
        earlier = [e for e in events if e.event_id == draft.event_id]
        if earlier and EventDraft.of(earlier[-1]) == draft:
            return earlier[-1]
        events.append(draft.logged(len(events) + 1, len(earlier) + 1, now))
        return events[-1]

    def earliest(self, game: str) -> int:
        return max(1, len(self.events[game]) - self.keep + 1) if self.keep else 1

    def latest(self, game: str) -> dict[str, Event]:
        return {e.event_id: e for e in self.events[game]}


class LogMachine(RuleBasedStateMachine):
    """Appends, retries and reopens against the list model."""

    @initialize(keep=st.sampled_from([None, 1, 3, 7]))
    def start(self, keep: int | None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.model = Model(keep)
        self.clock = itertools.count(1)
        self.open()

    def open(self) -> None:
        self.log = SqliteLog(
            Path(self.folder.name) / "events.sqlite3",
            max_events_per_game=self.model.keep,
            clock=lambda: float(next(self.clock)),
        )

    @rule(batch=st.lists(drafts(st.sampled_from("pqr")), max_size=6))
    def append(self, batch: list[EventDraft]) -> None:
        given = self.log.append(batch)
        now = max((e.append_time for e in given), default=0.0)
        expected = [self.model.append(draft, now) for draft in batch]
        assert given == expected

    @rule(data=st.data())
    def append_again(self, data: st.DataObject) -> None:
        games = [g for g in self.model.events if self.model.events[g]]
        if games:
            latest = self.model.latest(data.draw(st.sampled_from(games)))
            event = data.draw(st.sampled_from(sorted(latest.values(), key=lambda e: e.sequence)))
            assert self.log.append([EventDraft.of(event)]) == [event]

    @rule()
    def reopen(self) -> None:
        self.log.close()
        self.open()

    @rule(data=st.data(), limit=st.integers(1, 5))
    def read(self, data: st.DataObject, limit: int) -> None:
        for game, events in self.model.events.items():
            after = data.draw(st.integers(0, len(events) + 2))
            if after + 1 < self.model.earliest(game):
                with pytest.raises(CursorEvicted) as caught:
                    self.log.read(game, after, limit)
                assert caught.value.fields["earliest_sequence"] == str(self.model.earliest(game))
            else:
                assert self.log.read(game, after, limit) == events[after : after + limit]

    @invariant()
    def bounds_and_open_events_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        games = {g for g, events in self.model.events.items() if events}
        assert set(self.log.games()) == games
        still_open = []
        for game in games:
            assert self.log.high_water_mark(game) == len(self.model.events[game])
            assert self.log.earliest(game) == self.model.earliest(game)
            for event_id, event in self.model.latest(game).items():
                is_open = event.lifecycle is Lifecycle.PROVISIONAL
                kept = is_open or event.sequence >= self.model.earliest(game)
                assert self.log.latest(game, event_id) == (event if kept else None)
                if is_open:
                    still_open.append(event)
        assert {id_of(e) for e in self.log.open_events()} == {id_of(e) for e in still_open}

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.log.close()
            self.folder.cleanup()


def id_of(event: Event) -> tuple[str, int]:
    return event.game, event.sequence


TestLogAgainstModel = LogMachine.TestCase
TestLogAgainstModel.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_unknown_game_is_empty(log) -> None:
    assert log.read("games/never", 0, 10) == []
    assert (log.earliest("games/never"), log.high_water_mark("games/never")) == (1, 0)
    assert log.latest("games/never", "x") is None
    assert log.games() == [] and log.open_events() == []


def test_a_cursor_that_no_database_can_hold_is_an_empty_page(log, draft) -> None:
    log.append([draft(1)])
    assert log.read("games/final", 2**64 - 1, 2**70) == []


def test_one_bad_draft_stores_none_of_its_batch(log, draft) -> None:
    for bad in (
        dataclasses.replace(draft(2), event_time=float("nan")),
        dataclasses.replace(draft(2), media_offset=float("inf")),
        dataclasses.replace(draft(2), event_id="\ud800"),
        draft(2, detail="\ud800"),
    ):
        with pytest.raises(ValueError):
            log.append([draft(1), bad])
    with pytest.raises(TypeError):
        log.append([draft(1), draft(2, detail=object())])
    assert log.high_water_mark("games/final") == 0
    assert log.append([draft(1)])[0].sequence == 1


def test_a_model_s_single_precision_numbers_are_kept(log, draft) -> None:
    shot = dataclasses.replace(
        draft(1).payload,
        probability=np.float32(0.1),
        zone_probabilities=tuple(np.full(7, 1 / 7, np.float32)),
        windows_agreeing=np.int64(4),
        interrupted=np.bool_(True),
    )
    log.append([dataclasses.replace(draft(1), payload=shot)])
    stored = log.latest("games/final", "event-1").payload
    assert stored == shot
    assert type(stored.windows_agreeing) is int and stored.interrupted is True


@pytest.mark.parametrize("number", [*range(1, 8), 99])
def test_a_zone_of_another_set_in_an_old_log_is_read_as_unspecified(tmp_path, draft, number) -> None:
    path = tmp_path / "old.sqlite3"
    log = SqliteLog(path)
    log.append([draft(1)])
    log.close()
    with sqlite3.connect(path) as db:
        # Older versions wrote no checksums either.
        changed = db.execute(
            "UPDATE events SET payload = json_set(payload, '$.zone', ?), checksum = NULL", (number,)
        )
        assert changed.rowcount == 1
    log = SqliteLog(path)
    shot = log.latest("games/final", "event-1").payload
    log.close()
    assert (shot.zone, shot.zone_probabilities, shot.zone_source) == (Zone.UNSPECIFIED, (), ZoneSource.UNSPECIFIED)
    assert shot.probability == draft(1).payload.probability


def test_revisions_go_on_after_their_events_were_evicted(tmp_path, draft) -> None:
    log = SqliteLog(tmp_path / "events.sqlite3", max_events_per_game=2)
    first = draft(1, lifecycle=Lifecycle.CONFIRMED)
    log.append([first])
    log.append([draft(n, lifecycle=Lifecycle.CONFIRMED) for n in range(2, 6)])
    assert log.latest("games/final", "event-1") is None
    [repeated] = log.append([first])
    assert (repeated.sequence, repeated.revision) == (1, 1), "recognised though its row is gone"
    [revised] = log.append([draft(1, lifecycle=Lifecycle.RETRACTED)])
    assert (revised.sequence, revised.revision) == (6, 2)
    log.close()


def test_an_open_shot_outlives_eviction_until_it_is_closed(tmp_path, draft) -> None:
    log = SqliteLog(tmp_path / "events.sqlite3", max_events_per_game=2)
    log.append([draft(1)])
    log.append([draft(n, lifecycle=Lifecycle.CONFIRMED) for n in range(2, 9)])
    assert [e.sequence for e in log.open_events()] == [1]
    with pytest.raises(CursorEvicted):
        log.read("games/final", 0, 10)
    log.append([draft(1, lifecycle=Lifecycle.RETRACTED)])
    assert log.open_events() == []
    assert [e.sequence for e in log.read("games/final", 7, 10)] == [8, 9]
    log.close()


def test_many_threads_append_and_read_without_a_gap(log, draft) -> None:
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for n in range(20):
                [event] = log.append([draft(thread * 100 + n)])
                page = log.read("games/final", 0, 1000)
                assert [e.sequence for e in page] == list(range(1, len(page) + 1))
                assert event in page
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert log.high_water_mark("games/final") == 80


def test_a_closed_log_says_so(log, draft) -> None:
    log.append([draft(1)])
    log.close()
    log.close()
    for call in (lambda: log.append([draft(2)]), lambda: log.read("games/final", 0, 1), log.check):
        with pytest.raises(LogUnavailable, match="was closed"):
            call()


def test_retention_below_one_event_is_refused() -> None:
    with pytest.raises(ValueError):
        SqliteLog(":memory:", max_events_per_game=0)



def test_the_newest_events_of_a_kind_are_found_among_many_others(tmp_path: Path) -> None:
    def draft(name: str, payload: Shot | PlayerAction) -> EventDraft:
        return EventDraft("games/a", "games/a/cameras/l", name, Lifecycle.PROVISIONAL, 1.0, 1.0, payload)

    shot = Shot(
        probability=1, release_uncertainty=0, zone=Zone.PAINT_EXTENDED, zone_probabilities=(), make_probability=1,
        model="m",
    )  # fmt: skip
    action = PlayerAction(action=Action.RUN, confidence=0.5, player=1, end=2.0, model="m")
    log = SqliteLog(tmp_path / "log.db")
    log.append([draft(f"s{number}", shot) for number in range(4)])
    log.append([draft(f"a{number}", action) for number in range(50)])
    assert [event.event_id for event in log.newest("games/a", "shot", 3)] == ["s1", "s2", "s3"]
    assert log.newest("games/none", "shot", 3) == []
    assert {event.event_id for event in log.open_events()} >= {"a0", "s3"}
    log.close()
