"""Samples in, samples as worse microphones, rooms and lines would give them out. float32 [n]; every draw
comes from the given generator.
"""

from __future__ import annotations

import numpy as np

from .corpora import SAMPLE_RATE_HZ
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


def rumble(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Ventilation, tables, handled microphones: noise that falls by 12 to 30 dB an octave above 40 to 200 Hz,
    or mains hum; unit power.
    """
    hz = np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE_HZ)
    if rng.random() < 0.2:
        mains_hz = rng.choice([50.0, 60.0])
        time_s = np.arange(num_samples) / SAMPLE_RATE_HZ
        noise = sum(
            rng.uniform(0, 1) / harmonic * np.sin(2 * np.pi * (harmonic * mains_hz * time_s + rng.random()))
            for harmonic in range(1, 8)
        )
    else:
        spectrum = np.fft.rfft(rng.standard_normal(num_samples).astype(np.float32))
        noise = np.fft.irfft(spectrum / (1 + (hz / rng.uniform(40, 200)) ** rng.uniform(2, 5)), num_samples)
    return (noise / (noise.std() + 1e-9)).astype(np.float32)


def room_sounds(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """What meetings hold besides voices: knocks and keys (short decaying bursts), breath and paper (hissing
    swells), squeaks (gliding tones).

    Speech has about unit power; each event has its own band and a level of -25 to +6 dB.
    """
    sounds = np.zeros(num_samples, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        kind = rng.choice(["knock", "swell", "tone"], p=[0.45, 0.4, 0.15])
        seconds = {
            "knock": rng.uniform(0.01, 0.15),
            "swell": np.exp(rng.uniform(-2.3, 0.9)),
            "tone": rng.uniform(0.05, 0.6),
        }[kind]
        count = min(int(seconds * SAMPLE_RATE_HZ), num_samples)
        time = np.linspace(0, 1, count, dtype=np.float32)
        if kind == "tone":
            start_hz, end_hz = rng.uniform(150, 3000) * np.array([1.0, rng.uniform(0.7, 1.4)])
            phase = 2 * np.pi * np.cumsum(start_hz + (end_hz - start_hz) * time) / SAMPLE_RATE_HZ
            event = np.sin(phase) + rng.uniform(0, 0.7) * np.sin(2 * phase)
        else:
            low_hz = rng.uniform(50, 1500) if kind == "knock" else rng.uniform(200, 2500)
            event = band_limit(
                rng.standard_normal(count).astype(np.float32), low_hz, min(low_hz * rng.uniform(2, 8), 7500.0)
            )
        event = event * (np.exp(-5 * time) if kind == "knock" else np.sin(np.pi * time))
        event *= 10 ** (rng.uniform(-25, 6) / 20) / (np.sqrt((event**2).mean()) + 1e-6)
        # Keys and knocks come in rows.
        for _ in range(int(rng.integers(1, 8)) if kind == "knock" else int(rng.integers(1, 3))):
            at = int(rng.integers(max(1, num_samples - count)))
            sounds[at : at + count] += np.float32(10 ** (rng.normal(0, 3) / 20)) * event
    return sounds


def degrade(mix: np.ndarray, babble: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Noise, rumble, sounds of a room, other people, a narrow band, a telephone, a level. `mix` has speech of
    about unit power.
    """
    if rng.random() < 0.7:
        mix = mix + coloured_noise(len(mix), rng) * np.float32(10 ** (-rng.uniform(3, 30) / 20))
    if rng.random() < 0.4:
        mix = mix + rumble(len(mix), rng) * np.float32(10 ** (-rng.uniform(-12, 20) / 20))
    if rng.random() < 0.4:
        mix = mix + room_sounds(len(mix), rng)
    if babble is not None:
        mix = mix + babble * np.float32(10 ** (-rng.uniform(8, 25) / 20) / (babble.std() + 1e-6))
    if rng.random() < 0.2:
        low_hz, high_hz = (
            (300, 3400) if rng.random() < 0.4 else (rng.uniform(50, 300), rng.uniform(3000, 7500))
        )
        mix = band_limit(mix, low_hz, high_hz)
    if rng.random() < 0.1:
        mix = mu_law(mix)
    return (mix * (10 ** (rng.uniform(-45, -3) / 20) / (np.abs(mix).max() + 1e-6))).astype(np.float32)


def quiet_place(
    mix: np.ndarray, rng: np.random.Generator, least_noise_db: float, lowest_peak_db: float
) -> np.ndarray:
    """As good recordings are (`degrade` would make most of them noisy): sounds of a room at times, white
    noise from `least_noise_db` down to -70 dB, a peak from `lowest_peak_db` up to -3 dB. Changes `mix`."""
    if rng.random() < 0.4:
        mix += room_sounds(len(mix), rng)
    mix += np.float32(10 ** (-rng.uniform(-least_noise_db, 70) / 20)) * rng.standard_normal(len(mix)).astype(
        np.float32
    )
    mix *= np.float32(10 ** (rng.uniform(lowest_peak_db, -3) / 20) / (np.abs(mix).max() + 1e-6))
    return mix


def in_room(track: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Level kept, so that the room does not decide who is heard."""
    wet = convolve(track, response.astype(np.float32))
    return wet * np.float32(np.sqrt((track**2).mean() / ((wet**2).mean() + 1e-12)))
