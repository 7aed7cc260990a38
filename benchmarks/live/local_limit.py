#!/usr/bin/env python3
"""In: what our networks said of a window that ends each half second, and references. Out: the DER that labels
would have at a latency if every window's local speakers were given the right names.

    live_bench --model MODEL --export WINDOWS -- AUDIO...
    python3 benchmarks/live/local_limit.py WINDOWS REFERENCES --latency 1

What is left is the segmentation's: with a second of context it often puts a new voice on the local speaker
who spoke before, and no clustering takes that back. Needs numpy.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
from exported_windows import read_windows

POINT_S = 0.02


def truth(path: Path, num_points: int) -> np.ndarray:
    """Who talks [points, speakers]."""
    turns: dict[str, list[tuple[float, float]]] = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        begin_s = float(fields[3])
        turns.setdefault(fields[7], []).append((begin_s, begin_s + float(fields[4])))
    talks = np.zeros((num_points, len(turns)), bool)
    for column, speaker in enumerate(sorted(turns)):
        for begin_s, end_s in turns[speaker]:
            talks[round(begin_s / POINT_S) : round(end_s / POINT_S), column] = True
    return talks


def right_names(local: np.ndarray, talks: np.ndarray) -> list[int]:
    """For each local speaker [frames, speakers] the reference speaker with whom most is shared, each at most
    once; -1 for nobody."""
    shared = local.astype(int).T @ talks.astype(int)
    choices = [*range(talks.shape[1]), *([-1] * local.shape[1])]
    best, most = [-1] * local.shape[1], -1
    for names in set(itertools.permutations(choices, local.shape[1])):
        total = sum(shared[s, name] for s, name in enumerate(names) if name >= 0)
        if total > most:
            best, most = list(names), total
    return best


def errors(folder: Path, stem: str, references: Path, latency_s: float) -> np.ndarray:
    """Points of reference speech, missed, falsely added and confused."""
    heard = read_windows(folder, stem)
    num_windows, num_frames, num_local = heard.active.shape
    num_points = int(num_windows * heard.hop_s / POINT_S)
    talks = truth(references / f"{stem}.rttm", num_points)
    shown = np.zeros((num_points, talks.shape[1] + num_local), bool)
    for window in range(num_windows):
        start_s = heard.start_s(window)
        frames = start_s + (np.arange(num_frames) + 0.5) * heard.resolution_s
        local = heard.active[window].copy()
        local[frames < 0] = False
        at = np.clip((frames / POINT_S).astype(int), 0, num_points - 1)
        names = right_names(local, talks[at])
        # Points for which this is the newest window at the latency.
        newest_s = (window + 1) * heard.hop_s - latency_s
        last = window == num_windows - 1
        first_point = max(0, int(newest_s / POINT_S))
        end_point = num_points if last else max(0, int((newest_s + heard.hop_s) / POINT_S))
        points = np.arange(first_point, min(end_point, num_points))
        frame_of = np.clip(((points * POINT_S - start_s) / heard.resolution_s).astype(int), 0, num_frames - 1)
        for s, name in enumerate(names):
            column = name if name >= 0 else talks.shape[1] + s
            shown[points, column] |= local[frame_of, s]
    said, labelled = talks.sum(1), shown.sum(1)
    right = (talks & shown[:, : talks.shape[1]]).sum(1)
    missed, added = np.maximum(said - labelled, 0), np.maximum(labelled - said, 0)
    confused = np.minimum(said, labelled) - right
    return np.array([said.sum(), missed.sum(), added.sum(), confused.sum()])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("windows", type=Path, help="folder that live_bench --export wrote")
    parser.add_argument("references", type=Path)
    parser.add_argument("stems", nargs="*", help="recordings; else all")
    parser.add_argument("--latency", type=float, action="append")
    args = parser.parse_args()
    for latency_s in args.latency or [0.5, 1.0, 2.0, 5.0]:
        total = np.zeros(4)
        for stem in args.stems or sorted(path.stem for path in args.windows.glob("*.json")):
            total += errors(args.windows, stem, args.references, latency_s)
        missed, added, confused = 100 * total[1:] / total[0]
        print(
            f"{latency_s:4.2f} s: DER {missed + added + confused:5.2f} "
            f"(missed {missed:.2f}, false {added:.2f}, confused {confused:.2f})"
        )


if __name__ == "__main__":
    main()
