"""Previews of the simulated court: contact sheets and films with the ground truth drawn in."""
