"""How sure turns are, and known voices."""

from __future__ import annotations

import csv
import json
import subprocess

import numpy
import pytest
import soundfile

import diarize_cpp
from conftest import COMMAND, SAMPLE
from diarize_cpp import InputError, InvalidArgument, Turns


def test_turns_say_how_sure_they_are(engine, floats, result):
    sure = result.speaker_diarization.confidences
    assert len(sure) == len(result.speaker_diarization)
    assert all(0.0 < value <= 1.0 for value in sure)
    told = [turn["confidence"] for turn in json.loads(result.to_json())["turns"]]
    assert told == pytest.approx(sure, abs=1e-3)  # text is rounded
    table = list(csv.DictReader(result.to_csv().splitlines()))
    assert [float(row["confidence"]) for row in table] == pytest.approx(sure, abs=1e-3)
    limit = sorted(sure)[len(sure) // 2]
    kept = engine.diarize(floats, min_confidence=limit)
    assert 0 < len(kept) < len(result)
    assert min(kept.speaker_diarization.confidences) >= limit
    with pytest.raises(InvalidArgument):
        engine.diarize(floats, min_confidence=1.5)
    with pytest.raises(InvalidArgument):
        engine.diarize(floats, profile="worst")
    assert len(engine.diarize(floats, profile="best", num_speakers=1).speakers) == 1


def test_turns_keep_what_is_known():
    turns = Turns([(1.0, 2.0, "b"), (0.0, 1.0, "a", 0.5)])
    assert turns.confidences == [0.5, None]
    assert turns.rename_labels({"a": "c"}).rows() == [(0.0, 1.0, "c", 0.5), (1.0, 2.0, "b", None)]
    assert turns != Turns([(1.0, 2.0, "b"), (0.0, 1.0, "a")])
    assert turns == Turns([(0.0, 1.0, "a", 0.5), (1.0, 2.0, "b")])


@pytest.fixture(scope="session")
def book(tmp_path_factory, samples):
    """A book that knows one of the sample's two speakers, made by the command."""
    if not COMMAND.exists():
        pytest.skip(f"NOT RUN: {COMMAND} is not built (make build)")
    folder = tmp_path_factory.mktemp("voices")
    soundfile.write(folder / "talk.wav", samples, 16000)
    line = [COMMAND, "voices", "add", "Anna", folder / "talk.wav", "--speaker", "SPEAKER_00", "--min-seconds", "3"]
    line += ["--book", folder / "book.json", "--model", "starter"]
    subprocess.run([str(word) for word in line], check=True, capture_output=True)
    return folder / "book.json"


def test_a_book_gives_names_as_the_command_does(engine, book, tmp_path, samples):
    path = tmp_path / "talk.wav"
    soundfile.write(path, samples, 16000)
    found = engine.diarize(path)
    named = engine.identify(found, book)
    assert named.speakers[0] == "Anna"
    assert found.speakers[0] == "SPEAKER_00"
    assert named.identities[0].name == "Anna"
    assert named.identities[0].reason == "named"
    assert named.identities[0].candidates[0].probability >= 0.95
    assert named.identities[1].name is None
    line = [str(COMMAND), str(path), "--model", "starter", "--voices", str(book), "--quiet", "--output"]
    wanted = {}
    for name in ("rttm", "json"):
        subprocess.run([*line, str(tmp_path / f"out.{name}")], check=True, capture_output=True)
        wanted[name] = (tmp_path / f"out.{name}").read_text()
    assert named.to_rttm() == wanted["rttm"]
    ours, theirs = json.loads(named.to_json()), json.loads(wanted["json"])
    assert ours["identities"] == theirs["identities"]
    assert ours["turns"] == theirs["turns"]


def test_wrong_books_are_refused(engine, result, book, tmp_path):
    with pytest.raises(InputError):
        engine.identify(result, tmp_path / "missing.json")
    with pytest.raises(InputError):
        engine.identify(result, SAMPLE)
    with pytest.raises(InvalidArgument):
        engine.identify(result, book, only=["Nobody"])
    unnamed = engine.identify(result, book, min_speech=1000.0)
    assert unnamed.to_rttm() == result.to_rttm()
    assert {who.reason for who in unnamed.identities} == {"little_speech"}
    foreign = json.loads(book.read_text())
    assert isinstance(foreign, dict)
    silence = engine.identify(engine.diarize(numpy.zeros(16000, numpy.float32)), book)
    assert silence.identities == ()
    assert diarize_cpp.Turns([]).confidences == []
