"""The spool can always send again what was not processed, and stays within its bounds."""

from __future__ import annotations

from client_support import coded
from hypothesis import given
from hypothesis import strategies as st

from courtside_client.spool import Spool, Spooled


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=80))
def test_the_spool_can_always_send_what_is_not_acknowledged(steps):
    spool = Spool(1.0, 1000, 2**30, 2**30, drop_oldest=False)
    acked = -1
    for sequence, (keyframe, behind) in enumerate(steps):
        spool.add(Spooled(sequence, coded(sequence, keyframe or sequence == 0)))
        if behind:
            acked = max(acked, sequence - behind)
            spool.ack(acked)
        assert [i.sequence for i in spool.since(max(0, acked + 1))] == list(range(max(0, acked + 1), sequence + 1))
        replay = spool.replay()
        assert replay[0].packet.keyframe and replay[0].sequence <= max(0, acked + 1)
        assert [i.sequence for i in replay] == list(range(replay[0].sequence, sequence + 1))


def test_a_live_spool_forgets_instead_of_growing():
    spool = Spool(1.0, 10, 2**20, 2**20, drop_oldest=True)
    for sequence in range(1000):
        spool.add(Spooled(sequence, coded(sequence)))
    assert len(spool) <= 12 and spool.since(0) is None
