"""Training: data, networks, training loops and evaluations of the models in model_repository."""

from courtside.onnx_telemetry import disable_telemetry

disable_telemetry()
