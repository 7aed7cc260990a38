"""Additive angular margin softmax (Deng et al. 2019, ArcFace)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class AngularMargin(nn.Module):
    """embeddings [B, D], classes [B] -> cross-entropy of scale * cos(angle + margin of the right class)."""

    def __init__(self, dimension: int, num_classes: int, scale: float = 32.0):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, dimension))
        nn.init.xavier_uniform_(self.weight)
        self.scale = scale
        self.margin = 0.2  # radians; the training raises it from 0

    def cosines(self, embeddings: Tensor) -> Tensor:
        return F.linear(F.normalize(embeddings), F.normalize(self.weight))

    def forward(self, embeddings: Tensor, classes: Tensor) -> Tensor:
        cosines = self.cosines(embeddings)
        right = cosines.gather(1, classes[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)
        # cos(a + m); beyond a = pi - m it would rise again, so a straight line goes on from there.
        moved = right * math.cos(self.margin) - (1 - right.square()).sqrt() * math.sin(self.margin)
        moved = torch.where(
            right > math.cos(math.pi - self.margin), moved, right - self.margin * math.sin(self.margin)
        )
        return F.cross_entropy(self.scale * cosines.scatter(1, classes[:, None], moved), classes)
