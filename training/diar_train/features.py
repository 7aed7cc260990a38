"""Samples in, the filter banks that the engine computes out (Kaldi, 80 mel bins, window mean removed)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

FRAME, SHIFT, FFT, NUM_MELS = 400, 160, 512, 80


def _mel_weights() -> np.ndarray:
    """[257, 80] triangles, equally wide on the scale 1127 ln(1 + f / 700), from 20 Hz to 8 kHz."""

    def mel(hz: np.ndarray | float) -> np.ndarray:
        return 1127.0 * np.log(1.0 + hz / 700.0)

    edges = np.linspace(mel(20.0), mel(8000.0), NUM_MELS + 2)
    bins = mel(np.arange(FFT // 2 + 1) * 16000 / FFT)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[-1] = 0.0  # Kaldi leaves out the bin at the Nyquist frequency
    return weights.astype(np.float32)


_WEIGHTS = torch.from_numpy(_mel_weights())
_HAMMING = torch.hamming_window(FRAME, periodic=False)


def filter_banks(samples: Tensor) -> Tensor:
    """samples [B, n] in [-1, 1] -> [B, 1 + (n - 400) // 160, 80], natural logarithms minus their mean over
    the window.

    Oracle: torchaudio.compliance.kaldi.fbank, as in the engine (src/frontend/fbank.h).
    """
    frames = (32768.0 * samples).unfold(1, FRAME, SHIFT)
    frames = frames - frames.mean(2, keepdim=True)
    emphasised = frames - 0.97 * torch.cat([frames[..., :1], frames[..., :-1]], 2)
    spectrum = torch.fft.rfft(emphasised * _HAMMING.to(samples.device), FFT)
    power = spectrum.real.square() + spectrum.imag.square()
    features = (power @ _WEIGHTS.to(samples.device)).clamp_min(torch.finfo(torch.float32).eps).log()
    return features - features.mean(1, keepdim=True)


def mfcc(features: Tensor, coefficients: int = 30) -> Tensor:
    """Filter banks [..., 80] -> cepstra [..., coefficients], c0 left out: orthonormal DCT-II over the mel
    bins.
    """
    k, m = torch.arange(1, coefficients + 1)[:, None], torch.arange(NUM_MELS)[None]
    basis = (2.0 / NUM_MELS) ** 0.5 * torch.cos(torch.pi * k * (2 * m + 1) / (2 * NUM_MELS))
    return features @ basis.T.to(features)
