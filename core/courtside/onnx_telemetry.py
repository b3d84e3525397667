"""Turns off what ONNX Runtime reports about its use."""

import os

DISABLE_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1"}
"""Environment that ONNX Runtime reads when it is first imported."""


def disable_telemetry() -> None:
    """Keep ONNX Runtime from reporting its use to its maker; to be called before it is first imported.

    From version 1.31 on it sends reports over the network by default and keeps a device id in the user's cache folder.
    A variable that is set already stays as it is.
    """
    for name, value in DISABLE_TELEMETRY.items():
        os.environ.setdefault(name, value)
