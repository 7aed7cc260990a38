"""In: prepared corpora, the turns of real meetings, simulated rooms. Out: the windows that a segmentation
network hears in training and validation.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .corpora import SAMPLE_RATE_HZ, PreparedCorpora
from .embedding_windows import Materials
from .simulation import ConversationSimulator, read_turns
from .unlabelled_windows import UnlabelledWindows
from .voiced_windows import VoicedWindows

LONG_WINDOW = 10 * SAMPLE_RATE_HZ
# AMI names its splits otherwise.
AMI_SPLITS = {"train": "train", "validation": "dev"}


class Simulator(Protocol):
    """Draws windows; `labelled` tells whether the labels mean anything."""

    labelled: bool

    def window(self, rng: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        """(samples float32 [num_samples], labels bool [frames, 3])"""
        ...


@dataclass
class Simulators:
    """The three kinds of windows of one split."""

    voiced: VoicedWindows
    conversations: ConversationSimulator
    unlabelled: UnlabelledWindows

    @classmethod
    def of_split(
        cls,
        split: str,
        prepared: Path,
        splits_dir: Path,
        ami: Path,
        rooms: np.ndarray,
        overlapping: float = 0.5,
    ) -> Simulators:
        """`ami`: the archive of AMI's annotations; `overlapping`: share of the voiced windows whose turns are
        invented and dense in overlaps, not a real meeting's.
        """
        corpora, turns = PreparedCorpora(prepared), read_turns(ami, AMI_SPLITS[split])
        materials, speakers = Materials(prepared, splits_dir, [split]), corpora.of_split(splits_dir, split)
        return cls(
            VoicedWindows(materials, turns, rooms, overlapping),
            ConversationSimulator(corpora, speakers, turns),
            UnlabelledWindows(materials, corpora, speakers, turns, rooms),
        )

    def all(self) -> list[Simulator]:
        return [self.voiced, self.conversations, self.unlabelled]


def sounds_of(simulators: list[Simulator], count: int, rng: np.random.Generator) -> Tensor:
    """`count` windows of 10 s, from one simulator after the other: [count, 1, samples]."""
    windows = [simulators[index % len(simulators)].window(rng, LONG_WINDOW)[0] for index in range(count)]
    return torch.from_numpy(np.stack(windows))[:, None]


def validation_batches(held_out: Simulators, device: str) -> list[tuple[Tensor, Tensor]]:
    """The same six batches of eight windows for every run, voiced ones and conversations by turns, whatever
    the training hears.
    """
    rng = np.random.default_rng(99)
    batches = []
    for index in range(6):
        source = (held_out.voiced, held_out.conversations)[index % 2]
        windows = [source.window(rng, LONG_WINDOW) for _ in range(8)]
        samples = torch.from_numpy(np.stack([samples for samples, _ in windows]))[:, None]
        labels = torch.from_numpy(np.stack([labels for _, labels in windows]))
        batches.append((samples.to(device), labels.to(device)))
    return batches


class Windows(IterableDataset):
    """Endless windows of several simulators, each as often as its share says."""

    def __init__(self, simulators: list[Simulator], shares: list[float], num_samples: int, seed: int):
        self.simulators, self.shares, self.num_samples, self.seed = simulators, shares, num_samples, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            simulator = self.simulators[rng.choice(len(self.shares), p=self.shares)]
            samples, labels = simulator.window(rng, self.num_samples)
            yield torch.from_numpy(samples)[None], torch.from_numpy(labels), simulator.labelled


class Batches:
    """Batches of short windows in the first part of the budget, of half as many long ones in the rest."""

    def __init__(self, train: Simulators, args: argparse.Namespace, device: str):
        """`args`: the command line of train_segmentation.py."""
        labelled = 1.0 - args.unlabelled_share
        self.shares = [
            labelled * args.voiced_share,
            labelled * (1.0 - args.voiced_share),
            args.unlabelled_share,
        ]
        self.simulators, self.seed, self.device = train.all(), args.seed, device
        # What was heard before fills the rest of a batch.
        fresh = 1 - args.replay
        self.short = (int(args.short_s * SAMPLE_RATE_HZ), max(1, round(args.batch * fresh)))
        self.long = (LONG_WINDOW, max(1, round(args.batch // 2 * fresh)))
        self.current: tuple[int, int] | None = None
        self.loader: Iterator[tuple[Tensor, Tensor, Tensor]] = iter(())

    def next(self, long: bool, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """(samples [B, 1, n], labels bool [B, frames, 3], labelled bool [B]). `step` seeds the windows
        wherever their length changes, so that a resumed run does not hear the same again.
        """
        wanted = self.long if long else self.short
        if wanted != self.current:
            self.current = wanted
            num_samples, size = wanted
            windows = Windows(self.simulators, self.shares, num_samples, self.seed + 1000 * (step + 1))
            self.loader = iter(DataLoader(windows, size, num_workers=1, prefetch_factor=4))
        samples, labels, labelled = next(self.loader)
        return samples.to(self.device), labels.to(self.device), labelled.to(self.device)


class Replay:
    """Windows with the teacher's answers to them, so that both are made only once for several hearings."""

    def __init__(self, capacity: int, rng: np.random.Generator):
        self.capacity, self.rng = capacity, rng
        self.windows: list[tuple[Tensor, ...]] = []

    def add(self, *batch: Tensor) -> None:
        """Each part [B, ...]; beyond the capacity a new window replaces a random one."""
        for window in zip(*batch):
            kept = tuple(part.clone() for part in window)
            if len(self.windows) < self.capacity:
                self.windows.append(kept)
            else:
                self.windows[self.rng.integers(self.capacity)] = kept

    def draw(self, count: int) -> list[Tensor]:
        """Parts as `add` took them, [count, ...]."""
        drawn = [self.windows[index] for index in self.rng.integers(len(self.windows), size=count)]
        return [torch.stack(parts) for parts in zip(*drawn)]
