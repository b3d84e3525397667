"""The packet ring keeps whole groups within its budget and cuts from the right keyframe."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import RingOvertaken
from courtside_server.rings.packets import PACKET_OVERHEAD, PacketRing
from courtside_server.types import EncodedPacket


def packet(sequence: int, size: int, keyframe: bool) -> EncodedPacket:
    return EncodedPacket(sequence, 0.0, 0.0, sequence, None, keyframe, False, bytes(size))


def sequences(cut) -> list[int]:
    return [stored.packet.sequence for stored in cut]


@settings(max_examples=120, deadline=None)
@given(
    # (group length, packet size): camera with fixed or drifting group length and rate
    groups=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 500)), min_size=1, max_size=12),
    orphans=st.integers(0, 3),
    budget=st.integers(500, 9000),
    step=st.floats(0.01, 0.5),
    spans=st.lists(st.tuples(st.floats(0, 1.2), st.floats(0, 0.5)), min_size=1, max_size=6),
)
def test_cut_equals_a_plain_list(groups, orphans, budget, step, spans):
    ring = PacketRing("c", budget)
    kept: list[list[tuple[int, float, int]]] = []  # groups of (sequence, media, size)
    sequence = 0
    evicted = open_ = False
    for _ in range(orphans):
        ring.append(packet(sequence, 5, False), sequence * step, 0, False)
        sequence += 1
    for length, size in groups:
        for index in range(length):
            ring.append(packet(sequence, size, index == 0), sequence * step, 0, index == 0)
            if index == 0:
                kept.append([])
                open_ = True
            if open_:
                kept[-1].append((sequence, sequence * step, size + PACKET_OVERHEAD))
            while sum(p[2] for g in kept for p in g) > budget:
                kept.pop(0)
                evicted = True
                open_ = bool(kept)
            sequence += 1
    assert ring.nbytes == sum(p[2] for g in kept for p in g) <= budget
    assert len(ring) == sum(map(len, kept))
    total = sequence * step
    for start_part, length_part in spans:
        start, end = start_part * total, (start_part + length_part) * total
        from_ = [i for i, g in enumerate(kept) if g[0][1] <= start]
        if not from_ and evicted:
            with pytest.raises(RingOvertaken):
                ring.cut(start, end)
            continue
        run = [p for g in kept[from_[-1] if from_ else 0 :] for p in g if p[1] <= end]
        expected = [p[0] for p in run] if any(p[1] >= start for p in run) else []
        assert sequences(ring.cut(start, end)) == expected


def test_reordered_group_is_cut_so_that_it_decodes():
    """Decoding order I P B B: a cut that ends on a B takes the P that it leans on."""
    ring = PacketRing("c")
    for sequence, media in enumerate((0.0, 0.3, 0.1, 0.2, 0.6, 0.4, 0.5)):
        ring.append(packet(sequence, 10, sequence == 0), media, 0, sequence == 0)
    assert sequences(ring.cut(0.15, 0.2)) == [0, 1, 2, 3]
    assert sequences(ring.cut(0.15, 0.45)) == [0, 1, 2, 3, 4, 5]


def test_segments_are_kept_apart():
    ring = PacketRing("c")
    for sequence, (media, media_segment, key) in enumerate(
        [(5.0, 0, True), (5.1, 0, False), (0.0, 1, False), (0.1, 1, False), (0.2, 1, True), (0.3, 1, False)]
    ):
        ring.append(packet(sequence, 10, key), media, media_segment, key)
    assert sequences(ring.cut(5.0, 5.1, 0)) == [0, 1]
    assert sequences(ring.cut(0.3, 1.0)) == [4, 5]
    assert sequences(ring.cut(0.1, 0.1)) == [0, 1, 2, 3]
    assert ring.cut(0.0, 1.0, 2) == ()


def test_group_larger_than_the_budget_is_let_go_until_the_next_keyframe():
    budget = 10 * (PACKET_OVERHEAD + 10)
    ring = PacketRing("c", budget)
    for sequence in range(30):
        ring.append(packet(sequence, 10, sequence == 0), sequence, 0, sequence == 0)
        assert ring.nbytes <= budget
    assert len(ring) == 0
    ring.append(packet(30, 10, True), 30.0, 0, True)
    assert sequences(ring.cut(30, 31)) == [30]
    with pytest.raises(RingOvertaken):
        ring.cut(3, 4)


def test_tiny_packets_cost_what_they_take():
    """A still picture: 30 bytes of data in each packet, and ten times that in objects."""
    ring = PacketRing("c", 2**20)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for sequence in range(10_000):
            one = EncodedPacket(
                sequence + 1000, sequence + 0.5, sequence + 0.25, sequence + 2000, None, sequence % 30 == 0, False,
                bytes(30 + sequence % 2),
            )  # fmt: skip
            ring.append(one, sequence / 30, 0, sequence % 30 == 0)
        assert tracemalloc.get_traced_memory()[0] - before < 1.2 * 2**20
    finally:
        tracemalloc.stop()
    assert ring.nbytes <= 2**20 and len(ring) > 2000
