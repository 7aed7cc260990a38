"""scikit-learn's KMeans(n_clusters, n_init=3, random_state=42) on few points, step by step in plain numpy:
points in, labels out.

The random numbers are those of MT19937 seeded with 42 (`std::mt19937(42)` in C++): a double is ((next32 >> 5)
* 2^26 + (next32 >> 6)) / 2^53. Arithmetic is double here and float32 in scikit-learn; what decides is far
from ties in practice, and where that fails the partitions differ.
"""

import numpy as np


def _plus_plus(x: np.ndarray, wanted: int, draw) -> np.ndarray:
    """Greedy k-means++: 2 + floor(ln k) candidates for every further centre, the one that lowers the
    potential most is taken.
    """
    count, trials = len(x), 2 + int(np.log(wanted))
    cumulative = np.cumsum(np.full(count, 1.0 / count))
    first = int(np.searchsorted(cumulative / cumulative[-1], draw(), side="right"))
    chosen, nearest = [first], ((x - x[first]) ** 2).sum(1)
    for _ in range(1, wanted):
        wishes = np.array([draw() for _ in range(trials)]) * nearest.sum()
        candidates = np.minimum(np.searchsorted(np.cumsum(nearest), wishes), count - 1)  # side left
        options = [np.minimum(nearest, ((x - x[c]) ** 2).sum(1)) for c in candidates]
        best = int(np.argmin([option.sum() for option in options]))
        chosen.append(int(candidates[best]))
        nearest = options[best]
    return x[chosen].copy()


def _lloyd(x: np.ndarray, centres: np.ndarray, tolerance: float):
    """At most 300 rounds; stops when no label changes, or the squared centre shifts sum to the tolerance
    (then labels are computed again).
    """
    previous = np.full(len(x), -1)
    for _ in range(300):
        distance = ((x[:, None] - centres[None]) ** 2).sum(2)
        labels = distance.argmin(1)
        moved = np.zeros_like(centres)
        np.add.at(moved, labels, x)
        weight = np.bincount(labels, minlength=len(centres)).astype(float)
        empty = np.where(weight == 0)[0]
        if len(empty):  # each empty cluster takes one of the points farthest from its own centre
            own = distance[np.arange(len(x)), labels]
            for target, point in zip(empty, np.argsort(-own, kind="stable")[: len(empty)]):
                moved[labels[point]] -= x[point]
                moved[target], weight[target] = x[point], 1
                weight[labels[point]] -= 1
        moved /= np.maximum(weight, 1)[:, None]
        shift = ((moved - centres) ** 2).sum()
        centres = moved
        if np.array_equal(labels, previous):
            break
        if shift <= tolerance:
            labels = ((x[:, None] - centres[None]) ** 2).sum(2).argmin(1)
            break
        previous = labels
    return labels, float(((x - centres[labels]) ** 2).sum())


def kmeans(points: np.ndarray, wanted: int) -> np.ndarray:
    x = points.astype(np.float64)
    tolerance = 1e-4 * x.var(axis=0).mean()
    x = x - x.mean(0)
    random = np.random.RandomState(42)
    best: np.ndarray | None = None
    lowest = np.inf
    for _ in range(3):  # the generator goes on from one start to the next
        labels, inertia = _lloyd(x, _plus_plus(x, wanted, random.random_sample), tolerance)
        same = best is not None and len(set(zip(labels, best))) == len(set(best))
        if best is None or (inertia < lowest and not same):
            best, lowest = labels, inertia
    assert best is not None
    return best
