"""The whole command compared with pyannote.audio and sherpa-onnx: the same audio, weights and number of
threads, taking turns.

  compare_pipelines.py DIARIZE MODELS AUDIO [--seconds 60] [--threads 2] [--rounds 3] [--skip sherpa]

MODELS is what export_models.py has written; AUDIO is repeated to the length wanted. Our command starts again
every time and its start and reading of the weights are counted; the others are loaded once and only their
work is timed. sherpa-onnx has another clustering and computes an embedding for each speaker of each window
from cut-out samples, so that only its time can be compared."""

import argparse
import os
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import soundfile

from peer_process import Measured, Ours, Peer


def write_audio(source: Path, seconds: float, path: Path) -> None:
    samples, rate = soundfile.read(source, dtype="int16")
    assert rate == 16000 and samples.ndim == 1
    count = int(seconds * rate)
    samples = np.tile(samples, -(-count // len(samples)))[:count]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("diarize")
    parser.add_argument("models", type=Path)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip", action="append", default=[], choices=["pyannote", "sherpa"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        audio = folder / "audio.wav"
        write_audio(arguments.audio, arguments.seconds, audio)
        threads = arguments.threads
        programs: dict[str, Ours | Peer] = {
            "diarize": Ours(arguments.diarize, arguments.models / "ours", threads)
        }
        if threads > 1:
            programs["diarize, 1 thread"] = Ours(arguments.diarize, arguments.models / "ours", 1)
        for what, label in (("sherpa", "sherpa-onnx"), ("pyannote", "pyannote.audio")):
            if what not in arguments.skip:
                programs[label] = Peer(what, arguments.models, threads)
        results: dict[str, list[Measured]] = {label: [] for label in programs}
        for round_ in range(arguments.rounds):
            for label, program in programs.items():
                results[label].append(program.run(audio, folder / f"{label}.rttm"))
                print(
                    f"round {round_ + 1}: {label} {results[label][-1][0]:.2f} s", file=sys.stderr, flush=True
                )
        print(
            f"\n{arguments.seconds:g} s of audio, {threads} threads unless stated, medians of "
            f"{arguments.rounds} interleaved rounds; load average {os.getloadavg()[0]:.1f}"
        )
        print(
            f"{'':20s} {'wall s':>8s} {'x real time':>12s} {'CPU s':>8s} {'turns':>6s} "
            f"{'slower than diarize: wall':>26s} {'CPU':>6s}"
        )
        ours = np.array(results["diarize"])
        for label, measured in results.items():
            rows = np.array(measured)
            wall, cpu = np.median(rows[:, 0]), np.median(rows[:, 1])
            print(
                f"{label:20s} {wall:8.2f} {arguments.seconds / wall:12.2f} {cpu:8.2f} {rows[-1, 2]:6.0f} "
                f"{np.median(rows[:, 0] / ours[:, 0]):26.2f} {np.median(rows[:, 1] / ours[:, 1]):6.2f}"
            )
        if "pyannote.audio" in programs:
            same = (folder / "diarize.rttm").read_text() == (folder / "pyannote.audio.rttm").read_text()
            print(f"RTTM of diarize and pyannote.audio: {'the same text' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
