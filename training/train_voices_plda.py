#!/usr/bin/env python3
"""In: prepared corpora and a CAM++ network. Out: voices/ of the model directory: LDA and PLDA that compare a
voice in one recording with the same voice in another.

    python3 train_voices_plda.py --prepared CACHE/prepared --checkpoint campplus_cn_en_common.pt \
        --out ../models/open

The PLDA that clusters one recording takes a common room or telephone for a part of the voice, as it should.
Between recordings the channel says nothing of the speaker, so here everybody is heard as often clean as in a
noisy room and over a telephone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diar_train.augment import mu_law
from diar_train.campplus import Engine, campplus_features
from diar_train.corpora import SAMPLE_RATE_HZ
from diar_train.embedding_windows import Materials
from diar_train.plda_training import command_line, fit, prepare
from diar_train.simulation import band_limit, coloured_noise
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
                heard = (0.5 * heard / (np.abs(heard).max() + 1e-6)).astype(np.float32)
                waiting.append(campplus_features(heard))
                speakers.append(speaker)
            if len(waiting) >= BATCH or speaker + 1 == len(materials):
                rows.append(engine.embed(waiting))
                waiting = []
        print(f"{turn + 1} of {rounds} rounds", flush=True)
    return np.concatenate(rows), np.array(speakers)


def main() -> None:
    parser = command_line(__doc__, "voices")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    engine, rooms = prepare(args)
    validation = Materials(args.prepared, SPLITS, ["validation"])
    held_out, names = examples(engine, validation, rooms, 1, args.seed + 1)
    rows, speakers = examples(
        engine, Materials(args.prepared, SPLITS, ["train"]), rooms, args.rounds, args.seed
    )
    plda = fit(args, "voices", rows, speakers, held_out, names)
    eer, num_pairs = plda.equal_error_rate(held_out, names)
    print(
        f"{len(rows)} embeddings of {len(set(speakers.tolist()))} training speakers; validation, across "
        f"conditions: EER {100 * eer:.2f} % on {num_pairs} pairs -> {args.out / 'voices'}"
    )


if __name__ == "__main__":
    main()
