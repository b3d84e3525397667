"""The models that find shots: what each one reads and what it says of it."""
