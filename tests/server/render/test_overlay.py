"""A frame shows what is there and what was known at that moment, and stays as it was everywhere else."""

import numpy as np
import pytest

from courtside_server.render.brush import BALL, GOLD, Brush
from courtside_server.render.cards import FADE_S, STAY_S, card_text, cards
from courtside_server.render.layout import CARD_WIDTH, choose_layout, drawn_height
from courtside_server.render.overlay import FrameOverlay
from courtside_server.render.record import FilmRecord, FrameRecord
from courtside_server.render.timeline import Clock, Timeline, clock_text
from courtside_server.types import Lifecycle, ObjectClass, Zone

WIDTH, HEIGHT = 640, 360


def frame(height=HEIGHT, width=WIDTH):
    return np.full((height, width, 3), 90, np.uint8)


def changed(record, media, before=None, **options):
    pixels = frame() if before is None else before
    old = pixels.copy()
    FrameOverlay(record, WIDTH, HEIGHT, 10.0, **options).draw(pixels, media)
    return np.abs(pixels.astype(int) - old).max(axis=2) > 0


def record_of(helpers, *things, media=(1.0, 1.04, 1.08)):
    record = FilmRecord()
    for when in media:
        record.add_frame(helpers.observations(when, *things))
    return record


def test_drawing_a_player_touches_his_box_and_nothing_else_of_the_play(helpers):
    empty = changed(record_of(helpers), 1.04)
    there = changed(record_of(helpers, (helpers.player, 3, (300, 120, 340, 220))), 1.04)
    rows, columns = np.nonzero(there & ~empty)
    assert 296 <= columns.min() and columns.max() <= 344 and 100 <= rows.min() and rows.max() <= 224
    assert not there[125:215, 305:335].any(), "the player himself is not painted over"


@pytest.mark.parametrize(("height", "width"), [(358, 480), (540, 960), (1280, 720), (450, 3300), (64, 64), (2, 2)])
def test_any_size_can_be_drawn_on_and_most_of_it_stays(helpers, height, width):
    box = (width * 0.5, height * 0.3, width * 0.55, height * 0.6)
    record = record_of(helpers, (helpers.player, 1, box), (helpers.ball, 2, box), (helpers.rim, 3, box))
    record.add_draft(helpers.draft(Lifecycle.CONFIRMED, media=1.0, shooter=1, result=helpers.made))
    pixels = frame(height, width)
    FrameOverlay(record, width, height, 2.0).draw(pixels, 1.05)
    if height >= 358:
        assert (pixels == 90).all(axis=2).mean() > 0.6
    assert (pixels != 90).any() or height == 2


def test_boxes_off_the_picture_and_broken_ones_do_no_harm(helpers):
    record = record_of(
        helpers, (helpers.player, 1, (-500, -500, -400, -400)), (helpers.ball, 1, (1e6, 1e6, 2e6, 2e6)),
        (helpers.rim, 1, (float("nan"), 0, 5, 5)), (helpers.player, 2, (600, 300, 900, 500)),
    )  # fmt: skip
    assert changed(record, 1.04).any()


def test_the_ball_leaves_a_trail_that_fades_and_stays_where_the_ball_was_when_the_camera_turns(helpers):
    record = FilmRecord()
    for number in range(30):
        x, pan = 200 + 6.0 * number, -2.0 * number
        box = (x + pan - 5, 175, x + pan + 5, 185)
        record.add_frame(helpers.observations(number / 30, (helpers.ball, 1, box), pan=(pan, 0.0)))
    pixels = frame()
    FrameOverlay(record, WIDTH, HEIGHT, 10.0).draw(pixels, 29 / 30)

    def strength(at):  # where the ball was in detector frame `at`, in pixels of the last frame
        return np.abs(pixels[180, round(200 + 6.0 * at - 2.0 * 29)].astype(int) - 90).max()

    assert strength(24) > strength(15) > strength(6) > 3
    assert strength(15) < np.abs(np.array(BALL) - 90).max()


def test_the_shooter_stands_out_for_a_second_from_the_release_and_not_when_it_was_no_shot(helpers):
    def gold(media, lifecycle=Lifecycle.CONFIRMED):
        player = (helpers.player, 3, (300, 120, 340, 220))
        record = record_of(helpers, player, media=np.arange(0.8, 2.5, 0.1))
        record.add_draft(helpers.draft(lifecycle, media=1.0, shooter=3))
        pixels = frame()
        FrameOverlay(record, WIDTH, HEIGHT, 10.0).draw(pixels, media)
        return (np.abs(pixels[90:240, 270:370].astype(int) - GOLD).max(axis=2) < 20).sum()

    assert gold(0.95) == 0 and gold(1.3) > 100 and gold(2.1) == 0
    assert gold(1.3, Lifecycle.RETRACTED) == 0


def shot_emitted(helpers, *revisions):
    record = FilmRecord()
    for media, lifecycle in revisions:
        record.add_frame(helpers.observations(media))
        record.add_draft(helpers.draft(lifecycle))
    return record


def test_a_card_shows_what_was_known_then_and_goes_after_a_while(helpers):
    shots = shot_emitted(helpers, (2.0, Lifecycle.PROVISIONAL), (3.0, Lifecycle.CONFIRMED)).shots
    assert cards(shots, 1.9) == []
    assert [card.draft.lifecycle for t in (2.5, 3.5) for card in cards(shots, t)] == [
        Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED,
    ]
    assert cards(shots, 3.0 + STAY_S + 0.1) == []
    assert cards(shots, 3.0 + STAY_S / 2 + 0.1, time_scale=2.0) == [], "real seconds, not the film's"


def test_a_retracted_shot_fades_out_struck_through_and_leaves_the_chart(helpers):
    record = shot_emitted(helpers, (2.0, Lifecycle.PROVISIONAL), (3.0, Lifecycle.RETRACTED))
    (early,), (late,) = (cards(record.shots, 3.0 + share * FADE_S) for share in (0.1, 0.9))
    assert early.retracted and early.alpha > late.alpha > 0
    assert cards(record.shots, 3.1 + FADE_S) == []
    artist = FrameOverlay(record, WIDTH, HEIGHT, 10.0)
    assert len(artist._marks(2.5)) == 1 and artist._marks(3.1) == []


def test_a_provisional_shot_looks_different_from_a_confirmed_one(helpers):
    pictures = []
    for lifecycle in (Lifecycle.PROVISIONAL, Lifecycle.CONFIRMED):
        pixels = frame()
        FrameOverlay(shot_emitted(helpers, (2.0, lifecycle)), WIDTH, HEIGHT, 10.0).draw(pixels, 2.5)
        pictures.append(pixels)
    assert (pictures[0] != pictures[1]).any(axis=2).sum() > 300


def test_a_cards_words(helpers):
    known = helpers.draft(zone=Zone.LEFT_MID_RANGE, shooter=7, make_probability=0.34).payload
    assert card_text(known) == "left mid-range  ·  player 7  ·  make 34 %"
    assert card_text(helpers.draft(zone=Zone.UNSPECIFIED).payload) == "make 40 %"


def test_the_clock():
    assert clock_text(3.26) == ("0:03.2", "3.260 s")
    assert clock_text(3725.0) == ("1:02:05.0", "3725.000 s")


def test_the_play_head_and_the_ticks_are_at_their_times(helpers):
    strip = Timeline(Brush(HEIGHT), WIDTH, HEIGHT, 10.0)
    pixels = frame()
    strip.draw(pixels, shot_emitted(helpers, (2.0, Lifecycle.CONFIRMED)).shots, 5.0)
    row = pixels[HEIGHT - 3].astype(int)
    assert (np.abs(row[round(strip.x(1.0))] - GOLD) < 20).all()
    assert (row[round(strip.x(5.0))] > 230).all()
    assert (pixels[: HEIGHT - round(strip.height) - 2] == 90).all()


def test_the_chart_goes_where_fewest_boxes_are():
    def frame(*boxes):
        classes = np.full(len(boxes), ObjectClass.PLAYER, np.int8)
        tracks, scores = np.arange(len(boxes), dtype=np.int32), np.ones(len(boxes), np.float32)
        return FrameRecord(0.0, 0, (0.0, 0.0), np.array(boxes, np.float32), classes, tracks, scores)

    frames = [frame((560, 200, 600, 300), (20, 200, 60, 300), (20, 10, 60, 60))]
    layout = choose_layout(frames, (0, 0, 640, 360), (150, 150), (150, 60), (80, 20))
    assert layout.chart == (True, False)
    assert len({layout.chart, layout.cards, layout.clock}) == 3


@pytest.mark.parametrize(("width", "height"), [(720, 1280), (360, 640), (640, 360)])
def test_clock_cards_and_chart_fit_side_by_side_on_upright_frames_too(width, height):
    overlay = FrameOverlay(FilmRecord(), width, height, 600.0, 2.0)
    brush = Brush(drawn_height(width, height))
    clock = Clock(brush, (0, 0), (False, False), 600.0, 2.0)
    widest = max(overlay.chart.width, CARD_WIDTH * brush.font)
    assert widest + clock.width < width - 2 * 8 * brush.unit
