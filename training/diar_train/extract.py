"""A network file and windows in, embeddings out."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .features import filter_banks
from .networks import EmbeddingNetwork


def load_embedding(path: Path) -> EmbeddingNetwork:
    """From embedding/weights.npz of a model directory; the width follows from the weights."""
    with np.load(path) as arrays:
        state = {name: torch.from_numpy(np.asarray(arrays[name], np.float32)) for name in arrays.files}
    network = EmbeddingNetwork(len(state["resnet.conv1.weight"]))
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"{path} is not an embedding network: missing {missing}, unexpected {unexpected}")
    return network.eval()


@torch.no_grad()
def embed(network: EmbeddingNetwork, samples: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """samples [W, n], masks [W, S, frames] -> [W, S, 256], float32."""
    windows = torch.arange(len(samples)).repeat_interleave(masks.shape[1])
    features = filter_banks(torch.from_numpy(samples))
    return network.of_masks(features, torch.from_numpy(masks).flatten(0, 1), windows).view(len(samples), masks.shape[1], -1).numpy()
