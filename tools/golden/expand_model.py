"""Makes a model directory that `diarize --model` takes from one of tests/data/golden/models: m32's weights
come from their formula.

Usage, with numpy alone:

    python tools/golden/expand_model.py tests/data/golden/models m32 OUT_DIR
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from formula import formula_tensor


def main() -> None:
    models, name, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    shutil.copytree(models / "segmentation", out / "segmentation", dirs_exist_ok=True)
    shutil.copytree(models / name, out, dirs_exist_ok=True)
    embedding = out / "embedding"
    if (embedding / "weights.npz").exists():
        return
    weights = dict(np.load(embedding / "small_tensors.npz"))
    formula = json.loads((embedding / "formula.json").read_text())
    for tensor, entry in formula["tensors"].items():
        weights[tensor] = formula_tensor(
            tensor, tuple(entry["shape"]), entry["exponent"], int(formula["seed"], 16)
        )
        assert np.array_equal(
            np.ravel(entry["first"]), weights[tensor].flat[: np.size(entry["first"])]
        ) and weights[tensor].flat[-1] == np.float32(entry["last"]), tensor
    np.savez(embedding / "weights.npz", **weights)


if __name__ == "__main__":
    main()
