"""Recognition and drift of simulated shooters with the shipped model: ``python benchmarks/shooters.py``.

Prints how many own shots and strangers' shots are on the right side of ``players.form.stranger``, and how often runs of
usual and of distorted shots raise an alert. About a minute on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from courtside_server.packaged import starter_models
from courtside_server.players.drift import OwnShots
from courtside_server.players.form_config import FormConfig
from courtside_training.common.splits import SPLITS
from courtside_training.fingerprint.protocol import camera
from courtside_training.fingerprint.simulated import simulate_shots

PLAYERS, VIEW = 24, "front quarter"
CONFIG = FormConfig()


class Model:
    """The newest shipped fingerprint model."""

    def __init__(self) -> None:
        newest = max((starter_models() / CONFIG.model).glob("*/model.onnx"), key=lambda path: int(path.parent.name))
        self.path: Path = newest
        self._session = onnxruntime.InferenceSession(str(newest))

    def shots(self, split: str, per_kind: int, seed: int, amount: float = 0.0) -> tuple[NDArray, NDArray]:
        """Embeddings (N, 48) of shots, and the player of each."""
        first = SPLITS[split][0]
        players = range(first, first + PLAYERS)
        shots = simulate_shots(players, per_kind, np.random.default_rng(seed), [camera(VIEW)], amount=amount)
        parts = [
            self._session.run(None, {"keypoints": shots.inputs[row : row + 64, 0]})[0]
            for row in range(0, len(shots), 64)
        ]
        return np.concatenate(parts)[:, :48], shots.players


def recognition(model: Model, size: int) -> str:
    """Own and strangers' shots, with galleries of `size` shots of three shooters."""
    vectors, players = model.shots("validation", 6, 1)
    rng, own, strange = np.random.default_rng(0), [], []
    for _ in range(40):
        enrolled = rng.choice(PLAYERS, 3, replace=False)
        order = {player: rng.permutation(np.flatnonzero(players == player)) for player in range(PLAYERS)}
        galleries = {player: OwnShots.of(vectors[order[player][:size]], CONFIG) for player in enrolled}
        for player in range(PLAYERS):
            for row in order[player][size : size + 2]:
                near = {name: one.near(vectors[row], CONFIG) for name, one in galleries.items() if one is not None}
                best = min(near, key=near.__getitem__)
                if player not in enrolled:
                    strange.append(near[best])
                elif best == player:
                    own.append(near[best])
    area = roc_auc_score([0] * len(own) + [1] * len(strange), own + strange)
    kept, refused = np.mean(np.array(own) <= CONFIG.stranger), np.mean(np.array(strange) > CONFIG.stranger)
    return f"galleries of {size:2d}: own shots kept {kept:.2f}, strangers refused {refused:.2f}, ROC-AUC {area:.3f}"


def drift(model: Model, size: int, amounts: tuple[float, ...]) -> list[str]:
    """Alerts of runs of usual and of distorted shots, with galleries of `size` shots."""
    known, fresh = model.shots("test", 14, 1), model.shots("test", 14, 2)
    own = {player: OwnShots.of(known[0][known[1] == player][:size], CONFIG) for player in range(PLAYERS)}

    def runs(vectors: NDArray, players: NDArray) -> list[tuple[float, bool]]:
        found = []
        for player, one in own.items():
            shots = vectors[players == player]
            for start in range(0, len(shots) - CONFIG.run + 1, CONFIG.run):
                statistic = one.statistic(shots[start : start + CONFIG.run], CONFIG)
                found.append((statistic, statistic > one.limit))
        return found

    usual, lines = runs(*fresh), []
    for index, amount in enumerate(amounts):
        bad = runs(*model.shots("test", 7, 10 + index, amount))
        area = roc_auc_score([0] * len(usual) + [1] * len(bad), [one for one, _ in usual + bad])
        alerts = [np.mean([alert for _, alert in part]) for part in (bad, usual)]
        lines.append(
            f"galleries of {size}, distortion {amount}: ROC-AUC of runs {area:.3f}, alerts {alerts[0]:.2f}, "
            f"of usual form {alerts[1]:.3f}"
        )
    return lines


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    model = Model()
    print(model.path)
    for size in (4, 8, 14):
        print(recognition(model, size))
    for size in (14, 40):
        print("\n".join(drift(model, size, (0.1, 0.2, 0.3))))


if __name__ == "__main__":
    main()
