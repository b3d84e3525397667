"""The frame ring finds frames by time exactly as a plain list would, or raises that they were overwritten."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import RingOvertaken
from courtside_server.rings.frames import FrameRing
from courtside_server.rings.slots import RingFrame

WIDTH, HEIGHT = 16, 8
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2


def planes(value: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.full((height * 3 // 2, width), value % 251, np.uint8)


def write(
    ring: FrameRing, sequence: int, media: float, media_segment: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> RingFrame:
    slot = ring.reserve(*size)
    np.copyto(slot.planes, planes(sequence, *size))
    return ring.commit(
        slot, sequence=sequence, media=media, capture_time=media, arrival=media, media_segment=media_segment
    )


class Model:
    """Every frame ever written, and when the ring must refuse."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.frames: list[tuple[int, float, int]] = []  # segment, media, sequence

    def gone(self) -> list[tuple[int, float, int]]:
        return self.frames[: -self.capacity]

    def nearest(self, media: float, media_segment: int) -> int | str | None:
        return self._one(sorted(
            (f for f in self.frames if f[0] == media_segment), key=lambda f: (abs(f[1] - media), f[1])
        )[:1], media_segment)

    def between(self, start: float, end: float, media_segment: int) -> list[int] | str:
        if start > end:
            return []
        hits = [f for f in self.frames if f[0] == media_segment and start <= f[1] <= end]
        gone = self.gone()
        # A span that reaches back over the newest overwritten frame's time is refused, as is an older segment.
        if gone and (media_segment < gone[-1][0] or (media_segment == gone[-1][0] and start <= gone[-1][1])):
            return "overtaken"
        return [f[2] for f in hits]

    def _one(self, hit: list[tuple[int, float, int]], media_segment: int) -> int | str | None:
        gone = self.gone()
        if (gone and media_segment < gone[-1][0]) or (hit and hit[0] in gone):
            return "overtaken"
        return hit[0][2] if hit else None


steps = st.lists(
    st.tuples(
        # usual interval with jitter, half rate, drop-outs, and new segments that start anywhere
        st.one_of(st.floats(0.001, 0.08), st.just(1 / 30), st.just(1 / 60), st.floats(0.5, 5)),
        st.one_of(st.just(None), st.just(None), st.just(None), st.just(None), st.floats(-100, 100)),
    ),
    min_size=1, max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(steps=steps, capacity=st.integers(2, 9), probes=st.lists(st.floats(-1, 1.5), min_size=1, max_size=4))
def test_reading_by_time_equals_a_plain_list(steps, capacity, probes):
    ring, model = FrameRing("games/g/cameras/c", capacity * FRAME_BYTES), Model(capacity)
    media, media_segment = 0.0, 0
    for sequence, (step, restart) in enumerate(steps):
        media += step
        if restart is not None and sequence:
            media, media_segment = restart, media_segment + 1
        write(ring, sequence, media, media_segment)
        model.frames.append((media_segment, media, sequence))
    assert len(ring) == min(capacity, len(steps)) and ring.capacity == capacity
    assert ring.latest().sequence == len(steps) - 1
    times = [f[1] for f in model.frames]
    low, high = min(times), max(times)
    for probe in [*(low + p * (high - low) for p in probes), *times]:
        for wanted in range(media_segment + 2):
            expected = model.nearest(probe, wanted)
            if expected == "overtaken":
                with pytest.raises(RingOvertaken):
                    ring.nearest(probe, wanted)
            else:
                frame = ring.nearest(probe, wanted)
                assert (frame and frame.sequence) == expected
                if frame is not None:
                    assert (frame.planes == planes(frame.sequence)).all()
            for end in (probe, probe + 0.1, probe + 3, probe - 1):
                expected = model.between(probe, end, wanted)
                if expected == "overtaken":
                    with pytest.raises(RingOvertaken):
                        ring.between(probe, end, wanted)
                else:
                    assert [f.sequence for f in ring.between(probe, end, wanted)] == expected


def test_overtaken_error_tells_what_is_left():
    ring = FrameRing("games/g/cameras/c", 3 * FRAME_BYTES)
    first = write(ring, 0, 0.0)
    for sequence in range(1, 5):
        write(ring, sequence, sequence / 10)
    with pytest.raises(RingOvertaken) as caught:
        ring.copy(first)
    assert caught.value.fields | {"oldest": "0.2", "newest": "0.4", "media": "0.0"} == caught.value.fields
    assert "0.200 to 0.400" in str(caught.value)


def test_reader_overtaken_in_the_block_learns_it_even_over_its_own_error():
    ring = FrameRing("c", 2 * FRAME_BYTES)
    frame = write(ring, 0, 0.0)
    with pytest.raises(RingOvertaken), ring.read(frame):
        write(ring, 1, 0.1)
        write(ring, 2, 0.2)
    frame = ring.latest()
    with pytest.raises(ValueError, match="mine"), ring.read(frame):
        raise ValueError("mine")
    with pytest.raises(RingOvertaken), ring.read(frame):
        ring.reserve(WIDTH, HEIGHT)
        write(ring, 3, 0.3)
        ring.reserve(WIDTH, HEIGHT)
        raise ValueError("nonsense made of torn pixels")


def test_frames_cannot_be_written_to_and_copies_stay():
    ring = FrameRing("c", 2 * FRAME_BYTES)
    frame = write(ring, 7, 0.0)
    with pytest.raises(ValueError):
        frame.planes[0, 0] = 1
    copy = ring.copy(frame)
    with pytest.raises(ValueError):
        copy.planes[0, 0] = 1
    for sequence in range(8, 12):
        write(ring, sequence, sequence)
    assert (copy.planes == planes(7)).all()
    ring.check(copy)


def test_abandoned_slot_is_given_out_again_and_costs_one_frame_at_most():
    ring = FrameRing("c", 3 * FRAME_BYTES)
    for sequence in range(3):
        write(ring, sequence, float(sequence))
    for _ in range(5):
        ring.reserve(WIDTH, HEIGHT)
    assert [f.sequence for f in ring.between(1, 9)] == [1, 2]
    write(ring, 3, 3.0)
    assert [f.sequence for f in ring.between(1, 9)] == [1, 2, 3]


def test_wrong_commits_are_refused():
    ring = FrameRing("c", 3 * FRAME_BYTES)
    write(ring, 0, 1.0)
    with pytest.raises(ValueError, match="not after"):
        write(ring, 1, 1.0)
    slot = ring.reserve(WIDTH, HEIGHT)
    when = {"sequence": 1, "media": 2.0, "capture_time": 0.0, "arrival": 0.0, "media_segment": 0}
    ring.commit(slot, **when)
    with pytest.raises(ValueError, match="not the one"):
        ring.commit(slot, **when | {"media": 3.0})
    for size in ((3, 2), (2, 3), (0, 2)):
        with pytest.raises(ValueError, match="even"):
            ring.reserve(*size)


def test_change_of_size_starts_anew_and_keeps_what_a_reader_holds():
    ring = FrameRing("c", 4 * FRAME_BYTES)
    old = write(ring, 3, 0.0)
    write(ring, 4, 0.1, media_segment=1, size=(32, 8))
    assert ring.capacity == 2 and len(ring) == 1
    with ring.read(old) as pixels:
        assert (pixels == planes(3)).all()
    with pytest.raises(RingOvertaken):
        ring.nearest(0.0, 0)
    for sequence in range(5, 12):
        write(ring, sequence, sequence, media_segment=1, size=(32, 8))
    ring.check(old)


def test_capacity_follows_from_the_budget():
    ring = FrameRing("c", 44 * 2**20)
    ring.reserve(1280, 720)
    assert ring.capacity == 33 and ring.nbytes <= 44 * 2**20
    ring = FrameRing("c", 1000)
    ring.reserve(1280, 720)
    assert ring.capacity == 2


def test_no_reader_ever_accepts_torn_pixels():
    """One thread writes uniform pictures as fast as it can; what readers accept must be uniform and the right one."""
    width, height = 640, 360
    ring = FrameRing("c", 3 * width * height * 3 // 2)
    stop, wrong = threading.Event(), []
    accepted, refused = [0, 0], [0, 0]

    def reading(index: int) -> None:
        while not stop.is_set():
            frame = ring.latest()
            if frame is None:
                continue
            try:
                with ring.read(frame) as pixels:
                    first = pixels[:5].copy()
                    time.sleep(0.0002 * (frame.sequence % 9))  # let the writer come round
                    seen = {*np.unique(first).tolist(), *np.unique(pixels).tolist()}
            except RingOvertaken:
                refused[index] += 1
            else:
                accepted[index] += 1
                if seen != {frame.sequence % 251}:
                    wrong.append((frame.sequence, seen))

    threads = [threading.Thread(target=reading, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    sequence, deadline = 0, time.monotonic() + 20
    while (min(accepted) < 40 or min(refused) < 40) and time.monotonic() < deadline and not wrong:
        slot = ring.reserve(width, height)
        for row in slot.planes:  # row by row, so that a reader would see the seam
            row[:] = sequence % 251
        ring.commit(slot, sequence=sequence, media=float(sequence), capture_time=0, arrival=0, media_segment=0)
        sequence += 1
        if sequence % 3 == 0:
            time.sleep(0.0005)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert min(accepted) >= 40 and min(refused) >= 40
