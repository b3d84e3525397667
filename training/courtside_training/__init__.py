"""Training: data adapters, networks, training loops and evaluation tables of the models in model_repository."""
