"""The golden embedding networks: random ResNet34, batch-norm statistics measured on generated sound, an
output layer that spreads speakers.
"""

import numpy as np
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import WeSpeakerResNet34

from formula import exponent_for, formula_tensor
from golden_networks import WeSpeakerResNet34M8
from recordings import POOL_SEED
from segmentation import quantise
from voices import make_voice, render

FORMULA_SEED = 0x6469617269736521  # "diarise!"


def specifications() -> Specifications:
    return Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=10.0,
        min_duration=None,
        warm_up=(0.0, 0.0),
        classes=None,
        powerset_max_classes=None,
        permutation_invariant=False,
    )


def voice_pool(num_voices: int, num_chunks: int, cache):
    """10 s chunks with two or three voices each and the voices' masks.

    Returns (waveforms [N, 1, 160000], masks [N, 3, 589], voice index of each mask [N, 3], -1 where there is
    none, voice traits [num_voices, 7])."""
    if cache.exists():
        return torch.load(cache, weights_only=False)
    voices = [make_voice(POOL_SEED + index, index % 3) for index in range(num_voices)]
    waveforms, masks, owners = (
        [],
        np.zeros((num_chunks, 3, 589), dtype=np.float32),
        np.full((num_chunks, 3), -1),
    )
    for index in range(num_chunks):
        rng = np.random.default_rng([7006, 1, index])
        cast = rng.permutation(num_voices)[: int(rng.integers(2, 4))]
        edges = np.concatenate([[0.2], np.sort(rng.uniform(2.4, 7.6, len(cast) - 1)), [9.8]])
        turns = [
            (int(v), edges[k], edges[k + 1] - 0.1)
            for k, v in enumerate(cast)
            if edges[k + 1] - edges[k] > 1.5
        ]
        samples = render(dict(enumerate(voices)), turns, 160000, rng)
        waveforms.append(samples[None].astype(np.float32) / np.float32(32768))
        middle_s = np.arange(589) * 270 / 16000 + 0.5 * 991 / 16000
        for row, (voice, start_s, end_s) in enumerate(turns):
            masks[index, row] = (middle_s >= start_s) & (middle_s < end_s)
            owners[index, row] = voice
    traits = np.array(
        [
            [
                np.log(voice.pitch_hz),
                voice.group,
                voice.tract,
                voice.tilt,
                np.log(voice.breath),
                voice.syllables_per_s,
                np.log(voice.bandwidth_hz),
            ]
            for voice in voices
        ]
    )
    pool = (
        torch.from_numpy(np.stack(waveforms)),
        torch.from_numpy(masks),
        owners,
        (traits - traits.mean(0)) / traits.std(0),
    )
    torch.save(pool, cache)
    return pool


def random_trunk(m_channels: int, seed: int):
    """The network with random weights: m_channels 8 drawn and quantised, 32 from the committed formula.
    Returns (model, exponents).
    """
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
                    parameter.copy_(
                        torch.from_numpy(
                            formula_tensor(name, tuple(parameter.shape), exponents[name], FORMULA_SEED)
                        )
                    )
            elif parameter.dim() == 1:
                noise = torch.rand(parameter.shape, generator=generator) * 2 - 1
                parameter.copy_(quantise(1 + 0.25 * noise if name.endswith("weight") else 0.15 * noise, 63))
    return model.eval(), exponents


def calibrate(model, waveforms: torch.Tensor) -> None:
    """Sets every BatchNorm2d's running statistics to those of the given sound, rounded to
    float16-representable numbers.
    """
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
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
            out.append(
                model.resnet.pool(model.resnet.forward_frames(model.compute_fbank(batch)), weights=mask)
            )
    return torch.cat(out).clone()


def _ridge(x: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """W [out, in] minimising |x W^T - y|^2 + strength * mean(diag(x^T x)) |W|^2, through the smaller of the
    two Gram matrices.
    """
    gram = x @ x.T
    gram[np.diag_indices_from(gram)] += strength * np.trace(gram) / len(gram)
    return (x.T @ np.linalg.solve(gram, y)).T


def _codes(traits: np.ndarray, seed: int) -> np.ndarray:
    """[voices, 256] target embeddings: traits and random waves of them, spread over all dimensions; similar
    voices get similar codes.
    """
    rng = np.random.default_rng([7007, seed])
    waves = np.cos(traits @ rng.standard_normal((traits.shape[1], 24)) * 0.7 + rng.uniform(0, 6.28, 24))
    features = np.concatenate([traits, 1.4 * waves], axis=1)
    return (
        (features - features.mean(0))
        @ rng.standard_normal((features.shape[1], 256))
        / np.sqrt(features.shape[1])
    )


def fit_output(
    model, statistics: np.ndarray, owners: np.ndarray, traits: np.ndarray, seed: int, m_channels: int
) -> None:
    """seg_1: at width 8 a ridge regression from pooled statistics to a code per voice; at width 32 only the
    bias, which centres.
    """
    layer = model.resnet.seg_1
    mean = statistics.mean(0)
    rng = np.random.default_rng([7017, seed])
    with torch.no_grad():
        if m_channels == 8:
            weight = _ridge(statistics - mean, _codes(traits, seed)[owners], 0.2)
            layer.weight.copy_(quantise(torch.from_numpy(weight).float(), 127))
        weight = layer.weight.double().numpy()
        # A remaining common offset keeps embeddings off the centre, as real ones are.
        offset = 0.3 * np.std((statistics - mean) @ weight.T, axis=0) * rng.standard_normal(256)
        layer.bias.copy_(torch.from_numpy(offset - weight @ mean).half().float())


def make(m_channels: int, seed: int, pool, log=print):
    """(model, formula exponents, embeddings [M, 256], their voices [M]) from `pool` = voice_pool(...).

    The first 60 % of the chunks fit the output layer; the embeddings handed back, for the PLDA, are those of
    the rest."""
    waveforms, masks, owners, traits = pool
    model, exponents = random_trunk(m_channels, seed)
    calibrate(model, waveforms[:24])
    statistics = pooled_statistics(model, waveforms, masks).double().numpy()[owners >= 0]
    owners = owners[owners >= 0]
    fitted = len(owners) * 6 // 10
    fit_output(model, statistics[:fitted], owners[:fitted], traits, seed, m_channels)
    statistics, owners = statistics[fitted:], owners[fitted:]
    layer = model.resnet.seg_1
    embeddings = statistics @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = owners[:, None] == owners[None]
    log(
        f"embedding {m_channels}: statistics std {statistics.std():.3f}, distance same voice "
        f"{np.sqrt(2 - 2 * cosine[same].mean()):.3f}, other {np.sqrt(2 - 2 * cosine[~same].mean()):.3f}"
    )
    return model, exponents, embeddings, owners
