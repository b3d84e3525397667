"""Courtside."""
