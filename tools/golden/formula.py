"""Weights from a formula, so that a network too large to commit can be made again, bit for bit, in any
language.

Per tensor: FNV-1a (64 bit) of the ASCII tensor name, xor the model seed, starts a SplitMix64 stream; element
i (row-major) is
    ((next() >> 56) - 127.5) * scale        with scale = 2^-exponent
exact in float32 (8-bit integers plus a half). The exponent of each tensor stands in the model's
`formula.json`.
"""

import numpy as np

MASK = (1 << 64) - 1


def fnv1a_64(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode("ascii"):
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def splitmix64(seed: int, count: int) -> np.ndarray:
    """The first `count` outputs of SplitMix64 started at `seed`, vectorised over the counter."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def formula_tensor(name: str, shape: tuple, exponent: int, model_seed: int) -> np.ndarray:
    bits = splitmix64(fnv1a_64(name) ^ model_seed, int(np.prod(shape)))
    return (
        (((bits >> np.uint64(56)).astype(np.float64) - 127.5) * 2.0**-exponent)
        .astype(np.float32)
        .reshape(shape)
    )


def exponent_for(std: float) -> int:
    """The exponent whose uniform 8-bit values have the standard deviation nearest to std (73.9 *
    2^-exponent).
    """
    return round(np.log2(73.9 / std))
