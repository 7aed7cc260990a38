"""In: int16 speech of one utterance. Out: the segments of it that hold speech, so that a simulated turn is
labelled by where it was placed.

Utterance files carry silence before, inside and after the speech. A fixed label "speech" over all of it would
teach the network to call silence speech; so silences longer than MAX_INNER_SILENCE_S are cut out of the
source material.
"""

from __future__ import annotations

import numpy as np

FRAME = 160  # 10 ms
MAX_INNER_SILENCE_S = 0.25
MIN_SPEECH_S = 0.1
MARGIN_S = 0.03


def runs(active: np.ndarray) -> np.ndarray:
    """[n, 2] first and one-past-last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.view(np.int8), [0]])))
    return edges.reshape(-1, 2)


def voiced_stretches(samples: np.ndarray) -> list[tuple[int, int]]:
    """(first, last + 1) in samples; empty if nothing stands out of the noise floor."""
    num = len(samples) // FRAME
    if num < 10:
        return []
    frames = samples[: num * FRAME].reshape(num, FRAME).astype(np.float32)
    frames -= frames.mean()
    energy = np.convolve((frames**2).mean(1), np.ones(3) / 3, "same")
    level_db = 10 * np.log10(energy + 1.0)
    floor_db, peak_db = np.percentile(level_db, (8, 95))
    if peak_db < 20.0:
        return []
    threshold_db = np.clip(floor_db + 0.35 * (peak_db - floor_db), peak_db - 30.0, peak_db - 14.0)
    active = level_db > threshold_db
    for first, last in runs(~active):
        if first > 0 and last < num and (last - first) * 0.01 < MAX_INNER_SILENCE_S:
            active[first:last] = True
    margin = round(MARGIN_S * 100)
    return [
        (max(0, first - margin) * FRAME, min(num, last + margin) * FRAME)
        for first, last in runs(active)
        if (last - first) * 0.01 >= MIN_SPEECH_S
    ]
