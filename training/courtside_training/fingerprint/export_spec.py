"""What the export needs of `shot_fingerprint`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside.shooting_motion import STEPS
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.fingerprint.evaluate import Space, trials
from courtside_training.fingerprint.network import MODEL, EncoderConfig, ServedEncoder, load_encoder
from courtside_training.fingerprint.protocol import PUBLISHED, camera
from courtside_training.fingerprint.simulated import SLOWEST, Shots, simulate_shots
from courtside_training.fingerprint.tables import simulated_tables

SERVED = EncoderConfig()
"""Sizes of the served encoder."""
ANCHORS = 8
"""Embeddings of a batch with which `decisions` compares the others."""


class FingerprintExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name=MODEL,
        inputs=(TensorSpec("keypoints", "float32", (STEPS, 17, 3)),),
        outputs=(TensorSpec("embedding", "float32", (SERVED.who + SERVED.kind,)),),
        max_batch=64,
        parameters={
            "steps": str(STEPS),
            "keypoint_order": "coco17",
            "who_dims": str(SERVED.who),
            "type_dims": str(SERVED.kind),
            "neighbours": "3",
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """See `ExportSpec.load`."""
        return ServedEncoder(load_encoder(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Shots of validation players in the views of training cameras, with gather and release found in the track."""
        low, high = SPLITS["validation"]
        players = -(-count // 3) + 4
        first = low + seed % (high - low - players)
        rng = np.random.default_rng(np.random.SeedSequence([seed, 41]))
        shots = simulate_shots(range(first, first + players), 1, rng, 1)
        return (shots.inputs[:count, 0],)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Index of the nearest of the first eight shots, by each part of the embedding: (N, 2).

        A shot is not compared with itself.
        """
        (embedding,) = outputs
        nearest = []
        for part in (slice(0, SERVED.who), slice(SERVED.who, None)):
            vectors = embedding[:, part].astype(np.float64)
            # Rounded, so that numerical noise does not decide between two shots with the same distance.
            likeness = np.round(vectors @ vectors[:ANCHORS].T, 3)
            own = np.arange(min(ANCHORS, len(vectors)))
            likeness[own, own] = -np.inf
            nearest.append(likeness.argmax(1))
        return np.stack(nearest, 1)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Accuracy of shooter and type by k-NN on about `count` shots of twelve test players, one camera, 50 trials."""
        players, per_kind = 12, max(2, round(count / 36))
        first = SPLITS["test"][0]
        rng = np.random.default_rng(np.random.SeedSequence([first, 42]))
        shots: Shots = simulate_shots(range(first, first + players), per_kind, rng, [camera("front quarter")])
        vectors = run((shots.inputs[:, 0],))[0]
        found = Space(vectors, shots.players, shots.kinds, slice(0, SERVED.who), slice(SERVED.who, None))
        result = trials(found, found, rng, 50)
        return {"who": result["who"], "type": result["type"]}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """See `ExportSpec.card`."""
        found = checkpoints.load(checkpoint, MODEL)
        encoder, history = load_encoder(checkpoint), found["history"]
        size = sum(value.numel() for name, value in encoder.named_parameters() if "projection" not in name)
        config = encoder.config
        measured = simulated_tables(evaluation["simulated"]) if "simulated" in evaluation else "Not measured."
        film = evaluation.get("film_table", "Not measured.")
        throws = evaluation.get("freethrows_table", "Not measured.")
        return f"""## Network

The input is the keypoints between gather and release, resampled to {STEPS} steps. The graph normalises them: the left
shoulder is the origin of every step, and the mean trunk length is one. It adds the changes between steps. Then follow a
strided convolution of {config.channels} channels, an LSTM of {config.layers} layers with {config.hidden} units in each
direction, mean and maximum over time, and two heads. The first {config.who} numbers of the embedding distinguish
shooters, the other {config.kind} distinguish shot types. Each part has length sqrt(1/2), the whole has length one.
{size / 1e6:.2f} M parameters. Compare embeddings with k-NN (k = 3) against a gallery of known shots. A new shooter
needs a gallery, but no training.

## Data and licence

Simulated shots only, with simulated cameras and the errors of the pose network that is served (`player_pose` 2,
BlazePose) as measured on 107 crops of CC BY pictures: slow and fast errors, hidden limbs that are guessed, exchanged
sides, lost frames (`fingerprint/pose_errors.py`); Apache-2.0. Their size is drawn for each shot, from that of a shooter
near the camera to that of a small player in a broadcast. Poses come {SLOWEST:.0f} to 50 times per second. New players
(seeds below 10,000) are drawn every third epoch. The motion of real people was not used for training.

## Training

Phase one is contrastive (NT-Xent, temperature 0.1) with 100 augmentations per shot: Gaussian jitter, masked joints and
time ranges, another camera. Phase two uses triplets (batch-all, margin 0.3) of players and of types:
{history["epochs"]} epochs, {history["samples"]} shots, {history["seconds"] / 60:.1f} minutes on a machine with other
load, seed {found["config"]["seed"] - 1}.

## Measured

Published figures, for other, recorded shooters: shooter {PUBLISHED["who"]:.1%}, type {PUBLISHED["type"]:.1%}.

{measured}

## Real free throws

{throws}

## Real shooters on film

{film}

## Limits

Simulated forms differ in about thirty independent parameters. Real players may differ less or in other ways. So these
figures show that the system works, but not how well it distinguishes real players. All simulated bodies have the same
proportions and differ only in height. The resampling removes the tempo. Embeddings are compared best with others from
the same camera.
"""


EXPORT_SPEC = FingerprintExport()
