#!/usr/bin/env python3
"""In: the history.jsonl of both trainings. Out: their curves on unseen speakers, as one SVG.

Usage:

    python3 plot_history.py --segmentation histories/segmentation-[2-8].jsonl \
        --embedding histories/embedding.jsonl --out ../docs/images/training-curves.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same history gives the same bytes.
matplotlib.rcParams.update({"svg.hashsalt": "diarize.cpp", "svg.fonttype": "none"})
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def draw(axes: Axes, paths: list[Path], curves: dict[str, str], title: str) -> None:
    """Runs that went on from one another, side by side."""
    first_min = 0.0
    for index, rows in enumerate(map(read, paths)):
        minutes = [first_min + row["used_min"] for row in rows]
        for colour, (key, label) in enumerate(curves.items()):
            axes.plot(
                minutes,
                [None if row.get(key) is None else 100 * row[key] for row in rows],
                marker=".",
                color=f"C{colour}",
                label=label if index == 0 else None,
            )
        if index > 0:
            axes.axvline(first_min, color="grey", linestyle=":")
        first_min = minutes[-1]
    axes.set(title=title, xlabel="minutes of training (one shared CPU core)", ylabel="%", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--segmentation", type=Path, nargs="+", required=True, help="of runs one after the other"
    )
    parser.add_argument("--embedding", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    draw(
        left,
        args.segmentation,
        {"der": "sum", "missed": "missed", "confusion": "confusion", "false_alarm": "false alarm"},
        "segmentation: 48 simulated windows of 10 s",
    )
    draw(
        right,
        args.embedding,
        {"eer_augmented": "noise and rooms", "eer_clean": "clean"},
        "embedding: equal error rate, 16 speakers",
    )
    figure.tight_layout()
    figure.savefig(args.out, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
