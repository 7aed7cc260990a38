"""A PLDA in general position, in the pipeline's two files, fitted to pool embeddings with enough shrinkage to
be well conditioned.
"""

import numpy as np
from scipy.linalg import eigh


def _half(values: np.ndarray) -> np.ndarray:
    """Rounded to float16-representable numbers, kept as float64: packs four times better and loads as the
    genuine files do.
    """
    return values.astype(np.float16).astype(np.float64)


def _scatter(vectors: np.ndarray, owners: np.ndarray):
    """(within-class, between-class) covariance and the mean."""
    mean = vectors.mean(0)
    present, owners = np.unique(owners, return_inverse=True)
    centres = np.stack([vectors[owners == k].mean(0) for k in range(len(present))])
    within = np.cov((vectors - centres[owners]).T)
    return within, np.cov(centres.T), mean


def _spd(rng: np.random.Generator, size: int) -> np.ndarray:
    """A random well-conditioned symmetric positive matrix with mean eigenvalue 1 (eigenvalues 0.25 to
    1.75).
    """
    basis, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return (basis * rng.uniform(0.25, 1.75, size)) @ basis.T


def make_plda(embeddings: np.ndarray, owners: np.ndarray, seed: int, sharpness: float = 1.0):
    """Two dictionaries of float64 arrays: xvec_transform (mean1, mean2, lda) and plda (mu, tr, psi).

    `sharpness` divides the within- and between-class deviations: more of it keeps more speakers apart in
    VBx."""
    rng = np.random.default_rng([7008, seed])
    mean1 = _half(embeddings.mean(0))
    centred = embeddings - mean1
    x = np.sqrt(256) * centred / np.linalg.norm(centred, axis=1, keepdims=True)

    within, between, _ = _scatter(x, owners)
    within += 0.3 * np.trace(within) / 256 * _spd(rng, 256)
    between += 0.1 * np.trace(between) / 256 * _spd(rng, 256)
    _, vectors = eigh(between, within)
    lda = vectors[:, ::-1][:, :128]
    lda = _half(lda / np.abs(lda).max() * 2)

    y = x @ lda
    mean2 = _half(y.mean(0))
    y = y - mean2
    y = np.sqrt(128) * y / np.linalg.norm(y, axis=1, keepdims=True)
    within, between, mu = _scatter(y, owners)
    within += 0.3 * np.trace(within) / 128 * _spd(rng, 128)
    between += 0.1 * np.trace(between) / 128 * _spd(rng, 128)
    psi, vectors = eigh(between, within)
    order = np.argsort(-psi)
    # inv(tr^T tr) = within and inv((tr^T / psi) tr) = between hold for tr = vectors^T; general position comes
    # from rounding and mixing.
    tr = vectors[:, order].T
    plda = {"mu": _half(mu), "tr": _half(sharpness * _half(tr)), "psi": _half(psi[order])}
    return {"mean1": mean1, "mean2": mean2, "lda": lda}, plda
