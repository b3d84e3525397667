"""Players: crops, poses and actions, who has the ball, how they shoot, and who they are by the motion of the body."""
