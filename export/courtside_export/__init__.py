"""Export: a trained checkpoint becomes an ONNX entry of model_repository, with a parity report and a model card."""

from courtside.telemetry import disable_telemetry

disable_telemetry()
