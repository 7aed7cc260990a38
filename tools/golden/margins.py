"""How far each recorded decision is from flipping: the golden data must not hang on the last bits of a
float.
"""

import itertools

import numpy as np
from pyannote.core import SlidingWindow, SlidingWindowFeature

from segmentation import CLASSES


def segmentation_margin(log_probs: np.ndarray) -> np.ndarray:
    """[...]: best minus second-best log-probability."""
    ordered = np.sort(log_probs, axis=-1)
    return ordered[..., -1] - ordered[..., -2]


def assignment_margin(soft: np.ndarray, active: np.ndarray, constrained: bool) -> float:
    """Smallest gap, over chunks, between the best and the next different assignment of the active
    speakers.
    """
    smallest = np.inf
    for scores, on in zip(soft, active):
        rows = scores[on]
        if len(rows) == 0 or rows.shape[1] < 2:
            continue
        if not constrained:
            ordered = np.sort(rows, axis=1)
            smallest = min(smallest, float((ordered[:, -1] - ordered[:, -2]).min()))
            continue
        # The two best assignments give every row one of its len(rows) + 1 best clusters.
        columns = np.unique(np.argsort(-rows, axis=1)[:, : len(rows) + 1])
        rows = rows[:, columns]
        options: list[int | None] = [*range(rows.shape[1])]
        options += [None] * max(0, len(rows) - rows.shape[1])
        totals = {
            sum(rows[r, k] for r, k in enumerate(choice) if k is not None)
            for choice in itertools.permutations(options, len(rows))
        }
        best = sorted(totals)[-2:]
        if len(best) > 1:
            smallest = min(smallest, float(best[1] - best[0]))
    return smallest


def measure(stages: dict, constrained: bool) -> dict:
    """The margins of one run; keys are absent where the stage did not run."""
    gaps = segmentation_margin(stages["log_probs"])
    found: dict[str, float | None] = {
        "log_prob_min_gap": float(gaps.min()),
        "frames_with_gap_below_1e-3": int((gaps < 1e-3).sum()),
        "frames": int(gaps.size),
    }
    if "linkage" in stages:
        tree = stages["linkage"]
        found["ahc_min_distance_to_threshold"] = float(np.abs(tree[:, 2] - 0.6).min())
        found["ahc_inversions"] = int((np.diff(tree[:, 2]) < 0).sum())
        # nearest other merge candidate: equal heights would make the order of merges a matter of rounding
        found["ahc_min_height_gap"] = float(np.diff(np.sort(tree[:, 2])).min()) if len(tree) > 1 else None
    if "vbx_pi" in stages:
        found["vbx_min_decades_from_1e-7"] = float(
            np.abs(np.log10(np.maximum(stages["vbx_pi"], 1e-300)) + 7).min()
        )
        gains = np.diff(stages["vbx_elbo"])
        found["vbx_iterations"] = len(stages["vbx_elbo"])
        found["vbx_min_gain_distance_to_1e-4"] = float(np.abs(gains - 1e-4).min()) if len(gains) else None
    if "soft_clusters" in stages:
        active = stages["segmentation"].sum(1) > 0
        margin = assignment_margin(stages["soft_clusters"], active, constrained)
        found["assignment_min_gap"] = margin if np.isfinite(margin) else None
    return found


def survives_noise(pipeline, stages: dict, call: dict, trials: int = 4, relative: float = 2e-5) -> bool:
    """Whether the clusters stay the same when every embedding moves by `relative` of its length."""
    from pyannote.audio.pipelines.utils.diarization import set_num_speakers

    if "hard_clusters" not in stages:
        return True
    num, low, high = set_num_speakers(
        call.get("num_speakers"), call.get("min_speakers"), call.get("max_speakers")
    )
    embeddings = stages["embeddings"]
    segmentations = SlidingWindowFeature(
        stages["segmentation"].astype(np.float32), SlidingWindow(start=0.0, duration=10.0, step=1.0)
    )
    inactive = stages["segmentation"].sum(1) == 0
    for trial in range(trials):
        rng = np.random.default_rng([7009, trial])
        noise = rng.standard_normal(embeddings.shape).astype(np.float32)
        length = np.linalg.norm(embeddings, axis=-1, keepdims=True)
        moved = embeddings + relative * length * noise / 16.0
        hard, _, _ = pipeline.clustering(
            embeddings=moved.astype(np.float32),
            segmentations=segmentations,
            num_clusters=num,
            min_clusters=low,
            max_clusters=high,
        )
        hard = hard.astype(np.int32)
        hard[inactive] = -2
        if not np.array_equal(hard, stages["final_clusters"]):
            return False
    return True


LIMITS = {
    "log_prob_min_gap": 2e-4,
    "ahc_min_distance_to_threshold": 1e-4,
    "ahc_min_height_gap": 1e-6,
    "vbx_min_decades_from_1e-7": 0.01,
    "vbx_min_gain_distance_to_1e-4": 1e-6,
    "assignment_min_gap": 1e-4,
}


def verdict(found: dict) -> list:
    """What is too near an edge; empty when the run can be trusted on another machine."""
    return [
        f"{key} {found[key]:.3g} < {limit}"
        for key, limit in LIMITS.items()
        if found.get(key) is not None and found[key] < limit
    ]


def kmeans_stability(stages: dict, seeds: int = 20) -> dict:
    """Whether k-means from other seeds ends in the recorded partition, and how good that one is: inertia on
    the unit sphere.
    """
    from sklearn.cluster import KMeans

    rows = stages["embeddings"][stages["train_chunk_idx"], stages["train_speaker_idx"]]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    recorded = stages["kmeans_clusters"]
    wanted = int(recorded.max()) + 1

    def pairs(labels):
        return labels[:, None] == labels[None]

    others = [KMeans(n_clusters=wanted, n_init=3, random_state=seed).fit(rows) for seed in range(seeds)]
    inertia = sum(
        float(((rows[recorded == k] - rows[recorded == k].mean(0)) ** 2).sum()) for k in range(wanted)
    )
    return {
        "kmeans_stable": all(bool((pairs(other.labels_) == pairs(recorded)).all()) for other in others),
        "kmeans_inertia": inertia,
        "kmeans_best_inertia_of_20_seeds": min(float(other.inertia_) for other in others),
    }


def classes_used(segmentation: np.ndarray) -> list:
    """Frames per powerset class over all chunks of a run."""
    weights = segmentation.reshape(-1, 3).astype(int) @ np.array([1, 2, 4])
    order = [a + 2 * b + 4 * c for a, b, c in CLASSES]
    counts = np.bincount(weights, minlength=8)
    return [int(counts[code]) for code in order]
