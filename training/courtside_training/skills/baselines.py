"""Baselines: the most frequent level of each skill, and a prediction from the true counts of all plays."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from courtside_training.skills.films import Film


def majority(train: np.ndarray, count: int) -> np.ndarray:
    """Predict the most frequent training level of each skill: levels (N, 20) to predictions (count, 20)."""
    most = [int(np.bincount(column).argmax()) for column in train.T]
    return np.tile(most, (count, 1))


def counts_oracle(train: list[Film], test: list[Film]) -> np.ndarray | None:
    """Levels predicted from the true counts of all plays shown, with one logistic regression per skill.

    This is an upper bound for models that see only the film: no frame is missed and no play is misclassified.

    Returns:
        (N, 20) levels, or None for real films, whose plays are not counted.
    """
    if not train[0].counts.size:
        return None
    seen, unseen = (np.stack([film.counts for film in films]) for films in (train, test))
    levels = np.stack([film.levels for film in train])
    predicted = []
    for column in levels.T:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            alone = len(set(column.tolist())) == 1
            predicted.append(np.full(len(unseen), column[0]) if alone else model.fit(seen, column).predict(unseen))
    return np.stack(predicted, 1)
