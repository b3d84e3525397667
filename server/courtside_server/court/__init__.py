"""The court under a camera: the calibrations that the gateway keeps."""
