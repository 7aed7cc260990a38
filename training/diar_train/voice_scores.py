"""In: trials of known voices, labels of linked recordings. Out: rates with intervals, calibration, B-cubed,
and curves as SVG, for evaluate_voices.py.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Turns = list[tuple[float, float, str]]


@dataclass(frozen=True)
class Trial:
    """One recording against one book."""

    speaker: str
    is_known: bool
    condition: str
    other_session: bool
    speech_s: float
    named: tuple[str, ...]  # names that the recording's speakers got
    best: str  # the likeliest person of the one who talks most
    llr: float
    probability: float


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's, 95 %."""
    if trials == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(hits: int, trials: int) -> dict:
    return {"of": trials, "rate": hits / max(trials, 1), "interval": interval(hits, trials)}


def bins_of(trials: list[Trial], edges: np.ndarray | None = None) -> list[tuple[float, float, float]]:
    """(mean probability, share that is right, weight) of each bin. Known people and strangers weigh alike, as
    the probability supposes."""
    p = np.array([trial.probability for trial in trials])
    right = np.array([trial.is_known and trial.best == trial.speaker for trial in trials], float)
    known = np.array([trial.is_known for trial in trials])
    weight = np.where(known, 0.5 / max(known.sum(), 1), 0.5 / max((~known).sum(), 1))
    edges = np.linspace(0, 1, 11) if edges is None else edges
    result = []
    for low, high in itertools.pairwise(edges):
        chosen = (p >= low) & ((p < high) | (high == edges[-1]))
        if chosen.any():
            w = weight[chosen]
            result.append(
                (
                    float(np.average(p[chosen], weights=w)),
                    float(np.average(right[chosen], weights=w)),
                    w.sum(),
                )
            )
    return result


def calibration_error(trials: list[Trial]) -> float:
    return float(sum(weight * abs(said - right) for said, right, weight in bins_of(trials)))


def curve(trials: list[Trial]) -> list[tuple[float, float]]:
    """(false names among strangers, right names among the known) at every threshold of the ratio."""
    known = [trial for trial in trials if trial.is_known]
    hits = np.sort([trial.llr for trial in known if trial.best == trial.speaker])
    false = np.sort([trial.llr for trial in trials if not trial.is_known])
    points = []
    for t in np.unique(np.concatenate([hits, false])):
        points.append(
            (
                (len(false) - np.searchsorted(false, t)) / max(len(false), 1),
                (len(hits) - np.searchsorted(hits, t)) / max(len(known), 1),
            )
        )
    return points


def identification(trials: list[Trial], long_s: float) -> dict:
    known = [trial for trial in trials if trial.is_known and trial.speech_s >= long_s]
    strangers = [trial for trial in trials if not trial.is_known]
    false = [trial for trial in strangers if trial.named]
    correct = [trial for trial in known if trial.named == (trial.speaker,)]

    def share(hits: list[Trial], of: list[Trial], condition: str) -> dict:
        return rate(sum(t.condition == condition for t in hits), sum(t.condition == condition for t in of))

    by_condition = {
        condition: {
            "correct": share(correct, known, condition),
            "false": share(false, strangers, condition),
        }
        for condition in sorted({trial.condition for trial in trials})
    }
    cross = [trial for trial in known if trial.other_session]
    return {
        "correct_names": rate(len(correct), len(known)),
        "wrong_names": sum(bool(set(trial.named) - {trial.speaker}) for trial in known),
        "likeliest_is_right": rate(sum(trial.best == trial.speaker for trial in known), len(known)),
        "known_people": len({trial.speaker for trial in known}),
        "false_names": rate(len(false), len(strangers)),
        "strangers": len({trial.speaker for trial in strangers}),
        "strangers_with_a_false_name": len({trial.speaker for trial in false}),
        "other_session": {
            "correct": rate(sum(trial.other_session for trial in correct), len(cross)),
            "people": len({trial.speaker for trial in cross}),
        },
        "by_condition": by_condition,
        # A target is a right name for somebody who is in the book; both kinds of error weigh alike.
        "least_detection_cost": min(0.5 * (1 - right) + 0.5 * wrong for wrong, right in curve(trials)),
        "detection_cost": 0.5 * (1 - len(correct) / max(len(known), 1))
        + 0.5 * len(false) / max(len(strangers), 1),
        "ece": calibration_error(trials),
    }


def fit_calibration(same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    """(scale, offset) of the logistic regression in which both kinds of trial weigh alike: the least Cllr
    (Bruemmer) that scores times a scale plus an offset can have. Newton's method. `ValueError` when a
    threshold parts the two kinds, since no scale is large enough then.
    """
    if same.min() > different.max():
        raise ValueError("the scores part the two kinds of trial: there is nothing to fit")
    x = np.concatenate([same, different])
    target = np.concatenate([np.ones(len(same)), np.zeros(len(different))])
    weight = np.where(target > 0, 0.5 / len(same), 0.5 / len(different))
    spread = x.std()
    rows = np.stack([x / spread, np.ones(len(x))], axis=1)

    def cost(w: np.ndarray) -> float:
        return float(weight @ np.logaddexp(0.0, np.where(target > 0, -1, 1) * (rows @ w)))

    w = np.array([1.0, 0.0])
    for _ in range(100):
        p = 1 / (1 + np.exp(-rows @ w))
        gradient = rows.T @ (weight * (p - target))
        step = np.linalg.solve((rows * (weight * p * (1 - p))[:, None]).T @ rows, gradient)
        length = 1.0
        while cost(w - length * step) > cost(w) and length > 1e-6:
            length /= 2
        w = w - length * step
        if np.abs(step).max() < 1e-10:
            break
    return float(w[0] / spread), float(w[1])


def cllr(same: np.ndarray, different: np.ndarray, scale: float, offset: float) -> float:
    """Bits that a trial costs, half of each kind; 1 for scores that say nothing."""
    return float(
        0.5
        / np.log(2)
        * (
            np.logaddexp(0, -(scale * same + offset)).mean()
            + np.logaddexp(0, scale * different + offset).mean()
        )
    )


def b_cubed(recordings: dict[str, Turns], found: dict[str, Turns]) -> dict:
    """Over tenths of a second in which one person talks and one speaker was found."""
    step_s = 0.1
    counts: dict[tuple[str, str], int] = {}
    for name, turns in recordings.items():
        length = int(max(end for _, end, _ in turns) / step_s) + 1
        truth: list[str | None] = [None] * length
        labels: list[str | None] = [None] * length
        for column, of in ((truth, turns), (labels, found[name])):
            for start, end, speaker in of:
                for i in range(int(start / step_s), min(length, int(end / step_s))):
                    column[i] = speaker
        for who, label in zip(truth, labels):
            if who is not None and label is not None:
                counts[who, label] = counts.get((who, label), 0) + 1
    of_truth: dict[str, int] = {}
    of_label: dict[str, int] = {}
    for (who, label), n in counts.items():
        of_truth[who] = of_truth.get(who, 0) + n
        of_label[label] = of_label.get(label, 0) + n
    total = sum(counts.values())
    precision = sum(n * n / of_label[label] for (_, label), n in counts.items()) / total
    recall = sum(n * n / of_truth[who] for (who, _), n in counts.items()) / total
    return {
        "recordings": len(recordings),
        "voices": len(of_truth),
        "labels": len(of_label),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
    }


def ideally_linked(recordings: dict[str, Turns], found: dict[str, Turns]) -> dict[str, Turns]:
    """The found speakers of each recording under the person with whom they share most speech: what the best
    linking would make of them. Who shares nothing stays alone."""
    result: dict[str, Turns] = {}
    for name, turns in found.items():
        shared: dict[str, dict[str, float]] = {}
        for start, end, speaker in turns:
            for from_s, to_s, who in recordings[name]:
                both = min(end, to_s) - max(start, from_s)
                if both > 0:
                    of = shared.setdefault(speaker, {})
                    of[who] = of.get(who, 0.0) + both
        person = {speaker: max(sorted(of), key=of.__getitem__) for speaker, of in shared.items()}
        result[name] = [
            (start, end, person.get(speaker, f"{name}/{speaker}")) for start, end, speaker in turns
        ]
    return result


def write_curves(path: Path, trials: list[Trial], report: dict) -> None:
    """Left: right names against false ones, false ones on a scale of decades, with the point of the defaults.
    Right: what the probabilities said and what was right."""
    decades = 3

    def x_of(false_rate: float) -> float:
        return 50 + 300 * (1 + math.log10(max(false_rate, 10**-decades)) / decades)

    def y_of(share: float) -> float:
        return 350 - 300 * share

    line = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in sorted(curve(trials)))
    at = x_of(report["false_names"]["rate"]), y_of(report["correct_names"]["rate"])
    dots = "".join(
        f'<circle cx="{450 + 300 * said:.1f}" cy="{y_of(right):.1f}" r="{3 + 12 * math.sqrt(weight):.1f}" '
        'fill="#1f77b4" fill-opacity="0.6"/>'
        for said, right, weight in bins_of(trials)
    )
    ticks = "".join(
        f'<text x="{x_of(10.0**-k):.0f}" y="366" text-anchor="middle">{100 * 10.0**-k:g} %</text>'
        for k in range(decades + 1)
    )
    ticks += "".join(
        f'<text x="44" y="{y_of(k / 4) + 4:.0f}" text-anchor="end">{25 * k} %</text>'
        f'<text x="444" y="{y_of(k / 4) + 4:.0f}" text-anchor="end">{25 * k} %</text>'
        f'<text x="{450 + 75 * k}" y="366" text-anchor="middle">{25 * k} %</text>'
        for k in range(5)
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 400" font-family="sans-serif" '
        'font-size="12"><rect width="780" height="400" fill="white"/>'
        '<path d="M50 50V350H350M450 50V350H750" fill="none" stroke="black"/>'
        '<path d="M450 350L750 50" fill="none" stroke="gray" stroke-dasharray="4"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f77b4" stroke-width="2"/>'
        f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="5" fill="#d62728"/>{dots}{ticks}'
        '<text x="200" y="388" text-anchor="middle">false names among strangers</text>'
        '<text x="200" y="34" text-anchor="middle">right names among the enrolled (red: the defaults)</text>'
        '<text x="600" y="388" text-anchor="middle">probability that was given</text>'
        '<text x="600" y="34" text-anchor="middle">share that was right</text></svg>\n'
    )
