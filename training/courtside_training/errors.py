"""Errors of the training commands."""

from __future__ import annotations


class TrainingInputError(Exception):
    """Bad usage or input. Its text is one line that says what to do; the command line exits with code 2."""
