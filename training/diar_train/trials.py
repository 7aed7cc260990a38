"""In: prepared corpora. Out: segments of 3 to 8 s of one test speaker's speech in windows of 10 s, clean and
in noisy rooms, for verification trials.

Segments of one speaker share no sample. Each lies in a window as the pipeline would see it: in one to three
turns with silence between, and with the mask of where it lies; nothing else is cut away, so the window's mean
is taken over speech and silence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .augment import in_room
from .corpora import SAMPLE_RATE_HZ, PreparedCorpora, Speaker
from .frames import num_frames
from .simulation import HOP, coloured_noise, frame_labels
from .voiced import voiced_stretches

WINDOW = 160000


@dataclass(frozen=True)
class Segment:
    speaker: int
    session: str
    samples: np.ndarray  # int16 voiced speech


def sessions_of(corpora_dir: Path, speaker: Speaker) -> list[str]:
    """Session of each utterance, in the order of the corpus's table; "" where the corpus has none."""
    if speaker.corpus != "wuw_corpus_ii":
        return []
    with (corpora_dir / speaker.corpus / f"{speaker.name}.tsv").open(newline="") as file:
        return [row["utterance"].split("_")[0] for row in csv.DictReader(file, delimiter="\t")]


def voiced_by_session(corpora: PreparedCorpora, corpora_dir: Path, speaker: Speaker) -> dict[str, np.ndarray]:
    utterances = corpora.utterances[speaker.key]
    sessions = sessions_of(corpora_dir, speaker) or [""] * len(utterances)
    if len(sessions) != len(utterances):
        raise SystemExit(
            f"{speaker.key}: {len(utterances)} prepared utterances, {len(sessions)} in its table; prepare "
            "the corpora again"
        )
    parts: dict[str, list[np.ndarray]] = {}
    for session, (first, count) in zip(sessions, utterances):
        audio = corpora.audio[first : first + count]
        parts.setdefault(session, []).extend(audio[begin:end] for begin, end in voiced_stretches(audio))
    return {
        session: np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
        for session, pieces in parts.items()
    }


def segments_of(materials: list[dict[str, np.ndarray]], most: int, rng: np.random.Generator) -> list[Segment]:
    """At most `most` segments of each speaker, taken from the sessions in turn; speakers with only one
    segment are left out.
    """
    segments = []
    for speaker, sessions in enumerate(materials):
        own: list[Segment] = []
        used = dict.fromkeys(sessions, 0)
        while len(own) < most:
            before = len(own)
            for session, material in sessions.items():
                wanted = int(rng.uniform(3, 8) * SAMPLE_RATE_HZ)
                left = len(material) - used[session]
                count = min(wanted, left)
                if len(own) < most and count >= 3 * SAMPLE_RATE_HZ:
                    own.append(Segment(speaker, session, material[used[session] : used[session] + count]))
                    used[session] += count
            if len(own) == before:
                break
        segments += own if len(own) > 1 else []
    return segments


def render(
    segment: Segment, rooms: np.ndarray | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(samples float32 [160000], mask float32 [589]). With rooms: one of them, and noise 8 to 18 dB below the
    speech; without: noise 40 dB below.
    """
    count = len(segment.samples) // HOP
    num_turns = int(rng.integers(1, 4))
    cuts = np.sort(rng.integers(1, count, num_turns - 1)) if num_turns > 1 else np.zeros(0, int)
    gaps = rng.dirichlet(np.ones(num_turns + 1)) * (WINDOW // HOP - count)
    track, talking = np.zeros(WINDOW, np.float32), np.zeros(WINDOW // HOP + 1, bool)
    at = 0
    for gap, first, last in zip(gaps, [0, *cuts], [*cuts, count]):
        at += int(gap)
        track[at * HOP : (at + last - first) * HOP] = segment.samples[first * HOP : last * HOP]
        talking[at : at + last - first] = True
        at += last - first
    track /= np.sqrt((track[track != 0] ** 2).mean()) + 1e-6
    noise_db = 40.0
    if rooms is not None:
        track = in_room(track, rooms[rng.integers(len(rooms)), 0])
        noise_db = rng.uniform(8, 18)
    mix = track + np.float32(10 ** (-noise_db / 20)) * coloured_noise(WINDOW, rng)
    mask = frame_labels(talking, WINDOW)
    assert len(mask) == num_frames(WINDOW)
    return (mix * np.float32(0.5 / np.abs(mix).max())).astype(np.float32), mask.astype(np.float32)


def speech_only(segment: Segment) -> tuple[np.ndarray, np.ndarray]:
    """(samples [1, n], mask [1, 1, frames]): a window that ends with the speech."""
    samples = segment.samples.astype(np.float32) / 32768
    return samples[None], np.ones((1, 1, num_frames(len(samples))), np.float32)
