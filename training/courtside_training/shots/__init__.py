"""The shot clip model: its simulated data, network, training and evaluation."""
