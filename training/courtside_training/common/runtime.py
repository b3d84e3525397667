"""Prepares a training process: memory, threads, seeds."""

from __future__ import annotations

from courtside_training.common.allocator import keep_memory


def prepare(threads: int = 2, seed: int = 0) -> None:
    """Set up the process; call once, before any tensor is made.

    Args:
        threads: of torch. OpenCV gets one, since its thread pool would compete with torch for the cores.
        seed: of torch's generator, for first weights and dropout.
    """
    keep_memory()
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
