"""Generate ``core/courtside/v1`` from the .proto files: ``python proto/generate.py [--out FOLDER]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

ROOT = Path(__file__).parent
CORE = ROOT.parent / "core"
"""The source folder of the package ``courtside``; the generated files are committed there."""


def generate(out: Path) -> None:
    """Write ``courtside/v1/*_pb2.py``, ``*_pb2.pyi`` and ``*_pb2_grpc.py`` under ``out``.

    Raises:
        SystemExit: protoc refused a file (its own message is on stderr).
    """
    protos = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "courtside" / "v1").glob("*.proto"))
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main([
        "protoc", f"-I{ROOT}", f"-I{well_known}",
        f"--python_out={out}", f"--pyi_out={out}", f"--grpc_python_out={out}", *protos,
    ])
    if status:
        raise SystemExit(status)
    for stub in (out / "courtside" / "v1").glob("*_pb2_grpc.py"):
        if "def add_" not in stub.read_text():  # a file without a service gets an empty stub: noise
            stub.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CORE)
    generate(parser.parse_args(sys.argv[1:]).out)
