"""Distillation of both networks: what a pupil is told, in which part of its budget, and what a checkpoint
keeps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
import distil_embedding
import distil_segmentation
from diar_train.campplus_network import Campplus
from diar_train.distillation import Kept, Parts, untold
from diar_train.embedding_windows import EmbeddingWindows
from diar_train.networks import SegmentationNetwork

PARTS = Parts((0.0, 0.25, 0.5, 1.0), (1.0, 2.0, 3.0))


def test_untold_is_the_share_of_the_variance():
    wanted = torch.randn(40, 6, 50, generator=torch.Generator().manual_seed(1)) * torch.arange(1, 7)[:, None]
    assert untold(wanted, wanted, 1) == 0
    means = wanted.mean((0, 2), keepdim=True).expand_as(wanted)
    assert untold(means, wanted, 1) == pytest.approx(1, abs=0.3)
    # Channels count alike, whatever their size; those that do not move hardly.
    noise = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(2))
    small, large = wanted.clone(), wanted.clone()
    small[:, 2] += 3 * noise[:, 2]
    large[:, 5] += 6 * noise[:, 5]
    assert untold(small, wanted, 1).item() == pytest.approx(untold(large, wanted, 1).item(), rel=0.15)
    still = wanted.clone()
    still[:, 0] = 0.0
    moved = still.clone()
    moved[:, 0] += 1e-3
    assert untold(moved, still, 1) < 1e-4


def test_parts_of_a_budget():
    assert [PARTS.part(p) for p in (0.0, 0.24, 0.25, 0.49, 0.5, 0.99, 1.5)] == [0, 0, 1, 1, 2, 2, 2]
    assert PARTS.within(0.375) == pytest.approx(0.5)
    assert PARTS.within(1.2) == 1
    # Each begins small, is soon at its rate, and ends at a fiftieth of it.
    for first, rate in ((0.0, 1.0), (0.25, 2.0), (0.5, 3.0)):
        assert PARTS.rate(first) < 0.2 * rate
        assert PARTS.rate(first + 0.012) == pytest.approx(rate, rel=0.1)
    assert PARTS.rate(0.2499) == pytest.approx(0.02, rel=0.2)


def test_what_was_kept_is_heard_as_often_as_asked():
    kept = Kept(3, 2, np.random.default_rng(1))
    kept.add([torch.full((1, 2, 2), 1.0)])
    assert kept.draw() is None
    kept.add([torch.full((1, 2, 2), 2.0)])
    kept.add([torch.full((1, 2, 2), 3.0)])
    heard = []
    while (said := kept.draw()) is not None:
        heard.append(said[0][0, 0, 0].item())
    assert all(heard.count(value) <= 2 for value in (1.0, 2.0, 3.0))
    assert len(heard) >= 3
    assert len(kept.batches) == 1  # fewer than two are never drawn from


class Once:
    """A data loader's place is taken by a list."""

    def __init__(self, batches):
        self.made = batches

    def __iter__(self):
        return iter(self.made)


def embedding_run(tmp_path: Path, minutes: float = 10.0) -> distil_embedding.EmbeddingDistillation:
    torch.manual_seed(3)
    teacher = Campplus(16, (2, 2, 2), (64, 96, 96)).eval()
    rng = np.random.default_rng(4)
    held_out = (
        [rng.standard_normal((40, 80)).astype(np.float32) for _ in range(6)],
        np.array([0, 0, 1, 1, 2, 2]),
    )
    args = argparse.Namespace(minutes=minutes, out=tmp_path, seed=1)
    return distil_embedding.EmbeddingDistillation(
        args, teacher, (1, 1, 1), cast(EmbeddingWindows, None), held_out
    )


@pytest.mark.parametrize("part", [0, 1, 2])
def test_an_embedding_learns_in_each_part(tmp_path, part, monkeypatch):
    # A pupil with room for all that this teacher says.
    monkeypatch.setattr(distil_embedding, "KEPT", 1)
    run = embedding_run(tmp_path)
    run.network = Campplus(16, (2, 2, 2), (64, 96, 96))
    run.optimiser = torch.optim.AdamW(run.network.parameters(), lr=1e-3)
    if part > 0:
        run.network.head.load_state_dict(run.teacher.head.state_dict())
        run.network.xvector.tdnn.load_state_dict(run.teacher.xvector.tdnn.state_dict())
    run.state["used_s"] = (0.05, 0.2, 0.6)[part] * 600
    batch = tuple(torch.randn(6, 40, 80, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
    if part == 2:
        run.hear(run.teacher.embedding(batch[1]).detach())
    first, last = [], []
    for step in range(24):
        for loss in run.losses_of(batch):
            (first if step < 2 else last).append(loss.item())
            run.update(loss)
    assert np.mean(last[-4:]) < 0.8 * np.mean(first), (first, last)
    frozen = run.network.head.conv1.weight.grad is None
    assert frozen == (part > 0)


def test_the_teacher_itself_leaves_nothing_untold(tmp_path):
    run = embedding_run(tmp_path)
    features = torch.randn(4, 60, 80)
    with torch.no_grad():
        said = distil_embedding.head_layers(run.teacher, features)
        assert distil_embedding.head_loss(run.teacher, features, said).item() == pytest.approx(0, abs=1e-9)
        out = distil_embedding.stage_outputs(run.teacher, said[-1])
        assert torch.equal(out[-1][:, :, 0], run.teacher(features))
        assert distil_embedding.away(out[-1], out[-1], torch.zeros(16)).item() == pytest.approx(0, abs=1e-5)
    run.network = run.teacher
    assert run.validate()["cosine"] == pytest.approx(1, abs=1e-5)


def test_settled_norms_say_the_same_of_all_batches_together(tmp_path):
    run = embedding_run(tmp_path)
    run.latest.extend(torch.randn(8, 40, 80) * (n + 1) for n in range(3))
    run.settle(run.network.first_modules())
    with torch.no_grad():
        heard = torch.cat([run.network.head.conv1(batch.transpose(1, 2)[:, None]) for batch in run.latest])
    mean = heard.mean((0, 2, 3))
    assert torch.allclose(run.network.head.bn1.running_mean, mean, atol=1e-3)
    # Others stay.
    assert run.network.xvector.transit1.nonlinear.batchnorm.running_mean.abs().sum() == 0


def test_an_embedding_goes_on_from_its_checkpoint(tmp_path):
    run = embedding_run(tmp_path)
    run.hear(torch.randn(4, 16, 1))
    run.state |= {"step": 7, "used_s": 300.0}
    run.save()
    again = embedding_run(tmp_path)
    assert again.state == {"step": 7, "used_s": 300.0, "starts": 2}
    assert torch.equal(again.mean, run.mean)
    for name, tensor in run.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], tensor), name


class Noise:
    """Windows of noise in the place of a simulator."""

    labelled = False

    def window(self, rng, num_samples):
        return 0.1 * rng.standard_normal(num_samples).astype(np.float32), np.zeros(
            (num_samples // 270, 3), bool
        )

    def with_clean(self, rng, num_samples):
        samples, labels = self.window(rng, num_samples)
        return samples, samples, labels


class NoiseSimulators:
    voiced = conversations = unlabelled = Noise()

    def all(self):
        return [Noise()] * 3


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_segmentation_learns_in_each_part(tmp_path, part, monkeypatch):
    monkeypatch.setattr(distil_segmentation, "validation_batches", lambda held_out, device: [])
    monkeypatch.setattr(distil_segmentation, "sounds_of", lambda *args: torch.randn(1, 1, 16000))
    torch.manual_seed(5)
    teacher = SegmentationNetwork()
    args = argparse.Namespace(minutes=10.0, out=tmp_path, seed=1)
    run = distil_segmentation.SegmentationDistillation(args, teacher, NoiseSimulators(), NoiseSimulators())
    run.state["used_s"] = (0.1, 0.3, 0.75)[part] * 600
    samples = 0.1 * torch.randn(3, 1, 24000, generator=torch.Generator().manual_seed(6))
    batch = (samples, samples + 0.01, torch.tensor([True, False, False]))
    first, last = [], []
    for step in range(25):
        for loss in run.losses_of(batch):
            (first if step < 2 else last).append(loss.item())
            run.update(loss)
    assert np.mean(last[-4:]) < 0.9 * np.mean(first), (first, last)


def test_windows_for_a_teacher_that_hears_clean_voices():
    windows = distil_segmentation.Windows(NoiseSimulators(), 16000, (1,), clean=True)
    made = [window for _, window in zip(range(60), windows)]
    apart = [window for window in made if window[2]]
    assert 4 < len(apart) < 30
    for samples, heard, _ in apart:
        assert not torch.equal(samples, heard)
    for samples, heard, is_apart in made:
        assert is_apart or torch.equal(samples, heard)
    same = distil_segmentation.Windows(NoiseSimulators(), 16000, (1,), clean=False)
    assert not any(window[2] for _, window in zip(range(30), same))


def test_voiced_windows_keep_the_voices_apart_from_room_and_noise(tmp_path):
    from diar_train.voiced_windows import VoicedWindows

    class Voices:
        def __init__(self):
            self.samples = [np.full(16000, 1000.0 * (n + 1)) for n in range(4)]

        def __len__(self):
            return 4

        def piece(self, speaker, count, rng):
            return np.full(count, 1000.0 * (speaker + 1), np.float32)

        def babble(self, count, rng):
            return np.zeros(count, np.float32)

    source = VoicedWindows(Voices(), [], np.ones((2, 6, 100)), overlapping=1.0)
    for seed in range(6):
        samples, clean, labels = source.with_clean(np.random.default_rng(seed), 48000)
        again, same = source.window(np.random.default_rng(seed), 48000)
        assert np.array_equal(samples, again) and np.array_equal(labels, same)
        # Silent exactly where nobody talks.
        talking = np.repeat(labels.any(1), 270)[:48000]
        heard = np.abs(clean[: len(talking)])
        if talking.any() and not talking.all():
            # Edges lie within frames.
            assert heard[talking].mean() > 0.1 and np.median(heard[~talking]) == 0
        assert np.abs(clean).max() <= 0.3 + 1e-6
