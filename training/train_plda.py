#!/usr/bin/env python3
"""In: prepared corpora and an exported embedding network. Out: plda/ of the model directory (LDA and PLDA,
float64).

    python3 train_plda.py --prepared CACHE/prepared --model CACHE/model --windows 8000

Trained on embeddings of simulated windows of the training speakers: one to three people in 10 s, rooms,
noise, masks like the pipeline's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from diar_train.corpora import SAMPLE_RATE_HZ
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.extract import embed, load_embedding
from diar_train.networks import EmbeddingNetwork
from diar_train.plda import Plda
from diar_train.rooms import room_bank

SPLITS = Path(__file__).parent / "splits"
WINDOW = 10 * SAMPLE_RATE_HZ
# Windows that are embedded at once.
BATCH = 8


def examples(
    network: EmbeddingNetwork, source: EmbeddingWindows, count: int, seed: int, bf16: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of `count` windows' speakers and who they are."""
    rng = np.random.default_rng(seed)
    rows, speakers = [], []
    for _ in range(0, count, BATCH):
        windows = [source.window(rng, WINDOW) for _ in range(BATCH)]
        embeddings = embed(
            network,
            np.stack([window.samples for window in windows]),
            np.stack([window.masks for window in windows]),
            bf16,
        )
        labels = np.stack([window.speakers for window in windows])
        rows.append(embeddings[labels >= 0])
        speakers.append(labels[labels >= 0])
    return np.concatenate(rows), np.concatenate(speakers)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        help="directory with embedding/weights.npz; plda/ is written there",
    )
    parser.add_argument("--windows", type=int, default=8000)
    parser.add_argument("--rooms", type=Path, help="rooms.npy of the training; made again without it")
    parser.add_argument("--splits", nargs="+", default=["train"])
    parser.add_argument(
        "--bf16", action="store_true", help="convolutions in bfloat16: half the time where the CPU has it"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = load_embedding(args.model / "embedding" / "weights.npz")
    rooms = room_bank(args.rooms or args.model / "rooms.npy", 60, 6, args.seed).astype(np.float32)
    rows, speakers = examples(
        network,
        EmbeddingWindows(Materials(args.prepared, SPLITS, args.splits), rooms, (1.0,)),
        args.windows,
        args.seed,
        args.bf16,
    )
    plda = Plda.fit(rows, speakers)
    plda.save(args.model / "plda")
    held_out, names = examples(
        network,
        EmbeddingWindows(Materials(args.prepared, SPLITS, ["validation"]), rooms, (1.0,)),
        240,
        args.seed + 1,
        args.bf16,
    )
    eer, num_pairs = plda.equal_error_rate(held_out, names)
    print(
        f"{len(rows)} embeddings of {len(set(speakers.tolist()))} speakers; validation: PLDA EER "
        f"{100 * eer:.2f} % on {num_pairs} pairs -> {args.model / 'plda'}"
    )


if __name__ == "__main__":
    main()
