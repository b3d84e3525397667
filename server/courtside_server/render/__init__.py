"""Rendering: writes a film again with its tracked objects and shots drawn in."""
