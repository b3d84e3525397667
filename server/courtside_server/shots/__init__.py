"""A shot's life: what window models say, assembled into one event with revisions."""
