"""Perception: detection, tracking, camera motion and scene cuts."""
