"""What can go wrong for a user of the export commands."""

from __future__ import annotations


class ExportInputError(Exception):
    """Bad usage or input; its text is one clear line that says what to do. The command line exits with 2."""
