"""CAM++ in PyTorch, from the paper (arXiv 2303.00332) and the names of a checkpoint's tensors.

Features [batch, T, 80] in, embeddings [batch, dimension] out. The head convolves over frequency and time;
three stages of dense layers follow at half the frames, each layer masked by what its bottleneck has heard on
average, everywhere and in its own segment of 100 frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

CHANNELS, BOTTLENECK, SEGMENT = 32, 128, 100
DILATIONS = (1, 2, 2)
# Layers of each stage, and the channels that its transit leaves: those of the paper.
LAYERS, CHANNELS_AFTER = (12, 24, 16), (256, 512, 512)


def normed(channels: int) -> nn.Sequential:
    return nn.Sequential(dict_of(batchnorm=nn.BatchNorm1d(channels), relu=nn.ReLU()))


def dict_of(**modules: nn.Module) -> OrderedDict[str, nn.Module]:
    return OrderedDict(modules)


class Residual(nn.Module):
    def __init__(self, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, (stride, 1), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(CHANNELS)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(CHANNELS, CHANNELS, 1, (stride, 1), bias=False), nn.BatchNorm2d(CHANNELS)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.shortcut(x)).relu()


class Head(nn.Module):
    """[batch, mels, T] -> [batch, 32 mels / 8, T]"""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, CHANNELS, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS)
        self.layer1 = nn.Sequential(Residual(2), Residual(1))
        self.layer2 = nn.Sequential(Residual(2), Residual(1))
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, (2, 1), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.bn1(self.conv1(x[:, None])).relu()))
        return self.bn2(self.conv2(x)).relu().flatten(1, 2)


class Masked(nn.Module):
    def __init__(self, dilation: int):
        super().__init__()
        self.linear_local = nn.Conv1d(
            BOTTLENECK, CHANNELS, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(BOTTLENECK // 2, CHANNELS, 1)

    def forward(self, h: Tensor) -> Tensor:
        # The last segment is as long as what is left.
        segments = nn.functional.avg_pool1d(h, SEGMENT, SEGMENT, ceil_mode=True)
        segments = segments.repeat_interleave(SEGMENT, 2)[:, :, : h.shape[2]]
        context = h.mean(2, keepdim=True) + segments
        return self.linear_local(h) * self.linear2(self.linear1(context).relu()).sigmoid()


class Dense(nn.Module):
    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.nonlinear1 = normed(channels)
        self.linear1 = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.nonlinear2 = normed(BOTTLENECK)
        self.cam_layer = Masked(dilation)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))], 1)


class Statistics(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.mean(2, keepdim=True), x.std(2, keepdim=True)], 1)


class Campplus(nn.Module):
    def __init__(
        self,
        dimension: int = 192,
        layers: Sequence[int] = LAYERS,
        channels_after: Sequence[int] = CHANNELS_AFTER,
    ):
        super().__init__()
        self.head = Head()
        channels = BOTTLENECK
        parts = dict_of(
            tdnn=nn.Sequential(
                dict_of(
                    linear=nn.Conv1d(10 * CHANNELS, channels, 5, 2, 2, bias=False), nonlinear=normed(channels)
                )
            )
        )
        for stage, (count, dilation, after) in enumerate(zip(layers, DILATIONS, channels_after), 1):
            parts[f"block{stage}"] = nn.Sequential()
            for layer in range(1, count + 1):
                parts[f"block{stage}"].add_module(f"tdnnd{layer}", Dense(channels, dilation))
                channels += CHANNELS
            parts[f"transit{stage}"] = nn.Sequential(
                dict_of(nonlinear=normed(channels), linear=nn.Conv1d(channels, after, 1, bias=False))
            )
            channels = after
        parts["out_nonlinear"] = normed(channels)
        parts["stats"] = Statistics()
        last = nn.Sequential(dict_of(batchnorm=nn.BatchNorm1d(dimension, affine=False)))
        parts["dense"] = nn.Sequential(
            dict_of(linear=nn.Conv1d(2 * channels, dimension, 1, bias=False), nonlinear=last)
        )
        self.xvector = nn.Sequential(parts)

    def dimension(self) -> int:
        return len(self.xvector.dense.linear.weight)

    def first_parts(self) -> list[Callable[[Tensor], Tensor]]:
        """The head in four parts, and the first layer behind it: [B, 80, T] -> ... -> [B, 128, T / 2]."""
        head = self.head
        return [
            lambda x: head.bn1(head.conv1(x[:, None])).relu(),
            head.layer1,
            head.layer2,
            lambda x: head.bn2(head.conv2(x)).relu().flatten(1, 2),
            self.xvector.tdnn,
        ]

    def first_modules(self) -> list[nn.Module]:
        """Whose parts `first_parts` are."""
        return [self.head, self.xvector.tdnn]

    def stages(self) -> list[nn.Module]:
        """What follows: three stages, and the embedding [B, D, 1]."""
        x = self.xvector
        return [
            *(nn.Sequential(getattr(x, f"block{n}"), getattr(x, f"transit{n}")) for n in (1, 2, 3)),
            nn.Sequential(x.out_nonlinear, x.stats, x.dense),
        ]

    def embedding(self, features: Tensor) -> Tensor:
        """[B, D, 1]"""
        return self.xvector(self.head(features.transpose(1, 2)))

    def forward(self, features: Tensor) -> Tensor:
        return self.embedding(features)[:, :, 0]


def load(checkpoint: Any) -> Campplus:
    """A checkpoint of 3D-Speaker or FunASR; WeSpeaker's classifier is left out."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    state = {name: tensor for name, tensor in state.items() if not name.startswith("projection.")}
    network = Campplus(len(state["xvector.dense.linear.weight"]))
    network.load_state_dict(state)
    return network.eval()
