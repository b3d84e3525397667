"""Film analysis: a film file through the stages of the live service."""
