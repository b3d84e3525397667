"""One camera's stages: shots come out once, nothing is lost by film, live never waits, failures are announced."""

import asyncio
import threading

import numpy as np
import pytest

from courtside.names import CameraName
from courtside_server.errors import CursorEvicted, EngineError, EngineUnavailable, LogUnavailable
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.shots.detector import ShotDetector, ShotModels
from courtside_server.shots.models.clip import ClipModel
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import CameraState, Codec, EventDraft, Frame, Lifecycle, Shot, StreamInfo, StreamMode

CAMERA = CameraName.parse("games/g/cameras/c")


class BrightestSample:
    """An engine with a clip model whose answer is known: the brightest sample is the release."""

    name = "fake"

    def __init__(self):
        self.fail_with = []
        self.requests = 0
        self.gate = None

    def info(self, model):
        shapes = {"shot": (1,), "release": (16,), "zone": (7,), "make": (1,)}
        outputs = {name: TensorSpec(name, np.dtype(np.float32), shape) for name, shape in shapes.items()}
        clip = TensorSpec("clip", np.dtype(np.uint8), (16, 3, 8, 16))
        return ModelInfo(model, "1", {"clip": clip}, outputs, 8)

    async def infer(self, model, inputs, *, timeout):
        self.requests += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.fail_with:
            raise self.fail_with.pop(0)
        level = inputs["clip"][0].mean((1, 2, 3))
        release = np.full(16, 1e-6, np.float32)
        release[int(level.argmax())] = 1
        shot = 0.95 if level.max() > 150 else 0.05
        return {
            "shot": np.array([[shot]], np.float32), "release": release[None] / release.sum(),
            "zone": np.eye(7, dtype=np.float32)[1:2], "make": np.array([[0.5]], np.float32),
        }  # fmt: skip


def info(mode, time_scale=1.0):
    return StreamInfo(CAMERA, Codec.RAW_RGB, mode, 32, 16, 30.0, b"", 1 / 30, 0, 1, "", 0, time_scale)


def play(pipeline, flashes, seconds, media_segment=0, start=0.0, fps=30):
    """What the decode thread does."""
    for index in range(round(seconds * fps)):
        media = start + index / fps
        planes = np.full((24, 32), 128, np.uint8)
        planes[:16] = 235 if any(abs(media - flash) < 0.15 for flash in flashes) else 20
        pipeline.on_frame(Frame(CAMERA.name, index, media, 5000 + media, media, media_segment, planes))


class Rig:
    def __init__(self, mode=StreamMode.FILM, log=None, config=None, time_scale=1.0, recent_shots=None):
        self.metrics, self.model = Metrics(), BrightestSample()
        self.log = log or SqliteLog(":memory:")
        self.hub = EventHub(self.log, self.metrics, probe_interval=0.02)
        self.mode, self.time_scale, self.recent_shots = mode, time_scale, recent_shots
        self.config = config or PipelineConfig(retry_s=0.01)

    async def __aenter__(self):
        await self.hub.start()
        self.publisher = EventPublisher(self.hub, self.metrics, retry_s=0.01)
        services = CameraServices(self.model, self.publisher, self.metrics)
        models = ShotModels(ClipModel(self.model, "m", 5.0))
        stream = info(self.mode, self.time_scale)
        self.pipeline = CameraPipeline(stream, models, services, self.config, recent_shots=self.recent_shots)
        self.pipeline.start()
        return self

    async def __aexit__(self, *_):
        await self.pipeline.stop()
        await self.publisher.close(1)
        await self.hub.close()

    async def run(self, *steps):
        """Run calls one after another on one other thread."""
        await asyncio.to_thread(lambda: [step() for step in steps])

    async def events(self):
        return [EventDraft.of(event) for event in await self.hub.read(CAMERA.game, 0, 1000)]

    async def final_shots(self):
        drafts = [d for d in await self.events() if isinstance(d.payload, Shot)]
        last = {d.event_id: d for d in drafts}
        return sorted((d for d in last.values() if d.lifecycle is Lifecycle.CONFIRMED), key=lambda d: d.media_offset)

    def skipped(self, reason):
        return self.metrics.windows_skipped.labels(CAMERA.name, reason)._value.get()


@pytest.mark.parametrize("hop", [1, 8])
async def test_film_gives_every_shot_once_and_durable_when_the_end_returns(hop):
    async with Rig(config=PipelineConfig(clip_hop=hop)) as rig:
        await rig.run(lambda: play(rig.pipeline, [0.6, 7.2, 12.9], 14), rig.pipeline.on_end)
        assert [s.media_offset for s in await rig.final_shots()] == pytest.approx([0.6, 7.2, 12.9], abs=0.16)
        assert [s.event_time - s.media_offset for s in await rig.final_shots()] == pytest.approx([5000] * 3)


@pytest.mark.timeout(20)
async def test_one_packet_far_ahead_costs_no_more_than_a_window():
    """A gap was filled step by step: one frame at 1e7 s took minutes."""
    async with Rig() as rig:
        far = 1e7
        await rig.run(
            lambda: play(rig.pipeline, [3.0], 6), lambda: play(rig.pipeline, [far + 3.0], 6, start=far),
            rig.pipeline.on_end,
        )  # fmt: skip
        assert [s.media_offset for s in await rig.final_shots()] == pytest.approx([3.0, far + 3.0], abs=0.16)


async def test_media_offset_stays_on_the_films_own_clock_at_twice_real_speed():
    async with Rig(time_scale=2.0) as rig:
        await rig.run(lambda: play(rig.pipeline, [3.0], 8), rig.pipeline.on_end)
        shots = await rig.final_shots()
        assert [s.media_offset for s in shots] == pytest.approx([3.0], abs=0.16)


async def test_film_asks_again_until_the_engine_is_back_and_reports_it_once():
    async with Rig() as rig:
        rig.model.fail_with = [EngineUnavailable("down")] * 7
        await rig.run(lambda: play(rig.pipeline, [4.2], 8), rig.pipeline.on_end)
        states = [d.payload.state for d in await rig.events() if not isinstance(d.payload, Shot)]
        assert states == [CameraState.DEGRADED, CameraState.RECOVERED]
        assert len(await rig.final_shots()) == 1
        assert rig.skipped("model_unavailable") == 0


async def test_live_counts_what_an_absent_engine_cost_and_goes_on():
    async with Rig(StreamMode.LIVE) as rig:
        rig.model.fail_with = [EngineUnavailable("down")] * 5
        await rig.run(lambda: play(rig.pipeline, [9.0], 12), rig.pipeline.on_end)
        assert rig.skipped("model_unavailable") + rig.skipped("window_late") >= 5
        states = [d.payload.state for d in await rig.events() if not isinstance(d.payload, Shot)]
        assert states == [CameraState.DEGRADED, CameraState.RECOVERED]


async def test_a_window_the_model_cannot_answer_is_left_out_not_repeated():
    async with Rig() as rig:
        rig.model.fail_with = [EngineError("answered with NaN")]
        await rig.run(lambda: play(rig.pipeline, [], 8), rig.pipeline.on_end)
        assert rig.skipped("model_error") == 1


async def test_live_never_waits_for_a_slow_model():
    async with Rig(StreamMode.LIVE, config=PipelineConfig(clip_queue=2)) as rig:
        rig.model.gate = asyncio.Event()
        await asyncio.wait_for(rig.run(lambda: play(rig.pipeline, [], 20)), 10)
        assert rig.skipped("window_late") >= 40
        rig.model.gate.set()


async def test_film_waits_for_a_slow_model_and_loses_nothing():
    async with Rig(config=PipelineConfig(clip_queue=2)) as rig:
        rig.model.gate = asyncio.Event()
        finished = threading.Event()
        task = asyncio.create_task(
            rig.run(lambda: play(rig.pipeline, [5.1], 20), rig.pipeline.on_end, finished.set)
        )
        while not rig.model.requests:
            await asyncio.sleep(0.001)
        assert not finished.is_set()
        rig.model.gate.set()
        await task
        assert rig.skipped("window_late") == 0 and len(await rig.final_shots()) == 1


async def test_a_discontinuity_closes_what_is_open_and_starts_afresh():
    async with Rig() as rig:
        await rig.run(
            lambda: play(rig.pipeline, [2.1], 3),
            lambda: rig.pipeline.on_discontinuity(1, "the media clock jumped ahead by 60.000 s"),
            lambda: play(rig.pipeline, [64.2], 6, media_segment=1, start=63.0),
            rig.pipeline.on_end,
        )
        assert [s.media_offset for s in await rig.final_shots()] == pytest.approx([2.1, 64.2], abs=0.16)
        (status,) = [d for d in await rig.events() if not isinstance(d.payload, Shot)]
        assert status.payload.state is CameraState.DISCONTINUITY and "60.000" in status.payload.detail


async def test_no_shot_is_overwritten_where_the_cameras_clock_is_set_back():
    """Two segments show the same capture times; a shot in each."""
    async with Rig() as rig:
        await rig.run(
            lambda: play(rig.pipeline, [2.1], 5),
            lambda: rig.pipeline.on_discontinuity(1, "the media clock went back by 5.000 s"),
            lambda: play(rig.pipeline, [2.1], 5, media_segment=1),
            rig.pipeline.on_end,
        )
        assert len(await rig.final_shots()) == 2


async def test_the_same_change_of_state_twice_is_two_events():
    """Also where the camera's clock stands still, as it does while no frame is scored."""
    async with Rig() as rig:
        for _ in range(2):
            for state in (CameraState.OFFLINE, CameraState.ONLINE):
                await rig.pipeline.announce(state, "a sentence", 5000.0)
        states = [event.payload.state for event in await rig.events()]
        assert states == [CameraState.OFFLINE, CameraState.ONLINE] * 2


class FailingLog(SqliteLog):
    def __init__(self):
        super().__init__(":memory:")
        self.broken = False

    def _check(self):
        if self.broken:
            raise LogUnavailable("disk full")

    def append(self, drafts):
        self._check()
        return super().append(drafts)

    def check(self, drafts=()):
        self._check()
        super().check(drafts)


async def test_film_waits_for_the_log_and_loses_no_event():
    log = FailingLog()
    async with Rig(log=log) as rig:
        log.broken = True
        task = asyncio.create_task(rig.run(lambda: play(rig.pipeline, [3.0], 6), rig.pipeline.on_end))
        while rig.hub.available:
            await asyncio.sleep(0.01)
        log.broken = False
        await task
        assert len(await rig.final_shots()) == 1


async def test_stopping_closes_open_shots():
    async with Rig(StreamMode.LIVE) as rig:
        await rig.run(lambda: play(rig.pipeline, [3.0], 5))
        while not await rig.events():
            await asyncio.sleep(0.01)
        await rig.pipeline.stop()
        (shot,) = await rig.final_shots()
        assert shot.payload.interrupted


async def test_stopping_frees_a_decode_thread_that_waits():
    async with Rig(config=PipelineConfig(clip_queue=1, stop_s=0.2)) as rig:
        rig.model.gate = asyncio.Event()
        task = asyncio.create_task(rig.run(lambda: play(rig.pipeline, [], 20), rig.pipeline.on_end))
        while rig.model.requests < 1:
            await asyncio.sleep(0.001)
        await rig.pipeline.stop()
        await asyncio.wait_for(task, 5)


async def test_a_fault_in_the_shot_path_is_announced_and_does_not_end_the_camera():
    async with Rig() as rig:
        push, calls = ShotDetector.push_clip_window, []

        def broken(self, window, prediction):
            calls.append(window)
            if len(calls) == 6:
                raise ZeroDivisionError("a fault of ours")
            return push(self, window, prediction)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ShotDetector, "push_clip_window", broken)
            await rig.run(lambda: play(rig.pipeline, [12.0], 16), rig.pipeline.on_end)
        assert isinstance(rig.pipeline.backend.failure, ZeroDivisionError)
        states = [d.payload for d in await rig.events() if not isinstance(d.payload, Shot)]
        assert [status.state for status in states] == [CameraState.DEGRADED, CameraState.RECOVERED]
        assert "ZeroDivisionError" in states[0].detail
        assert [s.media_offset for s in await rig.final_shots()] == pytest.approx([12.0], abs=0.16)


async def test_a_request_that_cannot_be_made_does_not_leave_the_decode_thread_waiting():
    async with Rig() as rig:
        def broken(self, window):
            raise ValueError("no request")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ClipModel, "request", broken)
            await asyncio.wait_for(rig.run(lambda: play(rig.pipeline, [3.0], 6), rig.pipeline.on_end), 20)
        assert isinstance(rig.pipeline.backend.failure, ValueError)
        states = [d.payload.state for d in await rig.events() if not isinstance(d.payload, Shot)]
        assert states == [CameraState.DEGRADED], "said once, and nothing else while it goes on"


async def test_stopping_frees_everything_while_film_waits_for_a_log_that_stays_away():
    log = FailingLog()
    async with Rig(log=log, config=PipelineConfig(retry_s=0.01, stop_s=0.2)) as rig:
        log.broken = True
        task = asyncio.create_task(rig.run(lambda: play(rig.pipeline, [1.0, 3.0], 6), rig.pipeline.on_end))
        while rig.hub.available:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(rig.pipeline.stop(), 5)
        await asyncio.wait_for(task, 5)
        await asyncio.wait_for(asyncio.gather(rig.pipeline.stop(), rig.pipeline.stop()), 5)


async def test_a_log_that_drops_old_events_while_it_is_read_costs_no_shots():
    async def evicted():
        raise CursorEvicted("history is gone", earliest_sequence=7)

    async with Rig(recent_shots=evicted) as rig:
        await rig.run(lambda: play(rig.pipeline, [3.0], 6), rig.pipeline.on_end)
        assert len(await rig.final_shots()) == 1


@pytest.mark.parametrize("mode", StreamMode)
async def test_a_camera_that_ends_while_the_disk_is_full_loses_no_event(tmp_path, mode):
    path = tmp_path / "events.sqlite3"
    path.mkdir()  # a folder in the file's place: nobody can write there
    log = SqliteLog(path)
    async with Rig(mode, log=log, config=PipelineConfig(stop_s=0.2)) as rig:
        playing = asyncio.create_task(rig.run(lambda: play(rig.pipeline, [3.0], 6), rig.pipeline.on_end))
        if mode is StreamMode.LIVE:
            await playing
        else:
            while not rig.publisher.waiting:
                await asyncio.sleep(0.01)
        await rig.pipeline.stop()
        await playing
        await rig.pipeline.announce(CameraState.OFFLINE, "the stream ended", 5010.0)
        assert rig.publisher.waiting
        path.rmdir()
        async with asyncio.timeout(10):
            while rig.publisher.waiting:
                await asyncio.sleep(0.01)
        assert len(await rig.final_shots()) == 1
        assert (await rig.events())[-1].payload.state is CameraState.OFFLINE
    log.close()
