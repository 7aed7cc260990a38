"""Embeddings and their speakers in, the pipeline's two files of LDA and PLDA out; and what the pipeline makes
of them.

    y = sqrt(L) l2(lda^T (sqrt(D) l2(x - mean1)) - mean2)      z = (y - mu) tr^T      (D = 256, L = 128)

In z the covariance within speakers is 1 and between them diag(psi). Oracle of the form: pyannote.audio's
PLDA, src/clustering/plda.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .verification import equal_error_rate


def _l2(rows: np.ndarray) -> np.ndarray:
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-12)


def _simultaneous(within: np.ndarray, between: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of A with A within A^T = 1 and A between A^T = diag(psi), psi falling."""
    lower = np.linalg.cholesky(within)
    whiten = np.linalg.inv(lower)
    psi, vectors = np.linalg.eigh(whiten @ between @ whiten.T)
    return (vectors.T @ whiten)[::-1], psi[::-1]


def _scatter(rows: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(covariance within [D, D], speaker means [S, D], examples of each speaker [S])."""
    _, index, counts = np.unique(speakers, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), rows.shape[1]))
    np.add.at(means, index, rows)
    means /= counts[:, None]
    rest = rows - means[index]
    return rest.T @ rest / max(1, len(rows) - len(counts)), means, counts


def fit_two_covariances(
    rows: np.ndarray, speakers: np.ndarray, iterations: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mu, within W, between B) of x = mu + speaker + rest by expectation maximisation (Sizov et al. 2014,
    "two-covariance model").

    For a speaker with n examples whose mean is m:  V = inv(inv(B) + n inv(W)),  y = V (n inv(W) (m - mu));
    B = mean(V + y y^T),  W = mean over examples of V + (x - mu - y)(x - mu - y)^T.
    """
    within, means, counts = _scatter(rows, speakers)
    mu = means.mean(0)
    between = np.cov(means.T) + 1e-6 * np.eye(rows.shape[1])
    dimension = rows.shape[1]
    # What the EM needs of the examples: their scatter around the speakers' means does not change.
    fixed = within * (len(rows) - len(counts))
    for _ in range(iterations):
        inverse_b, inverse_w = np.linalg.inv(between), np.linalg.inv(within)
        new_b, new_w = np.zeros_like(between), fixed.copy()
        for n in np.unique(counts):
            chosen = means[counts == n] - mu
            posterior = np.linalg.inv(inverse_b + n * inverse_w)
            y = n * chosen @ inverse_w @ posterior
            new_b += len(chosen) * posterior + y.T @ y
            rest = chosen - y
            new_w += n * (len(chosen) * posterior + rest.T @ rest)
        between, within = new_b / len(counts), new_w / len(rows)
    return mu, within + 1e-9 * np.eye(dimension), between


@dataclass
class Plda:
    mean1: np.ndarray  # [D]
    lda: np.ndarray  # [D, L]
    mean2: np.ndarray  # [L]
    mu: np.ndarray  # [L]
    tr: np.ndarray  # [L, L]
    psi: np.ndarray  # [L], falling

    @staticmethod
    def fit(
        embeddings: np.ndarray, speakers: np.ndarray, dimension: int = 128, shrinkage: float = 1e-3
    ) -> Plda:
        """`shrinkage`: of the variance within speakers, the share of the mean variance that each direction
        gets besides its own before the LDA."""
        x = embeddings.astype(np.float64)
        mean1 = x.mean(0)
        x = np.sqrt(x.shape[1]) * _l2(x - mean1)
        within, means, _ = _scatter(x, speakers)
        # Directions in which training speakers differ by chance must not be amplified.
        within += shrinkage * np.trace(within) / len(within) * np.eye(len(within))
        lda = _simultaneous(within, np.cov(means.T))[0][:dimension].T
        projected = x @ lda
        mean2 = projected.mean(0)
        y = np.sqrt(dimension) * _l2(projected - mean2)
        mu, within, between = fit_two_covariances(y, speakers)
        tr, psi = _simultaneous(within, between)
        # Row-major, as every reader expects of a file.
        return Plda(
            *(np.ascontiguousarray(array) for array in (mean1, lda, mean2, mu, tr, np.maximum(psi, 1e-6)))
        )

    def features(self, embeddings: np.ndarray) -> np.ndarray:
        """z [N, L]."""
        x = np.sqrt(len(self.mean1)) * _l2(embeddings.astype(np.float64) - self.mean1)
        y = np.sqrt(len(self.mean2)) * _l2(x @ self.lda - self.mean2)
        return (y - self.mu) @ self.tr.T

    def pair_scores(self, embeddings: np.ndarray) -> np.ndarray:
        """[N, N] log-likelihood ratios of "one speaker" against "two"."""
        z, psi = self.features(embeddings), self.psi
        total = 1.0 + psi
        # For each dimension the pair has covariance [[1 + psi, psi], [psi, 1 + psi]] or no psi off the
        # diagonal.
        determinant = total**2 - psi**2
        own = -0.5 * (total / determinant - 1.0 / total)
        cross = psi / determinant
        squares = (z**2) @ own
        return (
            squares[:, None] + squares[None] + (z * cross) @ z.T - 0.5 * np.log(determinant / total**2).sum()
        )

    def equal_error_rate(self, embeddings: np.ndarray, speakers: np.ndarray) -> tuple[float, int]:
        """Of telling whether two of them are one speaker's, and the number of pairs."""
        one, other = np.triu_indices(len(speakers), 1)
        scores = self.pair_scores(embeddings)[one, other]
        return equal_error_rate(scores, speakers[one] == speakers[other]), len(one)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "xvec_transform.npz", mean1=self.mean1, mean2=self.mean2, lda=self.lda)
        np.savez(folder / "plda.npz", mu=self.mu, tr=self.tr, psi=self.psi)

    @staticmethod
    def load(folder: Path) -> Plda:
        with np.load(folder / "xvec_transform.npz") as a, np.load(folder / "plda.npz") as b:
            return Plda(a["mean1"], a["lda"], a["mean2"], b["mu"], b["tr"], b["psi"])
