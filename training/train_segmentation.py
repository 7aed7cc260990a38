#!/usr/bin/env python3
"""In: prepared corpora and AMI turns. Out: a segmentation network trained from random initialisation,
checkpointed and resumable.

    python3 train_segmentation.py --prepared CACHE/prepared --ami CORPORA/ami_rttm/only_words.tar.gz \
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
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diar_train.extract import load_segmentation
from diar_train.hints import Hints
from diar_train.networks import SegmentationNetwork
from diar_train.rooms import room_bank
from diar_train.segmentation_data import Batches, Simulators, sounds_of, validation_batches
from diar_train.segmentation_run import Lesson, Run, Schedule, Teacher, validate

SPLITS = Path(__file__).parent / "splits"
REPORT_S = 180.0
CHECKPOINT = "checkpoint.pt"


def add_teacher_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--teacher", type=Path, help="weights.npz of a network whose answers teach")
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
        help="the same at the end: labels know better where a word ends, the teacher how meetings sound",
    )
    parser.add_argument(
        "--unlabelled-share",
        type=float,
        default=0.0,
        help="windows that only the teacher judges (unlabelled_windows.py)",
    )
    parser.add_argument(
        "--replay",
        type=float,
        default=0.0,
        help="share of a batch that was heard and judged before, which saves the time of both",
    )
    parser.add_argument(
        "--hint-share",
        type=float,
        default=0.0,
        help="weight at first of what the teacher's layers say (hints.py); it falls to a fifth",
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True, help="made by prepare_corpora.py")
    parser.add_argument("--ami", type=Path, required=True, help="only_words.tar.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--batch", type=int, default=16)
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
        help="of the labelled windows, those with exact labels and many overlaps (voiced_windows.py)",
    )
    parser.add_argument("--train-filters", action="store_true", help="learn the sinc filters too")
    add_teacher_options(parser)
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
    if (args.unlabelled_share or args.replay or args.hint_share) and not args.teacher:
        parser.error("--unlabelled-share, --replay and --hint-share need a --teacher")
    if not 0 <= args.replay < 1:
        parser.error("--replay is a share below 1")
    return args


def pupil(args: argparse.Namespace) -> SegmentationNetwork:
    """Random weights, or those of --start."""
    network = load_segmentation(args.start) if args.start else SegmentationNetwork()
    if not args.train_filters:
        # The mel-spaced filters are good as they start, and their gradient would cost a quarter of the time.
        for parameter in (
            *network.sincnet.wav_norm1d.parameters(),
            *network.sincnet.conv1d[0].parameters(),
        ):
            parameter.requires_grad_(False)
    return network.to(args.device)


def judged(teacher: SegmentationNetwork, held_out: Simulators, device: str) -> tuple[Tensor, Tensor]:
    """Windows without labels, and the teacher's answers to them."""
    samples = sounds_of([held_out.unlabelled], 24, np.random.default_rng(98)).to(device)
    with torch.no_grad():
        return samples, teacher(samples)


@torch.no_grad()
def fit_hints(
    hints: Hints, run: Run, teacher: SegmentationNetwork, train: Simulators, args: argparse.Namespace
) -> None:
    some = sounds_of(train.all(), 48, np.random.default_rng([args.seed, 97])).to(args.device)
    hints.fit(run.network.layers(some), teacher.layers(some))


def learn(
    run: Run,
    teacher: Teacher | None,
    batches: Batches,
    validation: list[tuple[Tensor, Tensor]],
    unlabelled: tuple[Tensor, Tensor] | None,
    out: Path,
) -> None:
    """Until the budget is used up; every three minutes a line of OUT/history.jsonl and a checkpoint."""
    last_report_s = run.budget.used_s
    run.network.train()
    run.budget.start()
    with (out / "history.jsonl").open("a") as history:
        while True:
            batch = batches.next(run.wants_long_windows(), run.step)
            if run.budget.progress() >= 1:
                return
            run.learn(teacher.teach(*batch) if teacher else Lesson(*batch))
            if run.budget.used_s - last_report_s > REPORT_S:
                last_report_s = run.budget.used_s
                line = json.dumps(run.report(validation, unlabelled))
                print(line, file=history, flush=True)
                print(line, flush=True)
                run.save(out / CHECKPOINT)


def main() -> None:
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    rooms = room_bank(args.out / "rooms.npy", 150, 6, args.seed).astype(np.float32)
    sources = (args.prepared, SPLITS, args.ami, rooms)
    train = Simulators.of_split("train", *sources)
    held_out = Simulators.of_split("validation", *sources, overlapping=0.0)  # real turns only
    validation = validation_batches(held_out, args.device)

    network = pupil(args)
    teaching = load_segmentation(args.teacher).to(args.device) if args.teacher else None
    unlabelled = None
    if teaching:
        print(json.dumps({"teacher": validate(teaching, validation)}), flush=True)
        unlabelled = judged(teaching.eval(), held_out, args.device)
    hints = None
    if teaching and args.hint_share:
        hints = Hints(network.LAYER_SIZES, teaching.LAYER_SIZES).to(args.device)
    schedule = Schedule(args.rate, args.teacher_share, args.teacher_share_end, args.hint_share)
    run = Run(network, hints, schedule, args.minutes, args.bf16)
    if not run.resume(args.out / CHECKPOINT, args.device) and hints and teaching:
        fit_hints(hints, run, teaching, train, args)
    teacher = None
    if teaching:
        teacher = Teacher(teaching, hints is not None, args.bf16, args.replay, [args.seed, run.step])
    learn(run, teacher, Batches(train, args, args.device), validation, unlabelled, args.out)
    print(json.dumps({"final": validate(network, validation)}), flush=True)
    run.save(args.out / CHECKPOINT)


if __name__ == "__main__":
    main()
