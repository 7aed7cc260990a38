"""examples/ray_batch.py on a local cluster: killed in the middle and started again, nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import soundfile

from conftest import ROOT

ray = pytest.importorskip("ray", reason="NOT RUN: ray is not installed (pip install 'ray[data]')")

PROGRAM = ROOT / "examples" / "ray_batch.py"


def start(recordings, results, workers=2):
    line = [
        sys.executable,
        str(PROGRAM),
        str(recordings),
        str(results),
        "--workers",
        str(workers),
        "--model",
        "starter",
    ]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)


def test_a_killed_job_goes_on(engine, samples, tmp_path):
    recordings, results = tmp_path / "recordings", tmp_path / "results"
    (recordings / "below").mkdir(parents=True)
    wanted = {}
    for number in range(8):
        path = recordings / ("below" if number % 2 else ".") / f"talk{number}.wav"
        soundfile.write(path, samples[number * 6000 : number * 6000 + 160000], 16000)
        wanted[path.relative_to(recordings).with_suffix(".rttm")] = engine.diarize(path).to_rttm()
    (recordings / "bad.wav").write_bytes(b"RIFF0000WAVEnothing")

    job = start(recordings, results)
    deadline = time.monotonic() + 240
    while len(list(results.rglob("*.rttm"))) < 2 and time.monotonic() < deadline and job.poll() is None:
        time.sleep(0.02)
    os.killpg(job.pid, signal.SIGKILL)
    job.communicate()
    before = {path.relative_to(results): path.read_text() for path in results.rglob("*.rttm")}
    assert 2 <= len(before) < len(wanted), "it was not killed in the middle"
    assert all(text == wanted[path] for path, text in before.items()), "a result is not whole"

    job = start(recordings, results)
    output, _ = job.communicate(timeout=240)
    assert job.returncode == 1, "the recording that fails is in the exit code"
    assert output.count("\ndone ") <= len(wanted) - len(before), "what was there was made again"
    after = {path.relative_to(results): path.read_text() for path in results.rglob("*.rttm")}
    assert after == wanted
    failures = [json.loads(line) for line in (results / "failed.jsonl").read_text().splitlines()]
    assert [failure["input"] for failure in failures] == [str(recordings / "bad.wav")]
    (recordings / "bad.wav").unlink()
    job = start(recordings, results)
    output, _ = job.communicate(timeout=240)
    assert (job.returncode, output) == (0, "0 recordings to do\n")
