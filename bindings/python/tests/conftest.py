"""What the tests share: the sample, one engine, and the command's result where a build is there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy
import pytest
import soundfile

import diarize_cpp

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "samples" / "conversation.flac"
SAMPLE_RTTM = ROOT / "samples" / "conversation.rttm"
COMMAND = Path(os.environ.get("DIARIZE", ROOT / "build" / "release" / "diarize"))


@pytest.fixture(scope="session")
def engine() -> diarize_cpp.Engine:
    return diarize_cpp.Engine("starter", threads=2)


@pytest.fixture(scope="session")
def samples() -> numpy.ndarray:
    """14 seconds of two speakers, int16 at 16 kHz."""
    return soundfile.read(SAMPLE, dtype="int16")[0][10 * 16000 : 24 * 16000].copy()


@pytest.fixture(scope="session")
def floats(samples: numpy.ndarray) -> numpy.ndarray:
    return samples.astype(numpy.float32) / numpy.float32(32768)


@pytest.fixture(scope="session")
def result(engine: diarize_cpp.Engine, floats: numpy.ndarray) -> diarize_cpp.DiarizationResult:
    return engine.diarize(floats, uri="piece")


@pytest.fixture(scope="session")
def command_rttm():
    """The command's RTTM of a file; a test that asks for it does not run where the command is not built."""
    if not COMMAND.exists():
        pytest.skip(f"NOT RUN: {COMMAND} is not built (make build)")

    def run(path: Path, *flags: str) -> str:
        line = [str(COMMAND), str(path), "--model", "starter", "--output", "-", "--quiet", *flags]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout

    return run
