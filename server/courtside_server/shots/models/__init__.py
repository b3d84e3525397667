"""The models that find shots: input and output of each."""
