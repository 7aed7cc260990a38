#!/usr/bin/env python3
"""In: a checkpoint of train_segmentation.py. Out: segmentation/weights.npz of a model directory, float16,
PyTorch names.

Usage:

    python3 export_segmentation.py --checkpoint CACHE/segmentation/checkpoint.pt \
        --out CACHE/model/segmentation/weights.npz
"""

import argparse

import torch

from diar_train.export import export_command

# Follow from their definition; the engine computes them.
DERIVED = ("filterbank.window_", "filterbank.n_")

# Classes of two speakers begin here.
FIRST_OVERLAP_CLASS = 4


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overlap-bias",
        type=float,
        default=0.0,
        help=(
            "taken from the logits of two speakers at once: training windows may hold more of them than "
            "meetings do; negative adds"
        ),
    )
    parser.add_argument(
        "--silence-bias",
        type=float,
        default=0.0,
        help="taken from the logit of nobody: a teacher in doubt says nothing",
    )


def adjust(tensors: dict[str, torch.Tensor], args: argparse.Namespace) -> None:
    tensors["classifier.bias"][0] -= args.silence_bias
    tensors["classifier.bias"][FIRST_OVERLAP_CLASS:] -= args.overlap_bias


if __name__ == "__main__":
    export_command(__doc__, DERIVED, add_options, adjust)
