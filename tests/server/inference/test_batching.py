from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout
from courtside_server.inference.batching import BatchingPolicy, MicroBatcher, Run

Arrays = dict[str, np.ndarray]


def rows(*values: float, width: int = 1) -> Arrays:
    return {"x": np.repeat(np.array(values, np.float32)[:, None], width, axis=1)}


class Model:
    """Doubles its input, remembers the batches, and waits for `gate` when it is closed."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def __call__(self, instance: int, inputs: Any) -> Arrays:
        self.batches.append(len(inputs["x"]))
        self.entered.release()
        assert self.gate.wait(20), "the test forgot to open the gate"
        if (inputs["x"] < 0).any():
            raise ValueError("negative")
        return {"y": inputs["x"] * 2}


@asynccontextmanager
async def batcher(run: Run, instances: int = 1, **policy: Any) -> AsyncIterator[MicroBatcher]:
    policy = {"max_batch_size": 8, "dynamic": True, **policy}
    made = MicroBatcher("m", run, BatchingPolicy(**policy), instances=instances)
    try:
        yield made
    finally:
        await made.close()


def submit(batcher: MicroBatcher, inputs: Arrays, timeout: float = 20.0) -> asyncio.Task[Arrays]:
    deadline = asyncio.get_running_loop().time() + timeout
    return asyncio.ensure_future(batcher.submit(inputs, len(inputs["x"]), deadline))


async def busy(model: Model, to: MicroBatcher) -> asyncio.Task[Arrays]:
    """Occupy the only instance until the gate opens."""
    model.gate.clear()
    task = submit(to, rows(100))
    await asyncio.to_thread(model.entered.acquire)
    return task


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_waits_while_the_model_is_busy_is_answered_together() -> None:
    model = Model()
    async with batcher(model) as to:
        first = await busy(model, to)
        others = [submit(to, rows(i)) for i in range(5)]
        await settle()
        model.gate.set()
        assert [(await task)["y"].item() for task in others] == [0, 2, 4, 6, 8]
        assert (await first)["y"].item() == 200
    assert model.batches == [1, 5]


async def test_max_batch_size_is_kept_and_order_too() -> None:
    model = Model()
    async with batcher(model, max_batch_size=4) as to:
        first = await busy(model, to)
        others = [submit(to, rows(*[i] * size)) for i, size in enumerate([2, 1, 2, 4, 1, 1])]
        await settle()
        model.gate.set()
        await asyncio.gather(first, *others)
    assert model.batches == [1, 3, 2, 4, 2]


async def test_preferred_sizes_come_first() -> None:
    model = Model()
    async with batcher(model, preferred=(2, 4), max_delay_s=0.02) as to:
        first = submit(to, rows(100))
        await first
        assert model.batches == [1], "a lone request goes after the delay"
        assert model.entered.acquire(blocking=False)
        await busy(model, to)
        others = [submit(to, rows(i)) for i in range(7)]
        await settle()
        model.gate.set()
        await asyncio.gather(*others)
    assert model.batches == [1, 1, 4, 2, 1]


async def test_the_delay_waits_for_company_but_not_when_the_batch_is_full() -> None:
    model = Model()
    async with batcher(model, max_batch_size=2, max_delay_s=10.0) as to:
        answers = await asyncio.gather(submit(to, rows(1), 5), submit(to, rows(2), 5))
    assert [answer["y"].item() for answer in answers] == [2, 4]
    assert model.batches == [2]


async def test_without_dynamic_batching_each_request_runs_alone() -> None:
    model = Model()
    async with batcher(model, dynamic=False) as to:
        first = await busy(model, to)
        others = [submit(to, rows(1, 2)), submit(to, rows(3))]
        await settle()
        model.gate.set()
        await asyncio.gather(first, *others)
    assert model.batches == [1, 2, 1]


async def test_other_shapes_go_into_another_batch() -> None:
    model = Model()
    async with batcher(model) as to:
        first = await busy(model, to)
        others = [submit(to, rows(1)), submit(to, rows(2, width=3)), submit(to, rows(3, width=3)), submit(to, rows(4))]
        await settle()
        model.gate.set()
        answers = await asyncio.gather(first, *others)
    assert model.batches == [1, 1, 2, 1]
    assert [answer["y"].shape for answer in answers[1:]] == [(1, 1), (1, 3), (1, 3), (1, 1)]


async def test_a_full_queue_refuses_the_newest() -> None:
    model = Model()
    async with batcher(model, queue_limit=2) as to:
        first = await busy(model, to)
        waiting = [submit(to, rows(1)), submit(to, rows(2))]
        await settle()
        with pytest.raises(EngineUnavailable, match="2 requests are already waiting for model 'm'") as caught:
            await submit(to, rows(3))
        assert caught.value.fields["policy"] == "reject_newest"
        waiting[0].cancel()
        await settle()
        late = submit(to, rows(4))
        await settle()
        model.gate.set()
        assert (await late)["y"].item() == 8, "a cancelled request makes room"
        await asyncio.gather(first, waiting[1])


async def test_a_cancelled_request_leaves_its_batch_alone() -> None:
    model = Model()
    async with batcher(model) as to:
        first = await busy(model, to)
        queued = [submit(to, rows(i)) for i in range(3)]
        await settle()
        queued[1].cancel()
        await settle()
        model.gate.set()
        assert (await queued[0])["y"].item() == 0
        assert (await queued[2])["y"].item() == 4
        await first
        assert model.batches == [1, 2], "it was not run either"
        # and one cancelled while its batch runs:
        model.gate.clear()
        running = await busy(model, to)
        running.cancel()
        await settle()
        model.gate.set()
        assert (await submit(to, rows(7)))["y"].item() == 14


async def test_a_deadline_holds_in_the_queue_and_in_the_model() -> None:
    model = Model()
    async with batcher(model) as to:
        model.gate.clear()
        in_model = submit(to, rows(1), timeout=0.02)
        await asyncio.to_thread(model.entered.acquire)
        in_queue = submit(to, rows(2), timeout=0.02)
        patient = submit(to, rows(3))
        for task in (in_model, in_queue):
            with pytest.raises(InferenceTimeout, match="model 'm' did not answer before the deadline"):
                await task
        model.gate.set()
        assert (await patient)["y"].item() == 6
        assert model.batches == [1, 1], "the late one was never run"
        with pytest.raises(InferenceTimeout):
            await submit(to, rows(4), timeout=-1.0)


async def test_the_config_s_own_queue_timeout_refuses() -> None:
    model = Model()
    async with batcher(model, queue_timeout_s=0.01) as to:
        await busy(model, to)
        waiting = submit(to, rows(1))
        await asyncio.sleep(0.02)
        model.gate.set()
        with pytest.raises(InferenceTimeout):
            await waiting


async def test_one_bad_request_fails_alone() -> None:
    model = Model()
    async with batcher(model) as to:
        first = await busy(model, to)
        tasks = [submit(to, rows(1)), submit(to, rows(-1)), submit(to, rows(3))]
        await settle()
        model.gate.set()
        assert (await tasks[0])["y"].item() == 2
        assert (await tasks[2])["y"].item() == 6
        with pytest.raises(EngineError, match="model 'm' failed: negative"):
            await tasks[1]
        await first


async def test_instances_run_side_by_side() -> None:
    together = threading.Barrier(3)
    seen = set()

    def run(instance: int, inputs: Any) -> Arrays:
        together.wait(10)
        seen.add(instance)
        return {"y": inputs["x"]}

    async with batcher(run, instances=3, max_batch_size=1) as to:
        await asyncio.gather(*(submit(to, rows(i)) for i in range(3)))
    assert seen == {0, 1, 2}


async def test_what_waits_is_shared_out_among_the_instances() -> None:
    sizes = []

    def run(instance: int, inputs: Any) -> Arrays:
        sizes.append(len(inputs["x"]))
        return {"y": inputs["x"]}

    async with batcher(run, instances=2, max_batch_size=8, preferred=(1, 2, 3, 4)) as to:
        await asyncio.gather(*(submit(to, rows(i)) for i in range(4)))
    assert sum(sizes) == 4 and max(sizes) == 2


async def test_closing_refuses_what_waits_and_draining_answers_it() -> None:
    model = Model()
    made = MicroBatcher("m", model, BatchingPolicy(max_batch_size=1, dynamic=True))
    first = await busy(model, made)
    second = submit(made, rows(1))
    await settle()
    closing = asyncio.ensure_future(made.close(drain=True))
    await settle()
    with pytest.raises(EngineUnavailable, match="shutting down"):
        await submit(made, rows(2))
    model.gate.set()
    await closing
    assert first.done() and (await second)["y"].item() == 2

    made = MicroBatcher("m", model, BatchingPolicy(max_batch_size=1, dynamic=True))
    first = await busy(model, made)
    second = submit(made, rows(1))
    await settle()
    closing = asyncio.ensure_future(made.close())
    for task in (first, second):
        with pytest.raises(EngineUnavailable, match="shut down before it answered"):
            await task
    model.gate.set()
    await closing


Plan = list[tuple[int, int, bool]]


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=25),
    max_batch=st.integers(4, 9),
    instances=st.integers(1, 3),
    preferred=st.sets(st.integers(1, 4)),
    delay=st.sampled_from([0.0, 0.001]),
)
def test_every_answer_belongs_to_its_request(
    plan: Plan, max_batch: int, instances: int, preferred: set[int], delay: float
) -> None:
    """Whatever the sizes, pauses and cancellations: each caller gets twice its own rows, and no batch is too big."""
    batches: list[int] = []

    def run(instance: int, inputs: Any) -> Arrays:
        batches.append(len(inputs["x"]))
        return {"y": inputs["x"] * 2}

    async def play() -> None:
        policy = {"preferred": tuple(sorted(preferred)), "max_delay_s": delay, "max_batch_size": max_batch}
        async with batcher(run, instances=instances, **policy) as to:
            tasks = []
            for number, (size, pause, cancel) in enumerate(plan):
                inputs = rows(*(number * 10 + row for row in range(size)))
                task = submit(to, inputs)
                tasks.append((task, inputs, cancel))
                for _ in range(pause):
                    await asyncio.sleep(0)
                if cancel:
                    task.cancel()
            for task, inputs, cancel in tasks:
                try:
                    answer = await task
                except asyncio.CancelledError:
                    assert cancel
                else:
                    np.testing.assert_array_equal(answer["y"], inputs["x"] * 2)

    asyncio.run(play())
    assert all(1 <= size <= max_batch for size in batches)


