"""Training: data adapters, networks, training loops and evaluation tables of the models in model_repository."""

from courtside.telemetry import disable_telemetry

disable_telemetry()
