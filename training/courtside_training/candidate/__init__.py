"""Candidates: which of the shots that flight windows propose are shots, by all that was measured of them."""
