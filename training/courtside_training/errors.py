"""What can go wrong for a user of the training commands."""

from __future__ import annotations


class TrainingInputError(Exception):
    """Bad usage or input; its text is one clear line that says what to do. The command line exits with 2."""
