"""How the fingerprint offers itself to export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.fingerprint.evaluate import Space, trials
from courtside_training.fingerprint.network import SYSTEM, EncoderConfig, ServedEncoder, load_encoder
from courtside_training.fingerprint.protocol import PUBLISHED, camera, tables
from courtside_training.fingerprint.segment import STEPS
from courtside_training.fingerprint.simulated import Shots, simulate_shots
from courtside_training.shots.geometry import SPLITS

FACE = EncoderConfig()
ANCHORS = 8


class FingerprintExport:
    """`shot_fingerprint`: the motion between gather and release in, an embedding out."""

    signature = ModelSignature(
        name=SYSTEM,
        inputs=(TensorSpec("keypoints", "float32", (STEPS, 17, 3)),),
        outputs=(TensorSpec("embedding", "float32", (FACE.who + FACE.kind,)),),
        max_batch=64,
        parameters={
            "steps": str(STEPS),
            "keypoint_order": "coco17",
            "who_dims": str(FACE.who),
            "type_dims": str(FACE.kind),
            "neighbours": "3",
        },
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """See `ExportSpec.load`."""
        return ServedEncoder(load_encoder(checkpoint)).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Shots of validation players from training cameras, cut as the service cuts them."""
        low, high = SPLITS["validation"]
        players = -(-count // 3) + 4
        first = low + seed % (high - low - players)
        rng = np.random.default_rng(np.random.SeedSequence([seed, 41]))
        shots = simulate_shots(range(first, first + players), 1, rng, 1)
        return (shots.inputs[:count, 0],)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Whom each shot is nearest to among the first eight, by either part: (N, 2).

        A shot is not compared with itself.
        """
        (embedding,) = outputs
        said = []
        for part in (slice(0, FACE.who), slice(FACE.who, None)):
            vectors = embedding[:, part].astype(np.float64)
            # Rounded, so that two equally near shots are no decision at all.
            likeness = np.round(vectors @ vectors[:ANCHORS].T, 3)
            own = np.arange(min(ANCHORS, len(vectors)))
            likeness[own, own] = -np.inf
            said.append(likeness.argmax(1))
        return np.stack(said, 1)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Who and type by k-NN over `count` shots of test players from one camera, 50 trials of twelve."""
        players, per_kind = 12, max(2, round(count / 36))
        first = SPLITS["test"][0]
        rng = np.random.default_rng(np.random.SeedSequence([first, 42]))
        shots: Shots = simulate_shots(range(first, first + players), per_kind, rng, [camera("front quarter")])
        vectors = run((shots.inputs[:, 0],))[0]
        found = Space(vectors, shots.players, shots.kinds, slice(0, FACE.who), slice(FACE.who, None))
        result = trials(found, found, rng, 50)
        return {"who": result["who"], "type": result["type"]}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """See `ExportSpec.card`."""
        found = checkpoints.load(checkpoint, SYSTEM)
        encoder, history = load_encoder(checkpoint), found["history"]
        size = sum(value.numel() for name, value in encoder.named_parameters() if "projection" not in name)
        config = encoder.config
        measured = tables(evaluation["simulated"]) if "simulated" in evaluation else "Not measured."
        throws = evaluation.get("freethrows_table", "Not measured.")
        return f"""## Network

Keypoints between gather and release, resampled to {STEPS} steps. In the graph: every step's left shoulder at the
origin, the mean trunk length one, coordinates with their changes and confidences; a strided convolution of
{config.channels} channels, an LSTM of {config.layers} layers with {config.hidden} units in each direction, mean and
maximum over time, and two heads. The first {config.who} numbers tell shooters apart, the other {config.kind} shot
types; each part has length sqrt(1/2), the whole length one. {size / 1e6:.2f} M parameters. Compare embeddings with k-NN
(k = 3) against a gallery of known shots; a new shooter needs a gallery, not training.

## Data and licence

Simulated shots only, seen through simulated cameras and a simulated pose network's mistakes; Apache-2.0. Every third
epoch draws new players (seeds below 10,000). No recorded person's motion went into the weights.

## Training

Phase one contrastive (NT-Xent, temperature 0.1; 100 augmentations a shot: Gaussian jitter, joints and stretches masked,
another camera), phase two triplets (batch-all, margin 0.3) of players and of types, {history["epochs"]} epochs,
{history["samples"]} shots, {history["seconds"] / 60:.1f} minutes of phase two on a busy machine,
seed {found["config"]["seed"] - 1}.

## Measured

Published: who {PUBLISHED["who"]:.1%}, type {PUBLISHED["type"]:.1%}, on its own recorded shooters.

{measured}

## Real free throws

{throws}

## Limits

Simulated forms differ in about thirty scalars drawn independently; real players may differ less or otherwise, so these
figures say that the system works, not how well it tells real players apart. Bodies have the same proportions apart
from height. Tempo is lost in the resampling. An embedding compares best with others from the same camera.
"""


EXPORT_SPEC = FingerprintExport()
