"""In: a pupil, a teacher and a budget of minutes. Out: what both kinds of distillation share: parts of the
budget with rates of their own, a checkpoint, batches that are heard again, and how much of a teacher's layer
a pupil tells.

A pupil with layers like its teacher's learns each from the teacher's own input to it (blockwise
distillation): its layers need not wait for one another, and what the teacher said is heard several times.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

REPORT_S = 180.0
# A process that was put to sleep must not find its budget gone.
LONGEST_STEP_S = 60.0
LARGEST_GRADIENT = 2.0


def untold(said: Tensor, wanted: Tensor, channels: int) -> Tensor:
    """The share of the teacher's variance that is not told, mean over the dimension `channels` -> scalar."""
    axes = [axis for axis in range(wanted.dim()) if axis != channels % wanted.dim()]
    variance = wanted.var(axes, keepdim=True)
    # Channels that hardly move would count most.
    variance = variance.clamp_min(0.1 * variance.mean())
    return ((said - wanted).square() / variance).mean()


@dataclass(frozen=True)
class Parts:
    """A budget in parts: each from one share of it to the next, with a rate of its own."""

    edges: tuple[float, ...]  # 0, ..., 1
    rates: tuple[float, ...]

    def part(self, progress: float) -> int:
        return sum(progress >= edge for edge in self.edges[1:-1])

    def within(self, progress: float) -> float:
        """The share of the present part that is used up."""
        first, last = self.edges[self.part(progress) :][:2]
        return min(1.0, (progress - first) / (last - first))

    def rate(self, progress: float) -> float:
        """In each part a short warm-up, then a cosine to a fiftieth."""
        within = self.within(progress)
        warm = min(1.0, (within + 0.002) / 0.02)
        return self.rates[self.part(progress)] * warm * (0.02 + 0.49 * (1 + math.cos(math.pi * within)))


class Kept:
    """What a teacher said of some batches, in half precision, until each was heard `hearings` times."""

    def __init__(self, hearings: int, least: int, rng: np.random.Generator):
        self.hearings, self.least, self.rng = hearings, least, rng
        self.batches: list[tuple[list[Tensor], int]] = []

    def add(self, said: list[Tensor]) -> None:
        self.batches.append(([part.half() for part in said], 1))

    def draw(self) -> list[Tensor] | None:
        """Nothing until `least` batches are there: a few that are heard over and over would be memorised."""
        if len(self.batches) < self.least:
            return None
        index = int(self.rng.integers(len(self.batches)))
        said, heard = self.batches[index]
        if heard + 1 >= self.hearings:
            self.batches.pop(index)
        else:
            self.batches[index] = (said, heard + 1)
        return [part.float() for part in said]


class Distillation(ABC):
    """A pupil that learns step by step, and OUT/checkpoint.pt, which another run with the same OUT goes on
    from."""

    def __init__(
        self, network: nn.Module, optimiser: torch.optim.Optimizer, parts: Parts, minutes: float, out: Path
    ):
        self.network, self.optimiser, self.parts, self.minutes = network, optimiser, parts, minutes
        self.state = {"step": 0, "used_s": 0.0, "starts": 1}
        self.losses: dict[str, list[float]] = {}
        self.path = out / "checkpoint.pt"

    @abstractmethod
    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        """Endless; of the present part of the budget."""

    @abstractmethod
    def losses_of(self, batch: tuple[Tensor, ...]) -> Iterator[Tensor]:
        """One loss for each step that a batch is good for."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """On speakers that no part has heard."""

    def more_to_keep(self) -> dict[str, Tensor]:
        return {}

    def resume(self) -> dict | None:
        """What the checkpoint holds, where there is one."""
        if not self.path.exists():
            return None
        saved = torch.load(self.path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.state = {**saved["state"], "starts": saved["state"]["starts"] + 1}
        return saved

    def save(self) -> None:
        """Atomic: a run that is killed leaves the last checkpoint whole."""
        partial = self.path.with_suffix(".part")
        kept = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "state": self.state,
        }
        torch.save({**kept, **self.more_to_keep()}, partial)
        partial.rename(self.path)

    def progress(self) -> float:
        return self.state["used_s"] / (self.minutes * 60)

    def part(self) -> int:
        return self.parts.part(self.progress())

    def within(self) -> float:
        return self.parts.within(self.progress())

    def note(self, **losses: Tensor) -> None:
        for name, loss in losses.items():
            self.losses.setdefault(name, []).append(loss.item())

    def update(self, loss: Tensor) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.parts.rate(self.progress()) * group.get("of_rate", 1.0)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        self.state["step"] += 1

    def report(self) -> None:
        """A line of OUT/history.jsonl and a checkpoint."""
        self.save()
        line = {"step": self.state["step"], "used_min": round(self.state["used_s"] / 60, 1)}
        line |= {name: round(float(np.mean(losses)), 4) for name, losses in self.losses.items()}
        if self.part() > 0:
            line |= {name: round(value, 4) for name, value in self.validate().items()}
        self.losses = {}
        with self.path.with_name("history.jsonl").open("a") as history:
            print(json.dumps(line), file=history)
        print(json.dumps(line), flush=True)

    def run(self) -> None:
        """Until the budget is used up; measuring is not training."""
        last, last_report_s = time.monotonic(), self.state["used_s"]
        for batch in self.batches():
            if self.progress() >= 1:
                break
            for loss in self.losses_of(batch):
                self.update(loss)
            now = time.monotonic()
            self.state["used_s"] += min(now - last, LONGEST_STEP_S)
            last = now
            if self.state["used_s"] - last_report_s > REPORT_S:
                self.report()
                last, last_report_s = time.monotonic(), self.state["used_s"]


def command_line(description: str | None) -> argparse.ArgumentParser:
    """Options of both."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True, help="made by prepare_corpora.py")
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser
