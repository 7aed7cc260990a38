"""The engine's segmentation compared, frame by frame, with pyannote.audio's network of the same weights.

    ninja -C build/release dump_networks
    python tools/parity/compare_pytorch.py build/release/tests/dump_networks MODEL_DIR AUDIO \
        [--recorded segmentation.npy]

Python: pyannote.audio 4.0.7, torch, numpy, soundfile (see tools/golden/requirements.txt). AUDIO is 16 kHz
mono.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))
import environment  # noqa: F401  (makes torch importable, switches telemetry off)

# isort: split
import soundfile
import torch
from pyannote.audio.models.segmentation import PyanNet

from segmentation import CLASSES, specifications

WINDOW, STEP = 160000, 16000


def pytorch_log_probs(model_dir: Path, samples: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    model = PyanNet(lstm={"num_layers": 4})
    model.specifications = specifications()
    model.setup()
    stored = np.load(model_dir / "segmentation" / "weights.npz")
    state = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    missing, unexpected = model.load_state_dict(state, strict=False)
    # Buffers of the filter bank follow from the sizes; everything that was trained has to be there.
    assert not unexpected and all(name.endswith(("window_", "n_")) for name in missing), (missing, unexpected)
    model.to(dtype).eval()
    num_windows = 1 + -(-max(len(samples) - WINDOW, 0) // STEP)
    padded = np.pad(samples, (0, (num_windows - 1) * STEP + WINDOW - len(samples)))
    windows = np.stack([padded[i * STEP : i * STEP + WINDOW] for i in range(num_windows)])
    with torch.inference_mode():
        return np.concatenate(
            [
                model(torch.from_numpy(part)[:, None].to(dtype)).numpy()
                for part in np.array_split(windows, -(-num_windows // 8))
            ]
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump_networks", type=Path)
    parser.add_argument("model_dir", type=Path)
    parser.add_argument("audio", type=Path)
    parser.add_argument(
        "--recorded", type=Path, help="decisions [windows, frames, 3] of a third implementation"
    )
    arguments = parser.parse_args()
    samples, rate = soundfile.read(arguments.audio, dtype="float32")
    assert rate == 16000 and samples.ndim == 1, "16 kHz mono, please"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "log_probs.f32"
        subprocess.run(
            [arguments.dump_networks, arguments.model_dir, arguments.audio, out],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        ours = np.fromfile(out, dtype=np.float32).reshape(-1, 589, 7)
    theirs = pytorch_log_probs(arguments.model_dir, samples, torch.float32)
    exact = pytorch_log_probs(arguments.model_dir, samples, torch.float64)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    table = np.array(CLASSES)
    decided = {"engine": table[ours.argmax(2)], "PyTorch": table[theirs.argmax(2)]}
    equal = (decided["engine"] == decided["PyTorch"]).all(2)
    for name, one, other in (
        ("engine and PyTorch", ours, theirs),
        ("engine and PyTorch in float64", ours, exact),
        ("PyTorch in float32 and in float64", theirs, exact),
    ):
        print(
            f"{name}: log-probabilities differ by at most {np.abs(one - other).max():.1e}, by "
            f"{np.abs(one - other).mean():.1e} on average"
        )
    print(f"engine = PyTorch on {100 * equal.mean():.3f} % of {equal.size} frames ({(~equal).sum()} differ)")
    if arguments.recorded:
        recorded = np.load(arguments.recorded)
        for name, decisions in decided.items():
            print(f"{name} = recorded on {100 * (decisions == recorded).all(2).mean():.3f} %")


if __name__ == "__main__":
    main()
