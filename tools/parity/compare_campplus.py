"""The engine's CAM++ beside PyTorch's with the same checkpoint, on 50 inputs of 0.5 to 10 s; and both beside onnxruntime in speed, one core.

    ninja -C build/release dump_campplus
    python tools/parity/compare_campplus.py build/release/tests/dump_campplus campplus_cn_en_common.pt [--audio FILE] [--repeats 9]

Python: torch, torchaudio, numpy, soundfile; onnx, onnxscript and onnxruntime for the speed. Without --audio the inputs are noise that changes its colour.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from diar_train.campplus_network import load

NUM_INPUTS = 50


def kaldi_features(samples: np.ndarray) -> np.ndarray:
    """As 3D-Speaker computes them: torchaudio's defaults (Povey's window), samples in [-1, 1], no dither, minus their mean."""
    from torchaudio.compliance.kaldi import fbank

    features = fbank(torch.from_numpy(samples)[None], num_mel_bins=80, sample_frequency=16000, dither=0.0)
    return (features - features.mean(0, keepdim=True)).numpy()


def coloured_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """Segments of 0.1 s, each with its own tilt and loudness."""
    out = np.zeros(length, np.float32)
    for first in range(0, length, 1600):
        piece = rng.normal(size=min(1600, length - first))
        spectrum = np.fft.rfft(piece) * np.linspace(1, rng.uniform(0.01, 1), len(piece) // 2 + 1)
        out[first : first + len(piece)] = 10 ** rng.uniform(-2.5, -0.5) * np.fft.irfft(spectrum, len(piece))
    return out


def make_inputs(audio: Path | None) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    lengths = np.linspace(0.5, 10.0, NUM_INPUTS) * 16000
    if audio is None:
        return [kaldi_features(coloured_noise(int(n), rng)) for n in lengths]
    import soundfile

    samples, rate = soundfile.read(audio, dtype="float32")
    assert rate == 16000 and samples.ndim == 1, "16 kHz mono, please"
    starts = [int(rng.integers(0, len(samples) - int(n))) for n in lengths]
    return [kaldi_features(samples[s : s + int(n)]) for s, n in zip(starts, lengths)]


def engine(program: Path, checkpoint: Path, inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(embeddings [N, D], seconds of processor time [N])"""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.concatenate(inputs).astype(np.float32).tofile(folder / "features.f32")
        np.array([len(x) for x in inputs], np.int32).tofile(folder / "frames.i32")
        done = subprocess.run(
            [program, checkpoint, folder / "features.f32", folder / "frames.i32", folder / "out.f32"],
            check=True,
            capture_output=True,
            text=True,
        )
        return np.fromfile(folder / "out.f32", np.float32).reshape(len(inputs), -1), np.array(
            done.stdout.split(), float
        )


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def onnx_session(network: torch.nn.Module, folder: Path) -> Any:
    import onnxruntime

    path = folder / "campplus.onnx"
    torch.onnx.export(
        network,
        (torch.randn(1, 498, 80),),
        str(path),
        input_names=["features"],
        output_names=["embedding"],
        dynamic_axes={"features": {1: "frames"}},
        dynamo=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compare_speed(
    program: Path, checkpoint: Path, network: torch.nn.Module, inputs: list[np.ndarray], repeats: int
) -> None:
    """Medians of the processor time of interleaved runs."""
    with tempfile.TemporaryDirectory() as name:
        session = onnx_session(network, Path(name))
        theirs: list[list[float]] = [[] for _ in inputs]
        ours: list[np.ndarray] = []
        for x in inputs:
            session.run(None, {"features": x[None]})
        for _ in range(repeats):
            ours.append(engine(program, checkpoint, inputs + inputs)[1][len(inputs) :])
            for i, x in enumerate(inputs):
                begin = time.process_time()
                session.run(None, {"features": x[None]})
                theirs[i].append(time.process_time() - begin)
        error = max(
            np.abs(
                session.run(None, {"features": x[None]})[0] - network(torch.from_numpy(x)[None]).numpy()
            ).max()
            for x in inputs[:1]
        )
    for x, mine, other in zip(inputs, np.median(ours, 0), np.median(theirs, 1)):
        print(
            f"{len(x):5d} frames: engine {1e3 * mine:7.2f} ms, onnxruntime {1e3 * other:7.2f} ms, ratio {other / mine:.2f}"
        )
    print(f"onnxruntime and PyTorch differ by at most {error:.1e}")


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump_campplus", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--repeats", type=int, default=0, help="0: no comparison of speed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = load(args.checkpoint)
    inputs = make_inputs(args.audio)
    ours = engine(args.dump_campplus, args.checkpoint, inputs)[0]
    theirs = np.concatenate([network(torch.from_numpy(x)[None]).numpy() for x in inputs])
    values = cosines(ours.astype(np.float64), theirs.astype(np.float64))
    worst = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(
        f"engine and PyTorch on {len(inputs)} inputs of {len(inputs[0])} to {len(inputs[-1])} frames: cosine at least {values.min():.8f}, largest difference {worst:.1e} of the largest value"
    )
    if args.repeats:
        compare_speed(
            args.dump_campplus,
            args.checkpoint,
            network,
            [inputs[i] for i in (5, 12, 24, 36, 49)],
            args.repeats,
        )
    if values.min() < 0.99999:
        sys.exit("cosine below 0.99999")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
