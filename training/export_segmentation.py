#!/usr/bin/env python3
"""In: a checkpoint of train_segmentation.py. Out: segmentation/weights.npz of a model directory, float16, PyTorch names.

    python3 export_segmentation.py --checkpoint CACHE/segmentation/checkpoint.pt --out ../models/starter/segmentation/weights.npz
"""
import argparse
from pathlib import Path

import numpy as np
import torch

# Follow from their definition; the engine computes them.
DERIVED = ("filterbank.window_", "filterbank.n_")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    network = torch.load(args.checkpoint, map_location="cpu", weights_only=True)["network"]
    tensors = {name: tensor.numpy().astype(np.float16) for name, tensor in network.items() if not name.endswith(DERIVED)}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out, **tensors)
    print(f"{len(tensors)} tensors, {args.out.stat().st_size / 1e6:.2f} MB -> {args.out}")


if __name__ == "__main__":
    main()
