"""In: a folder that `live_bench --export` wrote. Out: what the networks said of each recording's windows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class ExportedWindows:
    """Of one recording. A window ends each `hop_s` seconds, the first one `hop_s` after the start."""

    hop_s: float
    duration_s: float
    active: np.ndarray  # [windows, frames, local speakers], bool
    embeddings: np.ndarray  # [windows, local speakers, dimension], float32

    @property
    def resolution_s(self) -> float:
        """How long a frame is."""
        return self.duration_s / self.active.shape[1]

    def start_s(self, window: int) -> float:
        """Where a window starts: below 0 for those that end early."""
        return (window + 1) * self.hop_s - self.duration_s


def read_windows(folder: Path, stem: str) -> ExportedWindows:
    sizes = json.loads((folder / f"{stem}.json").read_text())
    bits = np.fromfile(folder / f"{stem}.bits", np.uint8).reshape(sizes["windows"], sizes["frames"])
    embeddings = np.fromfile(folder / f"{stem}.embeddings", np.float32)
    return ExportedWindows(
        sizes["hop_s"],
        sizes["duration_s"],
        (bits[:, :, None] >> np.arange(sizes["speakers"]) & 1).astype(bool),
        embeddings.reshape(sizes["windows"], sizes["speakers"], sizes["dimension"]),
    )
