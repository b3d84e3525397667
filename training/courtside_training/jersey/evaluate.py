"""How well numbers are read: in single crops, and of tracks by votes, on films that the network has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from courtside.jersey_digits import read_number, vote
from courtside_training.common.tables import markdown
from courtside_training.jersey.broadcast import Torsos
from courtside_training.jersey.network import probabilities
from courtside_training.jersey.samples import draw_samples

LEFT_OUT = "orlando-magic"
"""Films whose names contain this are left out: another game, in which one of the teams is new."""
PROBABILITY, READINGS, SHARE, HIDDEN = 0.8, 4, 0.75, 3.0
"""As the server's `players.jersey.min_probability`, `min_readings`, `min_share` and `hidden`."""
DRAWN = 4000
HEADS = ("crops", "with a number", "read", "of these right", "without", "read as a number")


def is_left_out(film: str) -> bool:
    """Whether a film belongs to those that are left out."""
    return LEFT_OUT in film


def read(module: nn.Module, pixels: NDArray[np.uint8]) -> tuple[list[str], NDArray[np.float64]]:
    """The number in each crop (N, 64, 64, 3), "" for none, and its probability (N,)."""
    found = [read_number(cells) for cells in probabilities(module, torch.from_numpy(pixels)).numpy()]
    return [number for number, _ in found], np.array([sure for _, sure in found])


def real(module: nn.Module, torsos: Torsos) -> dict[str, Any]:
    """Precision and coverage on real torsos: of crops, and of tracks by votes."""
    names, sure = read(module, torsos.pixels)
    truth = torsos.digits
    counted = np.array([bool(name) for name in names]) & (sure >= PROBABILITY)
    right = np.array([name == digits for name, digits in zip(names, truth, strict=True)])
    numbered = np.array([bool(digits) for digits in truth])
    result: dict[str, Any] = {
        "crops with a number": int(numbered.sum()), "read": float((counted & numbered).sum() / max(numbered.sum(), 1)),
        "of these right": float(right[counted & numbered].mean()) if (counted & numbered).any() else float("nan"),
        "crops without": int((~numbered).sum()),
        "read as a number": float(counted[~numbered].mean()) if (~numbered).any() else float("nan"),
    }
    tracks, decided, wrong = 0, 0, []
    for film, track in sorted({(f, int(t)) for f, t in zip(torsos.films, torsos.tracks, strict=True) if t >= 0}):
        rows = np.flatnonzero([f == film and t == track for f, t in zip(torsos.films, torsos.tracks, strict=True)])
        tracks += 1
        number, _ = vote([names[row] for row in rows if counted[row]], READINGS, SHARE, HIDDEN)
        if number:
            decided += 1
            if number != truth[rows[0]]:
                wrong.append(f"{truth[rows[0]]} as {number}")
    return result | {
        "tracks": tracks, "decided": decided / max(tracks, 1),
        "decided right": 1 - len(wrong) / decided if decided else float("nan"), "wrong": ", ".join(wrong),
    }  # fmt: skip


def drawn(module: nn.Module, seed: int = 10**6) -> dict[str, Any]:
    """The same of drawn crops, all numbers equally frequent."""
    samples = draw_samples(DRAWN, None, seed)
    names, sure = read(module, samples.pixels)
    truth = samples.digits
    counted = np.array([bool(name) for name in names]) & (sure >= PROBABILITY)
    right = np.array([name == digits for name, digits in zip(names, truth, strict=True)])
    numbered = np.array([bool(digits) for digits in truth])
    return {
        "crops with a number": int(numbered.sum()), "read": float(counted[numbered].mean()),
        "of these right": float(right[counted & numbered].mean()), "crops without": int((~numbered).sum()),
        "read as a number": float(counted[~numbered].mean()),
    }  # fmt: skip


def tables(result: dict[str, Any]) -> str:
    """The result of `evaluate` as Markdown tables."""
    rows = [[name, *part.values()] for name, part in result.items() if "tracks" in part]
    parts = [markdown([*HEADS, "tracks", "decided", "decided right", "wrong"], rows)] if rows else []
    if "drawn" in result:
        parts.append(markdown(HEADS, [["drawn", *result["drawn"].values()]]))
    return "\n\n".join(parts)
