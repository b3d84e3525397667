"""Every Prometheus metric of the gateway, in one place. Dashboards depend on the names and labels."""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_EVENT_LATENCY_BUCKETS = (
    0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5,
    5.0,
)
"""Seconds; close together where the latency target lies."""
_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""
_LOOP_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds."""


class Metrics:
    """The gateway's metrics in their own registry, so that two gateways in one process stay apart.

    Args:
        version: the gateway's version, for ``courtside_build_info``.
    """

    def __init__(self, version: str = "") -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"courtside_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"courtside_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _LATENCY_BUCKETS) -> Histogram:
            return Histogram(f"courtside_{name}", text, labels, registry=registry, buckets=buckets)

        self.frames_received = counter("frames_received_total", "Packets received.", "camera")
        self.frames_dropped = counter("frames_dropped_total", "Frames dropped, by reason.", "camera", "reason")
        self.frames_damaged = counter(
            "frames_damaged_total", "Frames with concealed parts, or that depend on such a frame.", "camera"
        )
        self.frame_age = histogram("frame_age_seconds", "Age of a frame when it reaches the ring.")
        self.stage_duration = histogram("stage_duration_seconds", "Time spent in a stage of the pipeline.", "stage")
        self.event_loop_lag = histogram(
            "event_loop_lag_seconds", "Delay of a 50 ms timer on the event loop.", buckets=_LOOP_LAG_BUCKETS
        )
        self.event_latency = histogram(
            "event_latency_seconds", "Time from the arrival of a window's last sample until its event is durable.",
            "kind", buckets=_EVENT_LATENCY_BUCKETS,
        )
        self.ring_frames = gauge("ring_frames", "Frames in a camera's ring.", "camera")
        self.detector_fps = gauge(
            "detector_fps", "Detector frames per real second that a live camera is given.", "camera"
        )
        self.sink_events = counter("sink_events_total", "Events that a sink is done with, by result.", "sink", "result")
        self.sink_retries = counter("sink_retries_total", "Tries that a sink's receiver did not take.", "sink")
        self.sink_lost = counter("sink_lost_total", "Events that the log evicted before a sink got them.", "sink")
        self.sink_lag = gauge("sink_lag_seconds", "Age of the event that a sink is trying to deliver; 0: none.", "sink")
        self.streams_active = gauge("streams_active", "Open ingest streams.")
        self.windows_scored = counter("windows_scored_total", "Windows that a model answered.", "camera")
        self.windows_skipped = counter(
            "windows_skipped_total", "Windows and detector frames not scored, requests without an answer, by reason.",
            "camera", "reason",
        )
        self.crops_skipped = counter(
            "crops_skipped_total", "Players not cut out of a frame for their pose, by reason.", "camera", "reason"
        )
        self.inference_requests = counter(
            "inference_requests_total", "Inference requests, by outcome.", "model", "engine", "code"
        )
        self.inference_batch_size = histogram(
            "inference_batch_size", "Rows in one batch.", "model", buckets=(1, 2, 4, 8, 16, 32)
        )
        self.model_version = gauge("model_version", "Version that answers for a model's name.", "model", "engine")
        self.subscribers = gauge("subscribers", "Connected event subscribers.")
        self.subscriber_lag = histogram(
            "subscriber_lag_events", "Events waiting for a subscriber when one is added.",
            buckets=(0, 1, 2, 5, 10, 50, 100, 500, 1000),
        )
        self.subscribers_evicted = counter(
            "subscribers_evicted_total", "Subscribers disconnected for being too slow, by reason.", "reason"
        )
        self.last_frame_timestamp = gauge(
            "last_frame_timestamp_seconds", "Capture time of the newest frame.", "camera"
        )
        self.clock_offset = gauge("clock_offset_seconds", "Estimated client clock minus server clock.", "camera")
        self.capture_times_replaced = counter(
            "capture_times_replaced_total", "Frames whose implausible capture time was replaced.", "camera"
        )
        self.events = counter("events_total", "Events appended, by kind and lifecycle.", "kind", "lifecycle")
        self.events_waiting = gauge("events_waiting", "Events that wait for the event log.")
        self.events_lost = counter("events_lost_total", "Events that were never written, by reason.", "reason")
        self.recording_bytes = counter("recording_bytes_total", "Bytes of film that were recorded.", "camera")
        self.recording_dropped = counter(
            "recording_dropped_total", "Packets that were not recorded: the disk is slow or full.", "camera"
        )
        self.discontinuities = counter("discontinuities_total", "Jumps of the media or capture clock.", "camera")
        self.build_info = gauge("build_info", "Always 1; the labels name the versions.", "version", "python")
        self.build_info.labels(version, platform.python_version()).set(1)

    def forget_camera(self, camera: str) -> None:
        """Remove the series of a camera that is gone, so that the number of labels stays bounded."""
        for metric in (
            self.frames_received, self.ring_frames, self.windows_scored, self.detector_fps,
            self.last_frame_timestamp, self.clock_offset, self.discontinuities,
            self.capture_times_replaced, self.frames_damaged, self.recording_bytes, self.recording_dropped,
        ):
            metric.remove_by_labels({"camera": camera})
        for metric in (self.frames_dropped, self.windows_skipped, self.crops_skipped):
            metric.remove_by_labels({"camera": camera})
