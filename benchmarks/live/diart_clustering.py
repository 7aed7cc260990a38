#!/usr/bin/env python3
"""In: what our networks said of a window that ends each half second. Out: RTTM of the labels that diart's own
clustering and aggregation show at a latency.

    python3 -m venv VENV && VENV/bin/pip install numpy scipy sortedcontainers typing_extensions
    VENV/bin/pip install --no-deps diart==0.9.2 pyannote.core==5.0.0
    live_bench --model MODEL --export WINDOWS -- AUDIO...
    VENV/bin/python benchmarks/live/diart_clustering.py WINDOWS OUT --latency 1 --delta-new 1.0
    diarize score REFERENCES OUT

`OnlineSpeakerClustering` and `DelayedAggregation` are diart's. Around them stands what its pipeline does:
embeddings of length 1, windows before the first sample padded with zeros, steps of half a second; scores over
`tau_active` are speech. Our segmentation gives decisions, as diart's adapter of powerset networks does.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
from exported_windows import read_windows


class Plain:
    """As much of a tensor as diart's clustering asks for."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def detach(self) -> Plain:
        return self

    def cpu(self) -> Plain:
        return self

    def numpy(self) -> np.ndarray:
        return self.values


def diart_module(name: str) -> Any:
    """A module of diart without the imports of the whole package, which want a sound card."""
    if "torch" not in sys.modules and importlib.util.find_spec("torch") is None:
        torch = types.ModuleType("torch")
        torch.Tensor = Plain  # type: ignore[attr-defined]
        sys.modules["torch"] = torch
    if "diart" not in sys.modules:
        spec = importlib.util.find_spec("diart")
        if spec is None or spec.origin is None:
            raise SystemExit("diart is not installed: pip install --no-deps diart==0.9.2")
        home = Path(spec.origin).parent
        for package, folder in (("diart", home), ("diart.blocks", home / "blocks")):
            empty = types.ModuleType(package)
            empty.__path__ = [str(folder)]
            sys.modules[package] = empty
    return importlib.import_module(name)


def label(folder: Path, stem: str, args: argparse.Namespace) -> list[tuple[float, float, str]]:
    """Turns (start, end, speaker), as shown `args.latency` after each moment."""
    core = importlib.import_module("pyannote.core")
    exported = read_windows(folder, stem)
    clustering = diart_module("diart.blocks.clustering").OnlineSpeakerClustering(
        args.tau_active, args.rho_update, args.delta_new, "cosine", 20
    )
    aggregate = diart_module("diart.blocks.aggregation").DelayedAggregation(
        exported.hop_s, args.latency, strategy="hamming", cropping_mode="loose"
    )
    resolution_s = exported.resolution_s
    buffer: list[Any] = []
    turns: dict[int, list[list[float]]] = {}
    for window, active in enumerate(exported.active.astype(np.float64)):
        frames = core.SlidingWindow(start=exported.start_s(window), duration=resolution_s, step=resolution_s)
        heard = exported.embeddings[window].astype(np.float64)
        heard /= np.linalg.norm(heard, axis=1, keepdims=True)
        buffer.append(clustering(core.SlidingWindowFeature(active, frames), Plain(heard)))
        buffer = buffer[-aggregate.num_overlapping_windows :]
        shown = aggregate(buffer)
        at = shown.sliding_window
        for frame, speaker in zip(*np.nonzero(shown.data > args.tau_active), strict=True):
            begin_s = at.start + frame * at.step
            if begin_s < 0:
                continue
            spans = turns.setdefault(int(speaker), [])
            if spans and begin_s - spans[-1][1] < 0.5 * resolution_s:
                spans[-1][1] = begin_s + at.step
            else:
                spans.append([begin_s, begin_s + at.step])
    return sorted((a, b, f"speaker{k}") for k, spans in turns.items() for a, b in spans)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("windows", type=Path, help="folder that live_bench --export wrote")
    parser.add_argument("out", type=Path)
    parser.add_argument("stems", nargs="*", help="recordings; else all")
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--tau-active", type=float, default=0.5)
    parser.add_argument("--rho-update", type=float, default=0.3)
    parser.add_argument("--delta-new", type=float, default=1.0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for stem in args.stems or sorted(path.stem for path in args.windows.glob("*.json")):
        lines = [
            f"SPEAKER {stem} 1 {a:.3f} {b - a:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
            for a, b, speaker in label(args.windows, stem, args)
        ]
        (args.out / f"{stem}.rttm").write_text("".join(lines))


if __name__ == "__main__":
    main()
