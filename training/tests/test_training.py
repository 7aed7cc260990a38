"""python3 -m pytest training/tests: labels, losses, splits and network shapes; needs torch and numpy, no
corpora.
"""

import argparse
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import choose_biases
import export_segmentation
from diar_train.conversations import CONDITIONS, make_plan, render, rttm
from diar_train.corpora import SPLITS, read_split, split_of
from diar_train.export import mean
from diar_train.frames import num_frames
from diar_train.hints import Hints
from diar_train.networks import SegmentationNetwork
from diar_train.powerset import (
    CLASSES,
    PERMUTATIONS,
    class_order,
    divergences,
    frame_errors,
    permutation_free_loss,
    pupil_loss,
    to_classes,
    to_speakers,
)
from diar_train.segmentation_data import Replay
from diar_train.simulation import frame_labels, speech_mask
from diar_train.turns import Meeting
from diar_train.voiced import voiced_stretches

SPLITS_DIR = Path(__file__).parents[1] / "splits"


def certain(labels: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of a network that is sure of `labels`."""
    return torch.log_softmax(20.0 * torch.nn.functional.one_hot(to_classes(labels), 7).float(), -1)


def conversation() -> torch.Tensor:
    labels = torch.zeros(1, 40, 3, dtype=torch.bool)
    labels[0, 5:20, 0] = True
    labels[0, 15:30, 1] = True
    labels[0, 32:38, 2] = True
    return labels


def test_no_speaker_is_in_two_splits():
    speakers = {split: read_split(SPLITS_DIR, split) for split in SPLITS}
    assert all(speakers.values())
    for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not speakers[a] & speakers[b]


@pytest.mark.parametrize("split", SPLITS)
def test_committed_splits_are_those_of_the_hash(split):
    assert all(split_of(*key.split("/", 1)) == split for key in read_split(SPLITS_DIR, split))


def test_classes_and_speakers_are_inverse():
    classes = torch.arange(len(CLASSES))
    assert torch.equal(to_classes(to_speakers(classes)), classes)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_loss_does_not_see_the_order_of_speakers(order):
    labels = conversation()
    log_probs = torch.log_softmax(torch.randn(1, 40, 7, generator=torch.Generator().manual_seed(3)), -1)
    expected = permutation_free_loss(log_probs, labels)
    # The same sums in another order: only rounding may differ.
    assert permutation_free_loss(log_probs, labels[..., list(order)]).item() == pytest.approx(
        expected.item(), rel=1e-6
    )
    assert permutation_free_loss(certain(labels), labels[..., list(order)]).item() < 1e-4


def test_loss_sees_a_swap_inside_a_window():
    labels = conversation()
    swapped = labels.clone()
    swapped[:, 25:] = labels[:, 25:][..., [1, 0, 2]]
    assert permutation_free_loss(certain(labels), swapped).item() > 1.0


def test_frame_errors_count_each_kind():
    labels = conversation()
    decided = labels.clone()
    decided[0, 5:8, 0] = False  # 3 missed
    decided[0, 0:2, 0] = True  # 2 false
    decided[0, 32:34] = torch.tensor([True, False, False])  # 2 confused
    errors = frame_errors(certain(decided), labels)
    total = labels.sum().item()
    assert errors["missed"] == pytest.approx(3 / total)
    assert errors["false_alarm"] == pytest.approx(2 / total)
    assert errors["confusion"] == pytest.approx(2 / total)


@pytest.mark.parametrize("num_samples", (80000, 80001, 80269, 80270, 159999, 160000))
def test_network_gives_the_frames_that_labels_have(num_samples):
    with torch.no_grad():
        log_probs = SegmentationNetwork().eval()(torch.zeros(1, 1, num_samples))
    assert log_probs.shape == (1, num_frames(num_samples), 7)
    assert torch.allclose(log_probs.exp().sum(-1), torch.ones(()))
    assert len(frame_labels(np.zeros(num_samples // 160 + 1, bool), num_samples)) == num_frames(num_samples)


def test_layers_end_with_what_the_network_says():
    torch.manual_seed(1)
    network = SegmentationNetwork().eval()
    waveforms = torch.randn(2, 1, 16000)
    with torch.no_grad():
        layers = network.layers(waveforms)
        assert [layer.shape[-1] for layer in layers] == [60, 256, 256, 256, 256]
        assert torch.equal(layers[-1], network.lstm(network.sincnet(waveforms).transpose(1, 2))[0])


def test_fitted_hints_tell_what_depends_linearly_and_no_more():
    torch.manual_seed(1)
    pupil = [torch.randn(4, 200, 6), torch.randn(4, 200, 5)]
    told = pupil[0] @ torch.randn(6, 3) + 2.0
    unheard = torch.randn(4, 200, 3)
    hints = Hints([6, 5], [3, 3])
    assert hints(pupil, [told, unheard]) > 0.6
    hints.fit(pupil, [told, unheard])
    assert hints([*pupil[:1], torch.zeros(4, 200, 5)], [told, unheard]).item() == pytest.approx(0.5, abs=0.02)
    # A layer twice as loud counts no more.
    louder = Hints([6, 5], [3, 3])
    louder.fit(pupil, [10 * told, 10 * unheard])
    assert louder(pupil, [10 * told, 10 * unheard]).item() == pytest.approx(
        hints(pupil, [told, unheard]).item(), rel=1e-3
    )


def test_a_pupil_learns_from_hints():
    torch.manual_seed(1)
    pupil, teacher = SegmentationNetwork(), SegmentationNetwork().eval()
    waveforms = torch.randn(3, 1, 64000)  # more frames than any layer has units
    with torch.no_grad():
        said = teacher.layers(waveforms)
    hints = Hints(pupil.LAYER_SIZES, teacher.LAYER_SIZES)
    hints.fit(pupil.layers(waveforms), said)
    before = hints(pupil.layers(waveforms), said)
    before.backward()
    with torch.no_grad():
        for parameter in pupil.parameters():
            if parameter.grad is not None:
                parameter -= 1e-5 * parameter.grad
    assert hints(pupil.layers(waveforms), said) < before


def test_bfloat16_leaves_the_filters_alone():
    torch.manual_seed(8)
    network, samples = (
        SegmentationNetwork().eval(),
        torch.randn(2, 1, 16000) * torch.linspace(0, 1, 16000) ** 4,
    )
    with torch.no_grad():
        exact = network.sincnet.conv1d[0](samples)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(network.sincnet.conv1d[0](samples), exact)
            assert (divergences(network(samples).float(), network(samples)) < 1e-2).all()


def test_ten_seconds_have_589_frames():
    assert num_frames(160000) == 589


def test_labels_start_and_end_where_the_speech_does():
    mask = np.zeros(1001, bool)
    mask[200:400] = True  # 2 s to 4 s
    active = np.flatnonzero(frame_labels(mask, 160000))
    step_s = 270 / 16000
    assert abs(active[0] * step_s + 0.03097 - 2.0) <= step_s
    assert abs(active[-1] * step_s + 0.03097 - 4.0) <= step_s


def burst() -> np.ndarray:
    rng = np.random.default_rng(5)
    samples = 20 * rng.standard_normal(48000)
    samples[16000:32000] += 4000 * np.sin(np.arange(16000) * 0.1)
    return samples.astype(np.int16)


def test_silence_around_speech_is_not_speech():
    stretches = voiced_stretches(burst())
    assert len(stretches) == 1
    first, last = stretches[0]
    # Ends within the margin of 30 ms and two frames of smoothing.
    assert abs(first - 16000) <= 800 and abs(last - 32000) <= 800
    mask = speech_mask(burst())
    assert mask[105:195].all() and not mask[:95].any() and not mask[205:].any()


def test_no_stretch_in_noise_too_short_to_judge():
    assert voiced_stretches(burst()[:1000]) == []


def test_distillation_does_not_care_which_speaker_comes_first():
    torch.manual_seed(4)
    teacher = torch.log_softmax(3 * torch.randn(2, 30, 7), -1)
    student = torch.log_softmax(3 * torch.randn(2, 30, 7), -1)
    assert (divergences(student, teacher) > 0.5).all()
    for order in PERMUTATIONS:
        swapped = teacher[..., class_order(order)]
        # Speaker j of the new order is speaker order[j] of the old one, on every set of speakers.
        old = to_speakers(teacher.argmax(-1))
        assert torch.equal(to_speakers(swapped.argmax(-1)), old[..., list(order)])
        assert (divergences(teacher, swapped).abs() < 1e-6).all()
        assert torch.allclose(divergences(student, swapped), divergences(student, teacher), rtol=1e-5)


def test_replay_keeps_windows_whole_and_forgets():
    replay = Replay(8, np.random.default_rng(1))
    for first in range(0, 40, 4):
        numbers = torch.arange(first, first + 4)
        replay.add(numbers[:, None].float().expand(4, 5), numbers % 2 == 0)
    assert len(replay.windows) == 8
    samples, even = replay.draw(200)
    assert (
        samples.shape == (200, 5)
        and torch.equal(even, samples[:, 0] % 2 == 0)
        and (samples == samples[:, :1]).all()
    )
    assert samples.max() >= 24 and 4 <= len(samples[:, 0].unique()) <= 8


def test_windows_without_labels_listen_to_the_teacher_alone():
    torch.manual_seed(5)
    labels = conversation().repeat(3, 1, 1)
    answers = torch.log_softmax(3 * torch.randn(3, 40, 7), -1)
    said = torch.log_softmax(torch.randn(3, 40, 7), -1)
    labelled = torch.tensor([True, False, True])
    loss = pupil_loss(said, labels, answers, labelled, 0.75)
    kl = divergences(said, answers)
    cross_entropy = torch.stack([permutation_free_loss(said[k : k + 1], labels[k : k + 1]) for k in range(3)])
    by_hand = (0.75 * kl[0] + 0.25 * cross_entropy[0] + kl[1] + 0.75 * kl[2] + 0.25 * cross_entropy[2]) / 3
    assert torch.isclose(loss, by_hand, rtol=1e-5)
    assert torch.isclose(
        pupil_loss(said, ~labels, answers, torch.zeros(3, dtype=torch.bool), 0.75), kl.mean(), rtol=1e-5
    )


def _meetings():
    """Two made-up meetings in which four people take turns of 2 s with 0.5 s between them."""
    rows = [(2.5 * i, 2.5 * i + 2.0, "abcd"[i % 4]) for i in range(400)]
    return [Meeting("one", list(rows)), Meeting("two", list(rows))]


def test_conversations_have_their_cast_and_are_repeatable():
    for index in range(5):
        plan = make_plan(index, _meetings(), seed=7)
        assert plan == make_plan(index, _meetings(), seed=7)
        assert plan.num_speakers == 2 + index == len({turn.speaker for turn in plan.turns})
        assert all(
            turn.end_s - turn.start_s >= 0.3 and turn.end_s <= plan.duration_s + 1e-6 for turn in plan.turns
        )
        assert len(rttm(plan).splitlines()) == len(plan.turns)


def test_conversations_speak_where_their_turns_are():
    plan = make_plan(1, _meetings(), seed=7)
    rng = np.random.default_rng(3)
    materials = [(3000 * rng.standard_normal(16000 * 12)).astype(np.int16) for _ in range(plan.num_speakers)]
    rooms = np.zeros((1, 2, 100), np.float16)
    rooms[:, :, 0] = 1
    for condition in CONDITIONS:
        samples = render(plan, materials, rooms, condition)
        assert np.array_equal(samples, render(plan, materials, rooms, condition))
        speech = np.zeros(len(samples), bool)
        for turn in plan.turns:
            speech[round(turn.start_s * 16000) : round(turn.end_s * 16000)] = True
        power_db = [10 * np.log10((samples[mask].astype(float) ** 2).mean()) for mask in (speech, ~speech)]
        assert power_db[0] - power_db[1] > (30 if condition != "noisy" else 6)


def test_chosen_biases_undo_a_fault():
    labels = conversation().repeat(4, 1, 1)
    torch.manual_seed(6)
    sound = torch.log_softmax(
        2.0 * torch.nn.functional.one_hot(to_classes(labels), 7).float() + 0.3 * torch.randn(4, 40, 7), -1
    )
    plain, best = choose_biases.choose(sound, labels)
    assert plain == best
    # One who says "nobody" and "two" too readily: each needs its bias, and no more of it.
    faulty = sound + 2.5 * torch.eye(7)[0] + 2.0 * torch.eye(7)[4:].sum(0)
    plain, best = choose_biases.choose(faulty, labels)
    assert best["der"] < 0.5 * plain["der"] and best["silence_bias"] > 0 and best["overlap_bias"] > 0


def test_labels_of_a_window_count_from_its_start():
    labels = choose_biases.labels_of(
        [(31.0, 33.0, "a"), (32.0, 39.0, "b"), (50.0, 51.0, "c"), (20.0, 30.5, "d")], 30 * 16000
    )
    assert labels.shape == (589, 3)
    # The busiest of the window first; who talks elsewhere is silent here.
    assert labels.sum(0) / 58.9 == pytest.approx([7.0, 2.0, 0.5], abs=0.1)
    assert labels[round(2.5 * 58.9)].tolist() == [True, True, False] and not labels[-20:].any()


def test_biases_move_silence_and_overlap_only():
    bias = torch.arange(7.0)
    export_segmentation.adjust(
        {"classifier.bias": bias}, argparse.Namespace(silence_bias=0.5, overlap_bias=-0.25)
    )
    assert bias.tolist() == [-0.5, 1, 2, 3, 4.25, 5.25, 6.25]


def test_mean_of_runs_leaves_counters_alone():
    runs = [
        {"weight": torch.full((2,), value), "num_batches_tracked": torch.tensor(steps)}
        for value, steps in ((1.0, 7), (4.0, 9))
    ]
    both = mean(runs)
    assert torch.equal(both["weight"], torch.full((2,), 2.5))
    assert both["num_batches_tracked"].item() == 7
    assert torch.equal(mean(runs[1:])["weight"], runs[1]["weight"])
