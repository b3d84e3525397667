"""The model runner: live gives up, film tries again, stale failures are ignored, a stop ends every wait."""

import asyncio
import threading

import numpy as np
import pytest

from courtside_server.errors import EngineError, EngineUnavailable
from courtside_server.inference.request import InferenceRequest
from courtside_server.pipeline.model_runner import ModelRunner, Stopped
from courtside_server.types import CameraState

REQUEST = InferenceRequest("m", {"x": np.zeros((1, 1))}, 1.0, lambda outputs: outputs["y"])


class Engine:
    """Answers with the next of its plans: a value, an error, or an event to wait for."""

    name = "fake"

    def __init__(self, *plans):
        self.plans = list(plans)
        self.requests = 0

    async def infer(self, model, inputs, *, timeout):
        self.requests += 1
        plan = self.plans.pop(0)
        if isinstance(plan, asyncio.Event):
            await plan.wait()
        if isinstance(plan, Exception):
            raise plan
        return {"y": plan}


class Rig:
    def __init__(self, engine, film=False):
        self.skipped, self.states = [], []
        self.runner = ModelRunner(
            engine, asyncio.get_running_loop(), "c", 0.001 if film else None, self.skipped.append,
            lambda state, detail: self.states.append(state),
        )  # fmt: skip

    async def call(self, function, *args):
        """Run a call on another thread, as the worker does."""
        return await asyncio.to_thread(function, *args)


async def test_live_gives_up_counts_it_and_reports_the_state():
    rig = Rig(Engine(EngineUnavailable("down"), EngineUnavailable("down"), 7))
    assert [await rig.call(rig.runner.infer, REQUEST) for _ in range(3)] == [None, None, 7]
    assert rig.skipped == ["model_unavailable"] * 2
    assert rig.states == [CameraState.DEGRADED, CameraState.RECOVERED]


async def test_film_tries_again_until_there_is_an_answer():
    rig = Rig(Engine(*[EngineUnavailable("down")] * 5, 7), film=True)
    assert await rig.call(rig.runner.infer, REQUEST) == 7
    assert rig.skipped == [] and rig.states == [CameraState.DEGRADED, CameraState.RECOVERED]


async def test_an_input_that_fails_is_left_out_even_in_film():
    rig = Rig(Engine(EngineError("NaN"), 7), film=True)
    assert await rig.call(rig.runner.infer, REQUEST) is None
    assert rig.skipped == ["model_error"]


async def test_an_answer_that_cannot_be_parsed_counts_as_a_failure_of_the_model():
    def broken(outputs):
        raise EngineError("answered with NaN")

    rig = Rig(Engine(7))
    assert await rig.call(rig.runner.infer, InferenceRequest("m", {}, 1.0, broken)) is None
    assert rig.states == [CameraState.DEGRADED]


async def test_failures_sent_before_the_last_answer_are_old_news():
    engine = Engine(EngineUnavailable("down"), EngineUnavailable("down"), 7, 8)
    rig = Rig(engine)

    def work():
        sent = [rig.runner.submit(REQUEST) for _ in range(3)]
        first = rig.runner.result(REQUEST, sent[0])
        third = rig.runner.result(REQUEST, sent[2])
        return first, third, rig.runner.result(REQUEST, sent[1])

    assert await rig.call(work) == (None, 7, None)
    assert rig.states == [CameraState.DEGRADED, CameraState.RECOVERED]


@pytest.mark.parametrize("film", [False, True])
async def test_a_stop_ends_the_wait_of_the_worker(film):
    gate, engine = asyncio.Event(), None
    engine = Engine(gate)
    rig, raised = Rig(engine, film), threading.Event()

    def work():
        try:
            rig.runner.infer(REQUEST)
        except Stopped:
            raised.set()

    task = asyncio.create_task(rig.call(work))
    while not engine.requests:
        await asyncio.sleep(0.001)
    rig.runner.stop()
    await asyncio.wait_for(task, 5)
    assert raised.is_set()
    with pytest.raises(Stopped):
        await rig.call(rig.runner.infer, REQUEST)
