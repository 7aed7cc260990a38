"""In: recordings of speakers and the turns of real meetings. Out: windows that no rule can label frame by
frame, for a network with a teacher.

What a simulation can label is cleaner than what people record: its pauses are silent, its microphones hear
one room. Here recordings keep their own pauses and noises, each voice reaches the microphones of the others
too, and some voices are made into what is none (whispered, reversed, chopped).
"""

from __future__ import annotations

import numpy as np

from .augment import at_speed, degrade, in_room, quiet_place, room_sounds, rumble, source_length
from .corpora import SAMPLE_RATE_HZ, PreparedCorpora, Speaker
from .embedding_windows import MAX_SPEAKERS, Materials, fair_weights, placed
from .frames import num_frames
from .simulation import HOP, coloured_noise, convolve, random_stretch, room_response, speech_mask
from .voiced_windows import joined

_GRAIN = 400  # a hop of 25 ms


def whispered(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The formants of a voice without its pitch: noise under its smoothed spectrum, [n] -> [n]."""
    size = 2 * _GRAIN
    count = max(len(samples) // _GRAIN - 1, 0)
    if count == 0:
        return samples.astype(np.float32)
    window = np.hanning(size + 1)[:size].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), size)[::_GRAIN][:count]
    magnitude = np.abs(np.fft.rfft(frames * window, axis=1))
    # Averages over 260 Hz hide the harmonics.
    sums = np.pad(np.cumsum(np.pad(magnitude, ((0, 0), (7, 6)), mode="edge"), 1), ((0, 0), (1, 0)))
    smooth = (sums[:, 13:] - sums[:, :-13]) / 13
    noise = np.fft.irfft(smooth * np.exp(2j * np.pi * rng.random(smooth.shape)), size, axis=1).astype(
        np.float32
    )
    out = np.zeros(len(samples), np.float32)
    halves = (noise * np.sqrt(window)).reshape(count, 2, _GRAIN)
    out[: count * _GRAIN] += halves[:, 0].reshape(-1)
    out[_GRAIN : (count + 1) * _GRAIN] += halves[:, 1].reshape(-1)
    return out


def chopped(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pieces of 30 to 150 ms in another order, some of them backwards, with gaps."""
    size = int(rng.uniform(0.03, 0.15) * SAMPLE_RATE_HZ)
    count = len(samples) // size
    pieces = samples[: count * size].reshape(count, size)[rng.permutation(count)].astype(np.float32)
    backwards = rng.random(count) < 0.5
    pieces[backwards] = pieces[backwards, ::-1]
    pieces *= (rng.random(count) < rng.uniform(0.3, 1.0))[:, None] * np.hanning(size).astype(np.float32)
    return np.concatenate([pieces.reshape(-1), np.zeros(len(samples) - count * size, np.float32)])


def strange(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A voice made into what may be none; length and about the level kept."""
    level = np.sqrt((samples.astype(np.float32) ** 2).mean()) + 1e-6
    kind = rng.integers(4)
    if kind == 0:
        changed = whispered(samples, rng)
    elif kind == 1:
        changed = samples[::-1].astype(np.float32)
    elif kind == 2:
        changed = chopped(samples, rng)
    else:
        changed = whispered(samples[::-1], rng)
    return changed * np.float32(level / (np.sqrt((changed**2).mean()) + 1e-6))


def add_breath(track: np.ndarray, end: int, loudest: float, rng: np.random.Generator) -> None:
    """A breath that ends at sample `end`, where a turn begins; `loudest`: the peak of the speech."""
    first = max(end - int(rng.uniform(0.1, 0.5) * SAMPLE_RATE_HZ), 0)
    noise = rng.standard_normal(end - first).astype(np.float32)
    swell = np.sin(np.linspace(0, np.pi, end - first, dtype=np.float32)) * noise
    track[first:end] += np.float32(0.3 * 10 ** (-rng.uniform(5, 25) / 20) * loudest) * swell


class UnlabelledWindows:
    """Draws windows: `window(rng, num_samples)` -> (samples float32 [num_samples], labels bool [frames, 3],
    all False).
    """

    labelled = False

    def __init__(
        self,
        materials: Materials,
        corpora: PreparedCorpora,
        speakers: list[Speaker],
        meetings: list[list[tuple[float, float, str]]],
        rooms: np.ndarray,
    ):
        self.materials, self.corpora, self.meetings, self.rooms = materials, corpora, meetings, rooms
        self.speakers = [speaker for speaker in speakers if speaker.num_samples > 3 * SAMPLE_RATE_HZ]
        self.weights = fair_weights([speaker.num_samples for speaker in self.speakers])

    def recording(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """A segment of somebody's recording as it is, pauses and noises included, at another speed at
        times.
        """
        speaker = self.speakers[rng.choice(len(self.speakers), p=self.weights)]
        speed = float(rng.choice([1.0, 0.9, 1.1]))
        needed = source_length(num_samples, speed)
        first = speaker.first_sample + int(rng.integers(max(1, speaker.num_samples - needed)))
        stretch = self.corpora.audio[first : min(first + needed, speaker.first_sample + speaker.num_samples)]
        return at_speed(np.resize(stretch, needed), speed)[:num_samples]

    def pauses(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """What a microphone hears when its speaker is silent, repeated where it is too short; unit power."""
        for _ in range(8):
            speaker = self.speakers[rng.choice(len(self.speakers), p=self.weights)]
            audio = self.corpora.audio[speaker.first_sample : speaker.first_sample + speaker.num_samples]
            edges = np.flatnonzero(np.diff(np.concatenate([[1], speech_mask(audio).view(np.int8), [1]])))
            # The ends of words are left out.
            pieces = [
                audio[(first + 3) * HOP : (last - 3) * HOP].astype(np.float32)
                for first, last in zip(edges[::2], edges[1::2])
                if last - first >= 15
            ]
            if not pieces:
                continue
            quiet = np.concatenate([pieces[k] for k in rng.permutation(len(pieces))])
            if len(quiet) > SAMPLE_RATE_HZ // 2 and quiet.std() > 0.5:
                return np.resize(quiet, num_samples) / np.float32(quiet.std())
        return coloured_noise(num_samples, rng)

    def voiceless(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Pauses, noises that swell and fade, sounds of a room, at times a word: where nobody speaks, nothing
        tells how loud a voice would be.
        """
        mix = self.pauses(num_samples, rng)
        if rng.random() < 0.5:
            mix = mix + np.float32(10 ** (rng.uniform(-20, 10) / 20)) * self.pauses(num_samples, rng)
        if rng.random() < 0.4:
            level = np.float32(10 ** (rng.uniform(-20, 10) / 20))
            noise = rumble if rng.random() < 0.5 else coloured_noise
            mix = mix + level * noise(num_samples, rng)
        if rng.random() < 0.5:
            gain_db = np.interp(
                np.arange(num_samples), np.sort(rng.uniform(0, num_samples, 10)), rng.uniform(-15, 15, 10)
            )
            mix = mix * (10 ** (gain_db / 20)).astype(np.float32)
        if rng.random() < 0.5:
            mix = mix + np.float32(10 ** (rng.uniform(-5, 20) / 20)) * room_sounds(num_samples, rng)
        if rng.random() < 0.25:
            count = int(rng.uniform(0.3, 1.5) * SAMPLE_RATE_HZ)
            word, at = self.recording(count, rng), int(rng.integers(num_samples - count))
            mix[at : at + count] += np.float32(10 ** (rng.uniform(0, 30) / 20) / (word.std() + 1e-6)) * word
        if rng.random() < 0.3:
            mix = in_room(mix, self.rooms[rng.integers(len(self.rooms))][0])
        return 0.1 * mix

    def as_recorded(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """One to three people's own recordings, who come and go."""
        mix = np.zeros(num_samples, np.float32)
        room = self.rooms[rng.integers(len(self.rooms))] if rng.random() < 0.5 else None
        for index in range(int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))):
            track = self.recording(num_samples, rng)
            track /= np.percentile(np.abs(track), 98) + 1.0
            if rng.random() < 0.7:
                # Present for a part only; in the rest there is the noise of the others, or nothing.
                first, last = np.sort(rng.integers(0, num_samples, 2))
                track[:first], track[last:] = 0, 0
            track *= np.float32(10 ** (rng.normal(0, 6) / 20))
            mix += track if room is None else in_room(track, room[index % len(room)])
        return 3 * mix

    def headsets(self, num_samples: int, rng: np.random.Generator) -> np.ndarray:
        """A real meeting's turns; every microphone hears its own speaker near and the others late, faint and
        with the room, and all are summed.
        """
        duration_s = num_samples / SAMPLE_RATE_HZ
        mix = np.zeros(num_samples, np.float32)
        speakers = [joined(own) for own in random_stretch(self.meetings, duration_s, rng)][: MAX_SPEAKERS + 1]
        who = rng.choice(len(self.materials), max(len(speakers), 1), replace=False)
        crosstalk_db = rng.uniform(8, 35)
        for speaker, turns in zip(who, speakers):
            spans = [
                (round(begin * 100) * HOP, min(round(end * 100) * HOP, num_samples)) for begin, end in turns
            ]
            length = sum(last - first for first, last in spans)
            material = self.materials.piece(int(speaker), length, rng).astype(np.float32)
            track = placed(material, spans, num_samples)
            loudest = np.abs(material).max(initial=0) + 1
            for first, _ in spans:
                if rng.random() < 0.3:
                    add_breath(track, first, loudest, rng)
            if len(material):
                power = (material**2).mean()
                track *= np.float32(10 ** (rng.normal(0, 5) / 20) / (np.sqrt(power) + 1e-6))
            else:
                track *= 0.0
            mix += track
            late = np.roll(convolve(track, room_response(rng)), int(rng.integers(16, 200)))
            mix += np.float32(10 ** (-(crosstalk_db + rng.normal(0, 3)) / 20)) * late
        return mix

    def window(self, rng: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        kind = rng.choice(3, p=[0.35, 0.25, 0.4])
        if kind == 2:
            mix = self.voiceless(num_samples, rng)
            return mix * np.float32(
                10 ** (rng.uniform(-50, -1) / 20) / (np.abs(mix).max() + 1e-6)
            ), self.nothing(num_samples)
        mix = self.headsets(num_samples, rng) if kind == 0 else self.as_recorded(num_samples, rng)
        if rng.random() < 0.35:
            other = strange(self.recording(num_samples, rng), rng)
            first, last = np.sort(rng.integers(0, num_samples, 2))
            other[:first], other[last:] = 0, 0
            mix += np.float32(10 ** (-rng.uniform(-3, 30) / 20) / (np.sqrt((other**2).mean()) + 1e-6)) * other
        if rng.random() < 0.2:
            # People in the next room.
            far = convolve(self.recording(num_samples, rng), room_response(rng))
            mix += np.float32(10 ** (-rng.uniform(18, 45) / 20) / (np.sqrt((far**2).mean()) + 1e-6)) * far
        if rng.random() < 0.5:
            mix = quiet_place(mix, rng, least_noise_db=-20, lowest_peak_db=-30)
        else:
            mix = degrade(mix, None, rng)
        return mix.astype(np.float32), self.nothing(num_samples)

    @staticmethod
    def nothing(num_samples: int) -> np.ndarray:
        return np.zeros((num_frames(num_samples), MAX_SPEAKERS), bool)
