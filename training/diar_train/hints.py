"""In: what the layers of a pupil and of its teacher say of the same audio. Out: how far the pupil's are from
telling the teacher's, as a loss.

A learned linear map from each layer of the pupil guesses the teacher's layer (Romero et al. 2015, FitNets:
Hints for Thin Deep Nets). The answers alone say little about most of what a teacher has found out; the layers
below say more, and say it to each layer by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Hints(nn.Module):
    """`hints(pupil, teacher)`: lists of layers [B, T, D] -> the share of the teacher's variance that is not
    told, mean over the layers (scalar).
    """

    def __init__(self, pupil_sizes: Sequence[int], teacher_sizes: Sequence[int]):
        super().__init__()
        self.maps = nn.ModuleList(
            [nn.Linear(own, other) for own, other in zip(pupil_sizes, teacher_sizes, strict=True)]
        )

    @torch.no_grad()
    def fit(self, pupil: list[Tensor], teacher: list[Tensor]) -> None:
        """The best maps for these windows (least squares): random maps would pull a network that has
        learned already to nowhere.
        """
        for guess, own, other in zip(self.maps, pupil, teacher, strict=True):
            own, other = (layer.flatten(0, 1).double() for layer in (own, other))
            own_mean, other_mean = own.mean(0), other.mean(0)
            own = own - own_mean
            square = own.T @ own
            ridge = (
                1e-3
                * square.diagonal().mean()
                * torch.eye(len(square), dtype=square.dtype, device=square.device)
            )
            weights = torch.linalg.solve(square + ridge, own.T @ (other - other_mean))
            guess.weight.copy_(weights.T)
            guess.bias.copy_(other_mean - own_mean @ weights)

    def forward(self, pupil: list[Tensor], teacher: list[Tensor]) -> Tensor:
        untold = []
        for guess, own, other in zip(self.maps, pupil, teacher, strict=True):
            other = other.float()
            # Units that never move would count most if each were scaled by itself.
            variance = (other - other.mean((0, 1))).square().mean()
            untold.append((guess(own.float()) - other).square().mean() / (variance + 1e-6))
        return torch.stack(untold).mean()
