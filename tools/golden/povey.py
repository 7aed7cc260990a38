"""Makes tests/data/golden/unit/fbank_povey.npz: torchaudio's Kaldi filter banks as 3D-Speaker calls them, of the signals in unit/fbank.npz.

python tools/golden/povey.py       torch 2.15.0, torchaudio 2.11.1 made the stored file
"""

from pathlib import Path

import numpy as np
import torch
from torchaudio.compliance import kaldi

UNIT = Path(__file__).resolve().parents[2] / "tests" / "data" / "golden" / "unit"
SIGNALS = ("noise", "zeros", "one_frame", "full_scale_sine", "half_silent")


def main() -> None:
    stored = np.load(UNIT / "fbank.npz")
    values = {}
    for name in SIGNALS:
        samples = torch.from_numpy(stored[f"{name}_samples"].astype(np.float64) / 32768)[None]
        # Defaults: Povey's window, samples in [-1, 1]. In double: this window leaks so little that the quiet bins next to a sine
        # would be the rounding of a float32 FFT.
        values[name] = (
            kaldi.fbank(samples, num_mel_bins=80, sample_frequency=16000, dither=0.0)
            .numpy()
            .astype(np.float32)
        )
    np.savez_compressed(UNIT / "fbank_povey.npz", **values)


if __name__ == "__main__":
    main()
