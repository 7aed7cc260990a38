"""Unit-level oracles of everything after the networks: PLDA, linkage, VBx, assignment, counting, k-means,
reconstruction, RTTM text.
"""

import io
from pathlib import Path

import numpy as np
from pyannote.audio.core.inference import Inference
from pyannote.audio.core.plda import PLDA
from pyannote.audio.pipelines.utils.diarization import SpeakerDiarizationMixin
from pyannote.audio.utils import vbx
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from plda import make_plda

FRAMES = SlidingWindow(start=0.0, duration=991 / 16000, step=270 / 16000)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def linkage_sets(folder: Path, save) -> None:
    """Points, scipy's merge table, and flat clusters at three thresholds. `tied` sets hold exactly equal
    distances, `inverted` ones inversions.
    """
    rng = np.random.default_rng([7011])
    points = []
    for n, d, spread in (
        (2, 3, 1.0),
        (3, 2, 1.0),
        (5, 4, 1.0),
        (8, 256, 0.5),
        (17, 16, 0.3),
        (30, 8, 0.6),
        (60, 128, 0.4),
        (120, 16, 0.8),
    ):
        centres = rng.standard_normal((max(2, n // 6), d))
        points.append(
            _unit(centres[rng.integers(len(centres), size=n)] + spread * rng.standard_normal((n, d)))
        )
    for n, d in ((12, 2), (25, 3), (40, 4), (9, 2)):  # low dimension, no structure: inversions are common
        points.append(_unit(rng.standard_normal((n, d))))
    square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    triangle = np.array(
        [[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]]
    )  # centroid of two is nearer to the third than 1: inversion
    points += [square, triangle]
    points.append(np.array([[float(i % 4), float(i // 4)] for i in range(12)]))  # a grid: many exact ties
    points.append(np.array([[float(i), 0.0] for i in range(7)]))  # a line: all neighbour distances equal
    points.append(np.array([[1.0, 0.0]] * 5))  # identical points
    points.append(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [-1.0, 0.0]]))
    points.append(np.eye(6))  # all pairs at sqrt(2)
    points.append(np.round(_unit(rng.standard_normal((24, 3))) * 4) / 4)  # coarse: ties and duplicates
    arrays = {"num_sets": np.array(len(points))}
    inverted = tied = 0
    for index, x in enumerate(points):
        tree = linkage(x, method="centroid", metric="euclidean")
        thresholds = np.array([0.6, float(np.median(tree[:, 2])) + 1e-9, float(tree[:, 2].max()) - 1e-9])
        arrays.update({f"points_{index}": x, f"linkage_{index}": tree, f"thresholds_{index}": thresholds})
        arrays[f"clusters_{index}"] = np.stack(
            [fcluster(tree, t, criterion="distance") - 1 for t in thresholds]
        )
        inverted += bool((np.diff(tree[:, 2]) < -1e-12).any())
        distances = np.sort(cdist(x, x)[np.triu_indices(len(x), 1)])
        tied += bool(len(distances) > 1 and (np.diff(distances[: max(2, len(distances) // 2)]) == 0).any())
    assert inverted >= 4 and tied >= 5, (inverted, tied)
    save(folder, "linkage", arrays)


def plda_pairs(folder: Path, save) -> None:
    rng = np.random.default_rng([7012])
    owners = np.repeat(np.arange(60), 5)
    basis = rng.standard_normal((60, 256)) * np.linspace(2, 0.3, 256)
    embeddings = (
        basis[owners] + 0.6 * rng.standard_normal((300, 256)) @ np.diag(np.linspace(0.5, 1.5, 256)) + 0.4
    )
    transform, plda = make_plda(embeddings, owners, 99)
    np.savez_compressed(folder / "plda_xvec_transform.npz", **transform)
    np.savez_compressed(folder / "plda_plda.npz", **plda)
    model = PLDA(folder / "plda_xvec_transform.npz", folder / "plda_plda.npz")
    inputs = np.concatenate([embeddings[:40:3], 1e-3 * embeddings[:2], 1e3 * embeddings[2:4]]).astype(
        np.float32
    )
    features = model(inputs)
    # z is defined up to the sign of each dimension (eigenvectors): compare |z| or z * z', never z itself.
    save(
        folder,
        "plda",
        {"embeddings": inputs, "features": features, "gram": features @ features.T, "phi": model.phi},
    )


def vbx_runs(folder: Path, save) -> None:
    rng = np.random.default_rng([7013])
    arrays, shapes = {}, [(12, 3, 2.0), (40, 6, 1.5), (90, 10, 1.0), (25, 25, 0.8), (6, 1, 1.0), (60, 4, 0.2)]
    for index, (num, clusters, spread) in enumerate(shapes):
        phi = np.sort(rng.uniform(0.5, 20, 128))[::-1].copy()
        truth = np.arange(num) % max(1, clusters // 2)
        features = spread * (rng.standard_normal((num, 128)) * np.sqrt(phi))[truth] + rng.standard_normal(
            (num, 128)
        )
        ahc = np.arange(num) % clusters
        ahc = np.unique(ahc, return_inverse=True)[1]
        log: list[np.ndarray] = []
        original = vbx.VBx

        def recorder(*args, original=original, log=log, **kwargs):
            result = original(*args, **kwargs)
            log.append(np.array(result[2])[:, 0])
            return result

        vbx.VBx = recorder
        gamma, pi = vbx.cluster_vbx(ahc, features, phi, Fa=0.07, Fb=0.8, maxIters=20)
        vbx.VBx = original
        arrays.update(
            {
                f"ahc_{index}": ahc,
                f"features_{index}": features,
                f"phi_{index}": phi,
                f"gamma_{index}": gamma,
                f"pi_{index}": pi,
                f"elbo_{index}": log[0],
            }
        )
    save(folder, "vbx", dict(arrays, num_sets=np.array(len(shapes)), fa=np.array(0.07), fb=np.array(0.8)))


def assignments(folder: Path, save) -> None:
    rng = np.random.default_rng([7014])
    scores = [
        rng.uniform(0, 2, shape)
        for shape in ((3, 1), (3, 2), (3, 3), (3, 5), (3, 12), (1, 4), (2, 2), (7, 4))
    ]
    scores += [-rng.uniform(0, 3, shape) for shape in ((3, 2), (3, 4))]
    low = rng.uniform(0.5, 1.5, (3, 4))
    low[1] = low.min() - 1  # an inactive speaker
    few = rng.uniform(0.5, 1.5, (3, 2))
    few[0] = few.min() - 1
    scores += [
        low,
        few,
        np.ones((3, 3)),
        np.zeros((3, 5)),
        np.ones((3, 2)),
        np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        np.array([[2.0, 1.0], [2.0, 1.0], [2.0, 1.0]]),
    ]
    scores += [np.round(rng.uniform(0, 2, (3, 6))), np.full((3, 4), -1.0)]
    arrays = {"num_sets": np.array(len(scores))}
    for index, score in enumerate(scores):
        rows, columns = linear_sum_assignment(score, maximize=True)
        chosen = np.full(score.shape[0], -2)
        chosen[rows] = columns
        arrays.update(
            {
                f"scores_{index}": score,
                f"assigned_{index}": chosen,
                f"total_{index}": score[rows, columns].sum(),
            }
        )
    save(folder, "assignment", arrays)


def _windows(num_chunks: int, data: np.ndarray) -> SlidingWindowFeature:
    return SlidingWindowFeature(data, SlidingWindow(start=0.0, duration=10.0, step=1.0))


def counting(folder: Path, save) -> None:
    """Speaker counts: 1, 2, 3, 11 and 25 chunks of random decisions. With 2, 4... covering chunks exact
    halves are common.
    """
    rng = np.random.default_rng([7015])
    arrays, sizes = {}, (1, 2, 3, 11, 25)
    for num_chunks in sizes:
        hard = (rng.uniform(size=(num_chunks, 589, 3)) < 0.45).astype(np.float32)
        hard = np.repeat(hard[:, ::19], 19, axis=1)[:, :589]
        count = SpeakerDiarizationMixin.speaker_count(_windows(num_chunks, hard), FRAMES, warm_up=(0.0, 0.0))
        arrays.update(
            {f"hard_{num_chunks}": hard.astype(np.uint8), f"count_{num_chunks}": count.data.astype(np.uint8)}
        )
    ties = np.array([0.5, 1.5, 2.5, 3.5, -0.5, 0.49999997, 1.4999999, 2.5000002], dtype=np.float32)
    total = np.array(
        [
            Inference.aggregate(_windows(c, np.zeros((c, 589, 1))), FRAMES, missing=0.0).data.shape[0]
            for c in range(1, 400)
        ]
    )
    starts = np.array([FRAMES.closest_frame(float(c) + 0.5 * FRAMES.duration) for c in range(0, 4000)])
    save(
        folder,
        "counting",
        dict(
            arrays,
            sizes=np.array(sizes),
            rint_in=ties,
            rint_out=np.rint(ties),
            num_frames_of_chunks=total,
            start_frame_of_chunk=starts,
        ),
    )


def reconstructions(folder: Path, save) -> None:
    """Discrete diarization from clustered decisions, with tied votes, counts above the number of clusters and
    unassigned speakers.
    """
    from pyannote.audio.pipelines import SpeakerDiarization

    rng = np.random.default_rng([7016])
    arrays, cases = {}, [(4, 2), (9, 3), (12, 5), (15, 12), (6, 1)]
    for index, (num_chunks, clusters) in enumerate(cases):
        hard = np.repeat((rng.uniform(size=(num_chunks, 31, 3)) < 0.5).astype(np.float32), 19, axis=1)
        assigned = rng.integers(0, clusters, size=(num_chunks, 3))
        assigned[hard.sum(1) == 0] = -2
        assigned[0, 1] = -2
        if index % 2 == 0 and num_chunks > 2:
            assigned[2, 0] = assigned[2, 2]  # two local speakers in one cluster
        windows = _windows(num_chunks, hard)
        count = SpeakerDiarizationMixin.speaker_count(windows, FRAMES, warm_up=(0.0, 0.0))
        arrays.update(
            {
                f"hard_{index}": hard.astype(np.uint8),
                f"clusters_{index}": assigned,
                f"count_{index}": count.data.copy(),
            }
        )
        full = SpeakerDiarization.reconstruct(SpeakerDiarizationMixin(), windows, assigned, count)
        count.data = np.minimum(count.data, 1).astype(np.int8)
        single = SpeakerDiarization.reconstruct(SpeakerDiarizationMixin(), windows, assigned, count)
        arrays.update(
            {
                f"discrete_{index}": full.data.astype(np.uint8),
                f"exclusive_{index}": single.data.astype(np.uint8),
            }
        )
    votes = rng.integers(0, 4, size=(300, 12)).astype(np.float32)
    votes[:60, 3:] = 0
    save(
        folder,
        "reconstruction",
        dict(
            arrays,
            num_sets=np.array(len(cases)),
            votes=votes,
            order=np.argsort(-votes, axis=-1, kind="stable"),
        ),
    )


def kmeans_sets(folder: Path, save) -> None:
    """scikit-learn's partition (n_init 3, seed 42) and its inertia; `agree` says whether 20 other seeds give
    the same partition.
    """
    rng = np.random.default_rng([7017])
    arrays, cases = (
        {},
        [
            (12, 3, 3, 0.02),
            (30, 4, 4, 0.03),
            (30, 4, 2, 0.03),
            (25, 2, 5, 0.05),
            (40, 6, 6, 0.3),
            (8, 8, 8, 0.02),
            (20, 3, 1, 0.05),
        ],
    )
    for index, (num, truth, wanted, spread) in enumerate(cases):
        centres = _unit(rng.standard_normal((truth, 256)))
        x = _unit(centres[np.arange(num) % truth] + spread * rng.standard_normal((num, 256)) / 4).astype(
            np.float32
        )
        model = KMeans(n_clusters=wanted, n_init=3, random_state=42, copy_x=True).fit(x)
        partitions = {
            tuple(np.unique(model.labels_, return_index=True)[1].argsort().argsort()[model.labels_])
        }
        inertia = [model.inertia_]
        for seed in range(20):
            other = KMeans(n_clusters=wanted, n_init=3, random_state=seed).fit(x)
            partitions.add(
                tuple(np.unique(other.labels_, return_index=True)[1].argsort().argsort()[other.labels_])
            )
            inertia.append(other.inertia_)
        arrays.update(
            {
                f"x_{index}": x,
                f"wanted_{index}": np.array(wanted),
                f"labels_{index}": model.labels_,
                f"inertia_{index}": np.array(inertia),
                f"agree_{index}": np.array(len(partitions) == 1),
            }
        )
    save(folder, "kmeans", dict(arrays, num_sets=np.array(len(cases))))


def rttm_text(folder: Path, save) -> None:
    """Turns and text of random frame decisions; durations of 4, 12, 20... frames are decimal ties that only
    exact double order prints right.
    """
    rng = np.random.default_rng([7018])
    frames = 40000
    columns = []
    for _ in range(28):  # more than 26: track names AA, AB sort before B
        column, position = np.zeros(frames, dtype=np.uint8), int(rng.integers(0, 50))
        while position < frames:
            length = int(rng.choice([1, 2, 4, 12, 20, 28, 36, 100, 333, int(rng.integers(1, 900))]))
            column[position : position + length] = 1
            position += length + int(rng.choice([1, 4, 12, 29, 30, int(rng.integers(1, 3000))]))
        columns.append(column)
    data = np.stack(columns, axis=1)
    data[:, 1] = data[:, 27] = data[:, 2]  # identical turns: the order of lines follows the track names
    data[:, 5] = 0
    data[-1, 5] = 1  # on in the last frame only: no turn, no label
    data[0, 7] = 1
    feature = SlidingWindowFeature(data.astype(np.float64), FRAMES)
    names = SpeakerDiarizationMixin()
    for tag, gap in (("plain", 0.0), ("gap", 0.5), ("gap_tie", 0.50625)):  # 0.50625 s = 30 frames exactly
        annotation = SpeakerDiarizationMixin.to_annotation(feature, min_duration_on=0.0, min_duration_off=gap)
        annotation.uri = "tricky"
        mapping = dict(zip(annotation.labels(), names.classes()))
        text = io.StringIO()
        annotation.rename_labels(mapping=mapping).write_rttm(text)
        (folder / f"rttm_{tag}.rttm").write_text(text.getvalue())
    save(folder, "rttm", {"discrete": np.packbits(data, axis=0), "num_frames": np.array(frames)})
    odd = Annotation(uri="")
    for start_s, end_s in (
        (0.0005, 0.0015),
        (0.0015, 1.0),
        (1.0625, 2.1875),
        (3599.9995, 3600.0005),
        (86399.9994, 90000.5),
        (0.1, 0.1000005),
        (5.0, 4.0),
    ):
        odd[Segment(start_s, end_s), "A"] = "x"
    (folder / "rttm_odd.rttm").write_text(odd.to_rttm())


def write_all(folder: Path, save, log) -> None:
    for make in (
        linkage_sets,
        plda_pairs,
        vbx_runs,
        assignments,
        counting,
        reconstructions,
        kmeans_sets,
        rttm_text,
    ):
        make(folder, save)
        log(f"unit: {make.__name__}")
