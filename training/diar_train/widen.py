"""A narrow embedding network in, a wider one that computes the same out, so that a wide network need not
learn from nothing (Net2WiderNet, Chen et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor

NUM_BLOCKS = (3, 4, 6, 3)
MEL_COLUMNS = 10  # what three strides of 2 leave of 80 mel bands


def channels_of(state: dict[str, Tensor]) -> int:
    return state["resnet.conv1.weight"].shape[0]


def _shares(rows: int, copies_of: Tensor, generator: torch.Generator) -> Tensor:
    """[rows, new]: what each new in-channel contributes of its old one's weight; the copies of one old
    channel add up to 1 in every row.

    They are drawn, not equal, or copies would learn the same for ever.
    """
    drawn = 0.5 + 0.3 * torch.randn(rows, len(copies_of), generator=generator, dtype=torch.float64)
    num_old = int(copies_of.max()) + 1
    sums = torch.zeros(rows, num_old, dtype=torch.float64).index_add_(1, copies_of, drawn)
    counts = torch.bincount(copies_of, minlength=num_old)
    # Adding the same to each copy instead of dividing: a sum near 0 does no harm.
    return drawn + ((1.0 - sums) / counts)[:, copies_of]


def widen(state: dict[str, Tensor], channels: int, seed: int = 1) -> dict[str, Tensor]:
    """State dict of an EmbeddingNetwork of `channels` that gives the same embeddings as that of `state`,
    within rounding.
    """
    old = channels_of(state)
    if channels < old:
        raise ValueError(f"a network of {old} channels cannot be widened to {channels}")
    generator = torch.Generator().manual_seed(seed)
    # New channel j is a copy of the old channel copies[stage][j]; one map for all that meet in a stage's
    # residual sums.
    copies = [torch.arange(channels << stage) % (old << stage) for stage in range(4)]
    wide = {name: tensor.clone() for name, tensor in state.items() if name.endswith("num_batches_tracked")}

    def norm(name: str, out: Tensor) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            wide[f"{name}.{part}"] = state[f"{name}.{part}"][out].clone()

    def conv(name: str, out: Tensor, into: Tensor) -> None:
        weight = state[f"{name}.weight"].double()[out][:, into]
        wide[f"{name}.weight"] = (weight * _shares(len(out), into, generator)[:, :, None, None]).float()

    wide["resnet.conv1.weight"] = state["resnet.conv1.weight"][copies[0]].clone()
    norm("resnet.bn1", copies[0])
    into = copies[0]
    for stage, blocks in enumerate(NUM_BLOCKS):
        out = copies[stage]
        for block in range(blocks):
            name = f"resnet.layer{stage + 1}.{block}"
            conv(f"{name}.conv1", out, into)
            norm(f"{name}.bn1", out)
            conv(f"{name}.conv2", out, out)
            norm(f"{name}.bn2", out)
            if f"{name}.shortcut.0.weight" in state:
                conv(f"{name}.shortcut.0", out, into)
                norm(f"{name}.shortcut.1", out)
            into = out
    # The last layer sees the mean of every channel and column, then the deviation of every one.
    weight = state["resnet.seg_1.weight"].double()
    dimension = len(weight)
    per_channel = weight.reshape(dimension, 2, old << 3, MEL_COLUMNS)[:, :, into]
    shares = torch.stack([_shares(dimension, into, generator) for _ in range(2)], 1)
    wide["resnet.seg_1.weight"] = (per_channel * shares[..., None]).reshape(dimension, -1).float()
    wide["resnet.seg_1.bias"] = state["resnet.seg_1.bias"].clone()
    return wide
