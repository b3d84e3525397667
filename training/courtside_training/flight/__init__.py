"""Flights: shots found in the path of a tracked ball, and what became of them at the rim, learned from simulation."""
