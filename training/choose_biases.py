#!/usr/bin/env python3
"""In: exported segmentation weights and conversations with references. Out: the two biases that
export_segmentation.py takes.

    python3 choose_biases.py --weights CACHE/model/segmentation/weights.npz \
        --audio CACHE/tuning/audio --reference CACHE/tuning/reference

A pupil of a teacher in doubt says "nobody" too often, and training windows hold more overlap than meetings
do. The frame errors (missed, false alarm, confusion) of some windows of each conversation are measured for a
grid of biases; of those within 0.1 points of the best the smallest are taken.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from diar_train.corpora import SAMPLE_RATE_HZ, decode
from diar_train.extract import load_segmentation
from diar_train.powerset import frame_errors
from diar_train.simulation import HOP, frame_labels
from diar_train.turns import read_rttm, talking
from export_segmentation import FIRST_OVERLAP_CLASS

WINDOW = 10 * SAMPLE_RATE_HZ
SILENCE = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
OVERLAP = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5)
NEARLY = 0.001


def labels_of(turns: list[tuple[float, float, str]], first_sample: int) -> np.ndarray:
    """bool [frames, 3] of the three who talk most in the window that starts there."""
    _, everybody = talking(turns, (first_sample + WINDOW) // HOP + 1)
    mask = np.pad(everybody[:, first_sample // HOP :], ((0, 3), (0, 0)))  # three at least
    busiest = np.argsort(-mask.sum(1), kind="stable")[:3]
    return np.stack([frame_labels(mask[k], WINDOW) for k in busiest], 1)


def windows_of(audio: Path, reference: Path, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    samples, labels = [], []
    for path in sorted(audio.iterdir()):
        recording = decode(path).astype(np.float32) / 32768
        (turns,) = read_rttm(reference / f"{path.stem}.rttm").values()
        for place in range(count):
            first = int((len(recording) - WINDOW) * (place + 1) / (count + 1)) // HOP * HOP
            if first >= 0:
                samples.append(recording[first : first + WINDOW])
                labels.append(labels_of(turns, first))
    return samples, labels


def choose(log_probs: torch.Tensor, labels: torch.Tensor) -> tuple[dict, dict]:
    """(without biases, with the best): silence, overlap and the error rates; log_probs [B, T, 7], labels bool
    [B, T, 3].
    """
    trials = []
    for silence in SILENCE:
        for overlap in OVERLAP:
            bias = torch.zeros(log_probs.shape[-1])
            bias[0] -= silence
            bias[FIRST_OVERLAP_CLASS:] -= overlap
            trials.append(
                {"silence_bias": silence, "overlap_bias": overlap, **frame_errors(log_probs + bias, labels)}
            )
    best = min(trial["der"] for trial in trials)
    near = [trial for trial in trials if trial["der"] <= best + NEARLY]
    (plain,) = [trial for trial in trials if trial["silence_bias"] == 0 and trial["overlap_bias"] == 0]
    return plain, min(
        near, key=lambda trial: (abs(trial["silence_bias"]) + abs(trial["overlap_bias"]), trial["der"])
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument(
        "--reference", type=Path, required=True, help="a NAME.rttm for each NAME of the audio"
    )
    parser.add_argument("--windows", type=int, default=2, help="of 10 s, of each recording")
    args = parser.parse_args()
    network = load_segmentation(args.weights).eval()
    samples, labels = windows_of(args.audio, args.reference, args.windows)
    with torch.no_grad():
        log_probs = torch.cat(
            [
                network(torch.from_numpy(np.stack(samples[k : k + 24]))[:, None])
                for k in range(0, len(samples), 24)
            ]
        )
    plain, best = choose(log_probs, torch.from_numpy(np.stack(labels)))
    for name, trial in (("without", plain), ("best", best)):
        print(json.dumps({name: {key: round(value, 4) for key, value in trial.items()}}))


if __name__ == "__main__":
    main()
