"""python3 -m pytest training/tests: the clips of the voice evaluation, and what is counted over them; needs
numpy, no corpora.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

TRAINING = Path(__file__).parents[1]
sys.path.insert(0, str(TRAINING))

from diar_train.voice_clips import Pool, link_recordings, make_clips, number_of  # noqa: E402
from diar_train.voice_scores import (  # noqa: E402
    Trial,
    b_cubed,
    calibration_error,
    cllr,
    fit_calibration,
    ideally_linked,
    identification,
    interval,
)

RATE = 16000


def made_up_pool(seconds: dict[str, int]) -> Pool:
    """Noise as speech: people by name, with so many seconds each."""
    pool = Pool.__new__(Pool)
    pool.sessions = {
        who: [(3000 * np.random.default_rng(i).standard_normal(s * RATE)).astype("<i2")]
        for i, (who, s) in enumerate(sorted(seconds.items()))
    }
    return pool


def test_the_calibration_of_two_equal_normals_is_known():
    # The log likelihood ratio of N(m, s) and N(-m, s) is 2 m x / s^2.
    quantiles = np.array([_normal_quantile((i + 0.5) / 4000) for i in range(4000)])
    same, different = 12 + 8 * quantiles, -12 + 8 * quantiles[::5]
    scale, offset = fit_calibration(same, different)
    assert scale == pytest.approx(2 * 12 / 64, rel=0.01) and offset == pytest.approx(0, abs=0.01)
    # Scores that are moved and stretched get the same probabilities.
    moved, by = fit_calibration(5 * same + 100, 5 * different + 100)
    assert moved == pytest.approx(scale / 5, rel=1e-6) and by == pytest.approx(
        -100 * moved + offset, abs=1e-6
    )
    best = cllr(same, different, scale, offset)
    for other in ((1.1 * scale, offset), (0.9 * scale, offset), (scale, 0.2), (scale, -0.2)):
        assert cllr(same, different, *other) > best
    assert cllr(same, different, 0.0, 0.0) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="nothing to fit"):
        fit_calibration(np.array([1.0, 2.0]), np.array([0.0, 0.5]))


def _normal_quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def test_b_cubed_counts_every_tenth_of_a_second():
    one = {"x": [(0.0, 2.0, "ann"), (2.0, 4.0, "bo")], "y": [(0.0, 4.0, "ann")]}
    perfect = {"x": [(0.0, 2.0, "s0"), (2.0, 4.0, "s1")], "y": [(0.0, 4.0, "s0")]}
    result = b_cubed(one, perfect)
    assert (result["f1"], result["voices"], result["labels"], result["recordings"]) == (1.0, 2, 2, 2)
    # Everybody one label: 6 s of ann and 2 of bo among 8.
    joined = {name: [(start, end, "s") for start, end, _ in turns] for name, turns in one.items()}
    result = b_cubed(one, joined)
    assert result["recall"] == pytest.approx(1.0)
    assert result["precision"] == pytest.approx((6 * 6 + 2 * 2) / 8 / 8)
    # Ann is somebody else in each recording: 2 s and 4 s of her 6.
    parted = {"x": perfect["x"], "y": [(0.0, 4.0, "s2")]}
    result = b_cubed(one, parted)
    assert result["precision"] == pytest.approx(1.0)
    recall = (2 * 2 / 6 + 4 * 4 / 6 + 2) / 8
    assert result["recall"] == pytest.approx(recall)
    assert result["f1"] == pytest.approx(2 * recall / (1 + recall))
    # What nobody was found in does not count.
    assert b_cubed(one, {"x": perfect["x"], "y": []})["f1"] == 1.0


def test_ideal_linking_keeps_the_speakers_that_were_found():
    truth = {"x": [(0.0, 2.0, "ann"), (2.0, 4.0, "bo")], "y": [(0.0, 4.0, "ann")]}
    # One speaker of x, mostly ann; y in two halves; and somebody in silence.
    found = {"x": [(0.0, 3.0, "s0")], "y": [(0.0, 2.0, "s0"), (2.0, 4.0, "s1"), (5.0, 6.0, "s2")]}
    ideal = ideally_linked(truth, found)
    assert ideal["x"] == [(0.0, 3.0, "ann")]
    assert [who for _, _, who in ideal["y"]] == ["ann", "ann", "y/s2"]
    assert b_cubed(truth, ideal)["f1"] > b_cubed(truth, found)["f1"]


def trial(speaker: str, is_known: bool, named: tuple[str, ...], best: str, llr: float, p: float) -> Trial:
    return Trial(speaker, is_known, "clean", False, 10.0, named, best, llr, p)


def test_a_false_name_is_any_name_of_a_stranger():
    trials = [
        trial("ann", True, ("ann",), "ann", 9, 0.99),
        trial("bo", True, (), "bo", 2, 0.6),
        trial("cy", True, ("ann",), "ann", 8, 0.97),
        trial("di", False, ("bo",), "bo", 7, 0.96),
        trial("di", False, (), "bo", -3, 0.1),
        trial("ed", False, (), "ann", -5, 0.05),
    ]
    report = identification(trials, 10.0)
    assert report["correct_names"]["rate"] == pytest.approx(1 / 3) and report["wrong_names"] == 1
    assert report["false_names"]["of"] == 3 and report["false_names"]["rate"] == pytest.approx(1 / 3)
    assert report["strangers"] == 2 and report["strangers_with_a_false_name"] == 1
    assert report["likeliest_is_right"]["rate"] == pytest.approx(2 / 3)
    low, high = interval(0, 300)
    assert low == 0 and high == pytest.approx(0.01264, abs=1e-4)
    assert 0 < calibration_error(trials) < 1


def test_more_appearances_leave_those_before_as_they_were(tmp_path):
    people = {"ann": 60, "bo": 26, "cy": 12, "di": 5}
    for folder in ("few", "many"):
        (tmp_path / folder).mkdir()
    few = make_clips(made_up_pool(people), tmp_path / "few", 1, 7)
    many = make_clips(made_up_pool(people), tmp_path / "many", 4, 7)
    assert few.enrol == many.enrol and {c.speaker for c in few.enrol} == {"ann", "bo"}
    assert set(few.appear) < set(many.appear) and sorted(few.book_of.values()) == [0, 1]
    assert sum(c.speaker == "ann" for c in many.appear) == 2 * 4
    ann = many.only({"ann", "di"})
    assert (
        len(ann.appear) == 2 * 4 + 1
        and [number_of(c) for c in ann.enrol] == [0]
        and list(ann.book_of) == ["ann"]
    )
    for clip in (*few.enrol, *few.appear):
        file = Path("appear" if "-" in clip.name else "enrol") / f"{clip.name}.wav"
        assert (tmp_path / "few" / file).read_bytes() == (tmp_path / "many" / file).read_bytes()


def test_linked_recordings_share_their_people_and_no_sample(tmp_path):
    people = {f"p{i:02}": 20 for i in range(5)}
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    turns = link_recordings(made_up_pool(people), tmp_path / "one", 3)
    assert turns == link_recordings(made_up_pool(people), tmp_path / "two", 3)
    # Nine seconds of a person in each recording: twice of twenty seconds.
    heard = [who for spoken in turns.values() for who in {who for _, _, who in spoken}]
    assert max(heard.count(who) for who in people) == 2
    assert all(2 <= len({who for _, _, who in spoken}) <= 3 for spoken in turns.values())
    for name in turns:
        sound = (tmp_path / "one" / "link" / f"{name}.wav").read_bytes()
        assert sound == (tmp_path / "two" / "link" / f"{name}.wav").read_bytes()
