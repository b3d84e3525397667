"""Rendering: a film again, with what was seen and told of it drawn in."""
