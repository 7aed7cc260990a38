"""Import this first: a fixed, offline, CPU-only and deterministic PyTorch, then pyannote.audio."""

import os
import warnings

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # no telemetry from a test tool
os.environ.setdefault("HF_HUB_OFFLINE", "1")
NUM_THREADS = int(os.environ.get("GOLDEN_THREADS", "2"))
os.environ["OMP_NUM_THREADS"] = str(NUM_THREADS)

import torch

# The newest torchaudio wheel may be built for another CUDA than torch and then refuses to load. We only use
# the CPU, so the check is told that there is no CUDA.
torch.version.cuda = None
torch.set_num_threads(NUM_THREADS)
torch.use_deterministic_algorithms(True)
torch.manual_seed(0)
warnings.filterwarnings("ignore")

import pyannote.audio


def versions() -> dict:
    import importlib.metadata as metadata
    import platform

    names = [
        "pyannote.audio",
        "pyannote.core",
        "pyannote.pipeline",
        "torch",
        "torchaudio",
        "asteroid-filterbanks",
        "numpy",
        "scipy",
        "scikit-learn",
        "einops",
        "lightning",
    ]
    found: dict[str, str | int] = {name: metadata.version(name) for name in names}
    found["python"] = platform.python_version()
    found["machine"] = platform.machine()
    found["torch_threads"] = NUM_THREADS
    found["torch_cpu_capability"] = torch.backends.cpu.get_cpu_capability()
    return found


assert pyannote.audio.__version__ == "4.0.7", (
    f"the oracle is pyannote.audio 4.0.7, not {pyannote.audio.__version__}"
)
