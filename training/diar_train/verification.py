"""Embeddings and who they are of in, error rates of telling same from different out."""

from __future__ import annotations

import numpy as np


def pair_scores(
    embeddings: np.ndarray, speakers: np.ndarray, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of every pair of rows and whether both are one speaker's: [pairs] each.

    With `groups` (sessions), pairs of one speaker count only across two groups; pairs of two speakers all do.
    """
    unit = embeddings / (np.linalg.norm(embeddings, axis=1, keepdims=True) + 1e-12)
    one, other = np.triu_indices(len(unit), 1)
    scores = (unit @ unit.T)[one, other]
    same = speakers[one] == speakers[other]
    if groups is not None:
        kept = ~same | (groups[one] != groups[other])
        scores, same = scores[kept], same[kept]
    return scores, same


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """Where as many pairs of one speaker fall below the threshold as pairs of two speakers lie above it
    (shares); straight lines between the steps.
    """
    num_same, num_different = int(same.sum()), int((~same).sum())
    if num_same == 0 or num_different == 0:
        raise ValueError("an equal error rate needs pairs of one speaker and pairs of two")
    order = np.argsort(scores, kind="stable")
    ends = np.flatnonzero(
        np.append(np.diff(scores[order]) > 0, True)
    )  # equal scores are accepted or refused together
    missed = np.concatenate([[0], np.cumsum(same[order])[ends]]) / num_same
    false = 1.0 - np.concatenate([[0], np.cumsum(~same[order])[ends]]) / num_different
    at = int(np.argmax(missed >= false))
    rise, fall = missed[at] - missed[at - 1], false[at - 1] - false[at]
    share = (false[at - 1] - missed[at - 1]) / (rise + fall)
    return float(missed[at - 1] + share * rise)
