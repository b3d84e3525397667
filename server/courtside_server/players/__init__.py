"""Players: their crops, poses and actions, who has the ball, and what follows from it."""
