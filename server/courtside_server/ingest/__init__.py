"""Ingest: from coded packets on a camera's session to decoded frames in its rings and its sink."""
