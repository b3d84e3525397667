"""Model health: one event per change, and the last event always tells the state."""

from hypothesis import given
from hypothesis import strategies as st

from courtside_server.pipeline.model_health import ModelHealth
from courtside_server.types import CameraState


def test_a_model_that_fails_while_another_answers_is_announced_once():
    health, changes = ModelHealth(), []
    for _ in range(50):
        changes += [health.failed("flight", "down"), health.succeeded("detector")]
    assert [change for change in changes if change] == [(CameraState.DEGRADED, "down")]
    assert health.failing == ("flight",)


def test_the_camera_recovers_when_the_last_model_answers():
    health = ModelHealth()
    assert health.failed("detector", "one") == (CameraState.DEGRADED, "one")
    assert health.failed("rim", "two") == (CameraState.DEGRADED, "two")
    assert health.succeeded("detector") is None
    change = health.succeeded("rim")
    assert change is not None and change[0] is CameraState.RECOVERED


@given(st.lists(st.tuples(st.sampled_from(["detector", "flight", "rim"]), st.booleans()), max_size=60))
def test_the_last_announcement_tells_whether_a_model_fails(steps):
    health, last = ModelHealth(), CameraState.RECOVERED
    for model, answers in steps:
        change = health.succeeded(model) if answers else health.failed(model, "down")
        last = change[0] if change else last
        assert (last is CameraState.DEGRADED) == bool(health.failing)
