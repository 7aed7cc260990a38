"""In: voiced speech of speakers and the turns of real meetings. Out: windows whose turns are speech from
their start to their end, many of them overlapping.

The windows of simulation.py are labelled by the energy of what was placed, which is a guess in noisy
recordings and rarely holds two voices at once; a network that sees only those learns that overlap does not
exist. Here the material has no silence inside (voiced.py), so labels are exact, and half of the windows are
dense in overlaps.
"""

from __future__ import annotations

import numpy as np

from .augment import degrade, in_room, quiet_place
from .corpora import SAMPLE_RATE_HZ
from .embedding_windows import MAX_SPEAKERS, Materials, fair_weights, placed
from .simulation import HOP, convolve, frame_labels, most_talkative, random_stretch, room_response

MERGE_GAP_S = 0.2


def overlapping_turns(duration_s: float, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
    """Turns of up to three speakers, each with separate pauses, so that overlaps are random;
    some windows hold noise alone.
    """
    count = int(rng.choice([0, 1, 2, 3], p=[0.08, 0.15, 0.41, 0.36]))
    speakers = []
    for _ in range(count):
        turns, time_s = [], rng.uniform(-3.0, 3.0)
        pause_s = rng.uniform(0.3, 2.0) * count
        while time_s < duration_s:
            length_s = rng.uniform(0.3, 1.0) if rng.random() < 0.3 else rng.uniform(1.0, 5.0)
            if time_s + length_s > 0:
                turns.append((max(time_s, 0.0), min(time_s + length_s, duration_s)))
            time_s += length_s + MERGE_GAP_S + rng.exponential(pause_s)
        if turns:
            speakers.append(turns)
    return speakers


def joined(turns: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One speaker's turns with short gaps closed."""
    result: list[tuple[float, float]] = []
    for start_s, end_s in sorted(turns):
        if result and start_s - result[-1][1] < MERGE_GAP_S:
            result[-1] = (result[-1][0], max(result[-1][1], end_s))
        else:
            result.append((start_s, end_s))
    return result


class VoicedWindows:
    """Draws windows: `window(rng, num_samples)` -> (samples float32 [num_samples], labels bool [frames,
    3]).
    """

    labelled = True

    def __init__(
        self,
        materials: Materials,
        meetings: list[list[tuple[float, float, str]]],
        rooms: np.ndarray,
        overlapping: float = 0.5,
    ):
        self.materials, self.meetings, self.rooms, self.overlapping = materials, meetings, rooms, overlapping
        self.weights = fair_weights([len(samples) for samples in materials.samples])

    def meeting_turns(self, duration_s: float, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
        """A segment of a real meeting; who talks most comes first, and of four people the quietest is left
        out.
        """
        return most_talkative([joined(own) for own in random_stretch(self.meetings, duration_s, rng)])

    def window(self, rng: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        mix, _, labels = self.with_clean(rng, num_samples)
        return mix, labels

    def with_clean(
        self, rng: np.random.Generator, num_samples: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(samples, the same voices without room and noise, labels)"""
        duration_s = num_samples / SAMPLE_RATE_HZ
        plan = (
            overlapping_turns(duration_s, rng)
            if rng.random() < self.overlapping
            else self.meeting_turns(duration_s, rng)
        )
        who = rng.choice(len(self.materials), len(plan), replace=False, p=self.weights)
        mix, labels = (
            np.zeros(num_samples, np.float32),
            np.zeros((MAX_SPEAKERS, num_samples // HOP + 1), bool),
        )
        clean = np.zeros(num_samples, np.float32)
        place = rng.choice(["near", "diffuse", "room"], p=[0.35, 0.15, 0.5])
        room = self.rooms[rng.integers(len(self.rooms))]
        for index, (speaker, turns) in enumerate(zip(who, plan)):
            spans = [
                (round(begin * 100) * HOP, min(round(end * 100) * HOP, num_samples // HOP * HOP))
                for begin, end in turns
            ]
            material = self.materials.piece(
                int(speaker), sum(last - first for first, last in spans), rng
            ).astype(np.float32)
            dry = track = placed(material, spans, num_samples)
            for first, last in spans:
                labels[index, first // HOP : last // HOP] = True
            if place == "room":
                # The image method, each voice from its own place: what a wall gives back of one voice is no
                # second one.
                track = in_room(track, room[index % len(room)])
            elif place == "diffuse":
                track = convolve(track, room_response(rng))
            level = (
                10 ** (rng.normal(0, 3.0) / 20) / (np.sqrt((material**2).mean()) + 1e-6)
                if len(material)
                else 0.0
            )
            mix += np.float32(level) * track
            clean += np.float32(level) * dry
        babble = None
        if rng.random() < 0.1:
            babble = self.materials.babble(num_samples, rng)
        if rng.random() < 0.3 and babble is None:
            mix = quiet_place(mix, rng, least_noise_db=-30, lowest_peak_db=-25)
        else:
            mix = degrade(mix, babble, rng)
        clean *= np.float32(0.3 / (np.abs(clean).max() + 1e-6))
        return (
            mix.astype(np.float32),
            clean,
            np.stack([frame_labels(own, num_samples) for own in labels], 1),
        )
