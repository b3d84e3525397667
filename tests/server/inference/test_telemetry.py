"""ONNX Runtime leaves no trace of its own: no reports, no device id."""

import os
import subprocess
import sys

from tests_support import ROOT

MODEL = next((ROOT / "model_repository" / "shot_flight").glob("*/model.onnx"))


def test_a_session_writes_nothing_into_the_users_folders(tmp_path):
    code = (
        "from courtside_server.inference.onnx.session import onnxruntime\n"
        f"onnxruntime.InferenceSession({str(MODEL)!r})\n"
    )
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    kept |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stderr and not list(tmp_path.iterdir())
