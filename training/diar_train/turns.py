"""In: AMI reference turns (RTTM). Out: windows and conversations of turns, whose timing people made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Meetings of which the corpus eval_ami_30s holds audio: kept out so that no evaluation clip lends its
# turns to training.
EVALUATION_MEETINGS = {"EN2001a", "EN2001b", "EN2001e", "EN2003a", "EN2004a", "EN2006a", "EN2009b", "ES2003a"}


@dataclass(frozen=True)
class Turn:
    start_s: float
    end_s: float
    speaker: int


class Meeting:
    def __init__(self, name: str, rows: list[tuple[float, float, str]]):
        self.name = name
        rows.sort()
        self.start_s = np.array([row[0] for row in rows])
        self.end_s = np.array([row[1] for row in rows])
        names = sorted({row[2] for row in rows})
        self.speaker = np.array([names.index(row[2]) for row in rows])
        self.duration_s = float(self.end_s.max())

    def between(self, first_s: float, last_s: float) -> list[Turn]:
        """Turns cut to [first_s, last_s), times counted from first_s."""
        inside = np.flatnonzero((self.end_s > first_s) & (self.start_s < last_s))
        return [
            Turn(
                max(0.0, self.start_s[i] - first_s),
                min(last_s, self.end_s[i]) - first_s,
                int(self.speaker[i]),
            )
            for i in inside
        ]


def read_rttm(path: Path) -> dict[str, list[tuple[float, float, str]]]:
    """(start_s, end_s, speaker) of each recording."""
    recordings: dict[str, list[tuple[float, float, str]]] = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start_s = float(fields[3])
            recordings.setdefault(fields[1], []).append((start_s, start_s + float(fields[4]), fields[7]))
    return recordings


def talking(turns: list[tuple[float, float, str]], num_frames: int) -> tuple[list[str], np.ndarray]:
    """Who talks (sorted) and when: bool [speakers, num_frames], frames of 10 ms."""
    names = sorted({name for _, _, name in turns})
    mask = np.zeros((len(names), num_frames), bool)
    for start_s, end_s, name in turns:
        mask[names.index(name), round(start_s * 100) : round(end_s * 100)] = True
    return names, mask


def read_meetings(folder: Path, split: str) -> list[Meeting]:
    """Meetings of one AMI split ("train", "dev", "test") from the unpacked only_words folder."""
    recordings = read_rttm(folder / "only_words" / "rttms" / f"{split}.rttm")
    return [
        Meeting(name, rows) for name, rows in sorted(recordings.items()) if name not in EVALUATION_MEETINGS
    ]


def keep_most_talkative(turns: list[Turn], limit: int) -> list[Turn]:
    """Turns of at most `limit` speakers, renumbered 0.. by first appearance."""
    spoken: dict[int, float] = {}
    for turn in turns:
        spoken[turn.speaker] = spoken.get(turn.speaker, 0.0) + turn.end_s - turn.start_s
    kept = sorted(spoken, key=lambda speaker: spoken[speaker], reverse=True)[:limit]
    order: dict[int, int] = {}
    result = []
    for turn in sorted(turns, key=lambda t: t.start_s):
        if turn.speaker in kept:
            result.append(Turn(turn.start_s, turn.end_s, order.setdefault(turn.speaker, len(order))))
    return result
