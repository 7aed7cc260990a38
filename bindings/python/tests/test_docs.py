"""Every block of Python on the package's pages runs, and everything public says what it is."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
import soundfile

import diarize_cpp
from conftest import ROOT, SAMPLE_RTTM

PAGES = ("docs/python.md", "docs/coming-from-pyannote.md", "bindings/python/README.md")


def blocks() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)):
            found.append((f"{page}-{number}", code))
    return found


@pytest.mark.parametrize("name, code", blocks(), ids=[name for name, _ in blocks()])
def test_the_block_runs(name, code, tmp_path, samples):
    needed = {"pandas": "to_dataframe", "pyannote.core": "Pipeline", "pyannote.metrics": "pyannote.metrics"}
    for package, word in needed.items():
        if word in code:
            pytest.importorskip(package, reason=f"NOT RUN: {package} is not installed")
    soundfile.write(tmp_path / "meeting.wav", samples[4 * 16000 :], 16000)
    soundfile.write(tmp_path / "call.flac", samples[4 * 16000 :], 16000)
    (tmp_path / "meeting.rttm").write_text(SAMPLE_RTTM.read_text().replace("conversation", "meeting"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout or "print(" not in code


def test_there_are_blocks():
    assert len(blocks()) >= 8


def test_what_is_public_says_what_it_is():
    silent = []
    for name in diarize_cpp.__all__:
        thing = getattr(diarize_cpp, name)
        if not isinstance(thing, str) and not inspect.getdoc(thing):
            silent.append(name)
        if (
            not inspect.isclass(thing)
            or not thing.__module__.startswith("diarize_cpp.")
            or thing.__module__.endswith("_diar")
        ):
            continue
        for member, value in vars(thing).items():
            is_callable = inspect.isfunction(value) or isinstance(value, (property, classmethod, staticmethod))
            if is_callable and not member.startswith("_") and not inspect.getdoc(getattr(thing, member)):
                silent.append(f"{name}.{member}")
    assert not silent, " ".join(silent)
