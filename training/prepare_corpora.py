#!/usr/bin/env python3
"""In: the corpora folder. Out: a prepared folder (one int16 memory map, index, utterances) and the committed
split files.

Usage; README.md says what CORPORA holds:

    python3 prepare_corpora.py --corpora CORPORA --out CACHE/prepared [--split test] [--write-splits splits]
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from diar_train.corpora import (
    SAMPLE_RATE_HZ,
    SPEECH_CORPORA,
    SPLITS,
    decode,
    read_split,
    read_utterances,
    split_of,
)
from diar_train.voiced import voiced_stretches


def write_splits(keys: list[tuple[str, str]], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        with (out / f"{split}.tsv").open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(["corpus", "speaker"])
            writer.writerows(key for key in keys if split_of(*key) == split)


def write_speech(out: Path, index: list[tuple], utterances: list[tuple]) -> None:
    """speech.i16 and speech.tsv: the voiced segments of each speaker, one after another."""
    audio = np.memmap(out / "audio.i16", dtype="<i2", mode="r")
    of_speaker: dict[tuple, list[tuple[int, int]]] = {}
    for corpus, speaker, first, num_samples in utterances:
        of_speaker.setdefault((corpus, speaker), []).append((first, num_samples))
    written = 0
    with (out / "speech.i16").open("wb") as speech, (out / "speech.tsv").open("w", newline="") as table:
        writer = csv.writer(table, delimiter="\t", lineterminator="\n")
        writer.writerow(["corpus", "speaker", "first_sample", "num_samples"])
        for corpus, speaker, _, _ in index:
            start = written
            for first, num_samples in of_speaker.get((corpus, speaker), []):
                for begin, end in voiced_stretches(audio[first : first + num_samples]):
                    speech.write(audio[first + begin : first + end].tobytes())
                    written += end - begin
            writer.writerow([corpus, speaker, start, written - start])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--write-splits", type=Path, help="write the split files here and decode nothing")
    parser.add_argument(
        "--split",
        choices=(*SPLITS, "calibration"),
        help="only the speakers of this split; calibration: those of splits/calibration.tsv",
    )
    args = parser.parse_args()

    listed = read_split(Path(__file__).parent / "splits", "calibration")

    def is_wanted(path: Path) -> bool:
        if args.split == "calibration":
            return f"{path.parent.name}/{path.stem}" in listed
        return args.split in (None, split_of(path.parent.name, path.stem))

    files = [
        path
        for corpus in SPEECH_CORPORA
        for path in sorted((args.corpora / corpus).glob("*.opus"))
        if is_wanted(path)
    ]
    if not files:
        parser.error(f"no Opus files below {args.corpora}")
    if args.write_splits:
        write_splits([(path.parent.name, path.stem) for path in files], args.write_splits)
        return

    args.out.mkdir(parents=True, exist_ok=True)
    index, utterances, first = [], [], 0
    with (args.out / "audio.i16").open("wb") as audio, ThreadPoolExecutor(2) as pool:
        for path, samples in zip(files, pool.map(decode, files)):
            key = (path.parent.name, path.stem)
            audio.write(samples.tobytes())
            index.append((*key, first, len(samples)))
            for start_s, duration_s in read_utterances(path.with_suffix(".tsv")):
                start = round(start_s * SAMPLE_RATE_HZ)
                num_samples = min(round(duration_s * SAMPLE_RATE_HZ), len(samples) - start)
                if num_samples > 0:
                    utterances.append((*key, first + start, num_samples))
            first += len(samples)
    write_speech(args.out, index, utterances)
    for name, rows in (("index.tsv", index), ("utterances.tsv", utterances)):
        with (args.out / name).open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(["corpus", "speaker", "first_sample", "num_samples"])
            writer.writerows(rows)
    print(f"{len(index)} speakers, {first / SAMPLE_RATE_HZ / 3600:.2f} h -> {args.out}")


if __name__ == "__main__":
    main()
