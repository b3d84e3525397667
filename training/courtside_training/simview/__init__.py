"""Looking at the simulated court: contact sheets and films with the truth drawn in."""
