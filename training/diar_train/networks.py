"""The two networks of the pipeline in plain PyTorch, under the state-dict names that the engine reads.

SegmentationNetwork: waveform [B, 1, samples] -> log-probabilities of 7 speaker sets [B, frames, 7].
EmbeddingNetwork: filter banks [B, frames, 80] and masks [B, frames'] -> embeddings [B, 256].
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SAMPLE_RATE_HZ = 16000


class SincFilters(nn.Module):
    """40 cosine and 40 sine band-pass filters with learned edges: [B, 1, samples] -> [B, 80, samples /
    10].
    """

    MIN_LOW_HZ = 50.0
    MIN_BAND_HZ = 50.0

    def __init__(self, num_filters: int = 80, kernel: int = 251, stride: int = 10):
        super().__init__()
        self.stride = stride
        half = num_filters // 2

        def mel(hz: float) -> float:
            return 2595.0 * math.log10(1.0 + hz / 700.0)

        # Neighbouring bands, equally wide on the mel scale from 30 Hz to just below Nyquist.
        highest_hz = SAMPLE_RATE_HZ / 2 - self.MIN_LOW_HZ - self.MIN_BAND_HZ
        mels = torch.linspace(mel(30.0), mel(highest_hz), half + 1, dtype=torch.float64)
        edges_hz = (700.0 * (10.0 ** (mels / 2595.0) - 1.0)).float()
        self.low_hz_ = nn.Parameter(edges_hz[:-1, None].clone())
        self.band_hz_ = nn.Parameter(edges_hz.diff()[:, None].clone())
        points = torch.arange(kernel // 2, dtype=torch.float64)
        window = 0.54 - 0.46 * torch.cos(2.0 * math.pi * points / (kernel - 1))
        self.register_buffer("window_", window.float())
        self.register_buffer("n_", (2.0 * math.pi * (points - kernel // 2) / SAMPLE_RATE_HZ).float()[None])

    def filters(self) -> Tensor:
        """[80, 1, 251], unit gain at the middle of the band."""
        low = self.MIN_LOW_HZ + self.low_hz_.abs()
        high = (low + self.MIN_BAND_HZ + self.band_hz_.abs()).clamp(self.MIN_LOW_HZ, SAMPLE_RATE_HZ / 2)
        band = (high - low)[:, 0]
        at_low, at_high = low @ self.n_, high @ self.n_
        cos_left = (at_high.sin() - at_low.sin()) / (self.n_ / 2) * self.window_
        sin_left = (at_low.cos() - at_high.cos()) / (self.n_ / 2) * self.window_
        centre = 2 * band[:, None]
        cos = torch.cat([cos_left, centre, cos_left.flip(1)], 1) / centre
        sin = torch.cat([sin_left, torch.zeros_like(centre), -sin_left.flip(1)], 1) / centre
        return torch.cat([cos, sin])[:, None]

    def forward(self, waveforms: Tensor) -> Tensor:
        # Never in bfloat16, whatever autocast says: rounded samples and filters are noise, with which quiet
        # places sound like others (a teacher's answers were a divergence of 0.27 away from its own, as far as
        # a pupil's).
        with torch.autocast(waveforms.device.type, enabled=False):
            return F.conv1d(waveforms.float(), self.filters(), stride=self.stride)


class _SincConvolution(nn.Module):
    """Holds the filters under the name `filterbank`."""

    def __init__(self) -> None:
        super().__init__()
        self.filterbank = SincFilters()

    def forward(self, waveforms: Tensor) -> Tensor:
        return self.filterbank(waveforms)


class SincNet(nn.Module):
    """[B, 1, samples] -> [B, 60, frames]."""

    def __init__(self) -> None:
        super().__init__()
        self.wav_norm1d = nn.InstanceNorm1d(1, affine=True)
        self.conv1d = nn.ModuleList([_SincConvolution(), nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)])
        self.norm1d = nn.ModuleList([nn.InstanceNorm1d(channels, affine=True) for channels in (80, 60, 60)])

    def part(self, index: int, x: Tensor) -> Tensor:
        """One convolution with what stands around it; the first hears waveforms."""
        x = self.conv1d[index](self.wav_norm1d(x) if index == 0 else x)
        return F.leaky_relu(self.norm1d[index](F.max_pool1d(x.abs() if index == 0 else x, 3)))

    def forward(self, waveforms: Tensor) -> Tensor:
        x = waveforms
        for index in range(len(self.conv1d)):
            x = self.part(index, x)
        return x


class SegmentationNetwork(nn.Module):
    """PyanNet: SincNet, 4 bidirectional LSTM layers, 2 linear layers, 7 classes."""

    LAYER_SIZES = (60, 256, 256, 256, 256)

    def __init__(self) -> None:
        super().__init__()
        self.sincnet = SincNet()
        self.lstm = nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
        self.linear = nn.ModuleList([nn.Linear(256, 128), nn.Linear(128, 128)])
        self.classifier = nn.Linear(128, 7)

    def layers(self, waveforms: Tensor) -> list[Tensor]:
        """What SincNet and each LSTM layer say, of LAYER_SIZES: [B, frames, size]; a pass through `lstm` at
        once would tell the last alone.
        """
        out = [self.sincnet(waveforms).transpose(1, 2)]
        for layer in range(self.lstm.num_layers):
            out.append(self.lstm_layer(layer, out[-1]))
        return out

    def lstm_layer(self, layer: int, x: Tensor) -> Tensor:
        """One layer in both directions, [B, frames, size] -> [B, frames, 256]."""
        weights = len(self.lstm._flat_weights) // self.lstm.num_layers
        zeros = x.new_zeros(2, len(x), self.lstm.hidden_size)
        own = self.lstm._flat_weights[layer * weights : (layer + 1) * weights]
        return torch.lstm(x, (zeros, zeros), own, True, 1, 0.0, self.training, True, True)[0]

    def head(self, x: Tensor) -> Tensor:
        for linear in self.linear:
            x = F.leaky_relu(linear(x))
        return F.log_softmax(self.classifier(x), -1)

    def forward(self, waveforms: Tensor) -> Tensor:
        return self.head(self.layers(waveforms)[-1])


class BasicBlock(nn.Module):
    def __init__(self, channels_in: int, channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet34(nn.Module):
    def __init__(self, channels: int, num_mels: int = 80, dimension: int = 256):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        channels_in = channels
        for stage, (blocks, stride) in enumerate(((3, 1), (4, 2), (6, 2), (3, 2))):
            width = channels << stage
            layer = []
            for block in range(blocks):
                layer.append(BasicBlock(channels_in, width, stride if block == 0 else 1))
                channels_in = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.seg_1 = nn.Linear(2 * channels_in * (num_mels // 8), dimension)

    def trunk(self, features: Tensor) -> Tensor:
        """Filter banks [B, T, 80] -> [B, channels * 8 * 10, ceil(T / 8)]."""
        x = F.relu(self.bn1(self.conv1(features.transpose(1, 2)[:, None])))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return x.flatten(1, 2)


def weighted_statistics(x: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean and standard deviation over time: x [B, C, T], weights [B, T'] -> [B, 2C]."""
    if weights.shape[-1] != x.shape[-1]:
        weights = F.interpolate(weights[:, None], size=x.shape[-1], mode="nearest")[:, 0]
    w = weights[:, None]
    v1 = w.sum(2) + 1e-8
    v2 = (w * w).sum(2)
    mean = (x * w).sum(2) / v1
    var = ((x - mean[..., None]).square() * w).sum(2) / (v1 - v2 / v1 + 1e-8)
    # The gradient of sqrt is infinite at 0, which a mask of one frame reaches.
    return torch.cat([mean, var.clamp_min(1e-10).sqrt() if x.requires_grad else var.sqrt()], 1)


class EmbeddingNetwork(nn.Module):
    """WeSpeaker-style ResNet34 of any width; the engine's community-1 twin has 32 channels."""

    def __init__(self, channels: int = 32):
        super().__init__()
        self.resnet = ResNet34(channels)

    def forward(self, features: Tensor, weights: Tensor) -> Tensor:
        return self.resnet.seg_1(weighted_statistics(self.resnet.trunk(features), weights))

    def of_masks(self, features: Tensor, masks: Tensor, windows: Tensor) -> Tensor:
        """features [B, T, 80], masks [N, T'], windows [N]: the window of each mask -> [N, 256]; one trunk
        pass for each window.

        Pooling stays float32 whatever autocast says, as in the engine.
        """
        trunk = self.resnet.trunk(features).float()
        with torch.autocast(features.device.type, enabled=False):
            return self.resnet.seg_1(weighted_statistics(trunk[windows], masks))
