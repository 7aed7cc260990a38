#!/usr/bin/env python3
"""In: embedding/weights.npz of a model set. Out: the same network with more channels, which computes the same
(float32).

    python3 widen_embedding.py --weights ../tests/data/resnet34/embedding/weights.npz --channels 32 \
        --out SET/embedding/weights.npz

A stand-in for trained weights of that size where time and memory are measured.
"""

import argparse
from pathlib import Path

import numpy as np

from diar_train.extract import COUNTERS, load_embedding
from diar_train.widen import widen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--channels", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    state = widen(load_embedding(args.weights).state_dict(), args.channels)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        args.out, **{name: tensor.numpy() for name, tensor in state.items() if not name.endswith(COUNTERS)}
    )


if __name__ == "__main__":
    main()
