"""The golden segmentation network: random quantised SincNet + LSTM, a small head fitted so that its decisions
mean something.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.segmentation import PyanNet

from recordings import training_recordings
from voices import frame_labels

CLASSES = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1)]

OVERLAP_LIFT = 1.0


def specifications() -> Specifications:
    return Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        min_duration=None,
        warm_up=(0.0, 0.0),
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )


def quantise(tensor: torch.Tensor, levels: int) -> torch.Tensor:
    """Rounds to k * 2^e with |k| <= levels: exact in float16, and few distinct values, so the file packs
    well.
    """
    peak = float(tensor.abs().max())
    step = 2.0 ** np.ceil(np.log2(peak / levels))
    return torch.round(tensor / step) * step


def powerset_class(labels: np.ndarray) -> np.ndarray:
    """[frames, 3] of 0/1 -> class index; three voices at once count as the first two."""
    labels = labels.copy()
    labels[labels.sum(1) == 3, 2] = 0
    code = labels @ np.array([1, 2, 4])
    return np.array([0, 1, 2, 4, 3, 5, 6])[code]


def build(seed: int) -> PyanNet:
    torch.manual_seed(seed)
    model = PyanNet(lstm={"num_layers": 4})
    model.specifications = specifications()
    model.setup()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("lstm."):
                noise = torch.rand(parameter.shape, generator=generator) * 2 - 1
                if "weight_ih" in name:
                    parameter.copy_(quantise(noise * (3.6 / parameter.shape[1] ** 0.5), 31))
                elif "weight_hh" in name:
                    parameter.copy_(quantise(noise * (1.5 / 128**0.5), 31))
                else:
                    parameter.copy_(quantise(noise * 0.3, 31))
            elif "conv1d" in name and "filterbank" not in name:
                parameter.copy_(quantise(parameter, 63))
            elif "norm1d" in name:  # off 1 and 0, so that a swapped or forgotten affine shows
                noise = torch.rand(parameter.shape, generator=generator) * 2 - 1
                parameter.copy_(quantise(1 + 0.2 * noise if name.endswith("weight") else 0.1 * noise, 63))
            elif "filterbank" in name:
                noise = torch.rand(parameter.shape, generator=generator)
                parameter.copy_((parameter * (0.9 + 0.2 * noise)).half().float())
        # a few negative values: the network takes their absolute value
        model.sincnet.conv1d[0].filterbank.low_hz_[3] *= -1
        model.sincnet.conv1d[0].filterbank.band_hz_[5] *= -1
    return model.eval()


def lstm_features(model: PyanNet, chunks: torch.Tensor, batch: int = 16) -> torch.Tensor:
    out = []
    with torch.inference_mode():
        for start in range(0, len(chunks), batch):
            x = model.sincnet(chunks[start : start + batch, None])
            out.append(model.lstm(x.transpose(1, 2))[0])
    return torch.cat(out).clone()


def training_chunks(num: int, seed: int):
    chunks, labels = [], []
    for samples, voices, turns in training_recordings(num, seed):
        padded = np.zeros(160000, dtype=np.float32)
        start = max(0, len(samples) - 160000) // 2
        part = samples[start : start + 160000]
        padded[: len(part)] = part / np.float32(32768)
        chunks.append(padded)
        labels.append(powerset_class(frame_labels(voices, turns, start / 16000)))
    for _ in range(2):
        chunks.append(np.zeros(160000, dtype=np.float32))
        labels.append(np.zeros(589, dtype=np.int64))
    for sigma in (1.0, 2.0, 3.0):
        noise = np.random.default_rng([7005, int(sigma)]).standard_normal(160000) * sigma
        chunks.append((np.rint(noise) / 32768).astype(np.float32))
        labels.append(np.zeros(589, dtype=np.int64))
    return torch.from_numpy(np.stack(chunks)), torch.from_numpy(np.stack(labels))


def _training_features(model: PyanNet, num_chunks: int, seed: int, cache: Path):
    """(features [N, 589, 256], labels [N, 589]) of the training chunks, kept in `cache` because they take
    minutes.
    """
    if cache.exists():
        return torch.load(cache)
    chunks, labels = training_chunks(num_chunks, seed)
    kept = (lstm_features(model, chunks), labels)
    cache.parent.mkdir(parents=True, exist_ok=True)
    torch.save(kept, cache)
    return kept


def fit(seed: int, cache: Path, num_chunks: int = 220, steps: int = 800, log=print) -> PyanNet:
    """A network whose head (linear.0, linear.1, classifier) was fitted by Adam on frozen random features of
    generated conversations.
    """
    model = build(seed)
    features, labels = _training_features(model, num_chunks, seed, cache)
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(3))
    keep = len(order) * 9 // 10 * 589
    x, y = features[order].reshape(-1, 256), labels[order].reshape(-1)
    head = [model.linear[0], model.linear[1], model.classifier]
    optimiser = torch.optim.Adam([p for layer in head for p in layer.parameters()], lr=3e-3)

    def logits(z):
        for layer in head[:2]:
            z = F.leaky_relu(layer(z))
        return head[2](z)

    torch.manual_seed(seed)
    for step in range(steps):
        pick = torch.randint(keep, (6000,))
        loss = F.cross_entropy(logits(F.dropout(x[pick], 0.3)), y[pick])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (1 - step / steps) + 1e-5
    with torch.no_grad():
        for layer in head:
            for parameter in layer.parameters():
                parameter.copy_(parameter.half().float())
        # Overlap is rare in the labels and rarer in the decisions: lift its prior, golden data should show
        # plenty of it.
        model.classifier.bias[4:] = (model.classifier.bias[4:] + OVERLAP_LIFT).half().float()
        predicted = logits(x).argmax(1)
    log(
        f"segmentation: fitted frames {100 * (predicted[:keep] == y[:keep]).float().mean():.1f} %, held out "
        f"{100 * (predicted[keep:] == y[keep:]).float().mean():.1f} %"
    )
    log(
        f"segmentation: class counts {torch.bincount(predicted, minlength=7).tolist()} of "
        f"{torch.bincount(y, minlength=7).tolist()}"
    )
    return model
