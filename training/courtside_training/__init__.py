"""Training: data, networks, training loops and evaluations of the models in model_repository."""
