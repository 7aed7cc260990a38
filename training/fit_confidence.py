#!/usr/bin/env python3
"""In: what benchmarks/accuracy/speaker_counts wrote about every frame of simulated conversations, and their
references. Out: the "confidence" of a model.json, and how honest turns are with it.

    speaker_counts MODEL CACHE CONVERSATIONS 1000 evidence.bin
    python3 fit_confidence.py --evidence evidence.bin --conversations CONVERSATIONS [--fixed model.json]

Frames of one speaker count as right when that speaker's person, with whom they share most frames, talks
in them. The logistic regression is fitted to frames; a turn's confidence is the mean over its frames, and the
expected calibration error (ECE) compares it with the share of the turn that is right, turns weighted by their
length. Without --fixed the recordings are split in two: fitted on the even ones, judged on the odd ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

NAMES = ("share", "certainty", "margin", "overlap")
FRAME_STEP_S, FRAME_OFFSET_S = 270 / 16000, 0.5 * 991 / 16000


@dataclass
class Recording:
    features: np.ndarray  # [frames of all speakers, 4]
    right: np.ndarray
    turn: np.ndarray  # which turn each row is of


def read_evidence(path: Path) -> dict[str, np.ndarray]:
    """[rows, 6]: frame, column, share, certainty, margin, overlap."""
    data, at, result = path.read_bytes(), 0, {}
    while at < len(data):
        end = data.index(b"\n", at)
        name, rows = data[at:end].decode().split()
        size = int(rows) * 6 * 4
        result[name] = np.frombuffer(data[end + 1 : end + 1 + size], "<f4").reshape(-1, 6)
        at = end + 1 + size
    return result


def truth_of(path: Path, num_frames: int) -> np.ndarray:
    """[frames, people]: who talks in the middle of each frame."""
    people: dict[str, int] = {}
    turns = []
    for line in path.read_text().splitlines():
        field = line.split()
        people.setdefault(field[7], len(people))
        turns.append((float(field[3]), float(field[4]), people[field[7]]))
    middle_s = np.arange(num_frames) * FRAME_STEP_S + FRAME_OFFSET_S
    truth = np.zeros((num_frames, len(people)), bool)
    for start_s, duration_s, person in turns:
        truth[(middle_s >= start_s) & (middle_s < start_s + duration_s), person] = True
    return truth


def recording_of(rows: np.ndarray, reference: Path) -> Recording:
    frames, columns = rows[:, 0].astype(int), rows[:, 1].astype(int)
    truth = truth_of(reference, int(frames.max()) + 1)
    shared = np.zeros((columns.max() + 1, truth.shape[1]))
    for column in range(len(shared)):
        shared[column] = truth[frames[columns == column]].sum(axis=0)
    # One to one, the largest first.
    person = np.full(len(shared), -1)
    left = shared.copy()
    while left.max() > 0:
        found, who = divmod(int(left.argmax()), left.shape[1])
        person[found] = who
        left[found, :] = left[:, who] = 0
    of_row = person[columns]
    right = np.where(of_row >= 0, truth[frames, np.maximum(of_row, 0)], False)
    order = np.lexsort((frames, columns))
    new_turn = (np.diff(frames[order], prepend=-2) != 1) | (np.diff(columns[order], prepend=-1) != 0)
    return Recording(rows[order, 2:].astype(np.float64), right[order], np.cumsum(new_turn) - 1)


def with_bias(features: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(features), 1)), features])


def probability(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-with_bias(features) @ weights))


def fit(recordings: list[Recording]) -> np.ndarray:
    """Newton's method, with a little pull towards 0."""
    x = with_bias(np.vstack([recording.features for recording in recordings]))
    y = np.concatenate([recording.right for recording in recordings]).astype(float)
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) / len(y) + 1e-6 * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x / len(y) + 1e-6 * np.eye(x.shape[1])
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def calibration_error(confidence: np.ndarray, right: np.ndarray, weight: np.ndarray) -> float:
    error = 0.0
    for k in range(10):
        chosen = (confidence >= k / 10) & ((confidence < (k + 1) / 10) | (k == 9))
        if weight[chosen].sum() > 0:
            mean = np.average(confidence[chosen], weights=weight[chosen])
            error += weight[chosen].sum() * abs(mean - np.average(right[chosen], weights=weight[chosen]))
    return float(error / weight.sum())


def judge(recordings: list[Recording], weights: np.ndarray) -> dict[str, float]:
    confidence, right, weight = [], [], []
    for recording in recordings:
        count = np.bincount(recording.turn)
        p = probability(recording.features, weights)
        confidence.append(np.bincount(recording.turn, p) / count)
        right.append(np.bincount(recording.turn, recording.right.astype(float)) / count)
        weight.append(count)
    c, r, w = np.concatenate(confidence), np.concatenate(right), np.concatenate(weight)
    unsure = c < np.quantile(c, 0.2)
    return {
        "turns": len(c),
        "ece": calibration_error(c, r, w),
        "right_share": float(np.average(r, weights=w)),
        "right_share_of_the_least_sure_fifth": float(np.average(r[unsure], weights=w[unsure])),
        "right_share_of_the_rest": float(np.average(r[~unsure], weights=w[~unsure])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evidence", type=Path, required=True)
    parser.add_argument("--conversations", type=Path, required=True)
    parser.add_argument("--fixed", type=Path, help="judge the confidence of this model.json, fit nothing")
    args = parser.parse_args()
    recordings = [
        recording_of(rows, args.conversations / "reference" / f"{name.split('/')[1]}.rttm")
        for name, rows in sorted(read_evidence(args.evidence).items())
        if len(rows)
    ]
    if args.fixed:
        own = json.loads(args.fixed.read_text())["confidence"]
        weights = np.array([own[name] for name in ("bias", *NAMES)])
        print(json.dumps(judge(recordings, weights), indent=2))
        return
    held_out = judge(recordings[1::2], fit(recordings[::2]))
    weights = fit(recordings)
    result = {name: round(float(value), 4) for name, value in zip(("bias", *NAMES), weights)}
    print(
        json.dumps(
            {"confidence": {**result, "ece": round(held_out["ece"], 4)}, "held_out": held_out}, indent=2
        )
    )


if __name__ == "__main__":
    main()
