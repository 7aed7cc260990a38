"""python3 -m pytest training/tests: windows, losses, PLDA and error rates of the embedding recipe; needs
torch and numpy, no corpora.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

TRAINING = Path(__file__).parents[1]
sys.path.insert(0, str(TRAINING))

import train_embedding  # noqa: E402
from diar_train import augment, voiced_windows  # noqa: E402
from diar_train.augment import SPEEDS, at_speed, degrade, mu_law, room_sounds, rumble, source_length  # noqa: E402
from diar_train.corpora import PreparedCorpora, Speaker, read_split  # noqa: E402
from diar_train.embedding_windows import EmbeddingWindows, Materials  # noqa: E402
from diar_train.extract import embed, load_embedding  # noqa: E402
from diar_train.features import filter_banks, mfcc  # noqa: E402
from diar_train.frames import num_frames  # noqa: E402
from diar_train.margin import AngularMargin  # noqa: E402
from diar_train.networks import EmbeddingNetwork  # noqa: E402
from diar_train.plda import Plda  # noqa: E402
from diar_train.real_trials import real_windows  # noqa: E402
from diar_train.trials import Segment, render, segments_of, speech_only  # noqa: E402
from diar_train.unlabelled_windows import UnlabelledWindows, chopped, strange, whispered  # noqa: E402
from diar_train.verification import equal_error_rate, pair_scores  # noqa: E402
from diar_train.widen import widen  # noqa: E402

RATE = 16000


def voice(hz: float, seconds: float, seed: int) -> np.ndarray:
    """A buzz with this fundamental and a little noise, int16: people who differ by pitch alone."""
    rng = np.random.default_rng(seed)
    phase = np.cumsum(2 * np.pi * hz * (1 + 0.01 * rng.standard_normal(round(seconds * RATE))) / RATE)
    buzz = np.sum([np.sin(k * phase) / k for k in range(1, 20)], 0)
    return (3000 * buzz + 60 * rng.standard_normal(len(buzz))).astype("<i2")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Twelve buzzing speakers in each of training and validation."""
    folder = tmp_path_factory.mktemp("prepared")
    first = 0
    with (folder / "speech.i16").open("wb") as speech, (folder / "speech.tsv").open("w") as table:
        table.write("corpus\tspeaker\tfirst_sample\tnum_samples\n")
        for split in ("train", "validation"):
            for index, key in enumerate(sorted(read_split(TRAINING / "splits", split))[:12]):
                samples = voice(80 * 1.13**index, 6, index)
                table.write("\t".join([*key.split("/", 1), str(first), str(len(samples))]) + "\n")
                speech.write(samples.tobytes())
                first += len(samples)
    return folder


@pytest.fixture(scope="module")
def materials(prepared):
    return Materials(prepared, TRAINING / "splits", ["train"])


def test_materials_are_those_of_the_split(materials):
    assert len(materials) == 12 and set(materials.keys) <= read_split(TRAINING / "splits", "train")


@pytest.mark.parametrize("augmented", (False, True))
def test_equal_seeds_give_equal_windows(materials, augmented):
    rooms = np.random.default_rng(0).standard_normal((2, 3, 400)).astype(np.float32)
    for num_samples in (48000, 160000):
        one, other = (
            EmbeddingWindows(materials, rooms, augmented=augmented).window(
                np.random.default_rng(8), num_samples
            )
            for _ in range(2)
        )
        assert all(
            np.array_equal(getattr(one, part), getattr(other, part))
            for part in ("samples", "masks", "speakers")
        )
        assert (
            one.samples.shape == (num_samples,)
            and one.masks.shape == (3, num_frames(num_samples))
            and np.abs(one.samples).max() <= 1
        )


def test_masks_hold_sole_speech_of_the_speaker_they_name(materials):
    source = EmbeddingWindows(materials, None, (1.0,), augmented=False)
    rng = np.random.default_rng(2)
    named = 0
    for _ in range(20):
        window = source.window(rng, 160000)
        assert (window.masks.sum(0) <= 1).all()  # alone means nobody else
        for mask, speaker in zip(window.masks, window.speakers):
            if speaker < 0:
                continue
            named += 1
            assert mask.sum() >= 30
            # The fundamental of what is heard under the mask is the speaker's.
            inside = np.repeat(mask, 270)[: len(window.samples)] > 0
            heard = np.abs(np.fft.rfft(np.where(inside, window.samples[: len(inside)], 0)))
            hz = np.fft.rfftfreq(len(inside), 1 / RATE)[np.argmax(heard)]
            assert hz == pytest.approx(80 * 1.13**speaker, rel=0.03)
    assert named > 20


def test_speeds_are_other_speakers(materials):
    source = EmbeddingWindows(materials, None)
    assert source.num_classes == 36
    rng = np.random.default_rng(3)
    seen = {int(s) for _ in range(200) for s in source.window(rng, 48000).speakers if s >= 0}
    assert min(seen) < 12 and max(seen) >= 24 and max(seen) < 36


@pytest.mark.parametrize("speed", SPEEDS)
def test_speed_moves_pitch_and_length(speed):
    length = source_length(32000, speed)
    tone = np.sin(2 * np.pi * 500 * np.arange(length) / RATE)
    out = at_speed(tone, speed)
    assert len(out) >= 32000 and len(out) == pytest.approx(length / speed, abs=1)
    spectrum = np.abs(np.fft.rfft(out[:32000]))
    assert np.argmax(spectrum) / 2 == pytest.approx(500 * speed, abs=1)
    assert np.abs(out).max() == pytest.approx(1, abs=0.1)


def test_mu_law_keeps_what_telephones_keep():
    tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
    error = mu_law(tone) - tone
    # 8 bits with mu = 255 give about 38 dB.
    assert 30 < -10 * np.log10((error**2).mean() / (tone**2).mean()) < 45


def test_filter_banks_follow_kaldi_where_it_can_be_said_by_hand():
    samples = torch.from_numpy(np.sin(2 * np.pi * 1000 * np.arange(16000) / RATE).astype(np.float32))[None]
    loud, quiet = filter_banks(samples), filter_banks(0.1 * samples)
    assert loud.shape == (1, 98, 80)
    assert torch.allclose(loud.mean(1), torch.zeros(1, 80), atol=1e-4)
    assert torch.allclose(loud, quiet, atol=1e-3)  # the mean takes the level with it
    cepstra = mfcc(torch.ones(2, 80))
    assert cepstra.shape == (2, 30) and cepstra.abs().max() < 1e-4  # a flat spectrum has only c0


def test_of_masks_is_the_network_mask_by_mask():
    torch.manual_seed(1)
    network = EmbeddingNetwork(8).eval()
    features = torch.randn(2, 200, 80)
    masks = (torch.rand(3, 117) > 0.4).float()
    windows = torch.tensor([0, 1, 0])
    with torch.no_grad():
        together = network.of_masks(features, masks, windows)
        for i in range(3):
            assert torch.allclose(
                together[i], network(features[windows[i]][None], masks[i][None])[0], atol=1e-5
            )


def test_margin_asks_more_of_the_right_class():
    torch.manual_seed(2)
    margin = AngularMargin(16, 5)
    embeddings, classes = torch.randn(8, 16), torch.arange(8) % 5
    margin.margin = 0.0
    plain = margin(embeddings, classes)
    assert plain.item() == pytest.approx(
        torch.nn.functional.cross_entropy(32 * margin.cosines(embeddings), classes).item(), rel=1e-4
    )
    margin.margin = 0.2
    assert margin(embeddings, classes) > plain
    # At an angle known exactly: two classes at 0 and 90 degrees, an embedding at 30 from the right one.
    two = AngularMargin(2, 2)
    two.weight.data = torch.eye(2)
    angle = np.pi / 6
    loss = two(torch.tensor([[np.cos(angle), np.sin(angle)]], dtype=torch.float32), torch.tensor([0])).item()
    assert loss == pytest.approx(np.log1p(np.exp(32 * (np.cos(np.pi / 3) - np.cos(angle + 0.2)))), rel=1e-3)


def test_equal_error_rate_of_small_cases():
    same = np.array([True, True, False, False])
    assert equal_error_rate(np.array([0.9, 0.8, 0.2, 0.1]), same) == 0.0
    assert equal_error_rate(np.array([0.1, 0.2, 0.8, 0.9]), same) == 1.0
    assert equal_error_rate(np.array([0.9, 0.2, 0.8, 0.1]), same) == pytest.approx(0.5)
    assert equal_error_rate(np.zeros(4), same) == pytest.approx(0.5)  # no information
    rng = np.random.default_rng(5)
    # Two normal distributions d apart: EER = Phi(-d / 2).
    scores = np.concatenate([rng.normal(2, 1, 40000), rng.normal(0, 1, 40000)])
    assert equal_error_rate(scores, np.arange(80000) < 40000) == pytest.approx(0.1587, abs=0.005)
    with pytest.raises(ValueError):
        equal_error_rate(scores[:3], np.ones(3, bool))


def test_pairs_across_sessions():
    embeddings = np.eye(4)
    speakers, sessions = np.array([0, 0, 0, 1]), np.array(["a", "a", "b", "a"])
    assert pair_scores(embeddings, speakers)[1].sum() == 3 and len(pair_scores(embeddings, speakers)[1]) == 6
    scores, same = pair_scores(embeddings, speakers, sessions)
    assert (
        same.sum() == 2 and len(scores) == 5
    )  # the pair within session a is gone, those of two speakers stay


def two_covariances(num_speakers: int, each: int, seed: int):
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((24, 24))
    between, within = basis * np.linspace(3, 0.1, 24), np.linalg.qr(basis)[0] * np.linspace(2, 25, 24)
    speakers = np.repeat(np.arange(num_speakers), each)
    return 5 + (rng.standard_normal((num_speakers, 24)) @ between.T)[speakers] + rng.standard_normal(
        (len(speakers), 24)
    ) @ within.T, speakers


def test_plda_tells_unseen_speakers_apart_better_than_cosine(tmp_path):
    rows, speakers = two_covariances(300, 6, 1)
    plda = Plda.fit(rows[:1200], speakers[:1200], 12)
    z, names = plda.features(rows[1200:]), speakers[1200:]
    # In z: covariance 1 within speakers, falling psi between them.
    rest = (
        z
        - np.stack([z[names == s].mean(0) for s in np.unique(names)])[
            np.unique(names, return_inverse=True)[1]
        ]
    )
    assert np.allclose(np.diag(rest.T @ rest / (len(z) - 100)), 1, atol=0.35)
    assert (np.diff(plda.psi) <= 0).all() and plda.psi.min() > 0
    one, other = np.triu_indices(len(names), 1)
    by_plda = equal_error_rate(
        plda.pair_scores(rows[1200:])[one, other], (names[:, None] == names)[one, other]
    )
    by_cosine = equal_error_rate(*pair_scores(rows[1200:], names))
    assert by_plda < 0.6 * by_cosine
    plda.save(tmp_path)
    again = Plda.load(tmp_path)
    assert all(
        np.array_equal(getattr(again, name), getattr(plda, name)) and getattr(again, name).flags.c_contiguous
        for name in vars(plda)
    )
    # The engine's own derivation (steps 12 of the pipeline) ends at the same variances.
    w, b = np.linalg.inv(again.tr.T @ again.tr), np.linalg.inv((again.tr.T / again.psi) @ again.tr)
    assert np.allclose(np.sort(np.linalg.eigvals(np.linalg.solve(w, b)).real)[::-1], again.psi, rtol=1e-6)


def test_pair_scores_are_likelihood_ratios():
    rows, speakers = two_covariances(80, 5, 2)
    plda = Plda.fit(rows, speakers, 3)
    z, psi = plda.features(rows[:2]), plda.psi

    def log_normal(x, covariance):
        return -0.5 * (x @ np.linalg.solve(covariance, x) + np.linalg.slogdet(2 * np.pi * covariance)[1])

    expected = sum(
        log_normal(z[:, d], np.array([[1 + psi[d], psi[d]], [psi[d], 1 + psi[d]]]))
        - log_normal(z[:, d], np.eye(2) * (1 + psi[d]))
        for d in range(3)
    )
    assert plda.pair_scores(rows[:2])[0, 1] == pytest.approx(expected)


def test_segments_share_nothing_and_know_their_session():
    speech = np.arange(20 * RATE, dtype=np.int32)
    found = segments_of(
        [{"a": speech, "b": speech + 10**7}, {"": speech[: 3 * RATE]}], 4, np.random.default_rng(1)
    )
    assert [segment.speaker for segment in found] == [0, 0, 0, 0] and [
        segment.session for segment in found
    ] == ["a", "b", "a", "b"]
    seen = np.concatenate([segment.samples for segment in found])
    assert len(np.unique(seen)) == len(seen)
    assert all(3 * RATE <= len(segment.samples) <= 8 * RATE for segment in found)


def test_rendered_segments_lie_under_their_mask():
    segment = Segment(0, "", voice(150, 5, 1))
    for seed in range(5):
        samples, mask = render(segment, None, np.random.default_rng(seed))
        assert np.array_equal(samples, render(segment, None, np.random.default_rng(seed))[0])
        assert mask.sum() * 270 / RATE == pytest.approx(5, abs=0.1)
        # A frame stands for the 270 samples around its middle, which lies 495 after its start.
        inside = np.pad(np.repeat(mask, 270), (360, 0))[: len(samples)] > 0
        power = [(samples[: len(inside)][part] ** 2).mean() for part in (inside, ~inside)]
        assert power[0] > 100 * power[1]
    samples, mask = speech_only(segment)
    assert (
        samples.shape == (1, len(segment.samples))
        and mask.shape == (1, 1, num_frames(len(segment.samples)))
        and mask.all()
    )


def test_voiced_windows_talk_where_their_labels_say(materials, monkeypatch):
    meetings = [
        [
            (start, start + 2.5, name)
            for start, name in ((0, "a"), (1.5, "b"), (2.6, "a"), (6, "c"), (7, "d"), (14, "a"))
        ]
    ]
    windows = voiced_windows.VoicedWindows(materials, meetings, np.ones((1, 3, 1), np.float32))
    assert all(
        np.array_equal(a, b)
        for a, b in zip(
            windows.window(np.random.default_rng(3), 80000), windows.window(np.random.default_rng(3), 80000)
        )
    )
    # The gap of 0.1 s in a's talk is closed.
    assert voiced_windows.joined([(2.6, 5.1), (0.0, 2.5), (14, 16.5)]) == [(0.0, 5.1), (14, 16.5)]
    # Without noise and rooms there is sound under the labels and nowhere else.
    monkeypatch.setattr(voiced_windows, "degrade", lambda mix, babble, rng: mix)
    monkeypatch.setattr(voiced_windows, "convolve", lambda track, response: track)
    monkeypatch.setattr(augment, "room_sounds", lambda count, rng: np.zeros(count, np.float32))
    counts = {}
    for overlapping in (0.0, 1.0):
        windows.overlapping, counts[overlapping] = overlapping, np.zeros(4)
        for seed in range(24):
            samples, labels = windows.window(np.random.default_rng(seed), 80000)
            assert samples.shape == (80000,) and labels.shape == (num_frames(80000), 3)
            counts[overlapping] += np.bincount(labels.sum(1), minlength=4)
            talking = np.pad(np.repeat(labels.any(1), 270), (360, 0))[: len(samples)]
            quiet = np.convolve(talking, np.ones(1601), "same") < 0.5  # not within 50 ms of a label
            quiet[:1600] = False
            if talking.any() and quiet.any():
                assert (samples[: len(talking)][talking] ** 2).mean() > 100 * (
                    samples[: len(talking)][quiet] ** 2
                ).mean()
    shares = {key: count / count.sum() for key, count in counts.items()}
    assert shares[1.0][2:].sum() > 0.15 and min(shares[0.0][:3]) > 0.02


def test_some_windows_hold_no_voice():
    plans = [voiced_windows.overlapping_turns(5.0, np.random.default_rng(seed)) for seed in range(200)]
    assert 4 <= sum(not plan for plan in plans) <= 50 and max(len(plan) for plan in plans) == 3


def test_voices_made_into_none():
    buzz = voice(120, 1, 3).astype(np.float32)

    def harmonics(samples: np.ndarray) -> float:
        """How much of the power lies within 10 Hz of the buzz's harmonics."""
        power, hz = np.abs(np.fft.rfft(samples)) ** 2, np.arange(len(samples) // 2 + 1)
        near = np.abs((hz + 60) % 120 - 60) <= 10
        return power[near & (hz < 2000)].sum() / power.sum()

    assert harmonics(buzz) > 0.9 > 0.5 > harmonics(whispered(buzz, np.random.default_rng(1)))
    pieces = chopped(buzz, np.random.default_rng(2))
    assert pieces.shape == buzz.shape and np.abs(pieces).max() <= np.abs(buzz).max()
    for seed in range(12):
        changed = strange(buzz, np.random.default_rng(seed))
        assert changed.shape == buzz.shape and np.isfinite(changed).all()
        assert np.sqrt((changed**2).mean()) == pytest.approx(np.sqrt((buzz**2).mean()), rel=0.01)
    assert np.isfinite(strange(np.zeros(100, np.float32), np.random.default_rng(3))).all()


def test_unlabelled_windows_are_repeatable_and_finite(materials):
    corpora = PreparedCorpora.__new__(PreparedCorpora)
    corpora.audio = np.concatenate(materials.samples)
    starts = np.cumsum([0] + [len(s) for s in materials.samples])
    speakers = [
        Speaker("made", str(k), int(first), len(own))
        for k, (first, own) in enumerate(zip(starts, materials.samples))
    ]
    meetings = [
        [
            (start, start + 2.5, name)
            for start, name in ((0, "a"), (1.5, "b"), (2.6, "a"), (6, "c"), (7, "d"), (14, "a"))
        ]
    ]
    windows = UnlabelledWindows(materials, corpora, speakers, meetings, np.ones((2, 3, 1), np.float32))
    assert not windows.labelled
    heard = 0
    for seed in range(30):
        samples, labels = windows.window(np.random.default_rng(seed), 80000)
        assert (
            samples.shape == (80000,)
            and samples.dtype == np.float32
            and np.isfinite(samples).all()
            and np.abs(samples).max() <= 1
        )
        assert labels.shape == (num_frames(80000), 3) and not labels.any()
        heard += samples.std() > 1e-3
        assert np.array_equal(samples, windows.window(np.random.default_rng(seed), 80000)[0])
    assert heard > 20
    # A turn of less than a sample leaves its speaker without a voice, and at times with a breath before it.
    windows.meetings = [[(0.5, 2.5, "a"), (3.0, 3.002, "b")]]
    for seed in range(20):
        assert np.isfinite(windows.headsets(80000, np.random.default_rng(seed))).all()
    # Recordings with pauses: what is heard of them is their noise alone, as loud as a voice would be.
    quiet = [
        np.concatenate(
            [5 * np.random.default_rng(k).standard_normal(RATE).astype("<i2") for _ in range(2)]
            + [own[: 2 * RATE]]
        )
        for k, own in enumerate(materials.samples)
    ]
    starts = np.cumsum([0] + [len(s) for s in quiet])
    windows.corpora.audio = np.concatenate(quiet)
    windows.speakers = [
        Speaker("made", str(k), int(first), len(own)) for k, (first, own) in enumerate(zip(starts, quiet))
    ]
    for seed in range(5):
        pauses = windows.pauses(80000, np.random.default_rng(seed))
        assert pauses.shape == (80000,) and pauses.std() == pytest.approx(1, rel=0.1)
        # White: a voice has next to nothing above 4 kHz.
        power = np.abs(np.fft.rfft(pauses)) ** 2
        assert 0.4 < power[len(power) // 2 :].sum() / power.sum() < 0.6


def test_rumble_lies_below_the_voice():
    for seed in range(20):
        noise = rumble(RATE, np.random.default_rng(seed))
        power = np.abs(np.fft.rfft(noise)) ** 2  # a bin for each hertz
        assert noise.shape == (RATE,) and noise.std() == pytest.approx(1, abs=1e-3)
        assert power[:1000].sum() > 0.95 * power.sum()


def test_room_sounds_are_events():
    for seed in range(20):
        sounds = room_sounds(5 * RATE, np.random.default_rng(seed))
        assert np.isfinite(sounds).all() and sounds.any()
        assert np.array_equal(sounds, room_sounds(5 * RATE, np.random.default_rng(seed)))
    # Most of a window has none.
    assert (
        np.mean([(room_sounds(5 * RATE, np.random.default_rng(seed)) == 0).mean() for seed in range(20)])
        > 0.5
    )
    # A window shorter than its sounds.
    assert np.isfinite(
        degrade(np.zeros(800, np.float32), None, np.random.default_rng(2))
    ).all() and room_sounds(800, np.random.default_rng(1)).shape == (800,)


def run(*words) -> str:
    return subprocess.run(
        [sys.executable, *(str(w) for w in words)],
        check=True,
        capture_output=True,
        text=True,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    ).stdout


def test_training_learns(materials, tmp_path):
    """On one batch of buzzing speakers, before any margin, the loss is halved in a few steps."""
    torch.manual_seed(1)
    args = argparse.Namespace(
        channels=8,
        device="cpu",
        rate=2e-3,
        bf16=False,
        out=tmp_path,
        minutes=60,
        margin_rise=0.33,
    )
    run = train_embedding.Run(args, 12)
    run.state["step"] = 100  # the warm-up is over
    source = EmbeddingWindows(materials, None, (1.0,))
    rng = np.random.default_rng(4)
    windows = [source.window(rng, 24000) for _ in range(8)]
    batch = [
        torch.from_numpy(np.stack([getattr(w, part) for w in windows]))
        for part in ("samples", "masks", "speakers")
    ]
    losses = [run.step(batch) for _ in range(16)]
    assert losses[-1] < 0.5 * losses[0]
    # What was learned outlives the process.
    run.save()
    again = train_embedding.Run(args, 12)
    assert again.state["step"] == 116 and again.state["starts"] == 2
    assert again.step(batch) == pytest.approx(run.step(batch), rel=1e-4)
    with pytest.raises(SystemExit, match="classes"):
        train_embedding.Run(args, 13)


def test_rate_and_margin_follow_the_budget():
    points = [
        train_embedding.schedule(progress, 10**6, 1.0) for progress in (0.0, 0.165, 0.33, 0.5, 1.0, 2.0)
    ]
    assert [margin for _, margin in points] == pytest.approx([0, 0.1, 0.2, 0.2, 0.2, 0.2])
    assert [rate for rate, _ in points] == pytest.approx([1, 0.934, 0.755, 0.5, 0, 0], abs=1e-2)
    assert train_embedding.schedule(0.0, 49, 1.0)[0] == pytest.approx(0.5, abs=1e-3)
    assert train_embedding.schedule(0.01, 10**6, 1.0, margin_rise=0.0)[1] == 0.2  # at once


def test_a_start_knows_its_classes(materials, tmp_path):
    """Weights of a file, and class weights that point where this network sees the speakers."""
    torch.manual_seed(2)
    network, margin, path = (
        EmbeddingNetwork(8),
        AngularMargin(256, 3 * len(materials)),
        tmp_path / "weights.npz",
    )
    np.savez(
        path,
        **{
            name: tensor.numpy()
            for name, tensor in EmbeddingNetwork(8).state_dict().items()
            if not name.endswith("tracked")
        },
    )
    windows = EmbeddingWindows(materials, None)
    train_embedding.start_from(path, network, margin, windows, "cpu")
    weights = np.load(path)
    assert all(
        np.array_equal(tensor.numpy(), weights[name])
        for name, tensor in network.state_dict().items()
        if name in weights
    )
    assert margin.weight.norm(dim=1).detach().numpy() == pytest.approx(1, abs=1e-5)
    whole = np.stack(
        [materials.piece(speaker, 48000, np.random.default_rng(speaker)) for speaker in range(len(materials))]
    )
    own = embed(network.eval(), whole.astype(np.float32) / 32768, np.ones((len(whole), 1, 100), np.float32))[
        :, 0
    ]
    own = torch.from_numpy(own - own.mean(0))
    assert (margin.cosines(own)[:, : len(materials)].argmax(1) == torch.arange(len(own))).float().mean() > 0.9
    with pytest.raises(SystemExit, match="not an embedding network"):
        np.savez(path, conv=np.zeros(3))
        train_embedding.start_from(path, network, margin, windows, "cpu")


@torch.no_grad()
def lived_in(channels: int) -> EmbeddingNetwork:
    """Random, with statistics that batch normalisation has seen."""
    torch.manual_seed(7)
    network = EmbeddingNetwork(channels).train()
    for _ in range(3):
        network(torch.randn(2, 80, 80) + 0.3, torch.ones(2, 10))
    return network.eval()


@pytest.mark.parametrize("channels", [8, 12, 16, 24])
def test_a_widened_network_computes_the_same(channels):
    narrow, wide = lived_in(8), EmbeddingNetwork(channels).eval()
    wide.load_state_dict(widen(narrow.state_dict(), channels))
    features, masks = torch.randn(3, 120, 80), (torch.rand(3, 15) < 0.6).float()
    with torch.no_grad():
        before, after = narrow(features, masks), wide(features, masks)
    assert torch.allclose(before, after, rtol=1e-3, atol=1e-4 * before.abs().max().item())
    if channels == 16:
        # The copies of a channel do different things with it, so that they can part.
        weight = wide.resnet.layer1[0].conv1.weight
        assert (weight[:8] - weight[8:]).abs().mean() > 0.1 * weight.abs().mean()
    with pytest.raises(ValueError, match="cannot be widened to 4"):
        widen(narrow.state_dict(), 4)


def test_a_start_from_a_narrower_checkpoint_keeps_its_classes(materials, tmp_path):
    windows, network = EmbeddingWindows(materials, None), EmbeddingNetwork(12)
    narrow, classes, margin = (
        lived_in(8),
        AngularMargin(256, windows.num_classes),
        AngularMargin(256, windows.num_classes),
    )
    path = tmp_path / "checkpoint.pt"
    torch.save(
        {
            "network": narrow.state_dict(),
            "margin": classes.state_dict(),
            "state": {"classes": windows.num_classes},
        },
        path,
    )
    train_embedding.start_from(path, network, margin, windows, "cpu")
    assert torch.equal(margin.weight, classes.weight) and network.resnet.conv1.weight.shape[0] == 12
    with pytest.raises(SystemExit, match="classes, not"):
        train_embedding.start_from(path, network, margin, EmbeddingWindows(materials, None, (1.0,)), "cpu")


def test_windows_of_real_clips_hold_those_who_talk_alone(tmp_path):
    ffmpeg = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=200:sample_rate=16000:duration=25",
        str(tmp_path / "a.flac"),
    ]
    subprocess.run(ffmpeg, check=True)
    # x alone for 3 s and 1.5 s; y for 0.5 s without x, and in the third window, which is not
    # whole.
    rows = [(1, 3, "x"), (10, 2, "x"), (11.5, 1, "y"), (21, 3, "y")]
    (tmp_path / "a.rttm").write_text(
        "".join(f"SPEAKER a 1 {start} {length} <NA> <NA> {name} <NA> <NA>\n" for start, length, name in rows)
    )
    samples, masks, speakers = real_windows(tmp_path)
    assert speakers == ["x", "x"] and samples.shape == (2, 160000) and masks.shape == (2, 1, 589)
    assert masks.sum((1, 2)) * 270 / RATE == pytest.approx([3, 1.5], abs=0.1)
    assert not masks[0, 0, 240:].any()


def test_training_resumes_and_exports(prepared, tmp_path):
    """Seconds of the real scripts: the second start goes on where the first ended, the export is the
    network.
    """
    out = tmp_path / "run"
    common = [
        "--prepared",
        prepared,
        "--out",
        out,
        "--channels",
        8,
        "--batch",
        2,
        "--short-s",
        1.5,
        "--rooms",
        1,
        "--validation-windows",
        6,
    ]
    first = json.loads(run(TRAINING / "train_embedding.py", *common, "--minutes", 0.03).splitlines()[-1])
    second = json.loads(
        run(TRAINING / "train_embedding.py", *common, "--minutes", first["used_min"] + 0.1).splitlines()[-1]
    )
    assert second["step"] > first["step"] > 0 and second["used_min"] > first["used_min"] >= 0.03
    assert [json.loads(line)["step"] for line in (out / "history.jsonl").read_text().splitlines()] == [
        first["step"],
        second["step"],
    ]

    weights = tmp_path / "model" / "embedding" / "weights.npz"
    run(TRAINING / "export_embedding.py", "--checkpoint", out / "checkpoint.pt", "--out", weights)
    network = EmbeddingNetwork(8).eval()
    network.load_state_dict(torch.load(out / "checkpoint.pt", weights_only=True)["network"])
    samples = np.random.default_rng(1).standard_normal((2, 48000)).astype(np.float32) * 0.1
    masks = np.ones((2, 1, num_frames(48000)), np.float32)
    a, b = embed(network, samples, masks), embed(load_embedding(weights), samples, masks)
    assert ((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)).min() > 0.9999
    assert all(tensor.dtype == np.float16 for tensor in np.load(weights).values())


def test_windows_hold_the_clean_speech_of_each_speaker(prepared):
    source = EmbeddingWindows(
        Materials(prepared, TRAINING / "splits", ["train"]), None, (1.0,), augmented=False
    )
    rng = np.random.default_rng(3)
    for _ in range(20):
        window = source.window(rng, 4 * RATE)
        for mask, speaker, speech in zip(window.masks, window.speakers, window.speech):
            if speaker >= 0:
                # At least as long as the mask hears the speaker alone, and of unit power.
                assert len(speech) / RATE > 0.9 * mask.sum() / len(mask) * 4 - 0.1
                assert speech.std() == pytest.approx(1, rel=0.05)
