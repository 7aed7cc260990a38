"""In: clips of real meetings with word-level RTTM. Out: who talks alone in each window of 10 s, for
verification trials on voices no corpus of ours holds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .corpora import decode
from .simulation import HOP, frame_labels
from .trials import WINDOW
from .turns import read_rttm, talking


def real_windows(folder: Path, least_s: float = 1.0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(samples float32 [N, 160000], masks float32 [N, 1, 589], speakers) of everybody who talks alone for
    `least_s` or more in a window. Speakers have their names of the corpus, so that two clips may share
    one."""
    samples, masks, speakers = [], [], []
    for clip in sorted(folder.glob("*.flac")):
        audio = decode(clip).astype(np.float32) / 32768
        (turns,) = read_rttm(clip.with_suffix(".rttm")).values()
        names, everybody = talking(turns, len(audio) // HOP + 1)
        alone = everybody & (everybody.sum(0) == 1)
        for first in range(0, len(audio) - WINDOW + 1, WINDOW):
            for index, name in enumerate(names):
                own = alone[index, first // HOP : (first + WINDOW) // HOP + 1]
                if own.sum() >= 100 * least_s:
                    samples.append(audio[first : first + WINDOW])
                    masks.append(frame_labels(own, WINDOW)[None].astype(np.float32))
                    speakers.append(name)
    return np.stack(samples), np.stack(masks), speakers
