"""Rings: bounded, preallocated memory of what a camera sent last; one writer, any number of readers."""
