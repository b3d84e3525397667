"""What the systems share: the System protocol and its commands, training loop, checkpoints, figures, tables."""
