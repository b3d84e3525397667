"""Sets a training process up: memory, threads, seeds."""

from __future__ import annotations

from courtside_training.common.allocator import keep_memory


def prepare(threads: int = 2, seed: int = 0) -> None:
    """Call once, before tensors are made.

    Args:
        threads: for torch; OpenCV keeps to one, since its pool fights torch's for the cores.
        seed: of torch's generator (first weights, dropout).
    """
    keep_memory()
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
