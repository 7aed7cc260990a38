#!/usr/bin/env python3
"""In: a prepared corpora folder and the AMI turns. Out: a test set of simulated conversations in three
conditions, WAV and RTTM.

    python3 make_conversations.py --prepared CACHE/prepared --ami CORPORA/ami_rttm/only_words.tar.gz \
        --out CACHE/conversations

Speakers and meetings come from the split that --split names, so "test" holds voices that no model of ours has
heard. Layout of the output:
  OUT/reference/NAME.rttm, OUT/reference_energy/NAME.rttm, OUT/{clean,room,noisy}/NAME.wav
(diar_train/conversations.py says how the two references differ)
What lies there already is kept when it was made by the same arguments (OUT/made_by.txt).
"""

from __future__ import annotations

import argparse
import csv
import tarfile
import tempfile
import wave
from pathlib import Path

import numpy as np

from diar_train.conversations import CONDITIONS, MIN_MATERIAL_S, Plan, energy_turns, make_plan, render, rttm
from diar_train.corpora import SAMPLE_RATE_HZ, read_split
from diar_train.rooms import room_bank
from diar_train.turns import Meeting, read_meetings

SPLITS = Path(__file__).parent / "splits"
AMI_SPLIT = {"train": "train", "validation": "dev", "test": "test"}


def meetings_of(archive: Path, split: str) -> list[Meeting]:
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
        return read_meetings(Path(folder), AMI_SPLIT[split])


def materials_of(prepared: Path, split: str) -> dict[str, np.ndarray]:
    """Voiced speech of each speaker of the split who has enough of it."""
    wanted = read_split(SPLITS, split)
    audio = np.memmap(prepared / "speech.i16", dtype="<i2", mode="r")
    materials = {}
    with (prepared / "speech.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            key, first, count = (
                f"{row['corpus']}/{row['speaker']}",
                int(row["first_sample"]),
                int(row["num_samples"]),
            )
            if key in wanted and count >= MIN_MATERIAL_S * SAMPLE_RATE_HZ:
                materials[key] = audio[first : first + count]
    return materials


def write_wav(path: Path, samples: np.ndarray) -> None:
    partial = path.with_suffix(".part")
    with wave.open(str(partial), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
    partial.rename(path)


def cast_of(plan: Plan, materials: dict[str, np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng([plan.seed, 3])
    names = sorted(materials)
    return [materials[names[i]] for i in rng.choice(len(names), plan.num_speakers, replace=False)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--ami", type=Path, required=True, help="only_words.tar.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--split", choices=AMI_SPLIT, default="test")
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument(
        "--in-turn",
        action="store_true",
        help="each conversation in one condition only, in turn: more voices in the same time",
    )
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    made_by = f"split {args.split} seed {args.seed} version 1\n"
    marker = args.out / "made_by.txt"
    if marker.exists() and marker.read_text() != made_by:
        parser.error(f"{args.out} holds another set: {marker.read_text().strip()}")
    for name in ("reference", "reference_energy"):
        (args.out / name).mkdir(parents=True, exist_ok=True)
    marker.write_text(made_by)
    materials = materials_of(args.prepared, args.split)
    meetings = meetings_of(args.ami, args.split)
    rooms = room_bank(args.out / "rooms.npy", 24, 6, args.seed)
    conditions, seconds = args.conditions.split(","), 0.0
    for index in range(args.count):
        plan = make_plan(index, meetings, args.seed)
        seconds += plan.duration_s
        cast = cast_of(plan, materials)
        (args.out / "reference" / f"{plan.name}.rttm").write_text(rttm(plan))
        loud_turns = energy_turns(plan, cast, len(rooms))
        (args.out / "reference_energy" / f"{plan.name}.rttm").write_text(rttm(plan, loud_turns))
        for condition in [conditions[index % len(conditions)]] if args.in_turn else conditions:
            path = args.out / condition / f"{plan.name}.wav"
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                write_wav(path, render(plan, cast, rooms, condition))
    print(
        f"{args.count} conversations, {seconds / 60:.0f} minutes, {len(materials)} speakers, {len(meetings)} "
        f"meetings -> {args.out}"
    )


if __name__ == "__main__":
    main()
