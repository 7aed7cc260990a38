"""Live sessions: events lead to the result of a whole run, and what goes wrong is said."""

from __future__ import annotations

import json
import threading

import numpy
import pytest

import diarize_cpp
from conftest import ROOT
from diarize_cpp import AudioError, Cancelled, CancelToken, InvalidArgument, LiveFinal, LiveTurns, TurnShown


def blocks(samples, length=8000):
    return [samples[start : start + length] for start in range(0, len(samples), length)]


def test_events_lead_to_the_result_of_a_whole_run(engine, samples, result):
    session = engine.live(uri="piece", latency=0.5)
    turns = LiveTurns()
    events = []
    for event in session.follow(blocks(samples)):
        turns.apply(event)
        events.append(event)
    assert isinstance(events[-1], LiveFinal)
    assert events[-1].equals_offline
    assert events[-1].duration == 14.0
    assert session.result.to_rttm() == result.to_rttm()
    assert session.result.to_csv() == result.to_csv()
    assert turns.turns("piece") == result.speaker_diarization
    kinds = {event.type for event in events}
    assert {"speaker_start", "speaker_end", "turn", "progress", "final"} <= kinds
    for event in events:
        if isinstance(event, TurnShown):
            assert (event.turn.confidence is not None) == (event.turn.state == "final")
    assert session.poll() == []
    assert session.status.pushed_s == 14.0


def test_another_thread_may_follow(engine, floats, result):
    session = engine.live(uri="piece")
    turns = LiveTurns()
    seen = []

    def follow():
        for event in session.events(interval=0.005):
            turns.apply(event)
            seen.append(event.type)

    thread = threading.Thread(target=follow)
    thread.start()
    for block in blocks(floats, 20000):
        session.push(block)
    found = session.finish()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert seen[-1] == "final"
    assert found.to_rttm() == result.to_rttm() == turns.turns("piece").to_rttm()


def test_any_rate_and_kind_of_samples(engine, samples):
    doubled = numpy.repeat(samples, 2).astype(numpy.float64) / 32768
    session = engine.live(32000, speed="fast")
    list(session.follow(blocks(numpy.stack([doubled, doubled]).T, 70001)[0:0]))
    session = engine.live(32000, speed="fast")
    for block in blocks(doubled, 70001):
        session.push(numpy.stack([block, block]))
    wanted = engine.diarize(doubled, 32000, speed="fast")
    assert session.finish().to_rttm() == wanted.to_rttm()


def test_bounded_memory_gives_what_was_shown(engine, floats):
    session = engine.live(bounded_memory=True)
    turns = LiveTurns()
    last = None
    for event in session.follow(blocks(floats, 16000)):
        turns.apply(event)
        last = event
    assert isinstance(last, LiveFinal)
    assert not last.equals_offline
    assert len(session.result) > 0
    assert turns.turns().to_rttm() == session.result.to_rttm()


def test_lines_are_those_of_the_schema():
    schema = json.loads((ROOT / "docs/schema/live-events.schema.json").read_text())
    kinds = [name for name, rule in schema["$defs"].items() if "properties" in rule]
    assert len(kinds) == 8
    values = {
        "speaker": "A", "old_speaker": "B", "from": "B", "into": "A", "state": "final", "equals_offline": True,
        "offline_labels": {"A": "SPEAKER_00"},
    }  # fmt: skip
    for kind in kinds:
        fields = {name: values.get(name, 2) for name in schema["$defs"][kind]["properties"]}
        line = json.dumps({**fields, "type": kind})
        event = diarize_cpp.event_from(line + "\n")
        assert event.type == kind
        assert event.json == line
        assert type(event) is not diarize_cpp.LiveEvent, kind
    # What a later library may say.
    later = diarize_cpp.event_from('{"type": "mood", "value": 3}')
    assert type(later) is diarize_cpp.LiveEvent
    LiveTurns().apply(later)


def test_wrong_calls(engine, floats):
    for wrong in ({"latency": 0.1}, {"latency": float("nan")}, {"sample_rate": 10}, {"num_speakers": 0}):
        with pytest.raises(InvalidArgument):
            engine.live(**wrong)
    session = engine.live()
    with pytest.raises(InvalidArgument, match="finish"):
        _ = session.result
    with pytest.raises(AudioError):
        session.push(numpy.array([0.0, numpy.nan], numpy.float32))
    session.push(floats[:16000])
    assert session.finish().duration == 1.0
    with pytest.raises(InvalidArgument):
        session.push(floats)
    with pytest.raises(InvalidArgument):
        session.finish()


def test_streams_stop_when_they_are_told_to(engine, floats):
    token = CancelToken()
    session = engine.live(cancel=token)
    session.push(floats[:16000])
    token.cancel()
    with pytest.raises(Cancelled):
        session.push(floats)
    with pytest.raises(Cancelled):
        session.finish()
    session = engine.live(progress=lambda stage, completed, total: False)
    with pytest.raises(Cancelled):
        session.push(floats)
    session = engine.live()
    session.cancel()
    with pytest.raises(Cancelled):
        session.push(floats)
