"""Streaming to a real server that misbehaves: resume, start over, fencing, patience, advice, a clean end."""

import asyncio
import itertools
import time

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from rtsp_camera import RtspCamera, coded_pictures
from tests_support import write_flash_film

from courtside.v1 import ingest_pb2, ingest_pb2_grpc
from courtside_client.errors import GatewayUnavailable, RejectedError, SourceLost, StaleEpochError
from courtside_client.options import Pace, PassThrough, StreamOptions
from courtside_client.sources import open_source, open_when_up
from courtside_client.spool import Spool
from courtside_client.stream import StreamSession

CAMERA = "games/g/cameras/c"


class Refusal(grpc.Status):
    """A status with google.rpc details, as the gateway sends it."""

    def __init__(self, code, reason):
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="courtside"))
        status = status_pb2.Status(code=code.value[0], message=reason.lower(), details=[detail])
        self.code, self.details = code, reason.lower()
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


class Ingest(ingest_pb2_grpc.IngestServiceServicer):
    """Keeps what it gets; each connection plays the next of ``acts``, the last one for ever.

    An act is a dict: ``cut`` (packets after which the connection is cut), ``pause`` (seconds before that, in which all
    statuses get through), ``forget`` (the session is lost with the connection), ``ack`` (False: acknowledges nothing),
    ``silent`` (no statuses), ``refuse`` (code and reason, of the descriptor), ``bad`` (sequence of a packet that is
    refused), ``keyframe`` (asks for one after so many packets), ``target_fps``.
    """

    def __init__(self):
        self.acts, self.descriptors, self.packets, self.ended = [{}], [], [], 0
        self.session, self.next = "", 0
        self._ids = itertools.count(1)

    async def StreamFrames(self, request_iterator, context):
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        stream = (await context.read()).stream
        self.descriptors.append(stream)
        if "refuse" in act:
            await context.abort_with_status(Refusal(*act["refuse"]))
        if not self.session or stream.session != self.session:
            self.session, self.next, self.received, self.ack = f"s{next(self._ids)}", 0, 0, 0
        accepted = ingest_pb2.Accepted(session=self.session, next_sequence=self.next)
        await context.write(ingest_pb2.StreamFramesResponse(accepted=accepted))
        if self.next and act.get("ack", True):  # what an earlier connection brought has been processed meanwhile
            self.ack = self.next - 1
            await self._status(context, act)
        wanted = False
        for count in itertools.count():
            if count == act.get("cut"):
                await asyncio.sleep(act.get("pause", 0.0))
                if act.get("forget"):
                    self.session = ""
                await context.abort_with_status(Refusal(grpc.StatusCode.UNAVAILABLE, "DRAINING"))
            message = await context.read()
            if message is grpc.aio.EOF:
                return
            if message.HasField("end"):
                self.ended += 1
                await self._status(context, act, done=True)
                return
            packet = message.packet
            if packet.sequence == act.get("bad"):
                await context.abort_with_status(Refusal(grpc.StatusCode.INVALID_ARGUMENT, "BAD_PACKET"))
            self.packets.append(packet)
            self.received, self.next = self.received + 1, packet.sequence + 1
            if act.get("ack", True):
                self.ack = packet.sequence
            wanted = not wanted and count == act.get("keyframe")
            if not act.get("silent"):
                await self._status(context, act, request_keyframe=wanted)

    async def _status(self, context, act, **fields):
        processed = self.received if act.get("ack", True) else 0
        status = ingest_pb2.IngestStatus(
            ack_sequence=self.ack, received=self.received, decoded=processed, dropped={"stale": processed},
            target_fps=act.get("target_fps", 0), **fields,
        )
        await context.write(ingest_pb2.StreamFramesResponse(status=status))

    def sequences(self):
        return [packet.sequence for packet in self.packets]


@pytest.fixture
async def ingest():
    service = Ingest()
    server = grpc.aio.server()
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(service, server)
    service.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield service
    await server.stop(None)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds, 60 frames, a keyframe every ten."""
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
    return str(write_flash_film(tmp_path_factory.mktemp("film") / "film.mp4", [1.0], 2, options=options))


def session(ingest, film, **options):
    options.setdefault("pace", Pace.MAX)
    return StreamSession(open_source(film), ingest.address, CAMERA, StreamOptions(**options))


async def test_everything_arrives_and_the_report_says_so(ingest, film):
    report = await session(ingest, film, epoch=77).run()
    assert ingest.sequences() == list(range(60)) and ingest.ended == 1
    assert (report.read, report.sent, report.acked, report.complete) == (60, 60, 60, True)
    assert ingest.descriptors[0].epoch == 77 and ingest.descriptors[0].mode == ingest_pb2.STREAM_MODE_FILM
    assert [packet.pts for packet in ingest.packets] == sorted(packet.pts for packet in ingest.packets)


async def test_film_resumes_where_the_gateway_stopped(ingest, film):
    ingest.acts = [{"cut": 7}, {"cut": 20}, {}]
    report = await session(ingest, film).run()
    assert ingest.sequences() == list(range(60))
    assert [d.session for d in ingest.descriptors] == ["", "s1", "s1"] and report.complete


async def test_film_starts_over_from_a_keyframe_when_the_gateway_lost_the_session(ingest, film):
    ingest.acts = [{"cut": 35, "forget": True}, {}]
    report = await session(ingest, film).run()
    again = ingest.packets[35:]
    assert again[0].keyframe and again[0].sequence <= 34
    assert [p.sequence for p in again] == list(range(again[0].sequence, 60))
    assert report.complete and report.sent == report.acked == 60
    # The camera's clock of a frame is the same whenever it is sent, so that events keep their ids.
    first = {p.sequence: p.capture_time.ToNanoseconds() for p in ingest.packets[:35]}
    assert all(first[p.sequence] == p.capture_time.ToNanoseconds() for p in again if p.sequence in first)


async def test_a_packet_that_waits_for_room_survives_a_cut(ingest, film):
    ingest.acts = [{"cut": 5, "ack": False}, {}]
    streaming = session(ingest, film)
    streaming._spool = Spool(1.0, 5, 2**20, 2**20, drop_oldest=False)
    report = await streaming.run()
    assert len({packet.pts for packet in ingest.packets}) == 60
    assert report.complete and report.acked == 60


async def test_live_goes_on_from_a_keyframe_and_says_what_was_lost(ingest, film):
    ingest.acts = [{"cut": 12, "forget": True, "ack": False}, {}]
    report = await session(ingest, film, pace=Pace.REALTIME, passthrough=PassThrough.NEVER).run()
    again = ingest.packets[12:]
    assert again and again[0].keyframe
    assert [p.sequence for p in again] == list(range(again[0].sequence, report.sent))
    assert report.acked == len(again) < report.sent and not report.complete


async def test_counts_add_up_over_sessions(ingest, film):
    # A cut while packets are written may take the last statuses with it: only what was heard can be added up.
    ingest.acts = [{"cut": 35, "pause": 0.5, "forget": True}, {}]
    report = await session(ingest, film).run()
    assert report.decoded == len(ingest.packets) == report.received
    assert report.dropped == {"stale": len(ingest.packets)}


async def test_a_gateway_that_accepts_and_dies_is_given_up(ingest, film):
    ingest.acts = [{"cut": 0}]
    began = time.monotonic()
    with pytest.raises(GatewayUnavailable):
        await asyncio.wait_for(session(ingest, film, retry_for=1.0).run(), 20)
    assert time.monotonic() - began < 10
    assert len(ingest.descriptors) < 10


async def test_a_gateway_that_is_not_there_is_waited_for(film):
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.stop(None)
    service = Ingest()
    service.address = f"127.0.0.1:{port}"
    running = asyncio.create_task(session(service, film, retry_for=20).run())
    await asyncio.sleep(0.5)
    assert not running.done()
    later = grpc.aio.server()
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(service, later)
    assert later.add_insecure_port(service.address) == port
    await later.start()
    try:
        assert (await asyncio.wait_for(running, 20)).complete
    finally:
        await later.stop(None)


async def test_a_newer_publisher_ends_the_stream_at_once(ingest, film):
    ingest.acts = [{"cut": 20}, {"refuse": (grpc.StatusCode.ABORTED, "STALE_EPOCH")}]
    began = time.monotonic()
    with pytest.raises(StaleEpochError):
        await session(ingest, film, loop=True).run()
    assert len(ingest.descriptors) == 2 and time.monotonic() - began < 3


async def test_a_packet_the_gateway_refuses_ends_the_stream_with_its_reason(ingest, film):
    ingest.acts = [{"bad": 30}]
    with pytest.raises(RejectedError) as caught:
        await session(ingest, film, loop=True).run()
    assert caught.value.reason == "BAD_PACKET" and len(ingest.descriptors) <= 2


async def test_a_gateway_that_says_nothing_is_left(ingest, film):
    ingest.acts = [{"silent": True}, {}]
    # Endless, so that only the silence can end the first connection.
    report = await session(
        ingest, film, pace=Pace.REALTIME, loop=True, duration=3, idle_timeout=0.5, passthrough=PassThrough.NEVER
    ).run()
    assert len(ingest.descriptors) == 2 and ingest.descriptors[1].session == "s1" and report.complete


async def test_a_keyframe_is_sent_on_request(ingest, film):
    ingest.acts = [{"keyframe": 10}]
    await session(ingest, film, pace=Pace.REALTIME, codec="h264").run()
    keys = [packet.sequence for packet in ingest.packets if packet.keyframe]
    assert keys[0] == 0 and 10 < keys[1] < 25  # by itself the next one would come after two seconds


async def test_a_lower_rate_is_kept_to(ingest, film):
    ingest.acts = [{"target_fps": 10}]
    report = await session(ingest, film, pace=Pace.REALTIME, codec="jpeg").run()
    assert report.thinned > 25 and report.sent + report.thinned == report.read == 60
    assert report.complete


async def test_film_ignores_a_lower_rate(ingest, film):
    ingest.acts = [{"target_fps": 10}]
    report = await session(ingest, film, codec="jpeg").run()
    assert report.sent == 60


async def test_stopping_ends_the_stream_properly(ingest, film):
    streaming = session(ingest, film, pace=Pace.REALTIME, loop=True)
    running = asyncio.create_task(streaming.run())
    while len(ingest.packets) < 5:
        await asyncio.sleep(0.01)
    streaming.stop()
    report = await asyncio.wait_for(running, 5)
    assert ingest.ended == 1 and report.complete and report.acked == len(ingest.packets)


async def camera_session(ingest, camera, notices, **options):
    source = await open_when_up(camera.url, on_notice=notices.append, retry_for=options.get("source_retry_for", 60))
    return StreamSession(source, ingest.address, CAMERA, StreamOptions(**options))


async def sent(ingest, running, count):
    while len(ingest.packets) < count and not running.done():
        await asyncio.sleep(0.02)


async def test_a_camera_that_drops_the_connection_goes_on_in_its_session(ingest):
    notices = []
    with RtspCamera([{"send": 20}, {"send": 20}, {}]) as camera:
        streaming = await camera_session(ingest, camera, notices)
        running = asyncio.create_task(streaming.run())
        await sent(ingest, running, 50)
        streaming.stop()
        report = await asyncio.wait_for(running, 5)
    assert len({d.session or "s1" for d in ingest.descriptors}) == 1 and ingest.ended == 1 and report.complete
    assert ingest.sequences() == list(range(len(ingest.packets))) and report.source_losses == 2
    assert [packet.sequence for packet in ingest.packets if packet.keyframe][:3] == [0, 20, 40]
    pts = [packet.pts for packet in ingest.packets]
    assert pts == sorted(set(pts))
    assert [notice.split("; ")[-1] for notice in notices[::2]] == ["opening it again"] * 2
    assert all("back after" in notice for notice in notices[1::2]) and len(notices) == 4


async def test_the_gateway_hears_of_a_camera_that_stays_away_and_keeps_its_session(ingest):
    notices, states = [], []
    with RtspCamera([{"send": 20}, *[{"status": "503 Service Unavailable"}] * 4, {}]) as camera:
        streaming = await camera_session(ingest, camera, notices)
        streaming._on_report = lambda report: states.append((report.state, bool(report.source_error)))
        running = asyncio.create_task(streaming.run())
        await sent(ingest, running, 30)
        streaming.stop()
        report = await asyncio.wait_for(running, 5)
    assert [d.session for d in ingest.descriptors] == ["", "s1"] and report.complete
    assert ("source away", True) in states and len(notices) == 2
    assert ingest.sequences() == list(range(len(ingest.packets)))


async def test_a_camera_that_comes_back_in_another_format_gets_a_new_session(ingest):
    notices = []
    with RtspCamera([{"send": 20}, {"units": coded_pictures(size=(320, 180))}]) as camera:
        streaming = await camera_session(ingest, camera, notices)
        running = asyncio.create_task(streaming.run())
        await sent(ingest, running, 30)
        streaming.stop()
        report = await asyncio.wait_for(running, 5)
    descriptors = [(d.session, d.width) for d in ingest.descriptors]
    # On a slow machine the camera is away for long enough that the old session is ended in a connection of its own.
    assert (descriptors[0], descriptors[-1]) == (("", 160), ("", 320)) and set(descriptors[1:-1]) <= {("s1", 160)}
    assert ingest.ended == 2 and report.complete and report.sent == report.acked == len(ingest.packets)


async def test_the_session_of_the_old_format_is_ended_when_a_camera_was_away_for_long(ingest):
    away = [{"status": "503 Service Unavailable"}] * 4
    with RtspCamera([{"send": 20}, *away, {"units": coded_pictures(size=(320, 180))}]) as camera:
        streaming = await camera_session(ingest, camera, [])
        running = asyncio.create_task(streaming.run())
        await sent(ingest, running, 30)
        streaming.stop()
        report = await asyncio.wait_for(running, 5)
    # A gateway refuses to resume a session with another descriptor.
    assert [(d.session, d.width) for d in ingest.descriptors] == [("", 160), ("s1", 160), ("", 320)]
    assert ingest.ended == 2 and report.complete and report.sent == report.acked == len(ingest.packets)


async def test_a_camera_that_stays_away_ends_the_stream_with_an_error(ingest):
    notices = []
    with RtspCamera([{"send": 20}, {"status": "503 Service Unavailable"}]) as camera:
        streaming = await camera_session(ingest, camera, notices, source_retry_for=0.5)
        with pytest.raises(SourceLost, match=r"gave up after 0\.5 s"):
            await asyncio.wait_for(streaming.run(), 20)
    assert ingest.ended == 1 and len(ingest.packets) == 20


async def test_a_stop_does_not_wait_for_a_camera_that_is_silent_or_away(ingest):
    for act in ({"silent": True}, {"status": "503 Service Unavailable"}):
        with RtspCamera([{"send": 20}, act]) as camera:
            streaming = await camera_session(ingest, camera, [])
            running = asyncio.create_task(streaming.run())
            while not streaming.report.source_error:
                await asyncio.sleep(0.02)
            await asyncio.sleep(1.5)
            began = time.monotonic()
            streaming.stop()
            assert (await asyncio.wait_for(running, 5)).complete and time.monotonic() - began < 3


async def test_a_stop_does_not_wait_for_a_gateway_that_is_away(film):
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.stop(None)
    streaming = StreamSession(open_source(film), f"127.0.0.1:{port}", CAMERA, StreamOptions(retry_for=60, loop=True))
    running = asyncio.create_task(streaming.run())
    await asyncio.sleep(2.5)
    began = time.monotonic()
    streaming.stop()
    with pytest.raises(GatewayUnavailable):
        await asyncio.wait_for(running, 5)
    assert time.monotonic() - began < 1.5
