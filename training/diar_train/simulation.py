"""In: prepared corpora and the turns of real meetings. Out: simulated windows of conversation with frame
labels.

Who speaks when is copied from the annotations of AMI; what is heard comes from single-speaker
recordings, each placed in a room, levelled and mixed with noise. Labels follow the energy of the placed
speech, not the turn, so that pauses inside a turn count as silence.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np

from .corpora import SAMPLE_RATE_HZ, PreparedCorpora, Speaker
from .frames import FRAME_FIELD, FRAME_STEP, num_frames

HOP = 160  # energy frames of 10 ms


def read_turns(ami_archive: Path, split: str) -> list[list[tuple[float, float, str]]]:
    """For each AMI meeting of the split ("train", "dev", "test"): its turns (start_s, end_s, speaker)."""
    meetings: dict[str, list[tuple[float, float, str]]] = {}
    with tarfile.open(ami_archive) as archive:
        names = [
            name
            for name in archive.getnames()
            if name.endswith(f"rttms/{split}.rttm") or (f"/rttms/{split}/" in name and name.endswith(".rttm"))
        ]
        # One file of all meetings, or else one file for each of them.
        if any(name.endswith(f"rttms/{split}.rttm") for name in names):
            names = sorted(names, key=len)[:1]
        for name in names:
            file = archive.extractfile(name)
            assert file is not None
            for line in file.read().decode().splitlines():
                fields = line.split()
                if fields and fields[0] == "SPEAKER":
                    start = float(fields[3])
                    meetings.setdefault(fields[1], []).append((start, start + float(fields[4]), fields[7]))
    return [sorted(turns) for _, turns in sorted(meetings.items())]


def speech_mask(samples: np.ndarray) -> np.ndarray:
    """Per 10 ms: does this single-speaker recording hold speech here? Energy within 32 dB of its loud parts,
    gaps under 0.2 s filled.
    """
    count = len(samples) // HOP
    energy_db = 10 * np.log10(
        (samples[: count * HOP].reshape(count, HOP).astype(np.float32) ** 2).mean(1) + 1e-3
    )
    if count == 0:
        return np.zeros(0, bool)
    mask = energy_db > np.percentile(energy_db, 95) - 32
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.view(np.int8), [0]])))
    for end, start in zip(edges[1:-1:2], edges[2::2]):
        if start - end < 20:
            mask[end:start] = True
    return mask


def room_response(rng: np.random.Generator) -> np.ndarray:
    """A synthetic room: direct sound, a few early reflections, an exponentially decaying diffuse tail."""
    decay_s = rng.uniform(0.12, 0.7)
    length = int(decay_s * SAMPLE_RATE_HZ * 0.8)
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(length) * 10 ** (-3 * time_s / decay_s)
    # Walls swallow high frequencies: a one-pole low-pass whose corner varies from room to room.
    tail = np.convolve(tail, rng.uniform(0.3, 0.8) ** np.arange(8), mode="same")
    tail[: int(0.002 * SAMPLE_RATE_HZ)] = 0
    direct_to_tail_db = rng.uniform(-3, 15)
    response = tail * (10 ** (-direct_to_tail_db / 20) / (np.sqrt((tail**2).sum()) + 1e-9))
    for _ in range(rng.integers(2, 6)):
        response[rng.integers(30, max(31, min(length, 480)))] += rng.uniform(-0.4, 0.4)
    response[0] += 1.0
    return response.astype(np.float32)


def convolve(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    size = 1 << (len(samples) + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def coloured_noise(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise whose spectrum falls by 0 to 9 dB an octave, with a slow random modulation; unit power."""
    spectrum = np.fft.rfft(rng.standard_normal(num_samples).astype(np.float32))
    hz = np.arange(len(spectrum)) + 50.0 * num_samples / SAMPLE_RATE_HZ
    noise = np.fft.irfft(spectrum * hz ** (-rng.uniform(0, 1.5)), num_samples)
    points = np.linspace(0, num_samples, 12)
    noise *= np.interp(np.arange(num_samples), points, rng.uniform(0.6, 1.2, 12))
    return (noise / (noise.std() + 1e-9)).astype(np.float32)


def band_limit(samples: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def frame_labels(mask: np.ndarray, num_samples: int) -> np.ndarray:
    """Label of each network frame from a 10 ms mask: that of its middle."""
    middles = (np.arange(num_frames(num_samples)) * FRAME_STEP + FRAME_FIELD / 2) / HOP
    return mask[np.minimum(middles.astype(int), len(mask) - 1)]


def random_stretch(
    meetings: list[list[tuple[float, float, str]]], duration_s: float, rng: np.random.Generator
) -> list[list[tuple[float, float]]]:
    """Each speaker's turns in a random segment of a random meeting, times counted from its start."""
    turns = meetings[rng.integers(len(meetings))]
    start = rng.uniform(0, max(turns[-1][1] - duration_s, 1.0))
    by_speaker: dict[str, list[tuple[float, float]]] = {}
    for begin, end, speaker in turns:
        if end > start and begin < start + duration_s:
            by_speaker.setdefault(speaker, []).append((max(begin - start, 0.0), min(end - start, duration_s)))
    return list(by_speaker.values())


def most_talkative(speakers: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    """The three who talk most, the first most of all."""
    return sorted(speakers, key=lambda turns: -sum(end - begin for begin, end in turns))[:3]


class ConversationSimulator:
    """Draws windows: `window(rng, num_samples)` -> (samples float32 [num_samples], labels bool [frames,
    3]).
    """

    labelled = True

    def __init__(
        self,
        corpora: PreparedCorpora,
        speakers: list[Speaker],
        meetings: list[list[tuple[float, float, str]]],
    ):
        self.corpora = corpora
        self.meetings = meetings
        # Speakers with a few seconds at least; one-second words still make short turns.
        self.speakers = [speaker for speaker in speakers if speaker.num_samples > 3 * SAMPLE_RATE_HZ]
        weights = np.array([min(speaker.num_samples / SAMPLE_RATE_HZ, 40.0) for speaker in self.speakers])
        self.weights = weights / weights.sum()

    def pick_speakers(self, count: int, rng: np.random.Generator) -> list[Speaker]:
        return [
            self.speakers[i] for i in rng.choice(len(self.speakers), count, replace=False, p=self.weights)
        ]

    def real_turns(self, duration_s: float, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
        """Turns of at most three speakers in a random segment of a random meeting."""
        return most_talkative(random_stretch(self.meetings, duration_s, rng))

    def random_turns(self, duration_s: float, rng: np.random.Generator) -> list[list[tuple[float, float]]]:
        """Random turns, denser in changes and overlaps than meetings."""
        count = rng.choice([1, 2, 3], p=[0.25, 0.4, 0.35])
        result: list[list[tuple[float, float]]] = [[] for _ in range(count)]
        time, speaker = rng.uniform(-1, 2), rng.integers(count)
        while time < duration_s:
            length = rng.uniform(0.4, 4.5)
            if length + time > 0:
                result[speaker].append((max(time, 0.0), min(time + length, duration_s)))
            time += length + (rng.uniform(-1.2, 0) if rng.random() < 0.3 else rng.exponential(0.4))
            if count > 1 and rng.random() < 0.8:
                speaker = (speaker + rng.integers(1, count)) % count
        return [turns for turns in result if turns]

    def voice(
        self, speaker: Speaker, turns: list[tuple[float, float]], num_samples: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """One speaker's dry track and its 10 ms speech mask."""
        track = np.zeros(num_samples, np.float32)
        mask = np.zeros(num_samples // HOP + 1, bool)
        utterances = self.corpora.utterances[speaker.key] or [(speaker.first_sample, speaker.num_samples)]
        order = rng.permutation(len(utterances))
        source = np.concatenate(
            [self.corpora.audio[utterances[i][0] : sum(utterances[i])] for i in order[:40]]
        ).astype(np.float32)
        speech = speech_mask(source)
        position = int(rng.integers(0, max(1, len(source) // 2))) // HOP * HOP
        for begin, end in turns:
            at = int(begin * SAMPLE_RATE_HZ) // HOP * HOP
            wanted = min(int((end - begin) * SAMPLE_RATE_HZ) // HOP * HOP, num_samples - at)
            while wanted > 0:
                if position // HOP >= len(speech):
                    position = 0
                # A turn starts where the recording has speech.
                onset = np.flatnonzero(speech[position // HOP :])
                position = position + int(onset[0]) * HOP if len(onset) else int(np.argmax(speech)) * HOP
                count = min(wanted, (len(speech) * HOP) - position)
                if count <= 0:
                    break
                piece = source[position : position + count].copy()
                fade = min(80, count // 2)
                piece[:fade] *= np.linspace(0, 1, fade)
                piece[count - fade :] *= np.linspace(1, 0, fade)
                track[at : at + count] += piece
                mask[at // HOP : (at + count) // HOP] |= speech[position // HOP : (position + count) // HOP]
                at, position, wanted = at + count, position + count, wanted - count
        return track, mask

    def window(self, rng: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        duration_s = num_samples / SAMPLE_RATE_HZ
        plans = self.real_turns(duration_s, rng) if rng.random() < 0.6 else self.random_turns(duration_s, rng)
        mix = np.zeros(num_samples, np.float32)
        labels = np.zeros((num_frames(num_samples), 3), bool)
        in_room = rng.random() < 0.6
        for index, (speaker, turns) in enumerate(zip(self.pick_speakers(max(len(plans), 1), rng), plans)):
            track, mask = self.voice(speaker, turns, num_samples, rng)
            level = np.sqrt((track[np.repeat(mask, HOP)[:num_samples]] ** 2).mean()) if mask.any() else 1.0
            if in_room:
                track = convolve(track, room_response(rng))
            mix += track * (10 ** (rng.normal(0, 3.5) / 20) / (level + 1e-6))
            labels[:, index] = frame_labels(mask, num_samples)
        if rng.random() < 0.75:
            mix += coloured_noise(num_samples, rng) * 10 ** (-rng.uniform(3, 35) / 20)
        if rng.random() < 0.15:
            babble = np.zeros(num_samples, np.float32)
            for speaker in self.pick_speakers(4, rng):
                babble += self.voice(speaker, [(0, duration_s)], num_samples, rng)[0]
            mix += babble / (babble.std() + 1e-6) * 10 ** (-rng.uniform(14, 30) / 20)
        if rng.random() < 0.12:
            mix = band_limit(mix, rng.uniform(50, 300), rng.uniform(3200, 7000))
        mix *= 10 ** (rng.uniform(-40, -6) / 20) / (np.abs(mix).max() + 1e-6)
        return mix.astype(np.float32), labels
