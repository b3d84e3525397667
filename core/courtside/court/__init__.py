"""The court: measures and lines by rule book, shooting zones, calibration of a camera by point pairs."""
