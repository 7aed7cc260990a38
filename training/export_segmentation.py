#!/usr/bin/env python3
"""In: a checkpoint of train_segmentation.py. Out: segmentation/weights.npz of a model directory, float16, PyTorch names.

    python3 export_segmentation.py --checkpoint CACHE/segmentation/checkpoint.pt --out ../models/starter/segmentation/weights.npz
"""
from diar_train.export import export_command

# Follow from their definition; the engine computes them.
DERIVED = ("filterbank.window_", "filterbank.n_")

if __name__ == "__main__":
    export_command(__doc__, DERIVED)
