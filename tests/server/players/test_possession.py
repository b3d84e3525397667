"""Possession and plays: who has the ball, through gaps, between tracks that break, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from player_scenes import FPS, observations, pose

from courtside.plays import PlayKind, PossessionEnd
from courtside_server.players.config import PossessionConfig
from courtside_server.players.plays import KnownShot, PlayByPlay, TimedPlay
from courtside_server.players.possession import Holder, PossessionFilter, PossessionStretches, Stretch, ball_distance
from courtside_server.types import Observations, ShotResult

Place = tuple[float, float]


def run(scene: Callable[[float], Observations], seconds: float, releases: tuple[float, ...] = ()) -> list[Holder]:
    followed = PossessionFilter(PossessionConfig(), 1.0, lambda track, media: None)
    found: list[Holder] = []
    for step in range(int(seconds * FPS)):
        for release in releases:
            if abs(step / FPS - release - 0.4) < 0.5 / FPS:
                followed.released(release)
        found += followed.push(scene(step / FPS))
    return found + followed.flush()


def at(holders: list[Holder], media: float) -> int | None:
    return min(holders, key=lambda holder: abs(holder.media - media)).track


PLAYERS: dict[int, Place] = {1: (300, 600), 2: (900, 600)}


def passing(media: float) -> Observations:
    """Player 1 has the ball until 2 s, it flies for 0.6 s, then player 2 has it."""
    share = np.clip((media - 2.0) / 0.6, 0, 1)
    return observations(media, PLAYERS, [(310 + share * 580, 500 - 80 * np.sin(np.pi * share))])


def test_a_pass_is_followed_from_hand_to_hand() -> None:
    holders = run(passing, 5)
    assert [at(holders, media) for media in (1.0, 2.3, 3.5)] == [1, None, 2]
    assert [holder.media for holder in holders] == sorted(holder.media for holder in holders)
    assert all(0 <= holder.probability <= 1 for holder in holders)


def test_a_ball_that_is_not_seen_is_no_evidence() -> None:
    def hidden(media: float) -> Observations:
        return observations(media, PLAYERS, [] if 1.0 < media < 2.5 else [(310, 500)])

    assert at(run(hidden, 4), 1.8) == 1


def test_nobody_has_a_ball_that_lies_apart_and_without_players_nobody_has_it() -> None:
    assert at(run(lambda media: observations(media, PLAYERS, [(600, 590)]), 3), 1.5) is None
    assert at(run(lambda media: observations(media, {}, [(600, 590)]), 3), 1.5) is None


def test_after_a_release_nobody_has_the_ball_though_it_flies_before_the_shooter() -> None:
    holders = run(lambda media: observations(media, PLAYERS, [(300, 420)]), 4, releases=(2.0,))
    assert at(holders, 1.5) == 1 and at(holders, 2.3) is None and at(holders, 3.5) == 1


def test_hands_tell_two_players_in_one_box_apart() -> None:
    ball = np.array([430, 480, 450, 500], np.float64)
    near, far = pose(1, 0.0, x=420).keypoints, pose(2, 0.0, x=350).keypoints
    box = np.array([300, 300, 480, 500], np.float64)
    assert ball_distance(ball, box, near) < ball_distance(ball, box, far)


def stretches(scene: Callable[[float], Observations], seconds: float) -> list[Stretch]:
    followed = PossessionFilter(PossessionConfig(), 1.0, lambda track, media: None)
    together, found = PossessionStretches(PossessionConfig(), 1.0), []
    for step in range(int(seconds * FPS)):
        seen = scene(step / FPS)
        together.see(seen)
        for holder in followed.push(seen):
            found.append(together.push(holder)[0])
    for holder in followed.flush():
        found.append(together.push(holder)[0])
    found.append(together.flush())
    return [stretch for stretch in found if stretch is not None]


def test_two_possessions_are_two_stretches() -> None:
    first, second = stretches(passing, 5)
    assert (first.track, second.track) == (1, 2)
    assert 1.7 < first.end < 2.4 and 2.2 < second.start < 3.0 and first.confidence > 0.5


def test_a_track_that_goes_on_under_another_number_is_one_stretch() -> None:
    def breaks(media: float) -> Observations:
        return observations(media, {1: (300, 600)} if media < 2 else {8: (306, 600)}, [(310, 500)])

    (only,) = stretches(breaks, 4)
    assert (only.first, only.track) == (1, 8) and only.end - only.start > 3


def stretch(track: int, start: float, end: float, x: float = 0.0) -> Stretch:
    place = np.array([x, 400.0, x + 80, 600.0])
    return Stretch(track, start, end, (end - start) * FPS, round((end - start) * FPS), track, place)


def plays_of(found: list[TimedPlay]) -> list[tuple[PlayKind, int, int | None]]:
    return [(one.play.kind, one.play.player, one.play.other) for one in found]


def test_the_ball_goes_from_player_to_player() -> None:
    book = PlayByPlay(PossessionConfig(), 1.0)
    assert book.started(stretch(1, 0, 1)) == (None, [])
    book.ended(stretch(1, 0, 2))
    ended, plays = book.started(stretch(2, 2.6, 3, x=700))
    assert ended is not None and ended.how is PossessionEnd.PASS
    assert plays_of(plays) == [(PlayKind.PASS, 1, 2)] and plays[0].media == 2


def test_two_tracks_at_one_place_do_not_pass_to_each_other() -> None:
    book = PlayByPlay(PossessionConfig(), 1.0)
    book.started(stretch(1, 0, 1))
    book.ended(stretch(1, 0, 2))
    ended, plays = book.started(stretch(2, 2.2, 3, x=60))
    assert ended is not None and ended.how is PossessionEnd.UNKNOWN and not plays
    book.ended(stretch(2, 2.2, 3, x=60))
    ended, plays = book.started(stretch(5, 3.05, 4, x=700))
    assert ended is not None and ended.how is PossessionEnd.UNKNOWN and not plays, "a ball takes longer to fly there"


def test_the_other_team_steals_the_ball() -> None:
    book = PlayByPlay(PossessionConfig(), 1.0, team={1: "A", 2: "B"}.__getitem__)
    book.started(stretch(1, 0, 1))
    book.ended(stretch(1, 0, 2))
    ended, plays = book.started(stretch(2, 2.3, 3, x=700))
    assert ended is not None and ended.how is PossessionEnd.LOST
    assert plays_of(plays) == [(PlayKind.TURNOVER, 1, 2), (PlayKind.STEAL, 2, 1)]


def test_a_miss_has_a_rebound_and_a_make_an_assist() -> None:
    book = PlayByPlay(PossessionConfig(), 1.0, team={1: "A", 2: "A", 3: "B"}.__getitem__)
    book.started(stretch(1, 0, 1))
    book.ended(stretch(1, 0, 2))
    book.started(stretch(2, 2.5, 3, x=700))
    book.ended(stretch(2, 2.5, 4, x=700))
    assert book.shot(KnownShot("s", 4.1, 2, ShotResult.UNKNOWN)) == []
    ended, plays = book.started(stretch(3, 6.0, 6.4, x=100))
    assert ended is not None and ended.how is PossessionEnd.SHOT and not plays
    missed = book.shot(KnownShot("s", 4.1, 2, ShotResult.MISSED))
    assert plays_of(missed) == [(PlayKind.REBOUND, 3, None)]
    assert missed[0].play.offensive is False and missed[0].play.shot == "s"
    assert book.shot(KnownShot("s", 4.1, 2, ShotResult.MISSED)) == [], "a rebound is emitted once"
    made = book.shot(KnownShot("t", 4.2, 2, ShotResult.MADE))
    assert plays_of(made) == [(PlayKind.ASSIST, 1, 2)]


def test_a_retracted_shot_ends_no_possession() -> None:
    book = PlayByPlay(PossessionConfig(), 1.0)
    book.started(stretch(1, 0, 1))
    book.ended(stretch(1, 0, 2))
    book.shot(KnownShot("s", 2.1, 1, ShotResult.MISSED, retracted=True))
    ended = book.settle(9.0)
    assert ended is not None and ended.how is PossessionEnd.UNKNOWN
    assert book.settle(20.0) is None
