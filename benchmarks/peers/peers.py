"""One program of the comparison, kept alive: answers every line of its standard input with wall seconds, CPU
seconds and turns.

Usage:

    peers.py pyannote|sherpa MODELS WAV THREADS RTTM
"""

import os
import sys

what, models, wav, threads, rttm = sys.argv[1:]
os.environ["OMP_NUM_THREADS"] = threads
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import time
import warnings
from collections.abc import Callable

import numpy as np

warnings.filterwarnings("ignore")


def read_wav() -> np.ndarray:
    import wave

    with wave.open(wav, "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / np.float32(
            32768
        )


def make_pyannote() -> Callable[[], int]:
    import torch

    torch.version.cuda = None  # CPU only: torchaudio then does not compare CUDA versions
    torch.set_num_threads(int(threads))
    from pyannote.audio import Pipeline

    # Frames in which clusters tie go to the lower one, as on every machine with a stable sort: numpy's
    # default order depends on the processor, and networks with random weights tie often.
    sys.path.insert(
        0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "golden")
    )
    from capture import install_stable_argsort

    install_stable_argsort()
    pipeline = Pipeline.from_pretrained(os.path.join(models, "pyannote"))
    pipeline.instantiate(
        {"clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}, "segmentation": {"min_duration_off": 0.0}}
    )
    audio = {"waveform": torch.from_numpy(read_wav())[None], "sample_rate": 16000, "uri": "audio"}

    def run() -> int:
        annotation = pipeline(audio).speaker_diarization
        with open(rttm, "w") as file:
            annotation.write_rttm(file)
        return len(list(annotation.itertracks()))

    return run


def make_sherpa() -> Callable[[], int]:
    import sherpa_onnx as s

    segmentation = s.OfflineSpeakerSegmentationModelConfig(
        pyannote=s.OfflineSpeakerSegmentationPyannoteModelConfig(
            model=os.path.join(models, "onnx", "segmentation.onnx"), window_shift_ratio=0.1
        ),
        num_threads=int(threads),
    )
    embedding = s.SpeakerEmbeddingExtractorConfig(
        model=os.path.join(models, "onnx", "embedding.onnx"), num_threads=int(threads)
    )
    config = s.OfflineSpeakerDiarizationConfig(
        segmentation=segmentation,
        embedding=embedding,
        clustering=s.FastClusteringConfig(num_clusters=-1, threshold=0.5),
        min_duration_on=0.0,
        min_duration_off=0.0,
    )
    diarization = s.OfflineSpeakerDiarization(config)
    samples = read_wav()
    return lambda: len(diarization.process(samples).sort_by_start_time())


run = {"pyannote": make_pyannote, "sherpa": make_sherpa}[what]()
# Libraries print; only the answers go to the pipe.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
print("ready", file=answers, flush=True)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    turns = run()
    print(time.perf_counter() - wall, time.process_time() - cpu, turns, file=answers, flush=True)
