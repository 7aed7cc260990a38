#!/usr/bin/env python3
"""In: a checkpoint of train_embedding.py. Out: embedding/weights.npz of a model directory, float16, PyTorch
names.

Usage:

    python3 export_embedding.py --checkpoint CACHE/embedding/checkpoint.pt \
        --out CACHE/model/embedding/weights.npz
"""

from diar_train.export import export_command
from diar_train.extract import COUNTERS

if __name__ == "__main__":
    export_command(__doc__, COUNTERS)
