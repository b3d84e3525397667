"""What a camera sees: the court under it, and who and what moves on it."""
