"""The golden embedding networks: random ResNet34, batch-norm statistics measured on generated sound, an output layer that spreads speakers."""

import numpy as np
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import WeSpeakerResNet34

from formula import exponent_for, formula_tensor
from golden_networks import WeSpeakerResNet34M8
from segmentation import quantise
from voices import make_voice, render

FORMULA_SEED = 0x6469617269736521  # "diarise!"


def specifications() -> Specifications:
    return Specifications(problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=10.0, min_duration=None, warm_up=(0.0, 0.0), classes=None, powerset_max_classes=None, permutation_invariant=False)


def voice_pool(num_voices: int, chunks_per_voice: int, seed: int):
    """10 s chunks of one voice each, three masks per chunk: (waveforms [N, 1, 160000], masks [N, 3, 589], voice index [N])."""
    waveforms, masks, owners = [], [], []
    for index in range(num_voices):
        voice = make_voice(500000 + 1000 * seed + index, index % 3)
        for take in range(chunks_per_voice):
            rng = np.random.default_rng([7006, seed, index, take])
            samples = render({0: voice}, [(0, 0.2, 9.8)], 160000, rng)
            waveforms.append(samples[None].astype(np.float32) / np.float32(32768))
            owners.append(index)
            mask = np.zeros((3, 589), dtype=np.float32)
            for row in mask:
                start = int(rng.integers(0, 400))
                row[start : start + int(rng.integers(118, 300))] = 1
            masks.append(mask)
    return torch.from_numpy(np.stack(waveforms)), torch.from_numpy(np.stack(masks)), np.array(owners)


def random_trunk(m_channels: int, seed: int):
    """The network with random weights: m_channels 8 drawn and quantised, 32 from the committed formula. Returns (model, exponents)."""
    torch.manual_seed(seed)
    model = WeSpeakerResNet34M8() if m_channels == 8 else WeSpeakerResNet34()
    model.specifications = specifications()
    model.setup()
    generator = torch.Generator().manual_seed(seed + 1)
    exponents = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 4 or name == "resnet.seg_1.weight":
                fan_in = parameter[0].numel()
                std = (2.0 / fan_in) ** 0.5
                if m_channels == 8:
                    noise = torch.randn(parameter.shape, generator=generator).clamp(-3, 3)
                    parameter.copy_(quantise(noise * std, 31))
                else:
                    exponents[name] = exponent_for(std)
                    parameter.copy_(torch.from_numpy(formula_tensor(name, tuple(parameter.shape), exponents[name], FORMULA_SEED)))
            elif parameter.dim() == 1:
                noise = torch.rand(parameter.shape, generator=generator) * 2 - 1
                parameter.copy_(quantise(1 + 0.25 * noise if name.endswith("weight") else 0.15 * noise, 63))
    return model.eval(), exponents


def calibrate(model, waveforms: torch.Tensor) -> None:
    """Sets every BatchNorm2d's running statistics to those of the given sound, rounded to float16-representable numbers."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average over the batches
    model.train()
    with torch.no_grad():
        for batch in waveforms.split(8):
            model(batch)
    model.eval()
    for norm in norms:
        norm.momentum = 0.1
        norm.running_mean.copy_(norm.running_mean.half().float())
        norm.running_var.copy_(norm.running_var.half().float())


def pooled_statistics(model, waveforms: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """[N, 3, 2 * D] weighted mean and deviation, from one pass per chunk."""
    out = []
    with torch.inference_mode():
        for batch, mask in zip(waveforms.split(8), masks.split(8)):
            out.append(model.resnet.pool(model.resnet.forward_frames(model.compute_fbank(batch)), weights=mask))
    return torch.cat(out).clone()


def _ridge(x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """W [out, in] minimising |x W^T - y|^2 + strength * mean(diag(x^T x)) |W|^2, through the smaller of the two Gram matrices."""
    gram = x @ x.T
    gram[np.diag_indices_from(gram)] += strength * np.trace(gram) / len(gram)
    return (x.T @ np.linalg.solve(gram, y)).T


def fit_output(model, statistics: np.ndarray, owners: np.ndarray, seed: int, m_channels: int) -> None:
    """seg_1: at width 8 a ridge regression from pooled statistics to a random code per voice; at width 32 only the bias, which centres."""
    layer = model.resnet.seg_1
    mean = statistics.mean(0)
    rng = np.random.default_rng([7007, seed])
    with torch.no_grad():
        if m_channels == 8:
            codes = rng.standard_normal((owners.max() + 1, 256))
            codes -= codes.mean(0)
            weight = _ridge(statistics - mean, codes[owners], 0.2)
            weight = quantise(torch.from_numpy(weight).float(), 127)
            layer.weight.copy_(weight)
        weight = layer.weight.double().numpy()
        # A remaining common offset keeps embeddings off the centre, as real ones are.
        offset = 0.3 * np.std((statistics - mean) @ weight.T, axis=0) * rng.standard_normal(256)
        layer.bias.copy_(torch.from_numpy(offset - weight @ mean).half().float())


def make(m_channels: int, seed: int, pool, log=print):
    """(model, formula exponents, pool embeddings [N*3, 256], their voices): calibrated on `pool` = voice_pool(...)."""
    waveforms, masks, owners = pool
    model, exponents = random_trunk(m_channels, seed)
    calibrate(model, waveforms[:: max(1, len(waveforms) // 24)])
    statistics = pooled_statistics(model, waveforms, masks).double().numpy().reshape(len(owners) * 3, -1)
    owners = np.repeat(owners, 3)
    fit_output(model, statistics, owners, seed, m_channels)
    layer = model.resnet.seg_1
    embeddings = statistics @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = owners[:, None] == owners[None]
    log(f"embedding {m_channels}: statistics std {statistics.std():.3f}, distance same voice {np.sqrt(2 - 2 * cosine[same].mean()):.3f}, other {np.sqrt(2 - 2 * cosine[~same].mean()):.3f}")
    return model, exponents, embeddings, owners
