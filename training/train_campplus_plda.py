#!/usr/bin/env python3
"""In: prepared corpora and a CAM++ checkpoint. Out: plda/ of a model directory (LDA and PLDA, float64), for models/open.

    ninja -C ../build/release dump_campplus
    python3 train_campplus_plda.py --prepared CACHE/prepared --checkpoint campplus_cn_en_common.pt --out ../models/open --windows 4000

Trained on embeddings of simulated windows of the training speakers, as train_plda.py: one to three people in 10 s, rooms, noise, masks like the
pipeline's. Each speaker's embedding is that of their frames cut together, as the engine feeds the network.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diar_train.campplus import Engine, heard_alone
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.plda import Plda
from diar_train.plda_training import command_line, fit, prepare
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
            for index, heard in heard_alone(window):
                inputs.append(heard)
                speakers.append(window.speakers[index])
        rows.append(engine.embed(inputs))
        print(f"{first + BATCH} of {count} windows", flush=True)
    return np.concatenate(rows), np.array(speakers)


def report(plda: Plda, embeddings: np.ndarray, speakers: np.ndarray) -> str:
    eer, num_pairs = plda.equal_error_rate(embeddings, speakers)
    cosine = equal_error_rate(*pair_scores(embeddings, speakers))
    return f"PLDA EER {100 * eer:.2f} %, cosine EER {100 * cosine:.2f} % on {num_pairs} pairs"


def main() -> None:
    parser = command_line(__doc__, "plda")
    parser.add_argument("--windows", type=int, default=4000)
    args = parser.parse_args()
    engine, rooms = prepare(args)
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
    plda = fit(args, "plda", rows, speakers, held_out, names)
    print(
        f"{len(rows)} embeddings of {len(set(speakers.tolist()))} training speakers; validation: {report(plda, held_out, names)} -> {args.out / 'plda'}"
    )


if __name__ == "__main__":
    main()
