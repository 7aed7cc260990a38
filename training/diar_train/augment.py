"""Samples in, samples as worse microphones, rooms and lines would give them out. float32 [n]; every draw comes from the given generator."""
from __future__ import annotations

import numpy as np

from .simulation import band_limit, coloured_noise, convolve

SPEEDS = (1.0, 0.9, 1.1)
# A multiple of both makes the lengths before and after whole numbers.
_SPEED_BLOCK = 990


def source_length(num_samples: int, speed: float) -> int:
    """How much material `at_speed` needs to give at least `num_samples`."""
    wanted = int(np.ceil(num_samples * speed)) if speed != 1.0 else num_samples
    return wanted if speed == 1.0 else -(-wanted // _SPEED_BLOCK) * _SPEED_BLOCK


def at_speed(samples: np.ndarray, speed: float) -> np.ndarray:
    """Played faster or slower, pitch included, so that another person seems to speak; length / speed."""
    if speed == 1.0:
        return samples.astype(np.float32)
    count = round(len(samples) / speed)
    spectrum = np.fft.rfft(samples.astype(np.float32))
    resampled = np.zeros(count // 2 + 1, spectrum.dtype)
    kept = min(len(spectrum), len(resampled))
    resampled[:kept] = spectrum[:kept]
    return (np.fft.irfft(resampled, count) * (count / len(samples))).astype(np.float32)


def mu_law(samples: np.ndarray) -> np.ndarray:
    """Through the 8-bit companding of telephones; samples are scaled to its range first."""
    peak = np.abs(samples).max() + 1e-9
    squeezed = np.sign(samples) * np.log1p(255 * np.abs(samples) / peak) / np.log(256)
    rounded = np.round(squeezed * 127) / 127
    return (peak * np.sign(rounded) * np.expm1(np.abs(rounded) * np.log(256)) / 255).astype(np.float32)


def degrade(mix: np.ndarray, babble: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Noise, other people, a narrow band, a telephone, a level. `mix` has speech of about unit power."""
    if rng.random() < 0.7:
        mix = mix + coloured_noise(len(mix), rng) * np.float32(10 ** (-rng.uniform(3, 30) / 20))
    if babble is not None:
        mix = mix + babble * np.float32(10 ** (-rng.uniform(8, 25) / 20) / (babble.std() + 1e-6))
    if rng.random() < 0.2:
        low_hz, high_hz = (300, 3400) if rng.random() < 0.4 else (rng.uniform(50, 300), rng.uniform(3000, 7500))
        mix = band_limit(mix, low_hz, high_hz)
    if rng.random() < 0.1:
        mix = mu_law(mix)
    return (mix * (10 ** (rng.uniform(-35, -3) / 20) / (np.abs(mix).max() + 1e-6))).astype(np.float32)


def in_room(track: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Level kept, so that the room does not decide who is heard."""
    wet = convolve(track, response.astype(np.float32))
    return wet * np.float32(np.sqrt((track**2).mean() / ((wet**2).mean() + 1e-12)))
