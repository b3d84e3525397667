"""The Courtside gateway: camera frames in, shot events out."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("courtside")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
