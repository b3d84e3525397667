"""The error of the export commands."""

from __future__ import annotations


class ExportInputError(Exception):
    """Bad usage or input; the message is one line that says what to do. The command line exits with code 2."""
