"""Runs: every kind of input gives the same, options arrive, and runs stop when they are told to."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy
import pytest
import soundfile

import diarize_cpp
from conftest import SAMPLE
from diarize_cpp import AudioError, Cancelled, CancelToken, Engine, InputError, InvalidArgument, ModelError


def test_every_kind_of_samples_gives_the_same(engine, samples, floats, result):
    wanted = result.to_rttm()
    assert wanted.startswith("SPEAKER piece 1 ")
    doubles = floats.astype(numpy.float64)
    strided = numpy.repeat(floats, 2)[::2]
    assert not strided.flags.c_contiguous
    for given in (samples, doubles, strided, floats[None], numpy.stack([floats, floats])):
        assert engine.diarize(given, uri="piece").to_rttm() == wanted
    shaped = {"waveform": floats[None], "sample_rate": 16000, "uri": "piece"}
    assert engine.diarize(shaped).to_rttm() == wanted


def test_a_tensor_is_taken_as_it_is(engine, floats, result):
    torch = pytest.importorskip("torch", reason="NOT RUN: torch is not installed")
    shaped = {"waveform": torch.from_numpy(floats)[None], "sample_rate": 16000, "uri": "piece"}
    assert engine.diarize(shaped).to_rttm() == result.to_rttm()


def test_mono_float32_and_int16_are_not_copied(samples, floats):
    from diarize_cpp.audio import as_mono

    for given in (samples, floats, floats[None]):
        assert numpy.shares_memory(as_mono(given), given)


def test_files_give_what_the_command_gives(engine, command_rttm, tmp_path, samples):
    stereo = numpy.stack([samples, samples // 3], axis=1)
    for name, data, rate, subtype in (
        ("sixteen.wav", samples, 16000, "PCM_16"),
        ("white space.wav", stereo, 44100, "PCM_24"),
        ("float.wav", stereo.astype(numpy.float32) / 40000, 22050, "FLOAT"),
        ("stereo.flac", stereo, 48000, "PCM_16"),
        ("eight.wav", samples[::2], 8000, "ULAW"),
    ):
        path = tmp_path / name
        soundfile.write(path, data, rate, subtype=subtype)
        assert engine.diarize(path).to_rttm() == command_rttm(path), name
    path = tmp_path / "stereo.flac"
    assert engine.diarize(path, channel=1).to_rttm() == command_rttm(path, "--channel", "1")
    assert engine.diarize(path, exclusive=True).to_rttm() == command_rttm(path, "--exclusive")


def test_the_sample_is_the_commands_byte_for_byte(engine, command_rttm):
    wanted = command_rttm(SAMPLE)
    assert engine.diarize(SAMPLE).to_rttm() == wanted
    data, rate = soundfile.read(SAMPLE, dtype="float32")
    assert engine.diarize(data, rate, uri="conversation").to_rttm() == wanted


def test_other_files_come_through_pyav(engine, command_rttm, tmp_path, samples):
    av = pytest.importorskip("av", reason="NOT RUN: PyAV is not installed")
    path = tmp_path / "talk.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16000
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)
    assert engine.diarize(path).to_rttm() == command_rttm(path)
    (tmp_path / "noise.mp3").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(AudioError):
        engine.diarize(tmp_path / "noise.mp3")


def test_options_arrive(engine, floats):
    assert len(engine.diarize(floats, num_speakers=1).speakers) == 1
    assert engine.diarize(floats, step=5.0).num_windows < engine.diarize(floats).num_windows
    assert engine.diarize(floats, min_duration=1000.0).speaker_diarization.tuples() == []
    assert engine.diarize(floats, speed="faster").run.speed == "faster"
    loose = engine.diarize(floats, parameters={"threshold": 1.9, "fb": 5.0})
    assert loose.num_windows == engine.diarize(floats).num_windows


@pytest.mark.parametrize(
    "options",
    [
        {"num_speakers": 0},
        {"min_speakers": 3, "max_speakers": 2},
        {"speed": "ludicrous"},
        {"step": float("nan")},
        {"min_duration": -1.0},
        {"parameters": {"threshold": float("nan")}},
        {"parameters": {"thresold": 0.5}},
        {"sample_rate": 10},
    ],
)
def test_wrong_options_are_refused(engine, floats, options):
    with pytest.raises(InvalidArgument):
        engine.diarize(floats, **options)


def test_wrong_audio_is_refused(engine, floats, tmp_path):
    with pytest.raises(AudioError, match="NaN"):
        engine.diarize(numpy.full(16000, numpy.nan, numpy.float32))
    for shape in ((3, 4, 5), (16000, 2), (0, 16000)):
        with pytest.raises(InvalidArgument):
            engine.diarize(numpy.zeros(shape, numpy.float32))
    with pytest.raises(InvalidArgument):
        engine.diarize(numpy.zeros(100, numpy.uint8))
    with pytest.raises(InvalidArgument):
        engine.diarize({"waveform": floats})
    with pytest.raises(InputError) as caught:
        engine.diarize(tmp_path / "missing.wav")
    assert caught.value.code == 3
    assert isinstance(caught.value, OSError)
    with pytest.raises(AudioError):
        engine.diarize({"audio": SAMPLE, "channel": 4})
    path = tmp_path / "short.wav"
    soundfile.write(path, floats, 16000)
    path.write_bytes(path.read_bytes()[:100000])
    with pytest.raises(diarize_cpp.TruncatedAudio, match=r"only 3\.1 s could be decoded of 14\.0 s"):
        engine.diarize(path)
    assert 3.0 < engine.diarize(path, allow_truncated=True).duration < 3.2
    path = tmp_path / "short.flac"
    soundfile.write(path, floats, 16000)
    path.write_bytes(path.read_bytes()[:100000])
    with pytest.raises(diarize_cpp.TruncatedAudio):
        engine.diarize(path)
    path.write_bytes(b"fLaC" + bytes(300))
    with pytest.raises(AudioError):
        engine.diarize(path)


def test_nothing_is_a_result_of_nobody(engine):
    empty = engine.diarize(numpy.zeros(0, numpy.float32))
    assert (len(empty), empty.speakers, empty.speaker_embeddings.shape) == (0, [], (0, 0))
    assert empty.to_rttm() == ""


def test_models_that_are_not_there(tmp_path):
    with pytest.raises(ModelError):
        Engine("no-such-model")
    with pytest.raises(ModelError):
        Engine(tmp_path)
    with pytest.raises(InvalidArgument):
        Engine(device="toaster")
    with pytest.raises(InvalidArgument):
        Engine(threads=-1)


def test_progress_and_hook_are_told_and_may_stop(engine, floats):
    told = []
    hooked = []

    def hook(step, artifact, *, file, total, completed):
        hooked.append((step, artifact, file is floats, total, completed))

    engine.diarize(floats, progress=lambda *state: told.append(state), hook=hook)
    assert ("networks", 5, 5) in told
    assert {stage for stage, _, _ in told} == {"networks", "clustering"}
    assert hooked[0][:3] == ("networks", None, True)
    with pytest.raises(Cancelled):
        engine.diarize(floats, progress=lambda *state: False)
    with pytest.raises(ZeroDivisionError):
        engine.diarize(floats, progress=lambda *state: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        engine.diarize(SAMPLE, progress=lambda *state: 1 // 0)


def test_the_bar_goes_to_standard_error(engine, floats, capsys):
    engine.diarize(floats, progress=True, uri="piece")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "piece |" in shown.err
    assert "100%" in shown.err


def test_a_token_stops_a_run_from_another_thread(engine, floats):
    token = CancelToken()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        engine.diarize(numpy.tile(floats, 200), cancel=token)
    assert token.cancelled
    with pytest.raises(Cancelled):
        engine.diarize(SAMPLE, cancel=token)


def test_other_threads_run_meanwhile(engine, floats):
    done = threading.Event()
    counts = []

    def count():
        number = 0
        while not done.is_set():
            number += 1
            time.sleep(0.001)
        counts.append(number)

    thread = threading.Thread(target=count)
    thread.start()
    engine.diarize(floats)
    done.set()
    thread.join()
    assert counts[0] > 5


def test_threads_share_an_engine(engine, floats, result):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(engine.diarize(floats, uri="piece").to_rttm())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [result.to_rttm()] * 3


def test_async_runs_and_cancels(engine, floats, result):
    async def main():
        first, second = await asyncio.gather(
            engine.diarize_async(floats, uri="piece"), engine.diarize_async(floats, uri="piece")
        )
        assert first.to_rttm() == second.to_rttm() == result.to_rttm()
        task = asyncio.create_task(engine.diarize_async(numpy.tile(floats, 200)))
        await asyncio.sleep(0.05)
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - start < 20

    asyncio.run(main())


def test_ctrl_c_ends_a_run():
    program = (
        "import numpy, diarize_cpp\n"
        "samples = numpy.tile(numpy.random.default_rng(1).standard_normal(160000, numpy.float32) * 0.1, 360)\n"
        "say = lambda *state: print('running', flush=True)\n"
        "diarize_cpp.Engine('starter').diarize(samples, progress=say)\n"
    )
    line = [sys.executable, "-c", program]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "running\n"
            os.kill(child.pid, signal.SIGINT)
            _, error = child.communicate(timeout=120)
        finally:
            child.kill()
    assert "KeyboardInterrupt" in error


def test_sessions_in_pieces_give_the_whole(engine, samples, result):
    session = engine.open(uri="piece")
    for start in range(0, len(samples), 7919):
        session.push(samples[start : start + 7919])
    assert session.status.pushed_s == 14.0
    assert session.status.waiting_s <= session.status.capacity_s
    assert session.finish().to_rttm() == result.to_rttm()
    with pytest.raises(InvalidArgument):
        session.finish()
    with pytest.raises(InvalidArgument):
        session.push(samples)


def test_a_session_outlives_nan_but_not_cancel(engine, floats):
    session = engine.open(8000)
    with pytest.raises(AudioError):
        session.push(numpy.array([0.0, numpy.inf], numpy.float32))
    session.push(floats)
    session.cancel()
    with pytest.raises(Cancelled):
        session.push(floats)
    with pytest.raises(Cancelled):
        session.finish()


def test_an_engine_pickles_as_its_settings(engine):
    copy = pickle.loads(pickle.dumps(engine))
    assert copy.model_path == engine.model_path
    assert copy.device_name == engine.device_name
