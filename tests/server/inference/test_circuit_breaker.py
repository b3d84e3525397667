from __future__ import annotations

import asyncio

import pytest

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout
from courtside_server.inference.triton.circuit_breaker import CircuitBreaker, CircuitState


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def attempt(breaker: CircuitBreaker, error: BaseException | None = None) -> None:
    with breaker.call():
        if error is not None:
            raise error


def broken(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        with pytest.raises(EngineUnavailable):
            attempt(breaker, EngineUnavailable("down"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("it", failures=3, open_s=1.0, max_open_s=3.0, probes=1, clock=clock)


def test_opens_after_failures_in_a_row_only(breaker: CircuitBreaker) -> None:
    broken(breaker, 2)
    attempt(breaker)
    broken(breaker, 2)
    assert breaker.state is CircuitState.CLOSED
    with pytest.raises(InferenceTimeout):
        attempt(breaker, InferenceTimeout("late"))
    assert breaker.state is CircuitState.OPEN


def test_an_answer_that_is_an_error_is_still_an_answer(breaker: CircuitBreaker) -> None:
    for _ in range(10):
        with pytest.raises(EngineError):
            attempt(breaker, EngineError("the model failed"))
    assert breaker.state is CircuitState.CLOSED


def test_open_refuses_and_says_for_how_long(breaker: CircuitBreaker, clock: Clock) -> None:
    broken(breaker, 3)
    clock.now += 0.25
    with pytest.raises(EngineUnavailable, match="failed 3 times in a row") as caught:
        attempt(breaker)
    assert caught.value.retry_after == pytest.approx(0.75)


def test_a_probe_that_succeeds_closes(breaker: CircuitBreaker, clock: Clock) -> None:
    broken(breaker, 3)
    clock.now += 1.0
    assert breaker.state is CircuitState.HALF_OPEN
    attempt(breaker)
    assert breaker.state is CircuitState.CLOSED
    broken(breaker, 2)
    assert breaker.state is CircuitState.CLOSED


def test_a_probe_that_fails_opens_for_longer(breaker: CircuitBreaker, clock: Clock) -> None:
    broken(breaker, 3)
    for pause in (1.0, 2.0, 3.0, 3.0):
        clock.now += pause - 0.01
        assert breaker.state is CircuitState.OPEN
        clock.now += 0.01
        broken(breaker, 1)


def test_probes_are_bounded_and_a_cancelled_one_makes_room(breaker: CircuitBreaker, clock: Clock) -> None:
    broken(breaker, 3)
    clock.now += 1.0
    with pytest.raises(asyncio.CancelledError), breaker.call():
        with pytest.raises(EngineUnavailable):
            attempt(breaker)
        raise asyncio.CancelledError
    attempt(breaker)
    assert breaker.state is CircuitState.CLOSED


def test_calls_from_before_change_nothing(breaker: CircuitBreaker, clock: Clock) -> None:
    early = breaker.call()
    early.__enter__()
    late = breaker.call()
    late.__enter__()
    broken(breaker, 3)
    early.__exit__(None, None, None)
    assert breaker.state is CircuitState.OPEN
    clock.now += 1.0
    attempt(breaker)
    error = EngineUnavailable("down")
    assert not late.__exit__(EngineUnavailable, error, None)
    broken(breaker, 2)
    assert breaker.state is CircuitState.CLOSED
