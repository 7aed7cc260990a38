"""Makes tests/data/golden/unit/campplus.npz: PyTorch's embeddings of the genuine CAM++ checkpoint, for the suite of label `genuine`.

    python tools/golden/campplus.py campplus_cn_en_common.pt       torch 2.15.0 made the stored file

The features are a formula: 3 sin(0.37 i (i mod 13 + 1)), i counting the values of [T, 80].
"""

import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))
from diar_train.campplus_network import load  # noqa: E402

FRAMES = (57, 200, 431)


def formula(frames: int) -> np.ndarray:
    i = np.arange(frames * 80, dtype=np.float64)
    return (3.0 * np.sin(0.37 * i * (i % 13 + 1))).astype(np.float32).reshape(frames, 80)


@torch.inference_mode()
def main() -> None:
    torch.set_num_threads(1)
    # In double: the engine's float32 is compared with what is right, not with another rounding.
    network = load(sys.argv[1]).double()
    values = {f"frames_{n}": network(torch.from_numpy(formula(n)).double()[None])[0].numpy() for n in FRAMES}
    np.savez_compressed(ROOT / "tests" / "data" / "golden" / "unit" / "campplus.npz", **values)


if __name__ == "__main__":
    main()
