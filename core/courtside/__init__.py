"""Courtside's core: the types and tools that its client, server, simulation and training share."""
