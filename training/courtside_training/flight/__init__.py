"""Shots found in the track of one ball: windows of simulated tracks, the flight network, its training."""
