"""The Triton engine: a client of a Triton server, and the means to run such a server on this machine."""
