"""Every Prometheus metric of the gateway, in one place; names and labels are a contract with dashboards."""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_EVENT_LATENCY = (
    0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5,
    5.0,
)
_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The gateway's metrics on their own registry, so that two gateways in one process do not mix."""

    def __init__(self, version: str = "") -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"courtside_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"courtside_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _LATENCY) -> Histogram:
            return Histogram(f"courtside_{name}", text, labels, registry=registry, buckets=buckets)

        self.frames_received = counter("frames_received_total", "Packets taken in.", "camera")
        self.frames_dropped = counter("frames_dropped_total", "Frames dropped, by reason.", "camera", "reason")
        self.frame_age = histogram("frame_age_seconds", "Arrival to ring, server monotonic clock.")
        self.stage_duration = histogram("stage_duration_seconds", "Time spent in a stage.", "stage")
        self.event_latency = histogram(
            "event_latency_seconds", "Last sample of the window in to event durable, by event kind.", "kind",
            buckets=_EVENT_LATENCY,
        )
        self.ring_frames = gauge("ring_frames", "Frames now in a camera's ring.", "camera")
        self.streams_active = gauge("streams_active", "Ingest streams open now.")
        self.windows_scored = counter("windows_scored_total", "Windows that a model answered.", "camera")
        self.windows_skipped = counter("windows_skipped_total", "Windows not scored, by reason.", "camera", "reason")
        self.inference_requests = counter(
            "inference_requests_total", "Inference requests, by outcome.", "model", "engine", "code"
        )
        self.inference_batch_size = histogram(
            "inference_batch_size", "Requests answered together.", "model", buckets=(1, 2, 4, 8, 16, 32)
        )
        self.model_version = gauge("model_version", "Version that answers to a model's name.", "model", "engine")
        self.subscribers = gauge("subscribers", "Event subscribers connected now.")
        self.subscriber_lag = histogram(
            "subscriber_lag_events", "Events waiting for a subscriber when one is added.",
            buckets=(0, 1, 2, 5, 10, 50, 100, 500, 1000),
        )
        self.subscribers_evicted = counter("subscribers_evicted_total", "Subscribers cut off, by reason.", "reason")
        self.last_frame_timestamp = gauge(
            "last_frame_timestamp_seconds", "Capture time of the newest frame.", "camera"
        )
        self.clock_offset = gauge("clock_offset_seconds", "Estimated client clock minus server clock.", "camera")
        self.capture_times_replaced = counter(
            "capture_times_replaced_total", "Frames whose capture time was replaced.", "camera"
        )
        self.events = counter("events_total", "Events appended, by kind and lifecycle.", "kind", "lifecycle")
        self.discontinuities = counter("discontinuities_total", "Media or capture clock jumps.", "camera")
        self.build_info = gauge("build_info", "Always 1; the labels say what runs.", "version", "python")
        self.build_info.labels(version, platform.python_version()).set(1)

    def forget_camera(self, camera: str) -> None:
        """Drop the series of a camera that went away, so that labels stay bounded."""
        for metric in (
            self.frames_received, self.ring_frames, self.windows_scored,
            self.last_frame_timestamp, self.clock_offset, self.discontinuities,
            self.capture_times_replaced,
        ):
            metric.remove_by_labels({"camera": camera})
        for metric in (self.frames_dropped, self.windows_skipped):
            metric.remove_by_labels({"camera": camera})
