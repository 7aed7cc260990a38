#!/usr/bin/env python3
"""In: prepared corpora and a CAM++ checkpoint. Out: plda/ of a model directory (LDA and PLDA, float64), for models/open.

    ninja -C ../build/release dump_campplus
    python3 train_campplus_plda.py --prepared CACHE/prepared --checkpoint campplus_cn_en_common.pt --out ../models/open --windows 4000

Trained on embeddings of simulated windows of the training speakers, as train_plda.py: one to three people in 10 s, rooms, noise, masks like the
pipeline's. Each speaker's embedding is that of their frames cut together, as the engine feeds the network.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from diar_train.campplus import Engine, campplus_filter_banks, cut_frames
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.plda import Plda
from diar_train.rooms import room_bank
from diar_train.verification import equal_error_rate, pair_scores

SPLITS = Path(__file__).parent / "splits"
# Windows whose embeddings one call of the engine computes.
BATCH = 100


def examples(
    engine: Engine, source: EmbeddingWindows, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of `count` windows' speakers and who they are."""
    rng = np.random.default_rng(seed)
    rows, speakers = [], []
    for first in range(0, count, BATCH):
        inputs = []
        for _ in range(min(BATCH, count - first)):
            window = source.window(rng, 160000)
            features = campplus_filter_banks(window.samples)
            for mask, speaker in zip(window.masks, window.speakers):
                if speaker >= 0:
                    inputs.append(cut_frames(features, mask))
                    speakers.append(speaker)
        rows.append(engine.embed(inputs))
        print(f"{first + BATCH} of {count} windows", flush=True)
    return np.concatenate(rows), np.array(speakers)


def report(plda: Plda, embeddings: np.ndarray, speakers: np.ndarray) -> str:
    one, other = np.triu_indices(len(speakers), 1)
    plda_eer = equal_error_rate(plda.pair_scores(embeddings)[one, other], speakers[one] == speakers[other])
    return f"PLDA EER {100 * plda_eer:.2f} %, cosine EER {100 * equal_error_rate(*pair_scores(embeddings, speakers)):.2f} % on {len(one)} pairs"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="directory of the model; plda/ is written there"
    )
    parser.add_argument(
        "--engine", type=Path, default=Path(__file__).parent.parent / "build/release/tests/dump_campplus"
    )
    parser.add_argument("--windows", type=int, default=4000)
    parser.add_argument(
        "--rooms", type=Path, help="rooms.npy of another training; made and kept in --prepared otherwise"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--keep",
        type=Path,
        help="file for the embeddings and speakers (npz), to fit again without computing them",
    )
    args = parser.parse_args()
    torch.set_num_threads(1)
    engine = Engine(args.engine.resolve(), args.checkpoint)
    rooms = room_bank(args.rooms or args.prepared / "rooms.npy", 60, 6, args.seed).astype(np.float32)
    # Held-out speakers first: what can go wrong goes wrong early.
    held_out, names = examples(
        engine,
        EmbeddingWindows(Materials(args.prepared, SPLITS, ["validation"]), rooms, (1.0,)),
        200,
        args.seed + 1,
    )
    rows, speakers = examples(
        engine,
        EmbeddingWindows(Materials(args.prepared, SPLITS, ["train"]), rooms, (1.0,)),
        args.windows,
        args.seed,
    )
    if args.keep:
        np.savez(args.keep, rows=rows, speakers=speakers, held_out=held_out, names=names)
    plda = Plda.fit(rows, speakers)
    plda.save(args.out / "plda")
    print(
        f"{len(rows)} embeddings of {len(set(speakers.tolist()))} training speakers; validation: {report(plda, held_out, names)} -> {args.out / 'plda'}"
    )


if __name__ == "__main__":
    main()
