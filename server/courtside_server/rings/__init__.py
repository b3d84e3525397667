"""Rings: bounded, preallocated memory of a camera's newest data, with one writer and any number of readers."""
