"""Jersey numbers: from a torso to the digits on it."""
