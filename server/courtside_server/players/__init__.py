"""Players: how they shoot, who they are by the motion of their bodies, and what is kept of them."""
