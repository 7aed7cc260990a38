#!/usr/bin/env python3
"""In: prepared corpora and AMI turns. Out: a segmentation network trained from random initialisation,
checkpointed and resumable.

    python3 train_segmentation.py --prepared CACHE/prepared --ami ../../shared/corpora/ami_rttm/only_words.tar.gz \
        --out CACHE/segmentation --minutes 60

With --teacher the network also learns from the answers (log-probabilities, nothing else) of another
segmentation network on the same simulated audio; with --start it goes on from weights of ours instead of
random ones.

The learning rate falls with the share of the time budget that is used up, so that any budget ends in a
finished network. A second run with the same --out goes on from the last checkpoint; --minutes is then the
whole budget, what was used before included.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from diar_train.corpora import PreparedCorpora
from diar_train.embedding_windows import Materials
from diar_train.export import fill
from diar_train.hints import Hints
from diar_train.networks import SegmentationNetwork
from diar_train.powerset import divergences, frame_errors, permutation_free_loss, pupil_loss
from diar_train.rooms import room_bank
from diar_train.simulation import ConversationSimulator, read_turns
from diar_train.unlabelled_windows import UnlabelledWindows
from diar_train.voiced_windows import VoicedWindows

SPLITS = Path(__file__).parent / "splits"


class Windows(IterableDataset):
    """Endless windows of several simulators, each as often as its share says."""

    def __init__(self, simulators: list, shares: list[float], num_samples: int, seed: int):
        self.simulators, self.shares, self.num_samples, self.seed = simulators, shares, num_samples, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            simulator = self.simulators[rng.choice(len(self.shares), p=self.shares)]
            samples, labels = simulator.window(rng, self.num_samples)
            yield torch.from_numpy(samples)[None], torch.from_numpy(labels), simulator.labelled


class Replay:
    """Windows with the teacher's answers to them, so that both need to be made only once for several
    hearings.
    """

    def __init__(self, capacity: int, rng: np.random.Generator):
        self.capacity, self.rng = capacity, rng
        self.windows: list[tuple[torch.Tensor, ...]] = []

    def add(self, *batch: torch.Tensor) -> None:
        """Each part [B, ...]; beyond the capacity a new window takes the place of one drawn by chance."""
        for window in zip(*batch):
            window = tuple(part.clone() for part in window)
            if len(self.windows) < self.capacity:
                self.windows.append(window)
            else:
                self.windows[self.rng.integers(self.capacity)] = window

    def draw(self, count: int) -> list[torch.Tensor]:
        return [
            torch.stack(parts)
            for parts in zip(*(self.windows[k] for k in self.rng.integers(len(self.windows), size=count)))
        ]


def load_npz(network: SegmentationNetwork, path: Path) -> SegmentationNetwork:
    """Fills the network from an npz of state-dict names; the filter bank's derived buffers may be missing."""
    fill(network, path, ("window_", "n_"), "a segmentation network")
    return network


def validate(network, batches) -> dict[str, float]:
    network.eval()
    with torch.no_grad():
        outputs = [(network(samples), labels) for samples, labels in batches]
    network.train()
    errors = frame_errors(torch.cat([o for o, _ in outputs]), torch.cat([l for _, l in outputs]))
    errors["loss"] = float(np.mean([permutation_free_loss(o, l).item() for o, l in outputs]))
    return errors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--ami", type=Path, required=True, help="only_words.tar.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument(
        "--replay",
        type=float,
        default=0.0,
        help="with a teacher: share of a batch that was heard before, which saves making windows and asking the teacher",
    )
    parser.add_argument(
        "--short-s",
        type=float,
        default=5.0,
        help="window of the first 70 %% of the budget; the rest takes 10 s",
    )
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument(
        "--voiced-share",
        type=float,
        default=0.8,
        help="windows with exact labels and many overlaps (voiced_windows.py); the others are those of simulation.py",
    )
    parser.add_argument("--train-filters", action="store_true", help="learn the sinc filters too")
    parser.add_argument(
        "--teacher", type=Path, help="weights.npz of a network to learn from, beside the labels"
    )
    parser.add_argument(
        "--teacher-share",
        type=float,
        default=0.7,
        help="weight of the teacher's answers at first; the labels have the rest",
    )
    parser.add_argument(
        "--teacher-share-end",
        type=float,
        default=0.0,
        help="weight of the teacher's answers at the end: the labels know better where a word ends, the teacher what a real meeting sounds like",
    )
    parser.add_argument(
        "--unlabelled-share",
        type=float,
        default=0.0,
        help="windows that only the teacher judges (unlabelled_windows.py); the voiced ones have their share of the rest",
    )
    parser.add_argument(
        "--hint-share",
        type=float,
        default=0.0,
        help="with a teacher: weight at first of what its layers say (hints.py); it falls to a fifth of that",
    )
    parser.add_argument("--start", type=Path, help="weights.npz to start from (this project's own)")
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="networks in bfloat16, weights in float32: about 1.8 times faster where the CPU has it",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    if (args.unlabelled_share or args.replay) and not args.teacher:
        parser.error("--unlabelled-share and --replay need a --teacher")
    if args.hint_share and not args.teacher:
        parser.error("--hint-share needs a --teacher")
    if not 0 <= args.replay < 1:
        parser.error("--replay is a share below 1")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    corpora = PreparedCorpora(args.prepared)
    rooms = room_bank(args.out / "rooms.npy", 150, 6, args.seed).astype(np.float32)

    def simulators(split: str, meetings: str) -> list:
        turns = read_turns(args.ami, meetings)
        materials, speakers = Materials(args.prepared, SPLITS, [split]), corpora.of_split(SPLITS, split)
        return [
            VoicedWindows(materials, turns, rooms),
            ConversationSimulator(corpora, speakers, turns),
            UnlabelledWindows(materials, corpora, speakers, turns, rooms),
        ]

    train, held_out = simulators("train", "train"), simulators("validation", "dev")
    held_out[0].overlapping = 0.0  # real turns only
    shares = [
        *((1.0 - args.unlabelled_share) * share for share in (args.voiced_share, 1.0 - args.voiced_share)),
        args.unlabelled_share,
    ]
    rng = np.random.default_rng(99)
    validation = []
    for index in range(6):
        # Half and half, whatever the training hears.
        windows = [held_out[index % 2].window(rng, 160000) for _ in range(8)]
        validation.append(
            (
                torch.from_numpy(np.stack([w[0] for w in windows]))[:, None].to(args.device),
                torch.from_numpy(np.stack([w[1] for w in windows])).to(args.device),
            )
        )

    network = SegmentationNetwork()
    if args.start:
        load_npz(network, args.start)
    network.to(args.device)
    teacher = load_npz(SegmentationNetwork(), args.teacher).to(args.device).eval() if args.teacher else None
    if teacher:
        print(json.dumps({"teacher": validate(teacher, validation)}), flush=True)
        teacher.eval()
        rng = np.random.default_rng(98)
        unlabelled = torch.from_numpy(np.stack([held_out[2].window(rng, 160000)[0] for _ in range(24)]))[
            :, None
        ].to(args.device)
        with torch.no_grad():
            answers_to_unlabelled = teacher(unlabelled)
    if not args.train_filters:
        # The mel-spaced filters are good as they start, and their gradient would cost a quarter of the time.
        for parameter in (*network.sincnet.wav_norm1d.parameters(), *network.sincnet.conv1d[0].parameters()):
            parameter.requires_grad_(False)
    hints = Hints(network.LAYER_SIZES, teacher.LAYER_SIZES).to(args.device) if args.hint_share else None
    learned = [p for p in network.parameters() if p.requires_grad] + (
        list(hints.parameters()) if hints else []
    )
    optimiser = torch.optim.AdamW(learned, lr=args.rate, weight_decay=1e-4)
    checkpoint_path = args.out / "checkpoint.pt"
    state = {"step": 0, "used_s": 0.0}
    if checkpoint_path.exists():
        saved = torch.load(checkpoint_path, map_location=args.device, weights_only=True)
        network.load_state_dict(saved["network"])
        if hints:
            hints.load_state_dict(saved["hints"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]
    elif hints:
        rng = np.random.default_rng([args.seed, 97])
        some = torch.from_numpy(np.stack([train[index % 3].window(rng, 160000)[0] for index in range(48)]))[
            :, None
        ].to(args.device)
        with torch.no_grad():
            hints.fit(network.layers(some), teacher.layers(some))
    history = (args.out / "history.jsonl").open("a")

    def save() -> None:
        partial = checkpoint_path.with_suffix(".part")
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "state": state,
                **({"hints": hints.state_dict()} if hints else {}),
            },
            partial,
        )
        partial.rename(checkpoint_path)

    def batches():
        long_windows = None
        while True:
            use_long = state["used_s"] > 0.7 * args.minutes * 60
            if use_long != long_windows:
                long_windows = use_long
                length = 160000 if use_long else int(args.short_s * 16000)
                loader = iter(
                    DataLoader(
                        Windows(train, shares, length, args.seed + 1000 * (state["step"] + 1)),
                        num_workers=1,
                        prefetch_factor=4,
                        batch_size=max(
                            1, round((args.batch // 2 if use_long else args.batch) * (1 - args.replay))
                        ),
                    )
                )
            yield next(loader)

    last, losses, untold, last_report_s = time.monotonic(), [], [], state["used_s"]
    replay = Replay(4000, np.random.default_rng([args.seed, state["step"]]))
    network.train()
    for samples, labels, labelled in batches():
        progress = state["used_s"] / (args.minutes * 60)
        if progress >= 1:
            break
        warm = min(1.0, (state["step"] + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * warm * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-5
        samples, labels, labelled = samples.to(args.device), labels.to(args.device), labelled.to(args.device)
        if teacher:
            with (
                torch.no_grad(),
                torch.autocast(samples.device.type, dtype=torch.bfloat16, enabled=args.bf16),
            ):
                said = teacher.layers(samples)
                answers = teacher.head(said[-1]).float()
            # Thousands of windows are kept.
            heard = [answers, *(layer.half() for layer in said)] if hints else [answers]
            if args.replay:
                if replay.windows and replay.windows[0][0].shape != samples.shape[1:]:
                    replay.windows.clear()
                replay.add(samples, labels, labelled, *heard)
                count = round(len(samples) * args.replay / (1 - args.replay))
                # A few windows again and again would be learned by heart.
                if len(replay.windows) >= 20 * count:
                    samples, labels, labelled, *heard = (
                        torch.cat(parts)
                        for parts in zip((samples, labels, labelled, *heard), replay.draw(count))
                    )
        with torch.autocast(samples.device.type, dtype=torch.bfloat16, enabled=args.bf16):
            own = network.layers(samples)
            log_probs = network.head(own[-1]).float()
        if teacher:
            share = args.teacher_share + (args.teacher_share_end - args.teacher_share) * progress
            loss = pupil_loss(log_probs, labels, heard[0], labelled, share)
        else:
            loss = permutation_free_loss(log_probs, labels)
        losses.append(loss.item())
        if hints:
            hint = hints(own, heard[1:])
            untold.append(hint.item())
            loss = loss + args.hint_share * (1.0 - 0.8 * progress) * hint
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimiser.step()
        now = time.monotonic()
        # A paused process must not find its budget gone.
        state["used_s"] += min(now - last, 30.0)
        last = now
        state["step"] += 1
        if state["used_s"] - last_report_s > 180:
            last_report_s = state["used_s"]
            report = {
                "step": state["step"],
                "used_min": round(state["used_s"] / 60, 1),
                "train_loss": round(float(np.mean(losses)), 4),
                **{k: round(v, 4) for k, v in validate(network, validation).items()},
            }
            if teacher:
                with torch.no_grad():
                    report["from_teacher"] = round(
                        divergences(network(unlabelled), answers_to_unlabelled).mean().item(), 4
                    )
            if hints:
                report["untold"] = round(float(np.mean(untold)), 4)
            losses, untold = [], []
            print(json.dumps(report), file=history, flush=True)
            print(json.dumps(report), flush=True)
            save()
    print(json.dumps({"final": validate(network, validation)}), flush=True)
    save()


if __name__ == "__main__":
    main()
