#!/usr/bin/env python3
"""In: prepared corpora and a checkpoint of CAM++. Out: a network of the same kind with half of its layers
that says nearly the same, trained from random initialisation, checkpointed and resumable.

    OMP_NUM_THREADS=1 python3 distil_embedding.py --prepared CACHE/prepared \
        --teacher campplus_cn_en_common.pt --out CACHE/embedding --minutes 120
    python3 export_embedding.py --checkpoint CACHE/embedding/checkpoint.pt \
        --out CACHE/model/embedding/weights.npz

The budget has three parts. First the head and the first layer behind it learn to say what the teacher's say;
then each stage learns what the teacher's stage makes of the teacher's own input; last, all stages together
hear noisy windows, and tell by turns the teacher's embedding of the same speech without room and noise, and
what its stages say of the window.

MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=20000000000 halve the time of a
step: glibc gives large blocks back to the system, which must clear them again.
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from diar_train import campplus_network
from diar_train.campplus import campplus_features, heard_alone
from diar_train.campplus_network import Campplus
from diar_train.distillation import Distillation, Kept, Parts, command_line, untold
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.rooms import room_bank
from diar_train.verification import equal_error_rate, pair_scores

SPLITS = Path(__file__).parent / "splits"
# The head; the stages by themselves; all stages together.
PARTS = Parts((0.0, 0.14, 0.52, 1.0), (6e-3, 3e-3, 1.5e-3))
# Share of the first part in which each part of the head hears the teacher's, not its own.
FORCED_PART = 0.7
# Feature frames of an example: what is longer is cut to the next one below. Frames of a batch in each part.
LENGTHS = (100, 150, 200, 300, 400)
BATCH_FRAMES = (1200, 3200, 3200)
# Of clean speech at least 2 s: less tells the teacher little.
LEAST_CLEAN_FRAMES = 200
HEARINGS, KEPT = 3, 60
# Batches whose statistics the norms keep at the end of each part.
SETTLED_BY = 40
# At most 10 MB for the whole model: half of the paper's layers.
PUPIL_LAYERS = (6, 12, 8)


class Examples(IterableDataset):
    """Endless batches of one length: features [B, T, 80] without their mean, of the frames that a speaker has
    alone; with `clean` also those of the same speech without room and noise, [B, T', 80]."""

    def __init__(self, windows: EmbeddingWindows, seed: tuple[int, ...], frames: int, clean: bool):
        self.windows, self.seed, self.frames, self.clean = windows, seed, frames, clean

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        worker = get_worker_info()
        rng = np.random.default_rng([*self.seed, worker.id if worker else 0])
        waiting: dict[int, list[tuple[np.ndarray, ...]]] = {length: [] for length in LENGTHS}
        while True:
            window = self.windows.window(rng, 160000)
            for index, heard in heard_alone(window):
                length = max((length for length in LENGTHS if length <= len(heard)), default=0)
                if not length:
                    continue
                first = int(rng.integers(len(heard) - length + 1))
                parts = [heard[first : first + length]]
                if self.clean:
                    parts.append(self.clean_features(window.speech[index], max(length, LEAST_CLEAN_FRAMES)))
                waiting[length].append(tuple(parts))
                if len(waiting[length]) * length >= self.frames:
                    yield tuple(torch.from_numpy(np.stack(column)) for column in zip(*waiting[length]))
                    waiting[length] = []

    @staticmethod
    def clean_features(speech: np.ndarray, frames: int) -> np.ndarray:
        """The beginning; what is shorter starts over at its end."""
        return campplus_features(np.resize(speech, frames * 160 + 240))


def head_layers(network: Campplus, features: Tensor) -> list[Tensor]:
    """What the four parts of the head say, and the first layer behind it."""
    out, x = [], features.transpose(1, 2)
    for part in network.first_parts():
        x = part(x)
        out.append(x)
    return out


def head_loss(pupil: Campplus, features: Tensor, said: list[Tensor]) -> Tensor:
    """Each part of the head hears what the teacher's part before it said."""
    heard = [features.transpose(1, 2), *said]
    losses = [untold(part(x), wanted, 1) for part, x, wanted in zip(pupil.first_parts(), heard, said)]
    return torch.stack(losses).mean()


@torch.no_grad()
def match(norm: nn.BatchNorm1d | nn.BatchNorm2d, wanted: Tensor) -> None:
    """The scale of what comes out of a batch norm and a ReLU: [B, C, ...]. The teacher's norms have scales
    that differ a hundredfold, to which steps would take long."""
    by_channel = wanted.transpose(0, 1).reshape(norm.num_features, -1)
    norm.weight.copy_(1.5 * by_channel.std(1))
    norm.bias.copy_(by_channel.mean(1) - 0.4 * by_channel.std(1))


def match_head(pupil: Campplus, said: list[Tensor]) -> None:
    match(pupil.head.bn1, said[0])
    match(pupil.head.bn2, said[3].unflatten(1, (campplus_network.CHANNELS, -1)))
    match(pupil.xvector.tdnn.nonlinear.batchnorm, said[4])


@torch.no_grad()
def stage_outputs(network: Campplus, first: Tensor) -> list[Tensor]:
    """The first layer's output, those of the three stages, the embedding."""
    out = [first]
    for stage in network.stages():
        out.append(stage(out[-1]))
    return out


def away(said: Tensor, wanted: Tensor, mean: Tensor) -> Tensor:
    """1 - the cosine between embeddings [B, D, 1] less what all of them share."""
    mean = mean[:, None]
    return (1 - F.cosine_similarity(said - mean, wanted - mean)).mean()


class EmbeddingDistillation(Distillation):
    def __init__(
        self,
        args: argparse.Namespace,
        teacher: Campplus,
        layers: tuple[int, ...],
        windows: EmbeddingWindows,
        held_out: tuple[list[np.ndarray], np.ndarray],
    ):
        dimension = teacher.dimension()
        network = Campplus(dimension, layers)
        optimiser = torch.optim.AdamW(network.parameters(), lr=PARTS.rates[0], weight_decay=1e-4)
        super().__init__(network, optimiser, PARTS, args.minutes, args.out)
        self.teacher, self.windows, self.seed = teacher, windows, args.seed
        self.kept = Kept(HEARINGS, KEPT, np.random.default_rng(args.seed))
        self.latest: deque[Tensor] = deque(maxlen=SETTLED_BY)
        # Of the teacher's embeddings, moving.
        self.mean = torch.zeros(dimension)
        self.examples, self.speakers = held_out
        self.of_teacher = self.embeddings_of(teacher)
        if saved := self.resume():
            self.mean = saved["mean"]

    def more_to_keep(self) -> dict[str, Tensor]:
        return {"mean": self.mean}

    def hear(self, embeddings: Tensor) -> None:
        """[B, D, 1] of the teacher."""
        share = 0.05 if self.mean.any() else 1.0
        self.mean = (1 - share) * self.mean + share * embeddings[:, :, 0].mean(0)

    def of_head(self, features: Tensor) -> Tensor:
        with torch.no_grad():
            said = head_layers(self.teacher, features)
        if self.state["step"] == 0:
            match_head(self.network, said)
        if self.within() < FORCED_PART:
            loss = head_loss(self.network, features, said)
        else:
            own = head_layers(self.network, features)
            loss = torch.stack([untold(guess, wanted, 1) for guess, wanted in zip(own, said)]).mean()
        self.note(head=loss)
        return loss

    def of_stages(self, said: list[Tensor]) -> Tensor:
        """Each stage hears what the teacher's stage before it said."""
        *stages, last = self.network.stages()
        losses = [untold(stage(heard), wanted, 1) for stage, heard, wanted in zip(stages, said, said[1:])]
        losses.append(away(last(said[-2]), said[-1], self.mean))
        self.note(**{f"stage{n}": loss for n, loss in enumerate(losses, 1)})
        return torch.stack(losses).sum()

    def together(self, features: Tensor, clean: Tensor) -> Tensor:
        *stages, last = self.network.stages()
        with torch.no_grad():
            x = head_layers(self.network, features)[-1]
        hints = []
        same = self.state["step"] % 2 == 1
        if same:
            said = stage_outputs(self.teacher, x)
            wanted = said[-1]
        else:
            with torch.no_grad():
                wanted = self.teacher.embedding(clean)
            self.hear(wanted)
        for index, stage in enumerate(stages, 1):
            x = stage(x)
            if same:
                hints.append(untold(x, said[index], 1))
        loss = 2 * away(last(x), wanted, self.mean)
        self.note(**{"same" if same else "clean": loss / 2})
        if hints:
            hint = torch.stack(hints).mean()
            self.note(hint=hint)
            loss = loss + hint
        return loss

    def losses_of(self, batch: tuple[Tensor, ...]) -> Iterator[Tensor]:
        self.network.train()
        self.latest.append(batch[0])
        if self.part() == 0:
            yield self.of_head(batch[0])
            return
        for part in self.network.first_modules():
            part.eval()  # learned, and what follows must hear the same in the end
        if self.part() == 2:
            yield self.together(*batch)
            return
        with torch.no_grad():
            said = stage_outputs(self.teacher, head_layers(self.teacher, batch[0])[-1])
        self.hear(said[-1])
        self.kept.add(said)
        yield self.of_stages(said)
        for _ in range(HEARINGS - 1):
            again = self.kept.draw()
            if again is not None:
                yield self.of_stages(again)

    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        while True:
            part = self.part()
            source = Examples(
                self.windows,
                (self.seed, int(self.state["starts"]), part),
                BATCH_FRAMES[part],
                clean=part == 2,
            )
            for batch in DataLoader(source, None, num_workers=1, prefetch_factor=4):
                yield batch
                if self.part() != part or self.progress() >= 1:
                    self.settle(self.network.first_modules() if part == 0 else self.network.stages())
                    break

    @torch.no_grad()
    def settle(self, parts: list[nn.Module]) -> None:
        """The norms of `parts` keep the mean statistics of what they hear with the weights as they are
        now."""
        norms = [
            m for part in parts for m in part.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))
        ]
        self.network.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        for features in self.latest:
            self.network(features)
        for norm in norms:
            norm.momentum = 0.1

    @torch.no_grad()
    def embeddings_of(self, network: Campplus) -> np.ndarray:
        network.eval()
        return np.concatenate([network(torch.from_numpy(one)[None]).numpy() for one in self.examples])

    def validate(self) -> dict[str, float]:
        """The equal error rate, and the mean cosine with the teacher's embeddings of the same windows."""
        said = self.embeddings_of(self.network)
        a, b = (rows - self.of_teacher.mean(0) for rows in (said, self.of_teacher))
        cosines = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
        return {
            "eer": equal_error_rate(*pair_scores(said, self.speakers)),
            "cosine": float(cosines.mean()),
        }


def validation_examples(
    materials: Materials, rooms: np.ndarray, count: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """What the pipeline would give the network in `count` noisy windows of 16 unseen speakers, the same for
    every run; and who they are."""
    chosen = np.linspace(0, len(materials) - 1, 16).astype(int)
    materials.keys = [materials.keys[index] for index in chosen]
    materials.samples = [materials.samples[index] for index in chosen]
    rng = np.random.default_rng(99)
    source = EmbeddingWindows(materials, rooms, (1.0,))
    examples, speakers = [], []
    for _ in range(count):
        window = source.window(rng, 160000)
        for index, heard in heard_alone(window):
            examples.append(heard)
            speakers.append(window.speakers[index])
    return examples, np.array(speakers)


def main() -> None:
    args = command_line(__doc__).parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    rooms = room_bank(args.out / "rooms.npy", 150, 6, args.seed).astype(np.float32)
    windows = EmbeddingWindows(Materials(args.prepared, SPLITS, ["train"]), rooms)
    held_out = validation_examples(Materials(args.prepared, SPLITS, ["validation"]), rooms, 96)
    teacher = campplus_network.load(args.teacher)
    run = EmbeddingDistillation(args, teacher, PUPIL_LAYERS, windows, held_out)
    eer = equal_error_rate(*pair_scores(run.of_teacher, run.speakers))
    print(json.dumps({"teacher": {"eer": round(eer, 4)}}), flush=True)
    run.run()
    run.report()


if __name__ == "__main__":
    main()
