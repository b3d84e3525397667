"""The shot fingerprint: who shot, and how, from the body's motion between gather and release."""
