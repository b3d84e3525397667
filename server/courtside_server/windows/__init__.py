"""Staggered windows: frames → samples on a 0.3 s grid → windows of 16 → predictions merged into shots."""
