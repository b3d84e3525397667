"""Telemetry: metrics and structured logs."""
