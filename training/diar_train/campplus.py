"""In: windows and the masks of their speakers. Out: CAM++ embeddings as the pipeline computes them, with the engine's own network.

A speaker's embedding is that of the frames where the mask hears them, cut together and minus their mean (src/networks/campplus).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .embedding_windows import Window
from .features import _WEIGHTS, FFT, FRAME, NUM_MELS, SHIFT


def povey_window() -> torch.Tensor:
    """Kaldi's default: a Hann window to the power of 0.85."""
    return torch.hann_window(FRAME, periodic=False).pow(0.85)


def campplus_filter_banks(samples: np.ndarray) -> np.ndarray:
    """samples [n] in [-1, 1] -> [1 + (n - 400) // 160, 80], natural logarithms, no mean removed.

    Oracle: torchaudio.compliance.kaldi.fbank with its defaults and no dither, as 3D-Speaker calls it.
    """
    frames = torch.from_numpy(samples).unfold(0, FRAME, SHIFT)
    frames = frames - frames.mean(1, keepdim=True)
    emphasised = frames - 0.97 * torch.cat([frames[:, :1], frames[:, :-1]], 1)
    spectrum = torch.fft.rfft(emphasised * povey_window(), FFT)
    power = spectrum.real.square() + spectrum.imag.square()
    return (power @ _WEIGHTS).clamp_min(torch.finfo(torch.float32).eps).log().numpy()


def cut_frames(features: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """features [T, 80], mask [frames of the segmentation] -> the frames that the mask hears, minus their mean. Feature frame t follows
    mask frame floor(t * frames / T)."""
    index = np.floor(
        np.arange(len(features), dtype=np.float32) * np.float32(len(mask) / len(features))
    ).astype(int)
    heard = features[mask[np.minimum(index, len(mask) - 1)] > 0.5]
    return heard - heard.mean(0, keepdims=True)


def campplus_features(samples: np.ndarray) -> np.ndarray:
    """What the network gets of samples [n] in which one person talks: filter banks [frames, 80] minus their
    mean."""
    features = campplus_filter_banks(samples)
    return features - features.mean(0, keepdims=True)


def heard_alone(window: Window) -> Iterator[tuple[int, np.ndarray]]:
    """The place in the window of each speaker who counts, and the frames that their mask hears."""
    features = campplus_filter_banks(window.samples)
    for index, (mask, speaker) in enumerate(zip(window.masks, window.speakers)):
        if speaker >= 0:
            yield index, cut_frames(features, mask)


class Engine:
    """`embed(inputs)`; program: build/release/tests/dump_campplus, checkpoint: 3D-Speaker's."""

    def __init__(self, program: Path, checkpoint: Path):
        self.program, self.checkpoint = program, checkpoint

    def embed(self, inputs: list[np.ndarray]) -> np.ndarray:
        """[frames, 80] each -> [N, D]"""
        assert all(x.shape[1] == NUM_MELS for x in inputs)
        with tempfile.TemporaryDirectory() as name:
            paths = [Path(name) / part for part in ("features.f32", "frames.i32", "out.f32")]
            np.concatenate(inputs).astype(np.float32).tofile(paths[0])
            np.array([len(x) for x in inputs], np.int32).tofile(paths[1])
            subprocess.run([self.program, self.checkpoint, *paths], check=True, stdout=subprocess.DEVNULL)
            return np.fromfile(paths[2], np.float32).reshape(len(inputs), -1)
