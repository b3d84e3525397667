"""Export: writes a trained checkpoint as a version in a model repository, with a parity report and a model card."""

from courtside.onnx_telemetry import disable_telemetry

disable_telemetry()
