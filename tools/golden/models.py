"""Writes each golden model twice: in diarize.cpp's model-directory layout, and as the checkpoints
pyannote.audio loads.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyannote.audio import Pipeline

MODEL_JSON = {
    "format": "diarize.cpp model",
    "version": 1,
    "name": "",
    "segmentation": {"duration_s": 10.0, "step_s": 1.0, "min_duration_off_s": 0.0},
    "embedding": {"exclude_overlap": True},
    "clustering": {"method": "vbx", "threshold": 0.6, "fa": 0.07, "fb": 0.8},
}

CONFIG_YAML = """version: 4.0.7
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 32
    embedding: $model/embedding
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
    threshold: 0.6
    Fa: 0.07
    Fb: 0.8
  segmentation:
    min_duration_off: 0.0
"""


def _packed(array: np.ndarray) -> np.ndarray:
    """float16 where that loses nothing, else unchanged."""
    if array.dtype == np.float32 and np.array_equal(array.astype(np.float16).astype(np.float32), array):
        return array.astype(np.float16)
    return array


def save_weights(path: Path, tensors: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: _packed(tensor.detach().numpy()) for name, tensor in tensors.items()}
    np.savez_compressed(path, **arrays)


def save_formula(path: Path, tensors: dict, exponents: dict, seed: int) -> None:
    """What is needed to make the large tensors again, and enough of their content to see that it worked: four
    values and the exact sum.
    """
    described = {}
    for name, exponent in exponents.items():
        values = tensors[name].detach().numpy().ravel()
        described[name] = {
            "shape": list(tensors[name].shape),
            "exponent": exponent,
            "first": values[:4].tolist(),
            "last": float(values[-1]),
            "sum": float(values.astype(np.float64).sum()),
        }
    path.write_text(json.dumps({"seed": f"{seed:#018x}", "tensors": described}, indent=1) + "\n")


def save_plda(folder: Path, xvec_transform: dict, plda: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "xvec_transform.npz", **xvec_transform)
    np.savez_compressed(folder / "plda.npz", **plda)


def save_model_json(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(dict(MODEL_JSON, name=name), indent=2) + "\n")


def save_checkpoint(path: Path, model) -> None:
    """A Lightning checkpoint with the keys that pyannote.audio's Model.from_pretrained reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": "2.6.6",
        "epoch": 0,
        "global_step": 0,
    }
    model.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)


def save_pyannote(folder: Path, segmentation, embedding, xvec_transform: dict, plda: dict) -> None:
    save_checkpoint(folder / "segmentation" / "pytorch_model.bin", segmentation)
    save_checkpoint(folder / "embedding" / "pytorch_model.bin", embedding)
    save_plda(folder / "plda", xvec_transform, plda)
    (folder / "config.yaml").write_text(CONFIG_YAML)


def load_pipeline(folder: Path, overrides: dict):
    """pyannote's own pipeline from the written directory; overrides may set min_duration_off."""
    pipeline = Pipeline.from_pretrained(folder)
    pipeline.instantiate(
        {
            "clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
            "segmentation": {"min_duration_off": overrides.get("min_duration_off", 0.0)},
        }
    )
    return pipeline
