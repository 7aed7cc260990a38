"""Writes the two networks of the set `open` in the form that sherpa-onnx reads: OUT/onnx/segmentation.onnx
and OUT/onnx/embedding.onnx.

    export_open.py DIARIZE OPEN_SET OUT
"""

import subprocess
import sys
from pathlib import Path

from export_models import ROOT, export, export_segmentation, load, read_npz, segmentation_network

sys.path.insert(0, str(ROOT / "training"))

import torch

from diar_train import campplus_network


def as_npz(diarize: str, weights: Path, out: Path) -> Path:
    """Checkpoints hold more than tensors; our reader takes the tensors alone."""
    command = [diarize, "models", "convert", weights, out, "--to", "npz", "--overwrite"]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return out


def main(diarize: str, model: Path, out: Path) -> None:
    folder = out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    weights = as_npz(diarize, model / "segmentation" / "pytorch_model.bin", folder / "segmentation.npz")
    export_segmentation(segmentation_network(weights), folder / "segmentation.onnx")
    weights = as_npz(diarize, model / "embedding" / "pytorch_model.bin", folder / "embedding.npz")
    export(
        load(campplus_network.Campplus(), read_npz(weights)),
        torch.randn(1, 498, 80),
        folder / "embedding.onnx",
        ("x", "embedding"),
        {"x": {0: "N", 1: "T"}, "embedding": {0: "N"}},
        {
            "framework": "3d-speaker",
            "language": "Chinese-English",
            "url": "https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced",
            "comment": "exported for a comparison",
            "sample_rate": 16000,
            "output_dim": 192,
            "normalize_samples": 1,
            "feature_normalize_type": "global-mean",
        },
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
