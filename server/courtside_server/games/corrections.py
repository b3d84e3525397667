"""Corrections: what people say of shots, laid over the models' output."""

from __future__ import annotations

from dataclasses import replace

from courtside.court.measures import NBA, Court
from courtside.court.zones import ZONES, Zone, zone_at
from courtside.games import Correction, ShotFacts
from courtside.plays import Jersey
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult, ShotType, ZoneSource

BY_PERSON = "person"
"""The model of a shot that no model found."""


def facts_of(draft: EventDraft, names: tuple[str, ...]) -> ShotFacts:
    """What a draft says of the fields that a person has corrected.

    Args:
        draft: of a shot, as the models have it.
        names: fields of `ShotFacts`.
    """
    shot = draft.payload
    assert isinstance(shot, Shot)
    output = ShotFacts(
        happened=draft.lifecycle is not Lifecycle.RETRACTED, result=shot.result, type=shot.type, points=shot.points,
        court=shot.court, team=shot.team, number=shot.jersey.number if shot.jersey is not None else "",
    )  # fmt: skip
    return ShotFacts(**{name: getattr(output, name) for name in names})


def corrected(draft: EventDraft, correction: Correction, court: Court = NBA) -> EventDraft:
    """A shot's draft as people have corrected it.

    Args:
        draft: the models' output.
        correction: what people say; its ``by_model`` is made anew.
        court: gives the zone of a place that a person named.
    """
    facts = correction.facts
    kept = replace(correction, by_model=facts_of(draft, facts.names))
    shot = draft.payload
    assert isinstance(shot, Shot)
    lifecycle = draft.lifecycle
    if facts.happened is not None:
        lifecycle = Lifecycle.CONFIRMED if facts.happened else Lifecycle.RETRACTED
    return replace(draft, lifecycle=lifecycle, payload=_laid_over(shot, facts, court), correction=kept)


def uncorrected(draft: EventDraft, before: EventDraft | None = None, court: Court = NBA) -> EventDraft:
    """The models' output for a shot that people have corrected.

    Args:
        draft: the shot as it is corrected.
        before: its last revision that nobody had corrected; without it probabilities are approximate.
        court: gives the zone of a place.
    """
    correction, shot = draft.correction, draft.payload
    if correction is None or not isinstance(shot, Shot):
        return draft
    output = correction.by_model
    lifecycle = draft.lifecycle
    if output.happened is not None:
        lifecycle = Lifecycle.CONFIRMED if output.happened else Lifecycle.RETRACTED
    shot = _laid_over(shot, replace(output, points=None), court, by_person=False)
    if "points" in output.names:
        shot = replace(shot, awarded_points=None)
    if "court" in correction.facts.names and output.court is None:
        shot = replace(
            shot, court=None, zone=Zone.UNSPECIFIED, zone_probabilities=(), zone_source=ZoneSource.UNSPECIFIED
        )
    if before is not None and isinstance(before.payload, Shot):
        earlier = facts_of(before, correction.facts.names)
        for name, parts in _PARTS.items():
            if name in correction.facts.names and getattr(earlier, name) == getattr(output, name):
                shot = replace(shot, **{part: getattr(before.payload, part) for part in parts})
    return replace(draft, lifecycle=lifecycle, payload=shot, correction=None)


_PARTS = {
    "result": ("result", "make_probability"), "type": ("type", "type_probability"), "points": ("awarded_points",),
    "court": ("court", "zone", "zone_probabilities", "zone_source"), "team": ("team",), "number": ("jersey",),
}  # fmt: skip
"""The fields of a shot that each fact decides."""


def _laid_over(shot: Shot, facts: ShotFacts, court: Court, by_person: bool = True) -> Shot:
    if facts.result is not None:
        sure = {ShotResult.MADE: 1.0, ShotResult.MISSED: 0.0}.get(facts.result, 0.5)
        shot = replace(shot, result=facts.result, make_probability=sure)
    if facts.type is not None:
        shot = replace(shot, type=facts.type, type_probability=float(facts.type is not ShotType.UNKNOWN))
    if facts.points is not None:
        shot = replace(shot, awarded_points=facts.points)
    if facts.team is not None:
        shot = replace(shot, team=facts.team)
    if facts.number is not None:
        # Nothing was read: a person named it.
        named = Jersey(number=facts.number, agreement=1.0, readings=0) if facts.number else None
        shot = replace(shot, jersey=named)
    if facts.court is not None:
        x, y = facts.court
        zone = zone_at(court, x, y, court.nearer_basket(x))
        shot = replace(
            shot, court=facts.court, zone=zone, zone_probabilities=tuple(float(one is zone) for one in ZONES),
            zone_source=ZoneSource.PERSON if by_person else ZoneSource.COURT_ESTIMATE,
        )  # fmt: skip
    return shot
