"""Every recording of the repository, and those next to it: the command's RTTM, byte for byte."""

from __future__ import annotations

import pytest
import soundfile

from conftest import ROOT

RECORDINGS = sorted([*(ROOT / "samples").glob("*.flac"), *(ROOT / "tests/data/golden/audio").glob("*.flac")])
# Recordings that a clone does not have.
SHARED = sorted((ROOT.parent / "shared/golden").glob("*/*/audio.wav"))


def name_of(path):
    return path.stem if path in RECORDINGS else f"shared-{path.parent.name}"


def test_there_are_recordings():
    assert len(RECORDINGS) >= 16


@pytest.mark.parametrize("path", [*RECORDINGS, *SHARED], ids=name_of)
def test_files_are_the_commands(engine, command_rttm, path):
    wanted = command_rttm(path)
    found = engine.diarize(path)
    assert found.to_rttm() == wanted
    samples, rate = soundfile.read(path, dtype="float32")
    if len(samples) <= 15 * rate:
        assert engine.diarize(samples, rate, uri=path.stem).to_rttm() == wanted


@pytest.mark.parametrize("path", [RECORDINGS[0], RECORDINGS[-1]], ids=name_of)
def test_exclusive_turns_are_the_commands(engine, command_rttm, path):
    assert engine.diarize(path, exclusive=True).to_rttm() == command_rttm(path, "--exclusive")
