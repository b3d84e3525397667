"""The embedded engine: ONNX Runtime in this process."""

from courtside.onnx_telemetry import disable_telemetry

disable_telemetry()
