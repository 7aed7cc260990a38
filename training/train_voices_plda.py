#!/usr/bin/env python3
"""In: prepared corpora and a CAM++ network. Out: voices/ of the model directory: LDA and PLDA that compare a
voice in one recording with the same voice in another.

    python3 train_voices_plda.py --prepared CACHE/prepared --checkpoint campplus_cn_en_common.pt --out
    ../models/open

The PLDA that clusters one recording takes a common room or telephone for a part of the voice, as it should.
Between recordings the channel says nothing of the speaker, so here everybody is heard as often clean as in a
noisy room and over a telephone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from diar_train.augment import mu_law
from diar_train.campplus import Engine, campplus_filter_banks
from diar_train.corpora import SAMPLE_RATE_HZ
from diar_train.embedding_windows import Materials
from diar_train.plda import Plda
from diar_train.rooms import room_bank
from diar_train.simulation import band_limit, coloured_noise
from diar_train.verification import equal_error_rate
from diar_train.voice_clips import CONDITIONS, degraded

SPLITS = Path(__file__).parent / "splits"
# Recordings whose embeddings one call of the engine computes.
BATCH = 150


def any_telephone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """More kinds of telephones than the one that judges (voice_clips.py)."""
    samples = samples / (samples.std() + 1e-6)
    samples = samples + coloured_noise(len(samples), rng) * np.float32(10 ** (-rng.uniform(12, 35) / 20))
    samples = band_limit(samples, rng.uniform(150, 400), rng.uniform(2800, 3800))
    return mu_law(samples) if rng.random() < 0.7 else samples


def examples(
    engine: Engine, materials: Materials, rooms: np.ndarray, rounds: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of 4 to 10 s of everybody in each condition, `rounds` times, and who they are."""
    rng = np.random.default_rng(seed)
    rows: list[np.ndarray] = []
    speakers: list[int] = []
    waiting: list[np.ndarray] = []
    for turn in range(rounds):
        for speaker in range(len(materials)):
            for condition in CONDITIONS:
                wanted = int(rng.uniform(4, 10) * SAMPLE_RATE_HZ)
                count = min(wanted, len(materials.samples[speaker]))
                voice = materials.piece(speaker, count, rng).astype(np.float32)
                if condition == "telephone":
                    heard = any_telephone(voice, rng)
                else:
                    heard = degraded(voice, condition, rooms, rng)
                features = campplus_filter_banks(
                    (0.5 * heard / (np.abs(heard).max() + 1e-6)).astype(np.float32)
                )
                waiting.append(features - features.mean(0, keepdims=True))
                speakers.append(speaker)
            if len(waiting) >= BATCH or speaker + 1 == len(materials):
                rows.append(engine.embed(waiting))
                waiting = []
        print(f"{turn + 1} of {rounds} rounds", flush=True)
    return np.concatenate(rows), np.array(speakers)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="what the engine reads as a CAM++")
    parser.add_argument(
        "--out", type=Path, required=True, help="directory of the model; voices/ is written there"
    )
    parser.add_argument(
        "--engine", type=Path, default=Path(__file__).parent.parent / "build/release/tests/dump_campplus"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rooms", type=Path, help="rooms.npy of another training; made and kept in --prepared otherwise"
    )
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="file for the embeddings and speakers (npz)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    engine = Engine(args.engine.resolve(), args.checkpoint)
    rooms = room_bank(args.rooms or args.prepared / "rooms.npy", 60, 6, args.seed).astype(np.float32)
    validation = Materials(args.prepared, SPLITS, ["validation"])
    held_out, names = examples(engine, validation, rooms, 1, args.seed + 1)
    rows, speakers = examples(
        engine, Materials(args.prepared, SPLITS, ["train"]), rooms, args.rounds, args.seed
    )
    if args.keep:
        np.savez(args.keep, rows=rows, speakers=speakers, held_out=held_out, names=names)
    plda = Plda.fit(rows, speakers)
    plda.save(args.out / "voices")
    one, other = np.triu_indices(len(names), 1)
    eer = equal_error_rate(plda.pair_scores(held_out)[one, other], names[one] == names[other])
    print(
        f"{len(rows)} embeddings of {len(set(speakers.tolist()))} training speakers; validation, across "
        f"conditions: EER {100 * eer:.2f} % on {len(one)} pairs -> {args.out / 'voices'}"
    )


if __name__ == "__main__":
    main()
