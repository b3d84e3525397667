"""Views: which shots of a game's cameras are one shot, and the one event that is made of them.

It stands between the cameras' drafts and the event log. All cameras of a game must stream into one gateway.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from courtside.plays import Jersey
from courtside_server.games.corrections import uncorrected
from courtside_server.shots.criteria import ShotViewsConfig
from courtside_server.shots.event_drafts import KnownShot, shot_id
from courtside_server.types import Event, EventDraft, Lifecycle, RimCrossing, Shot, ShotResult, ShotView, ZoneSource

SHOTS = 256
"""Shots of a game that are kept to find further views of them; beyond it the oldest are forgotten."""
GAMES = 64
"""Games whose shots are kept; beyond it the one that was used longest ago is forgotten."""

CAMERAS = 1024
"""Cameras whose clock offset is remembered when they do not stream; the one used longest ago is forgotten."""

ClockOffset = Callable[[str], float | None]
"""Gives a camera's clock minus the server's, seconds; None while it does not stream."""


@dataclass(frozen=True, slots=True)
class _View:
    """A shot as one camera drafted it last.

    Attributes:
        draft: the camera's own draft.
        shot: its payload.
        time: the release by the server's clock, Unix seconds.
    """

    draft: EventDraft
    shot: Shot
    time: float


@dataclass(slots=True, eq=False)
class _GameShot:
    """A shot of a game: its event id, and its views by camera, first one first."""

    event_id: str
    views: dict[str, _View] = field(default_factory=dict)
    ids: set[tuple[str, str]] = field(default_factory=set)
    """(camera, event id) under which cameras draft it."""


class _Game:
    """The newest shots of one game."""

    def __init__(self) -> None:
        self.shots: OrderedDict[str, _GameShot] = OrderedDict()
        self._by_draft: dict[tuple[str, str], _GameShot] = {}

    def find(self, camera: str, event_id: str) -> _GameShot | None:
        """The shot that a camera drafts under an id; after a restart that is the id of the shot's event."""
        found = self._by_draft.get((camera, event_id))
        return found if found is not None else self.shots.get(event_id)

    def add(self, event_id: str) -> _GameShot:
        shot = self.shots[event_id] = _GameShot(event_id)
        while len(self.shots) > SHOTS:
            _, oldest = self.shots.popitem(last=False)
            for key in oldest.ids:
                self._by_draft.pop(key, None)
        return shot

    def put(self, shot: _GameShot, view: _View) -> None:
        key = view.draft.camera, view.draft.event_id
        if (before := self._by_draft.get(key)) is not None:
            before.ids.discard(key)
        shot.views[view.draft.camera] = view
        shot.ids.add(key)
        self._by_draft[key] = shot


class GameShots:
    """Makes one event of what several cameras of a game saw of one shot. Use it on the event loop.

    Two cameras' shots are one where their releases are near in time by the server's clock, unless their results or
    their places on a calibrated court speak against it; what is unknown does not. Shots of one camera are never one.
    The event keeps the id of the first view. It stands while one view stands, is CONFIRMED when one is, and each
    change of a view is a revision. Where results turn out to contradict each other, the view that is not final, or
    else the later one, gets an event of its own.

    Args:
        config: the numbers that decide.
        clock_offset: gives a camera's clock minus the server's.
    """

    def __init__(
        self, config: ShotViewsConfig | None = None, clock_offset: ClockOffset = lambda camera: None
    ) -> None:
        self._config, self._clock_offset = config or ShotViewsConfig(), clock_offset
        self._games: OrderedDict[str, _Game] = OrderedDict()
        self._offsets: OrderedDict[str, float] = OrderedDict()

    def restore(self, name: str, events: Iterable[Event]) -> None:
        """Take a game's shots from the log, oldest first; those that are known already stay as they are."""
        game = self._game(name)
        known = set(game.shots)
        for event in events:
            if not isinstance(event.payload, Shot) or not event.payload.views or event.event_id in known:
                continue
            shot = game.shots.get(event.event_id) or game.add(event.event_id)
            shot.views.clear()
            seen = uncorrected(EventDraft.of(event)).payload
            assert isinstance(seen, Shot)
            for view in event.payload.views:
                if view.lifecycle is not Lifecycle.RETRACTED:
                    game.put(shot, self._view(*_own_draft(event, seen, view)))

    def merge(self, drafts: Sequence[EventDraft]) -> list[EventDraft]:
        """The drafts for the log: those of shots with all their views, the others as they are."""
        merged: list[EventDraft] = []
        for draft in drafts:
            shot = draft.payload
            merged += [draft] if not isinstance(shot, Shot) else self._merge(draft, shot)
        return merged

    def _merge(self, draft: EventDraft, shot: Shot) -> list[EventDraft]:
        game = self._game(draft.game)
        if shot.replay_of and (original := game.find(draft.camera, shot.replay_of)) is not None:
            shot = replace(shot, replay_of=original.event_id)
        view = self._view(draft, shot)
        found = game.find(draft.camera, draft.event_id)
        if found is None and draft.lifecycle is not Lifecycle.RETRACTED:
            found = self._match(game, view)
        if found is None:
            found = game.add(draft.event_id)
        game.put(found, view)
        standing = {
            camera: one for camera, one in found.views.items() if one.draft.lifecycle is not Lifecycle.RETRACTED
        }
        leaving = self._contradicting(standing, view)
        if leaving is not None:
            del standing[leaving.draft.camera]
        found.views = standing
        drafts = [_event(found.event_id, list(standing.values()) or [view], draft.due)]
        if leaving is not None:
            drafts.append(self._separate(game, leaving))
        return drafts

    def _separate(self, game: _Game, view: _View) -> EventDraft:
        """Give a view an event of its own."""
        own = view.draft
        event_id, number = own.event_id, 0
        while event_id in game.shots:  # the event that the view leaves may have its id
            number += 1
            event_id = shot_id(
                own.camera, own.event_time, own.media_segment, own.session, own.media_offset, number
            )
        game.put(game.add(event_id), view)
        return _event(event_id, [view], own.due)

    def _view(self, draft: EventDraft, shot: Shot) -> _View:
        return _View(draft, shot, draft.event_time - self._offset(draft.camera))

    def _offset(self, camera: str) -> float:
        offset = self._clock_offset(camera)
        if offset is None:  # Its last shots are closed after it has gone.
            return self._offsets.get(camera, 0.0)
        self._offsets[camera] = offset
        self._offsets.move_to_end(camera)
        while len(self._offsets) > CAMERAS:
            self._offsets.popitem(last=False)
        return offset

    def _game(self, name: str) -> _Game:
        game = self._games.setdefault(name, _Game())
        self._games.move_to_end(name)
        while len(self._games) > GAMES:
            self._games.popitem(last=False)
        return game

    def _match(self, game: _Game, view: _View) -> _GameShot | None:
        """The shot nearest in time that other cameras see and this one does not yet."""
        near = [
            (min(abs(view.time - other.time) for other in shot.views.values()), shot)
            for shot in game.shots.values()
            if shot.views
            and view.draft.camera not in shot.views
            and all(self._may_be_one(view, other) for other in shot.views.values())
        ]
        return min(near, key=lambda pair: pair[0])[1] if near else None

    def _may_be_one(self, one: _View, other: _View) -> bool:
        config = self._config
        if not config.max_time_difference or abs(one.time - other.time) > config.max_time_difference:
            return False
        # Courts that were recognised need not have the same axes.
        here, there = (
            None if view.shot.zone_source is ZoneSource.COURT_ESTIMATE else view.shot.court for view in (one, other)
        )
        if here is not None and there is not None and math.dist(here, there) > config.max_distance:
            return False
        return not self._contradict(one, other)

    def _contradict(self, one: _View, other: _View) -> bool:
        """Whether one camera is certain that the shot went in and the other that it did not."""
        made = [self._certain_result(view) for view in (one, other)]
        return set(made) == {ShotResult.MADE, ShotResult.MISSED}

    def _certain_result(self, view: _View) -> ShotResult:
        make, result = view.shot.make_probability, view.shot.result
        sure = make if result is ShotResult.MADE else 1 - make
        return result if sure >= self._config.certain else ShotResult.UNKNOWN

    def _contradicting(self, standing: dict[str, _View], view: _View) -> _View | None:
        """The view that must leave: of two that contradict each other the one that is not final, or the later one.

        A confirmed view stays, because its event is final.
        """
        order = list(standing.values())
        if view.draft.camera not in standing:
            return None
        for other in order:
            if other is not view and self._contradict(view, other):
                return max(
                    view, other, key=lambda one: (one.draft.lifecycle is not Lifecycle.CONFIRMED, order.index(one))
                )
        return None


def known_shots(events: Iterable[Event], camera: str, session: str) -> list[KnownShot]:
    """The shots of one camera's session among a game's logged events, oldest first, under the ids of their events.

    Only the last revision of an event says which cameras see it.
    """
    latest = {event.event_id: event.payload for event in events if isinstance(event.payload, Shot)}
    return [
        KnownShot(
            event_id, view.event_time, view.media_offset, view.media_segment, view.lifecycle, shot.interrupted,
            view.result,
        )
        for event_id, shot in latest.items()
        for view in shot.views
        if (view.camera, view.session) == (camera, session)
    ]


def _event(event_id: str, views: Sequence[_View], due: float | None) -> EventDraft:
    """The event of some views of one shot, first one first."""
    first, shots = views[0], [view.shot for view in views]
    states = {view.draft.lifecycle for view in views}
    lifecycle = next(
        state for state in (Lifecycle.CONFIRMED, Lifecycle.PROVISIONAL, Lifecycle.RETRACTED) if state in states
    )
    placed = max(shots, key=_zone_confidence)
    decided = max(shots, key=lambda shot: (shot.result is not ShotResult.UNKNOWN, abs(shot.make_probability - 0.5)))
    typed = max(shots, key=lambda shot: shot.type_probability)
    crossings = [shot.rim_crossing for shot in shots if shot.rim_crossing is not None]
    formed = max(shots, key=lambda shot: -1.0 if shot.form is None else shot.form.seen)
    jerseys = [shot.jersey for shot in shots if shot.jersey is not None]
    arcs = [shot.arc for shot in shots if shot.arc is not None]
    payload = replace(
        first.shot,
        probability=max(shot.probability for shot in shots),
        zone=placed.zone, zone_probabilities=placed.zone_probabilities, zone_source=placed.zone_source,
        court=placed.court,
        result=decided.result, make_probability=decided.make_probability,
        type=typed.type, type_probability=typed.type_probability,
        rim_crossing=max(crossings, key=_seen_of_crossing, default=None),
        arc=min(arcs, key=lambda arc: arc.uncertainty, default=None),
        form=formed.form, identity=formed.identity, jersey=max(jerseys, key=_agreement, default=None),
        interrupted=all(shot.interrupted for shot in shots),
        views=tuple(map(_summary, views)),
    )  # fmt: skip
    return replace(first.draft, event_id=event_id, lifecycle=lifecycle, payload=payload, due=due)


def _seen_of_crossing(crossing: RimCrossing) -> tuple[int, float]:
    """By what two cameras' views of the ball at the rim are compared: how much they show, and how exactly."""
    shown = sum(value is not None for value in (crossing.depth, crossing.side, crossing.entry_angle))
    return shown, -(crossing.uncertainty or 0.0)


def _agreement(jersey: Jersey) -> tuple[bool, float]:
    """By what two cameras' readings of the shooter's jersey are compared."""
    return bool(jersey.name), jersey.agreement * jersey.readings


def _zone_confidence(shot: Shot) -> tuple[int, float]:
    rank = {ZoneSource.CALIBRATION: 2, ZoneSource.COURT_ESTIMATE: 1}.get(shot.zone_source, 0)
    return rank, max(shot.zone_probabilities, default=0.0)


def _summary(view: _View) -> ShotView:
    draft, shot = view.draft, view.shot
    return ShotView(
        camera=draft.camera, event_time=draft.event_time, media_offset=draft.media_offset, lifecycle=draft.lifecycle,
        probability=shot.probability, make_probability=shot.make_probability, result=shot.result,
        shooter=shot.shooter, session=draft.session, media_segment=draft.media_segment,
    )  # fmt: skip


def _own_draft(event: Event, shot: Shot, view: ShotView) -> tuple[EventDraft, Shot]:
    """What a camera drafted of a logged shot, as far as the log has it."""
    own = replace(
        shot, probability=view.probability, make_probability=view.make_probability, result=view.result,
        shooter=view.shooter, views=(),
    )  # fmt: skip
    draft = EventDraft(
        event.game, view.camera, event.event_id, view.lifecycle, view.event_time, view.media_offset, own,
        session=view.session, media_segment=view.media_segment,
    )  # fmt: skip
    return draft, own
