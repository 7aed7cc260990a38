"""In: batches of windows and, if there is one, a teacher. Out: a segmentation network that learns step by
step, within a budget of time, and the checkpoint that keeps it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .hints import Hints
from .networks import SegmentationNetwork
from .powerset import divergences, frame_errors, permutation_free_loss, pupil_loss
from .segmentation_data import Replay

# A paused process must not find its budget gone.
LONGEST_STEP_S = 30.0
# Share of the budget in which windows are short.
SHORT_PART = 0.7
REPLAYED_WINDOWS = 4000
# A few windows that are often replayed would be memorised: this many must be kept for each replayed one.
KEPT_FOR_EACH_REPLAYED = 20


@dataclass(frozen=True)
class Schedule:
    """What depends on the share of the budget that is used up, `progress` in [0, 1]."""

    rate: float
    teacher_share: float
    teacher_share_end: float
    hint_share: float

    def learning_rate(self, progress: float, step: int) -> float:
        """A short warm-up, then a cosine to nearly 0."""
        warm = min(1.0, (step + 1) / 100)
        return self.rate * warm * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-5

    def teacher_weight(self, progress: float) -> float:
        return self.teacher_share + (self.teacher_share_end - self.teacher_share) * progress

    def hint_weight(self, progress: float) -> float:
        """Falls to a fifth."""
        return self.hint_share * (1.0 - 0.8 * progress)


class Budget:
    """Seconds of training: what earlier runs used counts too."""

    def __init__(self, minutes: float, used_s: float):
        self.total_s, self.used_s, self.last = minutes * 60, used_s, 0.0

    def start(self) -> None:
        """What comes before does not count."""
        self.last = time.monotonic()

    def progress(self) -> float:
        return self.used_s / self.total_s

    def tick(self) -> None:
        now = time.monotonic()
        self.used_s += min(now - self.last, LONGEST_STEP_S)
        self.last = now


@dataclass
class Lesson:
    """A batch as the pupil gets it; `answers` and `layers` are the teacher's, if there is one."""

    samples: Tensor  # [B, 1, n]
    labels: Tensor  # bool [B, frames, 3]
    labelled: Tensor  # bool [B]
    answers: Tensor | None = None  # log-probabilities [B, frames, 7]
    layers: tuple[Tensor, ...] = ()  # [B, frames, size] each; empty without hints


class Teacher:
    """Judges windows, and may repeat some that it judged before."""

    def __init__(
        self,
        network: SegmentationNetwork,
        tells_layers: bool,
        bf16: bool,
        replay_share: float,
        seed: list[int],
    ):
        self.network, self.tells_layers, self.bf16 = network, tells_layers, bf16
        self.replay_share = replay_share
        self.replay = Replay(REPLAYED_WINDOWS, np.random.default_rng(seed))

    def teach(self, samples: Tensor, labels: Tensor, labelled: Tensor) -> Lesson:
        with torch.no_grad(), torch.autocast(samples.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            layers = self.network.layers(samples)
            answers = self.network.head(layers[-1]).float()
        # Half precision: thousands of windows are kept.
        told = [layer.half() for layer in layers] if self.tells_layers else []
        parts = [samples, labels, labelled, answers, *told]
        if self.replay_share:
            parts = self._with_replayed(parts)
        samples, labels, labelled, answers, *told = parts
        return Lesson(samples, labels, labelled, answers, tuple(told))

    def _with_replayed(self, parts: list[Tensor]) -> list[Tensor]:
        kept = self.replay.windows
        if kept and kept[0][0].shape != parts[0].shape[1:]:
            kept.clear()
        self.replay.add(*parts)
        count = round(len(parts[0]) * self.replay_share / (1 - self.replay_share))
        if len(kept) < KEPT_FOR_EACH_REPLAYED * count:
            return parts
        return [torch.cat(both) for both in zip(parts, self.replay.draw(count))]


def validate(network: SegmentationNetwork, batches: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Frame errors and loss on `batches` of (samples, labels); leaves the network in training mode."""
    network.eval()
    with torch.no_grad():
        said = [network(samples) for samples, _ in batches]
    network.train()
    labels = [labels for _, labels in batches]
    errors = frame_errors(torch.cat(said), torch.cat(labels))
    errors["loss"] = float(np.mean([permutation_free_loss(*pair).item() for pair in zip(said, labels)]))
    return errors


class Run:
    """The pupil: its network, its optimiser, what it learns from each lesson, and its checkpoint."""

    def __init__(
        self,
        network: SegmentationNetwork,
        hints: Hints | None,
        schedule: Schedule,
        minutes: float,
        bf16: bool,
    ):
        self.network, self.hints, self.schedule, self.bf16 = network, hints, schedule, bf16
        learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
        if hints:
            learned += list(hints.parameters())
        self.optimiser = torch.optim.AdamW(learned, lr=schedule.rate, weight_decay=1e-4)
        self.step, self.minutes = 0, minutes
        self.budget = Budget(minutes, 0.0)
        self.losses: list[float] = []
        self.untold: list[float] = []

    def resume(self, path: Path, device: str) -> bool:
        """False where there is no checkpoint yet."""
        if not path.exists():
            return False
        saved = torch.load(path, map_location=device, weights_only=True)
        self.network.load_state_dict(saved["network"])
        if self.hints:
            self.hints.load_state_dict(saved["hints"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step, self.budget = saved["state"]["step"], Budget(self.minutes, saved["state"]["used_s"])
        return True

    def save(self, path: Path) -> None:
        """Atomic: a run that is killed leaves the last checkpoint whole."""
        partial = path.with_suffix(".part")
        kept = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "state": {"step": self.step, "used_s": self.budget.used_s},
        }
        if self.hints:
            kept["hints"] = self.hints.state_dict()
        torch.save(kept, partial)
        partial.rename(path)

    def wants_long_windows(self) -> bool:
        return self.budget.progress() > SHORT_PART

    def learn(self, lesson: Lesson) -> None:
        """One step of the optimiser."""
        progress = self.budget.progress()
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.learning_rate(progress, self.step)
        loss = self._loss(lesson, progress)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        self.budget.tick()

    def _loss(self, lesson: Lesson, progress: float) -> Tensor:
        samples = lesson.samples
        with torch.autocast(samples.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            layers = self.network.layers(samples)
            log_probs = self.network.head(layers[-1]).float()
        if lesson.answers is None:
            loss = permutation_free_loss(log_probs, lesson.labels)
        else:
            weight = self.schedule.teacher_weight(progress)
            loss = pupil_loss(log_probs, lesson.labels, lesson.answers, lesson.labelled, weight)
        self.losses.append(loss.item())
        if self.hints:
            hint = self.hints(layers, list(lesson.layers))
            self.untold.append(hint.item())
            loss = loss + self.schedule.hint_weight(progress) * hint
        return loss

    def report(
        self, validation: list[tuple[Tensor, Tensor]], unlabelled: tuple[Tensor, Tensor] | None
    ) -> dict[str, float]:
        """Means since the last report and errors on unseen speakers; `unlabelled`: windows with the teacher's
        answers to them.
        """
        errors = validate(self.network, validation)
        line = {
            "step": self.step,
            "used_min": round(self.budget.used_s / 60, 1),
            "train_loss": round(float(np.mean(self.losses)), 4),
            **{name: round(value, 4) for name, value in errors.items()},
        }
        if unlabelled:
            samples, answers = unlabelled
            with torch.no_grad():
                line["from_teacher"] = round(divergences(self.network(samples), answers).mean().item(), 4)
        if self.hints:
            line["untold"] = round(float(np.mean(self.untold)), 4)
        self.losses, self.untold = [], []
        return line
