"""The embedded engine: ONNX Runtime in this process."""

from courtside.telemetry import disable_telemetry

disable_telemetry()
