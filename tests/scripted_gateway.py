"""A gateway that plays a script: for tests of what a client does when a gateway misbehaves."""

from __future__ import annotations

import asyncio

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from courtside.v1 import events_pb2, events_pb2_grpc, ingest_pb2_grpc


def event(sequence, revision=1, event_id=None):
    return events_pb2.SubscribeEventsResponse(
        event=events_pb2.Event(
            game="games/g", sequence=sequence, revision=revision, event_id=event_id or f"e{sequence}",
            lifecycle=events_pb2.LIFECYCLE_CONFIRMED, camera="games/g/cameras/c", shot=events_pb2.Shot(probability=0.9),
        )
    )


def heartbeat(mark):
    return events_pb2.SubscribeEventsResponse(heartbeat=events_pb2.Heartbeat(high_water_mark=mark))


async def refuse(context, code, reason, **metadata):
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="courtside", metadata=metadata))
    status = status_pb2.Status(code=code.value[0], message=reason.lower(), details=[detail])
    await context.abort_with_status(_Status(code, reason.lower(), (("grpc-status-details-bin",
                                                                   status.SerializeToString()),)))


class _Status(grpc.Status):
    def __init__(self, code, details, trailing_metadata):
        self.code, self.details, self.trailing_metadata = code, details, trailing_metadata


class Scripted(events_pb2_grpc.EventServiceServicer, ingest_pb2_grpc.IngestServiceServicer):
    """Each subscription plays the next act; ``cursors`` keeps what each request asked to resume after."""

    def __init__(self):
        self.acts, self.cursors = [], []

    async def SubscribeEvents(self, request, context):
        self.cursors.append(request.after_sequence if request.HasField("after_sequence") else None)
        act = self.acts.pop(0) if self.acts else []
        for step in act:
            if callable(step):
                await step(context)
            else:
                await context.write(step)
        await asyncio.Event().wait()

    async def GetEvent(self, request, context):
        await refuse(context, grpc.StatusCode.NOT_FOUND, "NOT_FOUND")

    async def StreamFrames(self, request_iterator, context):
        self.cursors.append(await context.read())
        await refuse(context, grpc.StatusCode.ABORTED, "STALE_EPOCH")


def die(code=grpc.StatusCode.UNAVAILABLE, reason="DRAINING", **metadata):
    return lambda context: refuse(context, code, reason, **metadata)
