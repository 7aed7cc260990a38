"""Deterministic synthetic voices: a voice seed in, 16 kHz speech-like sound out (harmonics under moving
formants, breath, pauses).
"""

from dataclasses import dataclass

import numpy as np

SAMPLE_RATE_HZ = 16000

# First three formants of seven vowels, in Hz (textbook averages), scaled by each voice's tract length.
VOWELS_HZ = np.array(
    [
        [300, 2250, 2950],
        [400, 2000, 2550],
        [550, 1750, 2450],
        [700, 1150, 2450],
        [550, 900, 2400],
        [430, 1000, 2300],
        [320, 850, 2250],
    ]
)

# Pitch bands of the three voice groups; the golden segmentation network calls them local speakers 0, 1, 2.
# Pitch and tract length go together, as they do between men, women and children.
PITCH_BANDS_HZ = ((86.0, 112.0), (145.0, 178.0), (225.0, 285.0))
TRACT_BANDS = ((0.78, 0.88), (0.98, 1.08), (1.2, 1.32))


@dataclass(frozen=True)
class Voice:
    group: int
    pitch_hz: float
    tract: float
    tilt: float
    breath: float
    syllables_per_s: float
    bandwidth_hz: float
    vowels: tuple


def make_voice(seed: int, group: int) -> Voice:
    rng = np.random.default_rng([7001, seed, group])
    low, high = PITCH_BANDS_HZ[group]
    return Voice(
        group=group,
        pitch_hz=float(rng.uniform(low, high)),
        tract=float(rng.uniform(*TRACT_BANDS[group])),
        tilt=float(rng.uniform(0.4, 1.8)),
        breath=float(rng.uniform(0.01, 0.16)),
        syllables_per_s=float(rng.uniform(3.0, 5.5)),
        bandwidth_hz=float(rng.uniform(50, 170)),
        vowels=tuple(int(v) for v in rng.permutation(7)[:4]),
    )


def _envelope(voice: Voice, formants_hz: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Amplitude of the vocal tract and the glottal tilt at each frequency (any shape; formants [3, ...]
    broadcast).
    """
    gain = np.zeros_like(frequency_hz)
    for index in range(3):
        width = voice.bandwidth_hz * (1 + 0.5 * index)
        gain += (0.75**index) / (1.0 + ((frequency_hz - formants_hz[index]) / width) ** 2)
    return (gain + 0.003) * (frequency_hz / 200.0 + 1.0) ** (-voice.tilt)


def _syllable(voice: Voice, rng: np.random.Generator, num_samples: int, drift: float) -> np.ndarray:
    t = np.arange(num_samples) / SAMPLE_RATE_HZ
    x = np.linspace(0.0, 1.0, num_samples)
    pitch = (
        voice.pitch_hz
        * drift
        * (
            1.0
            + rng.uniform(-0.08, 0.08) * (x - 0.5)
            + 0.012 * np.sin(2 * np.pi * 5.3 * t + rng.uniform(0, 6))
        )
    )
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    first, second = VOWELS_HZ[rng.choice(voice.vowels)], VOWELS_HZ[rng.choice(voice.vowels)]
    formants = voice.tract * (first[:, None] * (1 - x) + second[:, None] * x)
    sound = np.zeros(num_samples)
    for harmonic in range(1, int(5500 / voice.pitch_hz) + 1):
        frequency = harmonic * pitch
        sound += _envelope(voice, formants, frequency) * np.sin(harmonic * phase + 0.7 * harmonic)
    breath = rng.standard_normal(num_samples)
    breath = np.convolve(breath, [1.0, -0.9 + 0.3 * voice.tilt], mode="same")
    attack = np.minimum(1.0, np.minimum(x / 0.18, (1 - x) / 0.3))
    sound = attack * (sound / (np.std(sound) + 1e-9) + voice.breath * breath)
    if rng.uniform() < 0.35:  # a fricative in front of the vowel
        head = min(num_samples, int(0.06 * SAMPLE_RATE_HZ))
        sound[:head] += 0.5 * voice.tract * np.diff(rng.standard_normal(head + 1)) * np.hanning(head)
    return sound * rng.uniform(0.75, 1.1)


def speak(voice: Voice, rng: np.random.Generator, num_samples: int) -> np.ndarray:
    """Speech of one turn: syllables nearly touching, a short pause now and then. float64, standard deviation
    about 1.
    """
    out = np.zeros(num_samples)
    position, drift = 0, 1.0
    while position < num_samples:
        length = int(SAMPLE_RATE_HZ / voice.syllables_per_s * rng.uniform(0.75, 1.3))
        length = min(length, num_samples - position)
        if length > 160:
            out[position : position + length] = _syllable(voice, rng, length, drift)
        drift = np.clip(drift * rng.uniform(0.95, 1.05), 0.9, 1.12)
        position += length + int(rng.uniform(0, 0.04) * SAMPLE_RATE_HZ)
        if rng.uniform() < 0.08:
            position += int(rng.uniform(0.08, 0.16) * SAMPLE_RATE_HZ)
    return out


def render(
    voices: dict, turns: list, num_samples: int, rng: np.random.Generator, noise_lsb: float = 1.0
) -> np.ndarray:
    """Mixes turns (voice name, start_s, end_s) into int16 samples over a floor of white noise; no noise where
    noise_lsb is 0.
    """
    mix = np.zeros(num_samples)
    for name, start_s, end_s in turns:
        start, end = int(start_s * SAMPLE_RATE_HZ), min(num_samples, int(end_s * SAMPLE_RATE_HZ))
        if end > start:
            mix[start:end] += rng.uniform(200, 340) * speak(voices[name], rng, end - start)
    mix += noise_lsb * rng.standard_normal(num_samples)
    return np.clip(np.rint(mix), -32768, 32767).astype(np.int16)


def frame_labels(voices: dict, turns: list, start_s: float, num_frames: int = 589) -> np.ndarray:
    """Which voice groups talk at each segmentation frame of a chunk that starts at start_s: [frames, 3] of 0
    and 1.
    """
    middle_s = start_s + np.arange(num_frames) * 270 / 16000 + 0.5 * 991 / 16000
    labels = np.zeros((num_frames, 3), dtype=np.int64)
    for name, turn_start_s, turn_end_s in turns:
        labels[(middle_s >= turn_start_s) & (middle_s < turn_end_s), voices[name].group] = 1
    return labels
