"""Jaccard error rate by its definition (DIHARD II evaluation plan 1.1, dscore), in exact fractions of
seconds.

dscore is not on PyPI and counts frames of 10 ms; its definition has no frames. `in_frames` counts them as
dscore does, for times on its grid. Per file: turns are cropped to the scored regions and merged for each
speaker; collars and overlap play no part. For reference speaker r and hypothesis speaker h the error is 1 -
|r and h| / |r or h|; the assignment with the least sum pairs them; a reference speaker without a partner has
error 1; the file's JER is the mean over its reference speakers (1 with only hypothesis speakers, 0 with
nobody).
"""

from fractions import Fraction

import numpy as np
from scipy.optimize import linear_sum_assignment

from cases import EPS


def merged(segments):
    result = []
    for start, end in sorted(segments):
        if result and start <= result[-1][1]:
            result[-1][1] = max(end, result[-1][1])
        else:
            result.append([start, end])
    return result


def speakers_in(turns, regions):
    """Merged segments of each speaker inside the regions; what is not longer than a microsecond is
    nobody's.
    """
    inside = {}
    for start, end, speaker in turns:
        for low, high in regions:
            first, last = max(start, low), min(end, high)
            if last - first > EPS:
                inside.setdefault(speaker, []).append((Fraction(first), Fraction(last)))
    return {speaker: merged(segments) for speaker, segments in inside.items()}


def length(segments):
    return sum((end - start for start, end in segments), Fraction(0))


def shared(a, b):
    return sum(
        (
            max(Fraction(0), min(end, other_end) - max(start, other_start))
            for start, end in a
            for other_start, other_end in b
        ),
        Fraction(0),
    )


def regions_of(case):
    """Scored regions, disjoint: pyannote closes holes of a microsecond."""
    if case["uem"] is None:
        times = [
            (start, end) for start, end, _ in case["reference"] + case["hypothesis"] if end - start > EPS
        ]
        return [(min(start for start, _ in times), max(end for _, end in times))] if times else []
    result = []
    for start, end in sorted(region for region in case["uem"] if region[1] - region[0] > EPS):
        if result and start - result[-1][1] <= EPS:
            result[-1][1] = max(end, result[-1][1])
        else:
            result.append([start, end])
    return [tuple(region) for region in result]


def combine(errors, num_reference, num_hypothesis):
    if num_reference and num_hypothesis:
        rows, columns = linear_sum_assignment(errors)
        error_sum = num_reference - len(rows) + errors[rows, columns].sum()
    else:
        error_sum = float(num_reference)
    rate = error_sum / num_reference if num_reference else float(num_hypothesis > 0)
    return {
        "error_sum": float(error_sum),
        "reference": num_reference,
        "hypothesis": num_hypothesis,
        "rate": float(rate),
    }


def jaccard_error_rate(case):
    regions = regions_of(case)
    reference = list(speakers_in(case["reference"], regions).values())
    hypothesis = list(speakers_in(case["hypothesis"], regions).values())
    errors = np.zeros((len(reference), len(hypothesis)))
    for i, r in enumerate(reference):
        for j, h in enumerate(hypothesis):
            both = shared(r, h)
            errors[i, j] = float(1 - both / (length(r) + length(h) - both))
    return combine(errors, len(reference), len(hypothesis))


def on_grid(case):
    times = [time for start, end, _ in case["reference"] + case["hypothesis"] for time in (start, end)] + [
        time for region in case["uem"] or [] for time in region
    ]
    return all(abs(time * 100 - round(time * 100)) < 1e-7 and 0 <= time < 1000 for time in times)


def in_frames(case):
    """dscore's way, for times on its grid of 10 ms."""
    keep = np.zeros(110000, dtype=bool)
    for start, end in regions_of(case):
        keep[round(start * 100) : round(end * 100)] = True

    def labels(turns):
        speakers = sorted({speaker for _, _, speaker in turns})
        frames = np.zeros((len(keep), len(speakers)), dtype=np.int64)
        for start, end, speaker in turns:
            frames[round(start * 100) : round(end * 100), speakers.index(speaker)] = 1
        frames = frames[keep]
        return frames[:, frames.sum(axis=0) > 0]  # dscore drops turns outside the regions first

    reference, hypothesis = labels(case["reference"]), labels(case["hypothesis"])
    both = reference.T @ hypothesis
    union = reference.sum(axis=0)[:, None] + hypothesis.sum(axis=0)[None] - both
    return combine(1 - both / union, reference.shape[1], hypothesis.shape[1])
