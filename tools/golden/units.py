"""Unit-level oracles: small inputs and outputs of single operations, from torch, torchaudio, numpy, scipy,
scikit-learn and pyannote.core.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import units_clustering


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _save(folder: Path, name: str, arrays: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    clean: dict[str, Any] = {}
    for key, value in arrays.items():
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        clean[key] = array.astype(np.int32) if array.dtype == np.int64 else array
    np.savez_compressed(folder / f"{name}.npz", **clean)


def sinc_filters(folder: Path) -> None:
    from asteroid_filterbanks import ParamSincFB

    bank = ParamSincFB(80, 251, stride=10, sample_rate=16000, min_low_hz=50, min_band_hz=50)
    g = _generator(1)
    with torch.no_grad():
        bank.low_hz_.copy_((bank.low_hz_ * (0.8 + 0.4 * torch.rand(40, 1, generator=g))).half().float())
        bank.band_hz_.copy_((bank.band_hz_ * (0.5 + torch.rand(40, 1, generator=g))).half().float())
        bank.low_hz_[2] *= -1  # absolute value
        bank.band_hz_[4] *= -1
        bank.low_hz_[39] = 7900.0  # the upper edge is clipped at 8000
        bank.band_hz_[39] = 600.0
        bank.band_hz_[0] = 0.0
        signal = torch.randn(1, 1, 1200, generator=g)
        filters = bank.filters()
        output = F.conv1d(signal, filters, stride=10)
    _save(
        folder,
        "sinc_filters",
        {
            "low_hz": bank.low_hz_,
            "band_hz": bank.band_hz_,
            "window": bank.window_,
            "n": bank.n_,
            "filters": filters[:, 0],
            "signal": signal[0, 0],
            "output": output[0],
        },
    )


def instance_norm(folder: Path) -> None:
    g = _generator(2)
    arrays = {}
    for index, (channels, frames) in enumerate([(1, 1000), (5, 7), (3, 33)]):
        x = torch.randn(channels, frames, generator=g) * 3 + 2
        if index == 1:
            x[2] = 0.75  # a constant row: variance 0, only eps is left
        w, b = torch.rand(channels, generator=g) + 0.5, torch.randn(channels, generator=g)
        y = F.instance_norm(x[None], weight=w, bias=b, eps=1e-5)[0]
        arrays.update({f"x{index}": x, f"weight{index}": w, f"bias{index}": b, f"y{index}": y})
    _save(folder, "instance_norm", arrays)


def lstm_layer(folder: Path) -> None:
    torch.manual_seed(3)
    layer = torch.nn.LSTM(60, 128, num_layers=1, bidirectional=True, batch_first=True)
    g = _generator(3)
    arrays = dict(layer.named_parameters())
    with torch.no_grad():
        for parameter in arrays.values():
            parameter.copy_((parameter * 2).half().float())
        for frames in (1, 2, 37):
            x = torch.randn(1, frames, 60, generator=g)
            arrays.update({f"x_{frames}": x[0], f"y_{frames}": layer(x)[0][0]})
    _save(
        folder,
        "lstm_layer",
        {
            k: v.detach().numpy().astype(np.float16) if k.startswith(("weight", "bias")) else v
            for k, v in arrays.items()
        },
    )


def stats_pool(folder: Path) -> None:
    from pyannote.audio.models.blocks.pooling import StatsPool

    g = _generator(4)
    x = torch.randn(1, 24, 125, generator=g).abs() * 2
    masks = torch.zeros(6, 589)
    masks[0] = 1
    masks[1, 100:400] = 1
    masks[3, 300] = 1  # one mask frame: hits one pooled frame or none
    masks[4, 0:6] = 1  # one or two pooled frames
    masks[5] = (torch.rand(589, generator=g) > 0.5).float()
    resized = F.interpolate(masks[None], size=125, mode="nearest")[0]
    pooled = StatsPool()(x, weights=masks[None])[0]
    lengths = [1, 2, 3, 7, 125, 249, 500, 589, 590, 1000]
    arrays = {"features": x[0], "masks": masks, "resized": resized, "pooled": pooled}
    for length in lengths:  # indices chosen by nearest interpolation from `length` to 125 and to 63 frames
        ramp = torch.arange(length, dtype=torch.float32)[None, None]
        arrays[f"nearest_{length}_125"] = F.interpolate(ramp, size=125, mode="nearest")[0, 0].int()
        arrays[f"nearest_{length}_63"] = F.interpolate(ramp, size=63, mode="nearest")[0, 0].int()
    single = StatsPool()(torch.randn(1, 24, 1, generator=_generator(5)), weights=torch.ones(1, 1))
    arrays.update(single_features=torch.randn(1, 24, 1, generator=_generator(5))[0], single_pooled=single[0])
    _save(folder, "stats_pool", arrays)


def resnet_blocks(folder: Path) -> None:
    from pyannote.audio.models.embedding.wespeaker.resnet import BasicBlock

    torch.manual_seed(6)
    g = _generator(6)
    arrays = {}
    for tag, block, shape in (
        ("same", BasicBlock(8, 8, 1), (8, 9, 13)),
        ("down", BasicBlock(8, 16, 2), (8, 9, 13)),
        ("even", BasicBlock(8, 16, 2), (8, 10, 24)),
    ):
        block.eval()
        with torch.no_grad():
            for name, tensor in block.state_dict().items():
                if "num_batches" in name:
                    continue
                if "running_var" in name:
                    tensor.copy_(0.5 + torch.rand(tensor.shape, generator=g))
                elif "running_mean" in name or tensor.dim() == 1:
                    tensor.copy_(
                        torch.randn(tensor.shape, generator=g) * 0.3 + (1 if name.endswith("weight") else 0)
                    )
                arrays[f"{tag}.{name}"] = tensor
            x = torch.randn((1, *shape), generator=g)
            arrays.update({f"{tag}.x": x[0], f"{tag}.y": block(x)[0]})
    _save(folder, "resnet_blocks", arrays)


def fbank(folder: Path) -> None:
    import torchaudio.compliance.kaldi as kaldi

    rng = np.random.default_rng([7010])
    signals = {
        "noise": np.rint(rng.standard_normal(16000) * 800),
        "zeros": np.zeros(4000),
        "one_frame": np.rint(rng.standard_normal(400) * 100),
        "full_scale_sine": np.rint(32767 * np.sin(2 * np.pi * 440 * np.arange(4000) / 16000)),
        "constant": np.full(4000, 1234.0),
        "half_silent": np.concatenate([np.rint(rng.standard_normal(3000) * 300), np.zeros(3000)]),
    }
    arrays = {}
    for name, signal in signals.items():
        samples = torch.from_numpy((signal / 32768).astype(np.float32))[None]
        raw = kaldi.fbank(
            samples * (1 << 15),
            num_mel_bins=80,
            frame_length=25,
            frame_shift=10,
            dither=0.0,
            window_type="hamming",
            use_energy=False,
            sample_frequency=16000,
            round_to_power_of_two=True,
            snip_edges=True,
        )
        arrays.update(
            {
                f"{name}_samples": signal.astype(np.int16),
                f"{name}_raw": raw,
                f"{name}_centred": raw - raw.mean(0, keepdim=True),
            }
        )
    banks, _ = kaldi.get_mel_banks(80, 512, 16000.0, 20.0, 0.0, 100.0, -500.0, 1.0)
    arrays["mel_banks"] = banks
    _save(folder, "fbank", arrays)


def powerset(folder: Path) -> None:
    from pyannote.audio.utils.powerset import Powerset

    table = Powerset(3, 2)
    scores = torch.randn(200, 7, generator=_generator(8))
    scores[:20, 3] = scores[:20].max(dim=1).values  # ties: the first maximum wins
    scores[20] = 0.0
    permutations = {str(k): list(v) for k, v in table.permutation_mapping.items()}
    (folder / "powerset_permutations.json").write_text(json.dumps(permutations, indent=1) + "\n")
    _save(
        folder,
        "powerset",
        {
            "mapping": table.mapping.numpy().astype(np.uint8),
            "scores": scores,
            "multilabel": table(scores[None])[0].numpy().astype(np.uint8),
        },
    )


def write_all(folder: Path, log) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for make in (sinc_filters, instance_norm, lstm_layer, stats_pool, resnet_blocks, fbank, powerset):
        make(folder)
        log(f"unit: {make.__name__}")
    units_clustering.write_all(folder, _save, log)
