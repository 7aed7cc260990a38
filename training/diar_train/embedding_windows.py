"""In: voiced material of speakers. Out: windows in which one to three of them talk, and the mask that the
pipeline would give each.

Masks hold the frames in which a speaker talks alone, as the pipeline's do, with edges as uncertain as a
segmentation's.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .augment import SPEEDS, at_speed, degrade, in_room, source_length
from .corpora import SAMPLE_RATE_HZ, read_split
from .frames import num_frames
from .simulation import HOP, coloured_noise, frame_labels

MAX_SPEAKERS = 3
# A mask of fewer frames is no example: the pipeline would fall back to the overlapped frames too.
MIN_MASK_FRAMES = 30


class Materials:
    """Voiced speech of the speakers of some splits who have at least `min_s` of it."""

    def __init__(self, prepared: Path, splits_dir: Path, splits: list[str], min_s: float = 4.0):
        audio = np.memmap(prepared / "speech.i16", dtype="<i2", mode="r")
        wanted = set().union(*(read_split(splits_dir, split) for split in splits))
        self.keys: list[str] = []
        self.samples: list[np.ndarray] = []
        with (prepared / "speech.tsv").open(newline="") as file:
            for row in sorted(
                csv.DictReader(file, delimiter="\t"), key=lambda r: (r["corpus"], r["speaker"])
            ):
                first, count = int(row["first_sample"]), int(row["num_samples"])
                key = f"{row['corpus']}/{row['speaker']}"
                if key in wanted and count >= min_s * SAMPLE_RATE_HZ:
                    self.keys.append(key)
                    self.samples.append(audio[first : first + count])

    def __len__(self) -> int:
        return len(self.keys)

    def piece(self, speaker: int, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Speech from anywhere in the material, int16, which starts over at its end."""
        material = self.samples[speaker]
        first = int(rng.integers(len(material)))
        if first + num_samples <= len(material):
            return material[first : first + num_samples]
        return np.resize(np.concatenate([material[first:], material[:first]]), num_samples)

    def babble(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Five people at once, float32."""
        mix = np.zeros(num_samples, np.float32)
        for speaker in rng.choice(len(self), 5):
            mix += self.piece(int(speaker), num_samples, rng).astype(np.float32)
        return mix


def fair_weights(num_samples: list[int]) -> np.ndarray:
    """How often each recording is drawn: longer ones more often, but not in proportion, since every voice
    counts.
    """
    weights = np.sqrt([min(count / SAMPLE_RATE_HZ, 60.0) for count in num_samples])
    return weights / weights.sum()


def placed(speech: np.ndarray, spans: list[tuple[int, int]], num_samples: int) -> np.ndarray:
    """Silence of `num_samples` with the speech, as long as all spans together, cut into them (first, last +
    1).
    """
    track, used = np.zeros(num_samples, np.float32), 0
    for first, last in spans:
        track[first:last] = speech[used : used + last - first]
        used += last - first
    return track


@dataclass
class Window:
    samples: np.ndarray  # float32 [n]
    masks: np.ndarray  # float32 [3, frames]
    speakers: np.ndarray  # int64 [3]: class of each mask, -1 for none
    speech: list[np.ndarray]  # of each mask, float32: what they say, without pauses, room and noise


def random_turns(count: int, num_samples: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(speaker, first, last + 1) on the grid of 10 ms: turns of 0.5 to 5 s, a third of them overlapping the
    one before, the others after a pause."""
    turns, speaker = [], int(rng.integers(count))
    # In some windows people are silent for most of the time, and the mean that the features lose is that of
    # the silence.
    pause_s = 0.4 if rng.random() < 0.7 else 2.5
    time_s = (
        rng.uniform(-0.5, 1.0) if pause_s < 1.0 else rng.uniform(-0.5, 0.5 * num_samples / SAMPLE_RATE_HZ)
    )
    while time_s * SAMPLE_RATE_HZ < num_samples:
        length_s = rng.uniform(0.5, 5.0)
        first = max(0, round(time_s * 100)) * HOP
        last = min(round((time_s + length_s) * 100) * HOP, num_samples // HOP * HOP)
        if last - first > 0:
            turns.append((speaker, first, last))
        time_s += length_s + (rng.uniform(-0.8, 0.0) if rng.random() < 0.33 else rng.exponential(pause_s))
        if count > 1 and rng.random() < 0.8:
            speaker = (speaker + int(rng.integers(1, count))) % count
    return turns


def uncertain(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask of a segmentation that finds the edges up to 0.15 s early or late."""
    grow = int(rng.integers(-9, 10))
    if grow == 0 or not mask.any():
        return mask
    spread = np.convolve(mask if grow > 0 else ~mask, np.ones(2 * abs(grow) + 1), "same") > 0
    return spread if grow > 0 else ~spread


class EmbeddingWindows:
    """`window(rng, num_samples)`; class of a mask = speaker + len(materials) * index of its speed."""

    def __init__(
        self,
        materials: Materials,
        rooms: np.ndarray | None,
        speeds: tuple[float, ...] = SPEEDS,
        augmented: bool = True,
    ):
        self.materials, self.rooms, self.speeds, self.augmented = materials, rooms, speeds, augmented
        self.weights = fair_weights([len(samples) for samples in materials.samples])

    @property
    def num_classes(self) -> int:
        return len(self.materials) * len(self.speeds)

    def track(
        self,
        speaker: int,
        speed: float,
        turns: list[tuple[int, int]],
        num_samples: int,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(track, speech): the speech in its turns, both of unit power where the speaker talks."""
        needed = sum(last - first for first, last in turns)
        speech = at_speed(self.materials.piece(speaker, source_length(needed, speed), rng), speed)[:needed]
        speech = speech / (np.sqrt((speech**2).mean()) + 1e-6)
        return placed(speech, turns, num_samples), speech

    def window(self, rng: np.random.Generator, num_samples: int) -> Window:
        count = int(
            rng.choice(
                [1, 2, 3], p=[0.3, 0.45, 0.25] if num_samples > 6 * SAMPLE_RATE_HZ else [0.5, 0.5, 0.0]
            )
        )
        who = rng.choice(len(self.materials), count, replace=False, p=self.weights)
        turns = random_turns(count, num_samples, rng)
        talking = np.zeros((MAX_SPEAKERS, num_samples // HOP + 1), bool)
        mix = np.zeros(num_samples, np.float32)
        room = (
            self.rooms[rng.integers(len(self.rooms))]
            if self.rooms is not None and rng.random() < 0.6
            else None
        )
        labels = np.full(MAX_SPEAKERS, -1, np.int64)
        said = [np.zeros(0, np.float32)] * MAX_SPEAKERS
        for index, speaker in enumerate(who):
            own = [(first, last) for speaker, first, last in turns if speaker == index]
            # The real voice (the first speed) two times in three: a short training sees each class often
            # enough.
            speed = int(rng.integers(len(self.speeds))) if rng.random() < 0.5 else 0
            if not own:
                continue
            track, speech = self.track(speaker, self.speeds[speed], own, num_samples, rng)
            said[index] = speech[:num_samples].astype(np.float32)  # one's own turns may overlap
            mix += np.float32(10 ** (rng.normal(0, 3.0) / 20)) * (
                track if room is None else in_room(track, room[index % len(room)])
            )
            labels[index] = speaker + len(self.materials) * speed
            for first, last in own:
                talking[index, first // HOP : last // HOP] = True
        masks = np.zeros((MAX_SPEAKERS, num_frames(num_samples)), np.float32)
        alone = talking & (talking.sum(0) == 1)
        for index in range(count):
            mask = frame_labels(alone[index], num_samples)
            masks[index] = uncertain(mask, rng) if self.augmented else mask
            if masks[index].sum() < MIN_MASK_FRAMES:
                labels[index] = -1
        if self.augmented:
            babble = None
            if rng.random() < 0.15:
                babble = self.materials.babble(num_samples, rng)
            sound = degrade(mix, babble, rng)
        else:
            noisy = mix + 0.01 * coloured_noise(num_samples, rng)
            sound = noisy * np.float32(0.5 / (np.abs(noisy).max() + 1e-6))
        return Window(sound.astype(np.float32), masks, labels, said)
