"""Calibrating a court by hand: a picture of the film, a plan of the court, and points clicked on both."""
