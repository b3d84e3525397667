"""Calibrating a court by hand: a picture of the film, a plan of the court, points clicked on both."""
