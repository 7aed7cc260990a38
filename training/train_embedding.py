#!/usr/bin/env python3
"""In: prepared corpora. Out: a speaker embedding network trained from random initialisation, checkpointed and
resumable.

    OMP_NUM_THREADS=1 python3 train_embedding.py --prepared CACHE/prepared --out CACHE/embedding \
        --channels 16 --minutes 120 --bf16

The learning rate falls and the margin rises with the share of the time budget that is used up, so that any
budget ends in a finished network. With --start the network begins with weights of ours, and each class with
the direction in which they see its speaker. A second run with the same --out goes on from the last
checkpoint; --minutes is then the whole budget, what was used before included.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from diar_train.augment import at_speed, source_length
from diar_train.embedding_windows import EmbeddingWindows, Materials
from diar_train.extract import load_embedding
from diar_train.features import filter_banks
from diar_train.margin import AngularMargin
from diar_train.networks import EmbeddingNetwork
from diar_train.rooms import room_bank
from diar_train.verification import equal_error_rate, pair_scores
from diar_train.widen import channels_of, widen

SPLITS = Path(__file__).parent / "splits"
REPORT_S = 300.0
# Samples [B, n], masks [B, 3, frames], speakers [B, 3].
Batch = Sequence[torch.Tensor]
# A process that was put to sleep must not find its budget gone.
LONGEST_STEP_S = 60.0


class Windows(IterableDataset):
    """Endless; the part of the generator's seed that changes with each start keeps a resumed run from hearing
    the same windows again.
    """

    def __init__(self, windows: EmbeddingWindows, num_samples: int, seed: tuple[int, ...]):
        self.windows, self.num_samples, self.seed = windows, num_samples, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([*self.seed, worker.id if worker else 0])
        while True:
            window = self.windows.window(rng, self.num_samples)
            yield (
                torch.from_numpy(window.samples),
                torch.from_numpy(window.masks),
                torch.from_numpy(window.speakers),
            )


def batch_loss(run: Run, batch: Batch) -> torch.Tensor:
    args = run.args
    samples, masks, speakers = (part.to(args.device) for part in batch)
    window, local = torch.nonzero(speakers >= 0, as_tuple=True)
    features = filter_banks(samples)
    with torch.autocast(features.device.type, dtype=torch.bfloat16, enabled=args.bf16):
        embeddings = run.network.of_masks(features, masks[window, local], window)
    return run.margin(embeddings, speakers[window, local])


def validation_windows(materials: Materials, rooms: np.ndarray, count: int) -> list:
    """The same for every run: unaugmented voices of unseen speakers and augmented ones, 10 s. Few speakers,
    so that they meet themselves.
    """
    rng = np.random.default_rng(99)
    chosen = np.linspace(0, len(materials) - 1, min(len(materials), 16)).astype(int)
    materials.keys = [materials.keys[index] for index in chosen]
    materials.samples = [materials.samples[index] for index in chosen]
    batches = []
    for augmented in (False, True):
        source = EmbeddingWindows(materials, rooms, (1.0,), augmented)
        windows = [source.window(rng, 160000) for _ in range(count)]
        batches.append(
            [
                torch.from_numpy(np.stack([getattr(window, part) for window in windows]))
                for part in ("samples", "masks", "speakers")
            ]
        )
    return batches


def validate(network: EmbeddingNetwork, batches: list, device: str) -> dict[str, float | None]:
    network.eval()
    result = {}
    for name, (samples, masks, speakers) in zip(("eer_clean", "eer_augmented"), batches):
        window, local = torch.nonzero(speakers >= 0, as_tuple=True)
        parts = []
        with torch.no_grad():
            for first in range(0, len(samples), 16):
                inside = (window >= first) & (window < first + 16)
                parts.append(
                    network.of_masks(
                        filter_banks(samples[first : first + 16].to(device)),
                        masks[window[inside], local[inside]].to(device),
                        (window[inside] - first).to(device),
                    ).cpu()
                )
        scores, same = pair_scores(torch.cat(parts).numpy(), speakers[window, local].numpy())
        result[name] = round(equal_error_rate(scores, same), 4) if same.any() and not same.all() else None
    network.train()
    return result


def class_directions(
    network: EmbeddingNetwork, windows: EmbeddingWindows, device: str, num_samples: int = 48000
) -> torch.Tensor:
    """[classes, 256]: the embedding of one untouched piece of each class, in the order of the classes."""
    rng = np.random.default_rng(7)
    directions = []
    network.eval()
    for speed in windows.speeds:
        for first in range(0, len(windows.materials), 64):
            pieces = [
                at_speed(windows.materials.piece(speaker, source_length(num_samples, speed), rng), speed)[
                    :num_samples
                ]
                for speaker in range(first, min(first + 64, len(windows.materials)))
            ]
            samples = torch.from_numpy(np.stack(pieces) / 32768.0).float().to(device)
            everything = torch.ones(len(pieces), 100, device=device)
            with torch.no_grad(), torch.autocast(samples.device.type, dtype=torch.bfloat16):
                directions.append(
                    network.of_masks(
                        filter_banks(samples), everything, torch.arange(len(pieces), device=device)
                    ).float()
                )
    network.train()
    return torch.cat(directions)


def start_from(
    path: Path, network: EmbeddingNetwork, margin: AngularMargin, windows: EmbeddingWindows, device: str
) -> None:
    """Weights of a network of this width or a narrower one; class weights are those of a checkpoint, or point
    where an exported network sees the speakers.
    """
    saved = torch.load(path, map_location="cpu", weights_only=True) if path.suffix == ".pt" else None
    try:
        network.load_state_dict(
            widen(
                saved["network"] if saved else load_embedding(path).state_dict(),
                channels_of(network.state_dict()),
            )
        )
    except ValueError as error:
        raise SystemExit(f"{path}: {error}") from error
    if saved:
        if saved["state"]["classes"] != windows.num_classes:
            raise SystemExit(f"{path} has {saved['state']['classes']} classes, not {windows.num_classes}")
        margin.load_state_dict(saved["margin"])
        return
    directions = class_directions(network, windows, device)
    with torch.no_grad():
        # The mean, which all voices share, tells nobody apart.
        margin.weight.copy_(torch.nn.functional.normalize(directions - directions.mean(0)))


def schedule(progress: float, step: int, rate: float, margin_rise: float = 0.33) -> tuple[float, float]:
    """(learning rate, margin): a short warm-up, then a cosine to 0; the margin rises from 0 to 0.2 in the
    first `margin_rise` of the budget.
    """
    rate *= min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1.0)))
    return rate + 1e-6, 0.2 * min(1.0, progress / max(margin_rise, 1e-6))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument(
        "--channels",
        type=int,
        choices=(8, 12, 16, 20, 24, 32),
        default=16,
        help="of the first stage; float16 weights take 1.3 MB at 8, 3.6 at 16, 5.3 at 20",
    )
    parser.add_argument("--batch", type=int, default=32, help="windows, each with one to three examples")
    parser.add_argument(
        "--short-s",
        type=float,
        default=4.0,
        help="window of the first 70 %% of the budget; the rest takes 10 s",
    )
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument(
        "--start",
        type=Path,
        help="weights.npz or checkpoint.pt to begin with (this project's own), as wide or narrower",
    )
    parser.add_argument(
        "--margin-rise",
        type=float,
        default=0.33,
        help="part of the budget in which the margin grows; little is needed after a --start",
    )
    parser.add_argument("--bf16", action="store_true", help="convolutions in bfloat16, weights in float32")
    parser.add_argument(
        "--rooms", type=int, default=150, help="simulated rooms of 6 places; kept in OUT/rooms.npy"
    )
    parser.add_argument(
        "--validation-windows",
        type=int,
        default=64,
        help="clean ones, and as many augmented; measured every 5 minutes, outside the budget",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make windows; 0: none but this"
    )
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


class Run:
    """What a checkpoint keeps."""

    PARTS = ("network", "margin", "optimiser")

    def __init__(self, args: argparse.Namespace, num_classes: int):
        self.args = args
        self.network = EmbeddingNetwork(args.channels).to(args.device)
        self.margin = AngularMargin(256, num_classes).to(args.device)
        self.optimiser = torch.optim.AdamW(self.parameters(), lr=args.rate, weight_decay=1e-2)
        self.state = {
            "step": 0,
            "used_s": 0.0,
            "starts": 0,
            "channels": args.channels,
            "classes": num_classes,
        }
        self.path = args.out / "checkpoint.pt"
        if self.path.exists():
            saved = torch.load(self.path, map_location=args.device, weights_only=True)
            for name in ("channels", "classes"):
                if saved["state"][name] != self.state[name]:
                    raise SystemExit(f"{self.path} has {saved['state'][name]} {name}, not {self.state[name]}")
            for name in self.PARTS:
                getattr(self, name).load_state_dict(saved[name])
            self.state = saved["state"]
        self.state["starts"] += 1

    def parameters(self) -> list[torch.nn.Parameter]:
        return [*self.network.parameters(), *self.margin.parameters()]

    def save(self) -> None:
        partial = self.path.with_suffix(".part")
        torch.save(
            {
                **{name: getattr(self, name).state_dict() for name in self.PARTS},
                "state": self.state,
            },
            partial,
        )
        partial.rename(self.path)

    def progress(self) -> float:
        return self.state["used_s"] / (self.args.minutes * 60)

    def batches(self, windows: EmbeddingWindows) -> Iterator[Batch]:
        """Short windows, then long ones."""
        while True:
            long = self.progress() > 0.7
            num_samples = 160000 if long else round(self.args.short_s * 16000)
            # Equal time a step.
            size = max(2, round(self.args.batch * self.args.short_s / 10)) if long else self.args.batch
            source = Windows(
                windows,
                num_samples,
                (self.args.seed, self.state["starts"], int(long)),
            )
            for batch in DataLoader(source, size, num_workers=self.args.workers):
                yield batch
                if not long and self.progress() > 0.7:
                    break

    def step(self, batch: Batch) -> float:
        rate, self.margin.margin = schedule(
            self.progress(), self.state["step"], self.args.rate, self.args.margin_rise
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss = batch_loss(self, batch)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters(), 5.0)
        self.optimiser.step()
        self.state["step"] += 1
        return loss.item()


def main() -> None:
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    rooms = room_bank(args.out / "rooms.npy", args.rooms, 6, args.seed).astype(np.float32)
    materials = Materials(args.prepared, SPLITS, ["train"])
    windows = EmbeddingWindows(materials, rooms)
    held_out = validation_windows(
        Materials(args.prepared, SPLITS, ["validation"]), rooms, args.validation_windows
    )
    run = Run(args, windows.num_classes)
    if args.start and run.state["step"] == 0:
        start_from(args.start, run.network, run.margin, windows, args.device)
        print(json.dumps({"start": validate(run.network, held_out, args.device)}), flush=True)
    history = (args.out / "history.jsonl").open("a")
    losses: list[float] = []
    last, cpu_s = time.monotonic(), time.process_time()
    last_report_s, first_step = run.state["used_s"], run.state["step"]

    def report() -> None:
        run.save()
        line = json.dumps(
            {
                "step": run.state["step"],
                "used_min": round(run.state["used_s"] / 60, 2),
                "loss": round(float(np.mean(losses)), 4) if losses else None,
                "cpu_s_per_step": round(
                    (time.process_time() - cpu_s) / max(1, run.state["step"] - first_step), 2
                ),
                **validate(run.network, held_out, args.device),
            }
        )
        print(line, file=history, flush=True)
        print(line, flush=True)

    for batch in run.batches(windows):
        if run.progress() >= 1:
            break
        losses.append(run.step(batch))
        now = time.monotonic()
        run.state["used_s"] += min(now - last, LONGEST_STEP_S)
        last = now
        if run.state["used_s"] - last_report_s > REPORT_S:
            report()
            losses, last_report_s = [], run.state["used_s"]
            # Measuring is not training.
            last, cpu_s, first_step = time.monotonic(), time.process_time(), run.state["step"]
    report()


if __name__ == "__main__":
    main()
