#!/usr/bin/env python3
"""In: prepared corpora, AMI turns and pyannote's segmentation-3.0. Out: a network of the same kind that says
nearly the same, trained from random initialisation, checkpointed and resumable.

    OMP_NUM_THREADS=1 python3 distil_segmentation.py --prepared CACHE/prepared \
        --ami CORPORA/ami_rttm/only_words.tar.gz --teacher OPEN/segmentation/weights.npz \
        --out CACHE/segmentation --minutes 120

The budget has three parts. First each part of SincNet learns what the teacher's part makes of the teacher's
own input; then each LSTM layer and the layers behind them do; last, all learn together. Of a fifth of the
last windows the teacher hears the voices without room and noise. `diarize models convert` writes the
teacher's checkpoint as npz. MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=20000000000 halve the time of a step:
glibc gives large blocks back to the system, which must clear them again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from diar_train.distillation import Distillation, Kept, Parts, command_line, untold
from diar_train.extract import load_segmentation
from diar_train.networks import SegmentationNetwork
from diar_train.powerset import divergences
from diar_train.rooms import room_bank
from diar_train.segmentation_data import Simulators, sounds_of, validation_batches
from diar_train.segmentation_run import validate

SPLITS = Path(__file__).parent / "splits"
# SincNet; the layers behind it by themselves; all together.
PARTS = Parts((0.0, 0.22, 0.66, 1.0), (3e-3, 4e-3, 6e-4))
# Share of the second part in which windows are short; seconds of a window and of a batch in each part.
SHORT_PART = 0.6
SHORT_S, LONG_S = 5.0, 10.0
BATCH_S = (40.0, 80.0, 60.0)
HEARINGS, KEPT = 4, 60
# The edges of the filters are in Hz: a step of theirs for one of the other weights.
EDGES_HZ = 2000.0


class Windows(IterableDataset):
    """Endless (samples [1, n], what the teacher hears [1, n], whether that is without room and noise) of the
    three simulators; `clean`: the teacher hears some of the voiced ones so."""

    SHARES = (0.4, 0.2, 0.4)
    SHARES_CLEAN = (0.5, 0.2, 0.3)
    # Of the voiced ones, where the teacher may hear them so: more of them led the pupil away from what its
    # teacher says of noisy recordings.
    APART = 0.4

    def __init__(self, simulators: Simulators, num_samples: int, seed: tuple[int, ...], clean: bool):
        self.simulators, self.num_samples, self.seed, self.clean = simulators, num_samples, seed, clean

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        worker = get_worker_info()
        rng = np.random.default_rng([*self.seed, worker.id if worker else 0])
        sources = self.simulators.all()
        while True:
            kind = rng.choice(3, p=self.SHARES_CLEAN if self.clean else self.SHARES)
            apart = bool(self.clean and kind == 0 and rng.random() < self.APART)
            if apart:
                samples, heard, _ = self.simulators.voiced.with_clean(rng, self.num_samples)
                heard = heard + np.float32(1e-4) * rng.standard_normal(len(heard)).astype(np.float32)
            else:
                samples = heard = sources[kind].window(rng, self.num_samples)[0]
            yield torch.from_numpy(samples)[None], torch.from_numpy(heard)[None], apart


class SegmentationDistillation(Distillation):
    def __init__(
        self, args: argparse.Namespace, teacher: SegmentationNetwork, train: Simulators, held_out: Simulators
    ):
        network = SegmentationNetwork()
        edges = list(network.sincnet.conv1d[0].parameters())
        others = [p for p in network.parameters() if not any(p is edge for edge in edges)]
        optimiser = torch.optim.AdamW(
            [{"params": others}, {"params": edges, "of_rate": EDGES_HZ, "weight_decay": 0.0}],
            lr=PARTS.rates[0],
            weight_decay=1e-5,
        )
        super().__init__(network, optimiser, PARTS, args.minutes, args.out)
        self.teacher, self.train, self.seed = teacher.eval(), train, args.seed
        self.kept = Kept(HEARINGS, KEPT, np.random.default_rng(args.seed))
        self.validation = validation_batches(held_out, "cpu")
        self.unlabelled = sounds_of([held_out.unlabelled], 24, np.random.default_rng(98))
        with torch.no_grad():
            self.answers = teacher(self.unlabelled)
        self.resume()
        network.train()

    def sinc_loss(self, samples: Tensor) -> Tensor:
        losses, heard = [], samples
        for part in range(3):
            with torch.no_grad():
                wanted = self.teacher.sincnet.part(part, heard)
            losses.append(untold(self.network.sincnet.part(part, heard), wanted, 1))
            heard = wanted
        self.note(**{f"sinc{n}": loss for n, loss in enumerate(losses)})
        return torch.stack(losses).sum()

    @torch.no_grad()
    def told(self, samples: Tensor) -> list[Tensor]:
        """What SincNet, each LSTM layer and the last layers of the teacher say."""
        layers = self.teacher.layers(samples)
        return [*layers, self.teacher.head(layers[-1])]

    def layer_loss(self, said: list[Tensor]) -> Tensor:
        losses = [
            untold(self.network.lstm_layer(layer, said[layer]), said[layer + 1], 2)
            for layer in range(self.network.lstm.num_layers)
        ]
        self.note(**{f"layer{n}": loss for n, loss in enumerate(losses, 1)})
        answers = self.network.head(said[-2])
        losses.append(F.kl_div(answers, said[-1], reduction="none", log_target=True).sum(-1).mean())
        self.note(head=losses[-1])
        return torch.stack(losses).sum()

    def together(self, samples: Tensor, heard: Tensor, apart: Tensor) -> Tensor:
        """`apart`: windows that the teacher hears without room and noise; its layers' words count in the
        others."""
        said = self.told(heard)
        with torch.no_grad():
            x = self.network.sincnet(samples).transpose(1, 2)
        hints = []
        for layer in range(self.network.lstm.num_layers):
            x = self.network.lstm_layer(layer, x)
            if not apart.all():
                hints.append(untold(x[~apart], said[layer + 1][~apart], 2))
        far = divergences(self.network.head(x), said[-1])
        loss = far.mean()
        if apart.any():
            self.note(clean=far[apart].mean())
        if hints:
            hint = torch.stack(hints).mean()
            self.note(same=far[~apart].mean(), hint=hint)
            loss = loss + (1 - 0.8 * self.within()) * hint
        return loss

    def losses_of(self, batch: tuple[Tensor, ...]) -> Iterator[Tensor]:
        if self.part() == 0:
            yield self.sinc_loss(batch[0])
        elif self.part() == 2:
            yield self.together(*batch)
        else:
            said = self.told(batch[0])
            self.kept.add(said)
            yield self.layer_loss(said)
            for _ in range(HEARINGS - 1):
                again = self.kept.draw()
                if again is not None:
                    yield self.layer_loss(again)

    def batches(self) -> Iterator[tuple[Tensor, ...]]:
        while True:
            kind = (self.part(), self.within() > SHORT_PART)
            seconds = LONG_S if kind[1] or kind[0] == 2 else SHORT_S
            seed = (self.seed, self.state["starts"], *map(int, kind))
            source = Windows(self.train, round(seconds * 16000), seed, clean=kind[0] == 2)
            self.kept.batches.clear()  # of another length
            size = round(BATCH_S[kind[0]] / seconds)
            for batch in DataLoader(source, size, num_workers=1, prefetch_factor=4):
                yield batch
                if (self.part(), self.within() > SHORT_PART) != kind:
                    break

    def validate(self) -> dict[str, float]:
        errors = validate(self.network, self.validation)
        with torch.no_grad():
            errors["from_teacher"] = divergences(self.network(self.unlabelled), self.answers).mean().item()
        return errors


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--ami", type=Path, required=True, help="only_words.tar.gz")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    rooms = room_bank(args.out / "rooms.npy", 150, 6, args.seed).astype(np.float32)
    sources = (args.prepared, SPLITS, args.ami, rooms)
    teacher = load_segmentation(args.teacher)
    held_out = Simulators.of_split("validation", *sources, overlapping=0.0)
    run = SegmentationDistillation(args, teacher, Simulators.of_split("train", *sources), held_out)
    print(json.dumps({"teacher": validate(teacher, run.validation)}), flush=True)
    teacher.eval()
    run.run()
    run.report()


if __name__ == "__main__":
    main()
