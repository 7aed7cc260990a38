"""Runs the genuine pyannote pipeline on one waveform and hands back every stage of it as arrays and text."""

import contextlib
import types

import numpy as np
import pyannote.audio.pipelines.clustering as clustering_module
import pyannote.audio.pipelines.utils.diarization as diarization_module
import pyannote.audio.utils.vbx as vbx_module
import torch


def install_stable_argsort() -> None:
    """numpy's default argsort leaves the order of ties to the CPU; inside reconstruction (this module only)
    it becomes stable.
    """
    shim = types.ModuleType("numpy_with_stable_argsort")

    def stable(values, axis=-1):
        return np.argsort(np.asarray(values), axis=axis, kind="stable")

    shim.__dict__.update({name: getattr(np, name) for name in dir(np) if not name.startswith("__")})
    shim.__dict__["argsort"] = stable
    diarization_module.np = shim


@contextlib.contextmanager
def _replaced(owner, name, make):
    original = getattr(owner, name)
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def _recording(stages: dict, key: str, pick=lambda result: result):
    """A decorator that keeps a copy of what a function returned."""

    def decorate(original):
        def wrapper(*args, **kwargs):
            result = original(*args, **kwargs)
            stages[key] = np.array(pick(result))
            return result

        return wrapper

    return decorate


def _vbx_recorder(stages: dict):
    def decorate(original):
        def wrapper(*args, **kwargs):
            gamma, pi, elbo, alpha, inv_l = original(*args, **kwargs)
            stages.update(vbx_gamma=gamma.copy(), vbx_pi=pi.copy(), vbx_elbo=np.array(elbo)[:, 0])
            return gamma, pi, elbo, alpha, inv_l

        return wrapper

    return decorate


def _clustering_recorder(stages: dict):
    def decorate(original):
        def wrapper(self, *args, **kwargs):
            hard, soft, centroids = original(self, *args, **kwargs)
            stages.update(
                hard_clusters=hard.astype(np.int32).copy(),
                soft_clusters=np.array(soft, dtype=np.float64),
                centroids=np.array(centroids, dtype=np.float64),
            )
            return hard, soft, centroids

        return wrapper

    return decorate


def _filter_recorder(stages: dict):
    def decorate(original):
        def wrapper(self, *args, **kwargs):
            embeddings, chunk, speaker = original(self, *args, **kwargs)
            stages.update(train_chunk_idx=chunk.astype(np.int32), train_speaker_idx=speaker.astype(np.int32))
            return embeddings, chunk, speaker

        return wrapper

    return decorate


def segmentation_gap(pipeline, waveform: np.ndarray) -> float:
    """Smallest distance between the two best classes over all frames of all chunks: a cheap look before the
    whole pipeline runs.
    """
    smallest = [np.inf]

    def look(module, args, output):
        best = output.topk(2, dim=-1).values
        smallest.append(float((best[..., 0] - best[..., 1]).min()))

    handle = pipeline._segmentation.model.register_forward_hook(look)
    pipeline._segmentation({"waveform": torch.from_numpy(waveform)[None], "sample_rate": 16000, "uri": "gap"})
    handle.remove()
    return min(smallest)


def run_pipeline(pipeline, waveform: np.ndarray, uri: str, call: dict) -> dict:
    """waveform float32 [samples] -> stages. `call` holds num_speakers, min_speakers, max_speakers as given to
    the pipeline.
    """
    stages: dict[str, np.ndarray] = {}
    log_probs: list[np.ndarray] = []
    masks: list[np.ndarray] = []
    reconstructed: list = []

    def hook(name, artefact, file=None, total=None, completed=None):
        if artefact is None or total is not None:
            return
        data = getattr(artefact, "data", artefact)
        stages[name] = np.array(data)  # a copy: count.data is replaced later on

    def record_reconstruct(original):
        def wrapper(self, segmentations, hard_clusters, count):
            stages["final_clusters"] = hard_clusters.astype(np.int32).copy()
            result = original(self, segmentations, hard_clusters, count)
            reconstructed.append((np.array(result.data), np.array(count.data)))
            return result

        return wrapper

    def record_masks(original):
        def wrapper(self, waveforms, masks=None):
            masks_list.append(masks.numpy().copy())
            return original(self, waveforms, masks=masks)

        return wrapper

    masks_list = masks
    handle = pipeline._segmentation.model.register_forward_hook(
        lambda module, args, output: log_probs.append(output.cpu().numpy().copy())
    )
    with contextlib.ExitStack() as stack:
        stack.callback(handle.remove)

        def enter(owner, name, make):
            stack.enter_context(_replaced(owner, name, make))

        enter(clustering_module, "linkage", _recording(stages, "linkage"))
        enter(clustering_module, "fcluster", _recording(stages, "ahc_clusters", lambda labels: labels - 1))
        enter(vbx_module, "VBx", _vbx_recorder(stages))
        enter(type(pipeline._plda), "__call__", _recording(stages, "plda_features"))
        enter(clustering_module.KMeans, "fit_predict", _recording(stages, "kmeans_clusters"))
        enter(clustering_module.VBxClustering, "filter_embeddings", _filter_recorder(stages))
        enter(clustering_module.VBxClustering, "__call__", _clustering_recorder(stages))
        enter(type(pipeline), "reconstruct", record_reconstruct)
        enter(type(pipeline._embedding), "__call__", record_masks)
        file = {"waveform": torch.from_numpy(waveform)[None], "sample_rate": 16000, "uri": uri}
        output = pipeline(file, hook=hook, **call)

    stages["log_probs"] = np.concatenate(log_probs)
    if reconstructed:
        stages["discrete_diarization"], stages["capped_count"] = reconstructed[0]
        stages["exclusive_diarization"] = reconstructed[1][0]
        num_chunks = len(stages["segmentation"])
        stages["used_masks"] = np.concatenate(masks).reshape(num_chunks, 3, -1)
    stages["speaker_embeddings"] = np.array(output.speaker_embeddings, dtype=np.float64)
    stages["rttm"] = output.speaker_diarization.to_rttm()
    stages["exclusive_rttm"] = output.exclusive_speaker_diarization.to_rttm()
    return stages
