"""What became of a shot: made or missed, read from the ball's path at the rim, learned from simulated bounces."""
