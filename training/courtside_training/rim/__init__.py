"""Made or missed: simulated shots at a rim, the small images and tracks that a camera gives, the rim network."""
