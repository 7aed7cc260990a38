"""The engine compared with onnxruntime on the same ONNX files, which the engine reads as weights and
onnxruntime runs.

    ninja -C build/release dump_onnx
    python tools/parity/compare_onnx.py build/release/tests/dump_onnx NETWORK.onnx... [--audio FILE]

Python: numpy, onnxruntime, soundfile. benchmarks/peers/export_open.py and export_models.py write such files.
Without --audio the inputs are noise. Ends with 1 when a network differs by more than float32's rounding lets
two orders of the same sums differ.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

NUM_INPUTS = 4
WINDOW = 160000
FRAMES = 498
# Of the largest value; measured: 2e-5 for log-probabilities, 4e-6 for embeddings.
MOST = 1e-4


def windows(audio: Path | None, rng: np.random.Generator) -> np.ndarray:
    if audio is None:
        return rng.normal(size=(NUM_INPUTS, 1, WINDOW)).astype(np.float32) * 0.1
    import soundfile

    samples, rate = soundfile.read(audio, dtype="float32")
    assert rate == 16000 and samples.ndim == 1, "16 kHz mono, please"
    starts = np.linspace(0, len(samples) - WINDOW, NUM_INPUTS).astype(int)
    return np.stack([samples[None, start : start + WINDOW] for start in starts])


def inputs_for(session: onnxruntime.InferenceSession, audio: Path | None) -> np.ndarray:
    rng = np.random.default_rng(1)
    if session.get_inputs()[0].shape[-1] == 80:
        # Filter banks minus their mean: values of this size, and slow changes as in speech.
        steps = rng.normal(size=(NUM_INPUTS, FRAMES, 80)).astype(np.float32)
        features = np.cumsum(steps, axis=1) * 0.3 + steps
        return features - features.mean(1, keepdims=True)
    return windows(audio, rng)


def engine(program: Path, network: Path, inputs: np.ndarray) -> np.ndarray:
    length = inputs.shape[2] if inputs.shape[1] == 1 else inputs.shape[1]
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.f32", Path(folder) / "out.f32"
        inputs.astype(np.float32).tofile(source)
        subprocess.run([program, network, source, str(length), out], check=True)
        return np.fromfile(out, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump_onnx", type=Path)
    parser.add_argument("networks", type=Path, nargs="+")
    parser.add_argument("--audio", type=Path, help="16 kHz mono, for segmentation networks")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.networks:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        inputs = inputs_for(session, arguments.audio)
        name = session.get_inputs()[0].name
        theirs = np.concatenate([session.run(None, {name: one[None]})[0].ravel() for one in inputs])
        ours = engine(arguments.dump_onnx, path, inputs)
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        worst = np.abs(ours - theirs).max() / np.abs(theirs).max()
        failed |= bool(worst > MOST)
        print(f"{path}: {len(inputs)} inputs, the largest difference is {worst:.1e} of the largest value")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
