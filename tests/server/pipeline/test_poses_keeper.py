from __future__ import annotations

from shooter_support import shots_of

from courtside_server.errors import StoreUnavailable
from courtside_server.pipeline.poses_keeper import PosesKeeper
from courtside_server.types import Arm, EventDraft, Lifecycle, Shot, ShotForm, Zone

FORM = ShotForm(tempo=0.9, arm=Arm.RIGHT, seen=1.0)


def draft(event_id: str, lifecycle: Lifecycle, form: ShotForm | None = FORM) -> EventDraft:
    shot = Shot(0.9, 0.1, Zone.UNSPECIFIED, (), 0.4, "shot_flight:3", shooter=7, form=form)
    return EventDraft("games/g", "games/g/cameras/c", event_id, lifecycle, 100.0, 1.0, shot)


def test_poses_are_kept_once_the_shot_is_confirmed_and_never_of_one_that_was_none() -> None:
    kept: list[str] = []
    keeper, poses = PosesKeeper(lambda event_id, poses: kept.append(event_id)), shots_of(3, 1)[0]
    for name in ("made", "none", "late"):
        keeper.add(draft(name, Lifecycle.PROVISIONAL), poses)
    assert kept == []
    keeper.settle(draft("none", Lifecycle.RETRACTED))
    keeper.settle(draft("made", Lifecycle.CONFIRMED))
    keeper.settle(draft("made", Lifecycle.CONFIRMED))
    keeper.settle(draft("none", Lifecycle.CONFIRMED))
    keeper.add(draft("late", Lifecycle.CONFIRMED), poses)  # the poses came after the shot was confirmed
    assert kept == ["made", "late"]
    keeper.add(draft("other", Lifecycle.PROVISIONAL), poses)
    keeper.settle(draft("other", Lifecycle.CONFIRMED, form=None))  # another player turned out to be the shooter
    assert kept == ["made", "late"]


def test_a_full_disk_costs_the_poses_only_and_waiting_ones_are_bounded() -> None:
    kept: list[str] = []

    def full(event_id, poses):
        kept.append(event_id)
        raise StoreUnavailable("the disk is full")

    keeper, poses = PosesKeeper(full), shots_of(3, 1)[0]
    for number in range(70):
        keeper.add(draft(f"shot-{number}", Lifecycle.PROVISIONAL), poses)
    for number in range(70):
        keeper.settle(draft(f"shot-{number}", Lifecycle.CONFIRMED))
    assert kept == [f"shot-{number}" for number in range(6, 70)]
