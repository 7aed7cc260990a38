"""In: a folder of corpora (one Opus file and one TSV of utterances for each speaker). Out: one int16 memory
map with an index, and speaker splits.

Layout of a prepared folder:
  audio.i16       all speakers one after another, 16 kHz mono, little endian
  index.tsv       corpus, speaker, first_sample, num_samples
  utterances.tsv  corpus, speaker, first_sample (absolute), num_samples
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16000
SPEECH_CORPORA = (
    "alphanumeric_audio",
    "arabic_speech_commands",
    "common_voice",
    "dspspeech20",
    "google_speech_commands",
    "librispeech",
    "speechocean762",
    "wuw_corpus_ii",
)
SPLITS = ("train", "validation", "test")
# Speakers of each hundred that go to validation and to test; the others train.
VALIDATION_PERCENT = 5
TEST_PERCENT = 10


@dataclass(frozen=True)
class Speaker:
    corpus: str
    name: str
    first_sample: int
    num_samples: int

    @property
    def key(self) -> str:
        return f"{self.corpus}/{self.name}"


def decode(path: Path) -> np.ndarray:
    """int16 samples of one file at 16 kHz mono."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-threads",
        "1",
        "-i",
        str(path),
        "-ac",
        "1",
        "-ar",
        str(SAMPLE_RATE_HZ),
        "-f",
        "s16le",
        "-",
    ]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, dtype="<i2")


def split_of(corpus: str, speaker: str) -> str:
    """The split of a speaker: a hash of its name alone, so that adding speakers moves nobody."""
    digest = hashlib.sha256(f"diarize.cpp split 1 {corpus}/{speaker}".encode()).digest()
    percent = int.from_bytes(digest[:8], "big") % 100
    if percent < TEST_PERCENT:
        return "test"
    return "validation" if percent < TEST_PERCENT + VALIDATION_PERCENT else "train"


def read_utterances(tsv: Path) -> list[tuple[float, float]]:
    """(start_s, duration_s) of each utterance of one speaker file."""
    with tsv.open(newline="") as file:
        return [
            (float(row["start_s"]), float(row["duration_s"])) for row in csv.DictReader(file, delimiter="\t")
        ]


def read_split(splits_dir: Path, split: str) -> set[str]:
    """Keys "corpus/speaker" of one committed split file."""
    with (splits_dir / f"{split}.tsv").open(newline="") as file:
        return {f"{row['corpus']}/{row['speaker']}" for row in csv.DictReader(file, delimiter="\t")}


class PreparedCorpora:
    """A prepared folder, opened read-only; `audio[first:first + n]` is int16."""

    def __init__(self, folder: Path):
        self.audio = np.memmap(folder / "audio.i16", dtype="<i2", mode="r")
        self.speakers: dict[str, Speaker] = {}
        with (folder / "index.tsv").open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                speaker = Speaker(
                    row["corpus"], row["speaker"], int(row["first_sample"]), int(row["num_samples"])
                )
                self.speakers[speaker.key] = speaker
        self.utterances: dict[str, list[tuple[int, int]]] = {key: [] for key in self.speakers}
        with (folder / "utterances.tsv").open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                key = f"{row['corpus']}/{row['speaker']}"
                self.utterances[key].append((int(row["first_sample"]), int(row["num_samples"])))

    def of_split(self, splits_dir: Path, split: str) -> list[Speaker]:
        wanted = read_split(splits_dir, split)
        return [speaker for key, speaker in sorted(self.speakers.items()) if key in wanted]
