"""What the systems share: running, checkpoints, the training loop, figures of merit, tables, and the face to export."""
