"""Writes one set of networks for every program that is compared: OUT/ours (a model directory), OUT/pyannote
(a pipeline with checkpoints), OUT/onnx (for onnxruntime and sherpa-onnx).

The segmentation is the starter's, which was trained: how much each program has to embed depends on who speaks
when. The embedding network (golden m32) has community-1's size and random but calibrated weights; only its
time matters."""

import json
import os
import shutil
import sys
import warnings
from pathlib import Path

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import onnx
import torch

torch.version.cuda = None  # CPU only: torchaudio then does not compare CUDA versions
warnings.filterwarnings("ignore")

from pyannote.audio.models.embedding import WeSpeakerResNet34
from pyannote.audio.models.segmentation import PyanNet

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "data" / "golden" / "models"
sys.path.insert(0, str(ROOT / "tools" / "golden"))

import embedding as embedding_tool
import models
import segmentation as segmentation_tool
from formula import formula_tensor


def read_npz(path: Path) -> dict:
    with np.load(path) as file:
        return {name: torch.from_numpy(np.asarray(file[name])) for name in file.files}


def load(network: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> torch.nn.Module:
    known = network.state_dict()
    missing = known.keys() - tensors.keys()
    # The sinc filters' window and times are constants that the model directories leave out.
    assert all(
        name.endswith(("filterbank.window_", "filterbank.n_", "num_batches_tracked")) for name in missing
    ), missing
    state = {name: value.to(known[name].dtype) for name, value in tensors.items()}
    network.load_state_dict({**known, **state}, strict=True)
    return network.eval()


def segmentation_network(weights: Path) -> torch.nn.Module:
    network = PyanNet(lstm={"num_layers": 4})
    network.specifications = segmentation_tool.specifications()
    network.setup()
    return load(network, read_npz(weights))


def embedding_network() -> torch.nn.Module:
    network = WeSpeakerResNet34()
    network.specifications = embedding_tool.specifications()
    network.setup()
    tensors = read_npz(GOLDEN / "m32" / "embedding" / "small_tensors.npz")
    formula = json.loads((GOLDEN / "m32" / "embedding" / "formula.json").read_text())
    for name, entry in formula["tensors"].items():
        values = formula_tensor(name, tuple(entry["shape"]), entry["exponent"], int(formula["seed"], 16))
        assert float(values.ravel()[-1]) == entry["last"], name
        tensors[name] = torch.from_numpy(values)
    return load(network, tensors)


class Embedding(torch.nn.Module):
    """The trunk alone, as sherpa-onnx feeds it: filter banks [N, frames, 80] -> embeddings [N, 256]."""

    def __init__(self, resnet: torch.nn.Module):
        super().__init__()
        self.resnet = resnet

    def forward(self, feats: torch.Tensor) -> torch.Tensor:
        return self.resnet(feats)[1]


def export(
    network: torch.nn.Module,
    example: torch.Tensor,
    path: Path,
    names: tuple[str, str],
    axes: dict,
    metadata: dict,
) -> None:
    torch.onnx.export(
        network,
        example,
        str(path),
        input_names=[names[0]],
        output_names=[names[1]],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, str(path))


def export_segmentation(network: torch.nn.Module, path: Path) -> None:
    export(
        network,
        torch.randn(1, 1, 160000),
        path,
        ("x", "y"),
        {"x": {0: "N"}, "y": {0: "N"}},
        {
            "model_type": "pyannote-segmentation-3.0",
            "num_speakers": 3,
            "powerset_max_classes": 2,
            "num_classes": 7,
            "sample_rate": 16000,
            "window_size": 160000,
            "receptive_field_size": 991,
            "receptive_field_shift": 270,
        },
    )


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    segmentation = segmentation_network(ROOT / "models" / "starter" / "segmentation" / "weights.npz")
    embedding = embedding_network()
    ours = out / "ours"
    models.save_weights(ours / "segmentation" / "weights.npz", segmentation.state_dict())
    models.save_weights(ours / "embedding" / "weights.npz", embedding.state_dict())
    shutil.copytree(GOLDEN / "m32" / "plda", ours / "plda", dirs_exist_ok=True)
    models.save_model_json(ours, "starter segmentation, golden m32 embedding")
    with (
        np.load(GOLDEN / "m32" / "plda" / "xvec_transform.npz") as xvec,
        np.load(GOLDEN / "m32" / "plda" / "plda.npz") as plda,
    ):
        models.save_pyannote(out / "pyannote", segmentation, embedding, dict(xvec), dict(plda))
    folder = out / "onnx"
    folder.mkdir(exist_ok=True)
    export_segmentation(segmentation, folder / "segmentation.onnx")
    export(
        Embedding(embedding.resnet),
        torch.randn(1, 998, 80),
        folder / "embedding.onnx",
        ("feats", "embs"),
        {"feats": {0: "N", 1: "T"}, "embs": {0: "N"}},
        {
            "framework": "wespeaker",
            "language": "English",
            "url": "",
            "comment": "random weights",
            "sample_rate": 16000,
            "output_dim": 256,
            "normalize_samples": 0,
            "feature_normalize_type": "global-mean",
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
