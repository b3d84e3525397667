"""Ingest: turns the coded packets of a camera's session into decoded frames in its rings and its sink."""
