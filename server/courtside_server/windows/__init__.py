"""Staggered windows: samples and time steps on a grid, windows of them, and temporal non-maximum suppression."""
