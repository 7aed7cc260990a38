"""Replays every golden run after the networks with a second implementation (numpy and scipy, no pyannote) and
compares: files and findings agree.
"""

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax

from kmeans_replay import kmeans

STEP_S, DURATION_S = 270 / 16000, 991 / 16000


def num_frames(num_chunks: int) -> int:
    return int(np.rint((10 + num_chunks - 1) / STEP_S)) + 1


def overlap_add(values: np.ndarray) -> np.ndarray:
    """Sum of [C, 589, X] over the frames of the file."""
    total = np.zeros((num_frames(len(values)), values.shape[2]))
    for chunk, part in enumerate(values):
        start = int(np.rint(chunk / STEP_S))
        total[start : start + 589] += part
    return total


def speaker_count(hard: np.ndarray) -> np.ndarray:
    votes = overlap_add(hard.sum(2, keepdims=True).astype(float))
    cover = overlap_add(np.ones((len(hard), 589, 1)))
    return np.rint(votes / np.maximum(cover, 1)).astype(int)


def used_masks(hard: np.ndarray) -> np.ndarray:
    clean = hard * (hard.sum(2, keepdims=True) < 2)
    use_clean = clean.sum(1, keepdims=True) > 2
    return np.where(use_clean, clean, hard).transpose(0, 2, 1)


def plda_features(folder: Path, rows: np.ndarray):
    x, p = np.load(folder / "xvec_transform.npz"), np.load(folder / "plda.npz")

    def unit(v):
        return v / np.linalg.norm(v, axis=1, keepdims=True)

    y = np.sqrt(128) * unit((np.sqrt(256) * unit(rows - x["mean1"])) @ x["lda"] - x["mean2"])
    within, between = np.linalg.inv(p["tr"].T @ p["tr"]), np.linalg.inv((p["tr"].T / p["psi"]) @ p["tr"])
    variance, vectors = eigh(between, within)
    return (y - p["mu"]) @ vectors[:, ::-1], variance[::-1]


def vbx(ahc: np.ndarray, z: np.ndarray, phi: np.ndarray, fa=0.07, fb=0.8):
    gamma = softmax(7.0 * np.eye(ahc.max() + 1)[ahc], axis=1)
    pi = np.full(gamma.shape[1], 1 / gamma.shape[1])
    rho, g = z * np.sqrt(phi), -0.5 * ((z**2).sum(1, keepdims=True) + z.shape[1] * np.log(2 * np.pi))
    elbo = []
    for _ in range(20):
        inv_l = 1 / (1 + fa / fb * gamma.sum(0)[:, None] * phi)
        alpha = fa / fb * inv_l * (gamma.T @ rho)
        log_p = fa * (rho @ alpha.T - 0.5 * (inv_l + alpha**2) @ phi + g) + np.log(pi + 1e-8)
        evidence = logsumexp(log_p, axis=1)
        gamma = np.exp(log_p - evidence[:, None])
        pi = gamma.sum(0) / gamma.sum()
        elbo.append(evidence.sum() + fb / 2 * (np.log(inv_l) - inv_l - alpha**2 + 1).sum())
        if len(elbo) > 1 and elbo[-1] - elbo[-2] < 1e-4:
            break
    return gamma, pi


def cluster(hard, embeddings, base, stages, model_folder, call, expect):
    """(clusters [C, 3] with -2 for inactive pairs, centroids)."""
    inactive = hard.sum(1) == 0
    sole = (hard * (hard.sum(2, keepdims=True) == 1)).sum(1)
    chunk, speaker = np.where(sole >= 0.2 * 589)
    expect(
        "train",
        np.array_equal(chunk, base["train_chunk_idx"]) and np.array_equal(speaker, base["train_speaker_idx"]),
    )
    rows = embeddings[chunk, speaker]
    if len(rows) < 2:
        clusters = np.zeros(inactive.shape, dtype=int)
        clusters[inactive] = -2
        return clusters, rows.mean(0, keepdims=True) if len(rows) else np.full((1, 256), np.nan)
    normed = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    ahc = fcluster(linkage(normed, method="centroid"), 0.6, criterion="distance") - 1
    expect("ahc", np.array_equal(ahc, base["ahc_clusters"]))
    z, phi = plda_features(model_folder / "plda", rows)
    expect("plda", np.abs(np.abs(z) - np.abs(base["plda_features"])).max() < 1e-8)
    gamma, pi = vbx(ahc, z, phi)
    expect("vbx", np.abs(gamma - base["vbx_gamma"]).max() < 1e-6 and np.abs(pi - base["vbx_pi"]).max() < 1e-6)
    kept = gamma[:, pi > 1e-7]
    centroids = kept.T @ rows / kept.sum(0)[:, None]
    low = call.get("num_speakers") or call.get("min_speakers") or 1
    high = call.get("num_speakers") or call.get("max_speakers") or np.inf
    forced = not low <= len(centroids) <= high
    expect("k-means used", forced == ("kmeans_clusters" in stages))
    if forced:
        labels = kmeans(normed, int(low if len(centroids) < low else high))
        expect("k-means", np.array_equal(labels, stages["kmeans_clusters"]))
        centroids = np.stack([rows[labels == k].mean(0) for k in range(labels.max() + 1)])
    scores = 2 - cdist(embeddings.reshape(-1, 256), centroids, "cosine").reshape(*inactive.shape, -1)
    if forced:
        clusters = scores.argmax(2)
    else:
        scores[inactive] = scores.min() - 1
        clusters = np.full(inactive.shape, -2)
        for index, score in enumerate(scores):
            row, column = linear_sum_assignment(score, maximize=True)
            clusters[index, row] = column
    clusters[inactive] = -2
    return clusters, centroids


def reconstruct(hard: np.ndarray, clusters: np.ndarray, count: np.ndarray) -> np.ndarray:
    size = clusters.max() + 1
    voted = np.zeros((len(hard), 589, size))
    for chunk in range(len(hard)):
        for speaker in range(3):
            if clusters[chunk, speaker] >= 0:
                column = voted[chunk, :, clusters[chunk, speaker]]
                np.maximum(column, hard[chunk, :, speaker], out=column)
    votes = overlap_add(voted)
    votes = np.pad(votes, ((0, 0), (0, max(0, int(count.max()) - size))))
    order = np.argsort(-votes, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(votes.shape[1])[None], axis=1)
    return (rank < count).astype(np.uint8)


def turns(active: np.ndarray) -> list:
    middle = [0.5 * (i * STEP_S + (i * STEP_S + DURATION_S)) for i in range(len(active))]
    found, start = [], None
    for frame, on in enumerate(active):
        if on and start is None:
            start = frame
        elif not on and start is not None:
            found.append((middle[start], middle[frame]))
            start = None
    if start is not None and start < len(active) - 1:
        found.append((middle[start], middle[-1]))
    return found


def filled(segments: list, collar: float) -> list:
    out = segments[:1]
    for start, end in segments[1:]:
        if start - out[-1][1] < collar:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def rttm(discrete: np.ndarray, uri: str, collar: float, labels=None):
    """(text, labels): turns of each column; `labels` of the full diarization are reused for the exclusive
    one.
    """
    columns = {k: turns(discrete[:, k]) for k in range(discrete.shape[1])}
    if collar > 0:
        columns = {k: filled(v, collar) for k, v in columns.items()}
    if labels is None:
        labels = {
            k: f"SPEAKER_{i:02d}" for i, k in enumerate(sorted((k for k in columns if columns[k]), key=str))
        }
    lines = sorted((start, end, k) for k, found in columns.items() for start, end in found)
    return "".join(
        f"SPEAKER {uri} 1 {start:.3f} {end - start:.3f} <NA> <NA> {labels[k]} <NA> <NA>\n"
        for start, end, k in lines
    ), labels


def check_run(folder: Path, name: str, entry: dict) -> list:
    failed = []

    def expect(what: str, ok: bool) -> None:
        if not ok:
            failed.append(f"{name}: {what}")

    stages = np.load(folder / "runs" / name / "stages.npz")
    base = np.load(folder / "runs" / (entry["base"] or name) / "stages.npz")
    text = {
        kind: (folder / "runs" / name / f"{kind}.rttm").read_text() for kind in ("diarization", "exclusive")
    }
    pcm = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(folder / entry["audio"]), "-f", "s16le", "-"],
        check=True,
        capture_output=True,
    ).stdout
    expect("audio", hashlib.sha256(pcm).hexdigest() == entry["pcm_sha256"])
    hard = base["segmentation"].astype(int)
    extra = len(pcm) // 2 - 160000
    expect("chunks", len(hard) == (1 if extra < 0 else extra // 16000 + 1 + (extra % 16000 > 0)))
    count = speaker_count(hard)
    expect("count", np.array_equal(count, base["speaker_counting"]))
    if count.max() == 0:
        expect("empty", text["diarization"] == text["exclusive"] == "")
        return failed
    expect("masks", np.array_equal(used_masks(hard), base["used_masks"]))
    call, model_folder = entry["call"], folder / "models" / entry["model"]
    clusters, centroids = cluster(hard, base["embeddings"], base, stages, model_folder, call, expect)
    expect("clusters", np.array_equal(clusters, stages["final_clusters"]))
    expect("centroids", np.allclose(centroids, stages["centroids"], atol=1e-6, equal_nan=True))
    count = np.minimum(count, call.get("num_speakers") or call.get("max_speakers") or 99)
    discrete = reconstruct(hard, clusters, count)
    exclusive = reconstruct(hard, clusters, np.minimum(count, 1))
    expect("discrete", np.array_equal(discrete, stages["discrete_diarization"]))
    expect("exclusive", np.array_equal(exclusive, stages["exclusive_diarization"]))
    uri, collar = (entry["base"] or name), entry["overrides"].get("min_duration_off", 0.0)
    written, labels = rttm(discrete, uri, collar)
    expect("rttm", written == text["diarization"])
    expect("exclusive rttm", rttm(exclusive, uri, collar, labels)[0] == text["exclusive"])
    rows = np.concatenate([centroids, np.zeros((max(0, len(labels) - len(centroids)), 256))])
    expect(
        "speaker embeddings",
        np.allclose(rows[sorted(labels, key=str)], stages["speaker_embeddings"], atol=1e-6, equal_nan=True),
    )
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("golden", type=Path, help="the golden data folder, for example tests/data/golden")
    folder = parser.parse_args().golden
    runs = json.loads((folder / "manifest.json").read_text())["runs"]
    failed = [reason for name, entry in runs.items() for reason in check_run(folder, name, entry)]
    print("\n".join(failed) or f"{len(runs)} runs replayed, all stages equal")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
