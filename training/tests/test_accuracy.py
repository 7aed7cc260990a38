"""python3 -m pytest training/tests: the simulated test set and the driver of `make bench-accuracy`; needs
numpy, no corpora.
"""

import json
import os
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "training"))

from diar_train.conversations import (  # noqa: E402
    CONDITIONS,
    MIN_MATERIAL_S,
    Plan,
    energy_turns,
    loud,
    render,
)
from diar_train.corpora import SPLITS, read_split  # noqa: E402
from diar_train.turns import Turn  # noqa: E402
from make_conversations import cast_of, make_plan, materials_of, meetings_of  # noqa: E402

SPLITS_DIR = ROOT / "training" / "splits"
SPEAKERS_OF_EACH = 8


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """A prepared folder of noise under the names of real speakers of every split, and made-up meetings for
    each part of AMI.
    """
    folder = tmp_path_factory.mktemp("prepared")
    keys = [key for split in SPLITS for key in sorted(read_split(SPLITS_DIR, split))[:SPEAKERS_OF_EACH]]
    rng = np.random.default_rng(1)
    length = round(MIN_MATERIAL_S * 16000)
    with (folder / "speech.i16").open("wb") as speech, (folder / "speech.tsv").open("w") as table:
        table.write("corpus\tspeaker\tfirst_sample\tnum_samples\n")
        for index, key in enumerate(keys):
            # The last speaker of each split has too little speech.
            table.write(
                "\t".join(
                    [
                        *key.split("/", 1),
                        str(index * length),
                        str(length - (index % SPEAKERS_OF_EACH == SPEAKERS_OF_EACH - 1)),
                    ]
                )
                + "\n"
            )
            speech.write((3000 * rng.standard_normal(length)).astype("<i2").tobytes())
    archive = folder / "only_words.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for part in ("train", "dev", "test"):
            path = folder / f"{part}.rttm"
            path.write_text(
                "".join(
                    f"SPEAKER {part}{m} 1 {2.5 * i:.2f} 2.00 <NA> <NA> {'abcd'[i % 4]} <NA> <NA>\n"
                    for m in (1, 2)
                    for i in range(400)
                )
            )
            tar.add(path, f"only_words/rttms/{part}.rttm")
    return folder, archive


def make(corpora, out: Path, *more: str) -> dict[str, bytes]:
    folder, archive = corpora
    command = [
        sys.executable,
        ROOT / "training" / "make_conversations.py",
        "--prepared",
        folder,
        "--ami",
        archive,
        "--out",
        out,
        "--count",
        "1",
        *more,
    ]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes(corpora, tmp_path):
    first = make(corpora, tmp_path / "first")
    assert {f"{condition}/conversation_00.wav" for condition in CONDITIONS} | {
        "reference/conversation_00.rttm",
        "reference_energy/conversation_00.rttm",
    } <= set(first)
    assert make(corpora, tmp_path / "second") == first
    # One condition alone, as when parts of a set are made again, is no other set.
    part = make(corpora, tmp_path / "part", "--conditions", "noisy")
    assert (
        part["noisy/conversation_00.wav"] == first["noisy/conversation_00.wav"]
        and "clean/conversation_00.wav" not in part
    )
    in_turn = make(corpora, tmp_path / "in_turn", "--in-turn", "--count", "2")
    assert {name for name in in_turn if name.endswith(".wav")} == {
        "clean/conversation_00.wav",
        "room/conversation_01.wav",
    }
    assert in_turn["clean/conversation_00.wav"] == first["clean/conversation_00.wav"]
    other = make(corpora, tmp_path / "other", "--seed", "2027")
    assert all(other[name] != first[name] for name in first)


def test_the_energy_rule_hears_pauses_where_the_voice_rests(corpora):
    rng = np.random.default_rng(3)
    voice = (3000 * rng.standard_normal(16000 * 4)).astype("<i2")
    voice[16000:20800] = 10  # 0.3 s
    voice[40000:41600] = 10  # 0.1 s: no pause
    is_speech = loud(voice)
    assert is_speech[:15600].all() and is_speech[21200:].all()
    assert not is_speech[16400:20400].any()
    # In the sound of a conversation the reference's turns are where the voice is.
    voice[40000:41600] = voice[:1600]
    plan = Plan("one", 10.0, 1, [Turn(1.0, 8.0, 0)], 7)
    turns = energy_turns(plan, [voice], 24)
    assert len(turns) == 3 and turns[0].start_s == 1.0 and turns[-1].end_s == 8.0
    mix = render(plan, [voice], np.zeros((24, 6, 8)), "clean").astype(np.float32)
    level = np.convolve(mix**2, np.ones(320) / 320, "same")
    for turn in turns:
        inside = level[round((turn.start_s + 0.05) * 16000) : round((turn.end_s - 0.05) * 16000)]
        assert inside.min() > 4 * level[:12000].max()
    for first, second in pairwise(turns):
        between = level[round((first.end_s + 0.05) * 16000) : round((second.start_s - 0.05) * 16000)]
        assert 0 < between.max() < 0.01 * level.mean()


def test_a_set_is_not_mixed_with_another(corpora, tmp_path):
    make(corpora, tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        make(corpora, tmp_path, "--seed", "2027")


@pytest.mark.parametrize("split", SPLITS)
def test_only_speakers_and_meetings_of_the_split_are_heard(corpora, split):
    folder, archive = corpora
    materials = materials_of(folder, split)
    assert len(materials) == SPEAKERS_OF_EACH - 1
    for other in set(SPLITS) - {split}:
        assert not set(materials) & read_split(SPLITS_DIR, other)
    meetings = meetings_of(archive, split)
    assert {meeting.name[:-1] for meeting in meetings} == {{"validation": "dev"}.get(split, split)}
    for index in range(5):
        plan = make_plan(index, meetings, seed=1)
        cast = cast_of(plan, materials)
        assert len(cast) == plan.num_speakers
        # A voice is one of the split's and nobody has two parts.
        places = [next(key for key, material in materials.items() if material is voice) for voice in cast]
        assert len(set(places)) == len(places)


# Stands for diarize: writes what it was asked, and scores that depend on the collar.
FAKE_DIARIZE = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
with open({log!r}, "a") as log: log.write(json.dumps(words) + "\\n")
if words[0] == "score":
    collar = float(words[words.index("--collar") + 1])
    names = sorted({{line.split()[1] for line in open(words[1])}})
    total = dict(der=0.2 - collar * 0.4, total_s=200.0, missed_detection_s=20.0, false_alarm_s=10.0,
                 confusion_s=10.0, jer=0.3, speaker_count_error=0.5)
    recordings = [dict(reference_speakers=2, hypothesis_speakers=2 + i % 2) for i in range(len(names))]
    print(json.dumps(dict(total=total, recordings=recordings)))
else:
    out = pathlib.Path(words[words.index("--output") + 1]); out.mkdir(exist_ok=True)
    for word in words:
        if word.endswith((".wav", ".flac")): (out / (pathlib.Path(word).stem + ".rttm")).write_text("")
sys.exit({code})
"""


@pytest.fixture
def bench(tmp_path):
    """run(code, *arguments) -> (finished process, calls of the fake diarize) on a set of four empty
    conversations.
    """
    made = tmp_path / "set"
    for name in [f"conversation_{i:02}" for i in range(4)]:
        for condition in CONDITIONS:
            (made / condition).mkdir(parents=True, exist_ok=True)
            (made / condition / f"{name}.wav").write_bytes(b"")
        for reference in ("reference", "reference_energy"):
            (made / reference).mkdir(exist_ok=True)
            (made / reference / f"{name}.rttm").write_text(f"SPEAKER {name} 1 0 1 <NA> <NA> a <NA> <NA>\n")
    (made / "made_by.txt").write_text("a set\n")
    log = tmp_path / "calls"
    fake = tmp_path / "diarize"

    def run(code, *arguments):
        fake.write_text(FAKE_DIARIZE.format(python=sys.executable, log=str(log), code=code))
        os.chmod(fake, 0o755)
        log.write_text("")
        command = [
            sys.executable,
            ROOT / "benchmarks" / "accuracy" / "bench_accuracy.py",
            "--diarize",
            fake,
            "--set",
            made,
            "--work",
            tmp_path / "work",
        ]
        done = subprocess.run([str(part) for part in (*command, *arguments)], capture_output=True, text=True)
        return done, [json.loads(line) for line in log.read_text().splitlines()]

    return run


def test_the_driver_reports_what_score_says(bench):
    done, _ = bench(0, "--json", "--model", "some/model")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["model"] == "some/model" and list(result["rows"]) == list(CONDITIONS)
    row = result["rows"]["noisy"]["pipeline"]
    assert row["recordings"] == 4 and row["right_speaker_count"] == 0.5 and row["speaker_count_error"] == 0.5
    assert row["der_collar_0"] == pytest.approx(0.2) and row["der_collar_0.25"] == pytest.approx(0.1)
    assert (row["missed_detection"], row["false_alarm"], row["confusion"], row["jer"]) == pytest.approx(
        (0.1, 0.05, 0.05, 0.3)
    )


def test_the_driver_takes_a_part_of_the_set_and_passes_what_it_was_given(bench):
    done, calls = bench(0, "--count", "3", "--speed", "fast", "--", "--threads", "1")
    assert done.returncode == 0, done.stderr
    runs = [words for words in calls if words[0] != "score"]
    assert len(runs) == len(CONDITIONS)
    for words in runs:
        assert [Path(word).stem for word in words if word.endswith(".wav")] == [
            f"conversation_{i:02}" for i in range(3)
        ]
        assert (
            words[words.index("--speed") + 1] == "fast"
            and words[-2:] == ["--threads", "1"]
            and "--model" not in words
        )
    assert done.stdout.count(" 3\n") == len(CONDITIONS)
    assert not any("--speed" in words for words in bench(0)[1])


def test_the_driver_stops_at_a_failure_and_at_a_set_too_small(bench):
    done, calls = bench(3)
    assert done.returncode != 0 and "exit code 3" in done.stderr and len(calls) == 1
    done, calls = bench(0, "--count", "5")
    assert done.returncode != 0 and "holds 4 conversations" in done.stderr and not calls
