"""In: a network file of a model directory, and windows. Out: the network, and embeddings of the windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .export import fill
from .features import filter_banks
from .networks import EmbeddingNetwork, SegmentationNetwork

# Counters of batches, which exported networks do not have.
COUNTERS = ("num_batches_tracked",)


def load_embedding(path: Path) -> EmbeddingNetwork:
    """From embedding/weights.npz of a model directory; the width follows from the weights."""
    with np.load(path) as arrays:
        if "resnet.conv1.weight" not in arrays:
            raise SystemExit(f"{path} is not an embedding network")
        network = EmbeddingNetwork(len(arrays["resnet.conv1.weight"]))
    fill(network, path, COUNTERS, "an embedding network")
    return network.eval()


def load_segmentation(path: Path) -> SegmentationNetwork:
    """From an npz of state-dict names; the filter bank's buffers follow from its sizes and may be missing."""
    network = SegmentationNetwork()
    fill(network, path, ("window_", "n_"), "a segmentation network")
    return network


@torch.no_grad()
def embed(
    network: EmbeddingNetwork, samples: np.ndarray, masks: np.ndarray, bf16: bool = False
) -> np.ndarray:
    """samples [W, n], masks [W, S, frames] -> [W, S, 256], float32; `bf16`: convolutions in bfloat16."""
    windows = torch.arange(len(samples)).repeat_interleave(masks.shape[1])
    features = filter_banks(torch.from_numpy(samples))
    with torch.autocast(features.device.type, dtype=torch.bfloat16, enabled=bf16):
        embeddings = network.of_masks(features, torch.from_numpy(masks).flatten(0, 1), windows)
    return embeddings.view(len(samples), masks.shape[1], -1).numpy()
