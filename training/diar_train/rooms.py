"""In: a seed. Out: room impulse responses by the image method (Allen and Berkley 1979), several positions in
each room.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16000
SOUND_M_S = 343.0
LENGTH = 8000  # 0.5 s


def image_method(
    size_m: np.ndarray,
    source_m: np.ndarray,
    microphone_m: np.ndarray,
    reverberation_s: float,
    length: int = LENGTH,
) -> np.ndarray:
    """Impulse response of a shoebox whose walls all absorb alike, direct path at sample 0 and with gain 1.

    beta = sqrt(1 - alpha),  alpha = 0.161 V / (S T60)  (Sabine);  each image: beta^reflections / distance
    """
    volume = size_m.prod()
    surface = 2 * (size_m[0] * size_m[1] + size_m[0] * size_m[2] + size_m[1] * size_m[2])
    beta = np.sqrt(1 - min(0.95, 0.161 * volume / (surface * reverberation_s)))
    reach = length / SAMPLE_RATE_HZ * SOUND_M_S
    delays, reflections = [], []
    for axis in range(3):
        n = np.arange(-int(reach / (2 * size_m[axis])) - 1, int(reach / (2 * size_m[axis])) + 2)
        same = 2 * n * size_m[axis] + source_m[axis] - microphone_m[axis]
        mirrored = 2 * n * size_m[axis] - source_m[axis] - microphone_m[axis]
        delays.append(np.concatenate([same, mirrored]))
        reflections.append(np.concatenate([np.abs(2 * n), np.abs(n) + np.abs(n - 1)]))
    distance = np.sqrt(
        delays[0][:, None, None] ** 2 + delays[1][None, :, None] ** 2 + delays[2][None, None, :] ** 2
    ).ravel()
    count = (
        reflections[0][:, None, None] + reflections[1][None, :, None] + reflections[2][None, None, :]
    ).ravel()
    direct = distance.min()
    sample = np.rint((distance - direct) / SOUND_M_S * SAMPLE_RATE_HZ).astype(np.int64)
    near = sample < length
    return np.bincount(sample[near], beta ** count[near] * direct / distance[near], length).astype(np.float32)


def random_room(rng: np.random.Generator, positions: int, reverberation_s: tuple[float, float]) -> np.ndarray:
    """[positions, LENGTH]: one microphone, several talkers 0.5 m or more from it and from the walls."""
    size = rng.uniform((3.0, 2.8, 2.4), (9.0, 7.0, 3.6))
    t60 = rng.uniform(*reverberation_s)
    microphone = rng.uniform(0.3, 0.7, 3) * size
    microphone[2] = rng.uniform(0.7, 1.4)
    responses: list[np.ndarray] = []
    while len(responses) < positions:
        talker = rng.uniform((0.5, 0.5, 1.0), size - (0.5, 0.5, 0.6))
        if np.linalg.norm(talker - microphone) > 0.5:
            responses.append(image_method(size, talker, microphone, t60))
    return np.stack(responses)


def room_bank(path: Path, rooms: int, positions: int, seed: int) -> np.ndarray:
    """[rooms, positions, LENGTH], made once and kept at `path`."""
    if path.exists():
        return np.load(path)
    rng = np.random.default_rng(seed)
    bank = np.stack([random_room(rng, positions, (0.15, 0.8)) for _ in range(rooms)])
    np.save(path, bank.astype(np.float16))
    return np.load(path)
