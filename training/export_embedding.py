#!/usr/bin/env python3
"""In: a checkpoint of train_embedding.py. Out: embedding/weights.npz of a model directory, float16, PyTorch names.

    python3 export_embedding.py --checkpoint CACHE/embedding/checkpoint.pt --out CACHE/model/embedding/weights.npz
"""
import argparse
from pathlib import Path

import numpy as np
import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    network = torch.load(args.checkpoint, map_location="cpu", weights_only=True)["network"]
    tensors = {name: tensor.contiguous().numpy().astype(np.float16) for name, tensor in network.items() if not name.endswith("num_batches_tracked")}
    bad = [name for name, tensor in tensors.items() if not np.isfinite(tensor).all()]
    if bad:
        raise SystemExit(f"beyond float16: {', '.join(bad)}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out, **tensors)
    print(f"{len(tensors)} tensors, {sum(t.size for t in tensors.values())} values, {args.out.stat().st_size / 1e6:.2f} MB -> {args.out}")


if __name__ == "__main__":
    main()
