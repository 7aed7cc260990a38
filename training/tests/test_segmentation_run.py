"""python3 -m pytest training/tests: the pupil, its teacher, its schedule and its checkpoint; no corpora."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from diar_train import segmentation_run
from diar_train.frames import num_frames
from diar_train.hints import Hints
from diar_train.networks import SegmentationNetwork
from diar_train.segmentation_data import Batches
from diar_train.segmentation_run import Lesson, Run, Schedule, Teacher

SECOND = 16000


def schedule(**changes: float) -> Schedule:
    values = {"rate": 2e-3, "teacher_share": 0.9, "teacher_share_end": 0.5, "hint_share": 0.5}
    return Schedule(**{**values, **changes})


def lesson(count: int = 4) -> Lesson:
    """Windows of 1 s: one voice (a tone) in the second half, noise before it."""
    generator = torch.Generator().manual_seed(3)
    samples = 0.01 * torch.randn(count, 1, SECOND, generator=generator)
    samples[..., SECOND // 2 :] += torch.sin(torch.arange(SECOND // 2) * 0.1)
    frames = num_frames(SECOND)
    labels = torch.zeros(count, frames, 3, dtype=torch.bool)
    labels[:, frames // 2 :, 0] = True
    return Lesson(samples, labels, torch.ones(count, dtype=torch.bool))


def set_clock(monkeypatch: pytest.MonkeyPatch, readings: Iterable[float]) -> None:
    """The budget's clock, and nobody else's."""
    clock = SimpleNamespace(monotonic=iter(readings).__next__)
    monkeypatch.setattr(segmentation_run, "time", clock)


def test_schedule_follows_the_budget():
    rates = [schedule().learning_rate(progress, 1000) for progress in (0.0, 0.5, 1.0)]
    assert rates == pytest.approx([2.01e-3, 1.01e-3, 1e-5])
    assert schedule().learning_rate(0.0, 49) == pytest.approx(1.01e-3)  # the warm-up takes 100 steps
    weights = [schedule().teacher_weight(progress) for progress in (0.0, 0.5, 1.0)]
    assert weights == pytest.approx([0.9, 0.7, 0.5])
    assert [schedule().hint_weight(progress) for progress in (0.0, 1.0)] == pytest.approx([0.5, 0.1])


def test_a_pupil_learns_and_resumes(tmp_path, monkeypatch):
    set_clock(monkeypatch, range(1000))
    torch.manual_seed(1)
    run = Run(SegmentationNetwork(), None, schedule(rate=1e-3), minutes=1, bf16=False)
    run.step = 100  # the warm-up is over
    run.budget.start()
    for _ in range(25):
        run.learn(lesson())
    assert run.losses[-1] < 0.7 * run.losses[0]
    assert run.step == 125 and run.budget.used_s == 25

    path = tmp_path / "checkpoint.pt"
    assert not run.resume(path, "cpu")
    run.save(path)
    again = Run(SegmentationNetwork(), None, schedule(rate=1e-3), minutes=1, bf16=False)
    assert again.resume(path, "cpu")
    assert again.step == 125 and again.budget.progress() == run.budget.progress()
    for one in (run, again):
        one.learn(lesson())
    assert again.losses[-1] == run.losses[-1]
    assert all(torch.equal(*pair) for pair in zip(run.network.parameters(), again.network.parameters()))


def test_a_pause_does_not_use_up_the_budget(monkeypatch):
    set_clock(monkeypatch, (0.0, 2.0, 5000.0))
    budget = segmentation_run.Budget(minutes=1, used_s=6.0)
    budget.start()
    budget.tick()
    assert budget.used_s == 8.0
    budget.tick()
    assert budget.used_s == 38.0


def test_a_teacher_repeats_when_it_has_judged_enough():
    torch.manual_seed(2)
    network = SegmentationNetwork().eval()
    teacher = Teacher(network, tells_layers=True, bf16=False, replay_share=0.5, seed=[1, 0])
    one = lesson(2)
    parts = (one.samples, one.labels, one.labelled)
    for _ in range(19):
        taught = teacher.teach(*parts)
        assert len(taught.samples) == 2
    # Twenty windows are kept for each that is repeated: 20 batches of 2 for 2 more windows.
    taught = teacher.teach(*parts)
    assert len(taught.samples) == len(taught.labels) == len(taught.labelled) == 4
    with torch.no_grad():
        expected = network(taught.samples)
    assert taught.answers is not None and torch.allclose(taught.answers, expected, atol=1e-5)
    assert [layer.shape[-1] for layer in taught.layers] == list(network.LAYER_SIZES)
    # Windows of another length cannot share a batch with those.
    longer = torch.zeros(2, 1, 2 * SECOND), torch.zeros(2, num_frames(2 * SECOND), 3, dtype=torch.bool)
    assert len(teacher.teach(*longer, one.labelled).samples) == 2
    assert len(teacher.replay.windows) == 2


def test_answers_and_hints_reach_the_loss():
    torch.manual_seed(3)
    network, teaching = SegmentationNetwork(), SegmentationNetwork().eval()
    hints = Hints(network.LAYER_SIZES, teaching.LAYER_SIZES)
    run = Run(network, hints, schedule(), minutes=1, bf16=False)
    one = lesson(2)
    taught = Teacher(teaching, True, False, 0.0, [1]).teach(one.samples, one.labels, one.labelled)
    for _ in range(2):
        run.learn(taught)
    assert len(run.untold) == 2 and run.untold[1] < run.untold[0]
    own = Teacher(network, True, False, 0.0, [1]).teach(one.samples, one.labels, ~one.labelled)
    run.learn(own)
    # Without labels, who agrees with the teacher has nothing to learn from the answers.
    assert run.losses[-1] == pytest.approx(0, abs=1e-5)


class Constant:
    """Windows that hold one value, so that a batch tells where it comes from."""

    def __init__(self, value: float, labelled: bool):
        self.value, self.labelled = value, labelled

    def window(self, rng: np.random.Generator, num_samples: int) -> tuple[np.ndarray, np.ndarray]:
        samples = np.full(num_samples, self.value, np.float32)
        return samples, np.zeros((num_frames(num_samples), 3), bool)


class ConstantSimulators:
    def all(self) -> list[Constant]:
        return [Constant(0.0, True), Constant(1.0, True), Constant(2.0, False)]


def test_batches_hold_their_shares_and_grow_long():
    args = argparse.Namespace(
        unlabelled_share=0.5, voiced_share=0.8, replay=0.5, seed=1, short_s=0.5, batch=40
    )
    batches = Batches(ConstantSimulators(), args, "cpu")
    counts = np.zeros(3)
    for _ in range(20):
        samples, labels, labelled = batches.next(False, 0)
        assert samples.shape == (20, 1, SECOND // 2) and labels.shape == (20, num_frames(SECOND // 2), 3)
        values = samples[:, 0, 0].long()
        assert torch.equal(labelled, values < 2)
        counts += np.bincount(values, minlength=3)
    assert counts / counts.sum() == pytest.approx([0.4, 0.1, 0.5], abs=0.08)
    samples, _, _ = batches.next(True, 20)
    assert samples.shape == (10, 1, 10 * SECOND)
