"""Results: pyannote's shapes, every text, and what other packages make of them."""

from __future__ import annotations

import json
import pickle

import numpy
import pytest

import diarize_cpp
from conftest import SAMPLE_RTTM
from diarize_cpp import InvalidArgument, Turns, diarization_error_rate, read_turns

OVERLAPPING = Turns([(2.0, 4.0, "bo"), (0.5, 3.0, "ann"), (2.0, 4.0, "cy")], "talk")


def test_iteration_has_pyannotes_shapes(result):
    (first, track, speaker), *_ = result
    assert (first.start, first.end) == tuple(first)
    assert (track, speaker) == (0, result.speaker_diarization.tuples()[0][2])
    assert [(s, who) for s, _, who in result] == list(result.speaker_diarization)
    assert next(OVERLAPPING.itertracks(yield_label=True)) == (diarize_cpp.Segment(0.5, 3.0), 0, "ann")
    assert OVERLAPPING.labels() == ["ann", "bo", "cy"]
    assert OVERLAPPING.label_duration("bo") == 2.0
    assert OVERLAPPING.rename_labels({"bo": "ann"}).labels() == ["ann", "cy"]
    assert result.speaker_embeddings.shape == (len(result.speakers), 192)
    assert result.speaker_embeddings.dtype == numpy.float32
    assert result.speakers == result.speaker_diarization.labels()
    ends = [0.0]
    for segment, _ in result.exclusive_speaker_diarization:
        assert segment.start >= ends[-1]
        ends.append(segment.end)


def test_texts(result, tmp_path):
    whole = json.loads(result.to_json(embeddings=True))
    assert whole["uri"] == "piece"
    assert len(whole["embeddings"]) == len(result.speakers)
    assert whole["model"]["name"] == "starter"
    assert "embeddings" not in json.loads(result.to_json())
    for name in diarize_cpp.formats():
        assert result.to_format(name), name
    assert "-->" in result.to_srt()
    assert result.to_vtt().startswith("WEBVTT")
    with pytest.raises(InvalidArgument, match="rttm"):
        result.to_format("docx")
    result.save(tmp_path / "out.rttm")
    assert read_turns(tmp_path / "out.rttm")["piece"].labels() == result.speakers
    with pytest.raises(InvalidArgument):
        result.save(tmp_path / "out.docx")
    with pytest.raises(diarize_cpp.OutputError):
        result.save(tmp_path / "no" / "such" / "folder.rttm")
    listed = result.serialize()
    assert listed["diarization"][0]["speaker"] == result.speaker_diarization.tuples()[0][2]


def test_a_notebook_sees_the_timeline(result):
    page = result._repr_html_()
    assert "<svg" in page
    assert result.speakers[0] in page
    hostile = Turns([(0.0, 1.0, "<script>")], "x")
    assert "<script>" not in hostile._repr_html_()


def test_results_pickle(result):
    copy = pickle.loads(pickle.dumps(result))
    assert copy.to_json(embeddings=True) == result.to_json(embeddings=True)


def test_pyannote_core_and_metrics_take_them(result):
    core = pytest.importorskip("pyannote.core", reason="NOT RUN: pyannote.core is not installed")
    metrics = pytest.importorskip("pyannote.metrics.diarization", reason="NOT RUN: pyannote.metrics is not installed")
    annotation = result.to_annotation()
    assert isinstance(annotation, core.Annotation)
    assert annotation.uri == "piece"
    assert annotation.labels() == result.speakers
    assert annotation.to_rttm() == result.to_rttm()
    assert len(OVERLAPPING.to_annotation()) == 2  # two segments, three tracks
    assert len(list(OVERLAPPING.to_annotation().itertracks())) == 3
    reference = read_turns(SAMPLE_RTTM)["conversation"]
    hypothesis = Turns(
        [(s, e + 0.3, "x" if who == "anna" else who) for s, e, who in reference.tuples()], "conversation"
    )
    metric = metrics.DiarizationErrorRate()
    parts = metric(reference.to_annotation(), hypothesis.to_annotation(), detailed=True)
    ours = diarization_error_rate(reference, hypothesis.to_annotation())
    for name, key in (
        ("total", "total"),
        ("missed_detection", "missed detection"),
        ("confusion", "confusion"),
    ):
        assert getattr(ours, name) == pytest.approx(parts[key], abs=1e-6)
    assert ours.rate == pytest.approx(abs(metric), abs=1e-9)


def test_pyannotes_reader_and_metrics_agree(result, tmp_path):
    reader = pytest.importorskip("pyannote.database.util", reason="NOT RUN: pyannote.database is not installed")
    metrics = pytest.importorskip("pyannote.metrics.diarization", reason="NOT RUN: pyannote.metrics is not installed")
    detection = pytest.importorskip("pyannote.metrics.detection", reason="NOT RUN: pyannote.metrics is not installed")
    found = result.to_annotation()
    result.save(tmp_path / "piece.rttm")
    read = reader.load_rttm(tmp_path / "piece.rttm")["piece"]
    assert read.labels() == found.labels()
    for label in found.labels():
        # RTTM has milliseconds.
        assert read.label_duration(label) == pytest.approx(found.label_duration(label), abs=2e-3)
    assert result.exclusive_speaker_diarization.to_annotation().get_overlap().duration() == 0
    reference = read_turns(SAMPLE_RTTM)["conversation"].to_annotation().crop(found.get_timeline().extent())
    for ours, metric in (
        (diarization_error_rate(reference, result).rate, metrics.DiarizationErrorRate()),
        (diarize_cpp.jaccard_error_rate(reference, result), metrics.JaccardErrorRate()),
        (0.0, detection.DetectionErrorRate()),
    ):
        against = found if isinstance(metric, detection.DetectionErrorRate) else reference
        assert metric(against, found) == pytest.approx(ours, abs=1e-6)
    assert metrics.DiarizationPurity()(found, found) == metrics.DiarizationCoverage()(found, found) == 1.0
    mapped = found.rename_labels(diarize_cpp.optimal_mapping(reference, result))
    assert metrics.DiarizationErrorRate()(reference, mapped) == pytest.approx(
        diarization_error_rate(reference, result).rate, abs=1e-6
    )


def test_scores():
    ours = diarization_error_rate([(0.0, 10.0, "a")], [(0.0, 5.0, "x"), (5.0, 12.0, "y")])
    assert (ours.total, ours.confusion, ours.false_alarm) == (10.0, 5.0, 2.0)
    assert float(ours) == ours.rate == 0.7
    assert (ours + ours).total == 20.0
    assert diarization_error_rate([(0, 10, "a")], [(0, 12, "x")], uem=[(0, 10)]).rate == 0.0
    assert diarization_error_rate(SAMPLE_RTTM, SAMPLE_RTTM).rate == 0.0
    assert diarize_cpp.optimal_mapping([(0, 10, "a")], [(0, 9, "x")]) == {"x": "a"}
    assert diarize_cpp.jaccard_error_rate([(0, 10, "a")], [(0, 5, "x")]) == 0.5


def test_data_frames_have_the_columns_of_whisperx(result):
    pytest.importorskip("pandas", reason="NOT RUN: pandas is not installed")
    frame = result.to_dataframe()
    assert list(frame.columns) == ["start", "end", "speaker"]
    assert len(frame) == len(result)


def test_the_pipeline_is_pyannotes(engine, floats, result):
    core = pytest.importorskip("pyannote.core", reason="NOT RUN: pyannote.core is not installed")
    pipeline = diarize_cpp.Pipeline.from_pretrained("starter", token="no token is needed")
    steps = []
    output = pipeline(
        {"waveform": floats[None], "sample_rate": 16000, "uri": "piece"},
        hook=lambda step, artifact, file=None, total=None, completed=None: steps.append(step),
    )
    assert isinstance(output.speaker_diarization, core.Annotation)
    assert output.speaker_diarization.to_rttm() == result.to_rttm()
    assert output.exclusive_speaker_diarization.get_overlap().duration() == 0
    assert output.speaker_embeddings.shape == (len(output.speaker_diarization.labels()), 192)
    assert output.serialize() == result.serialize()
    assert "networks" in steps
    with pytest.warns(UserWarning, match="CPU"):
        pipeline.to("cuda")
    pipeline.instantiate({"clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}})
    with pytest.raises(InvalidArgument):
        pipeline.instantiate({"clustering": {"method": 1}})
    with pytest.raises(InvalidArgument):
        pipeline(floats, spekers=2)
    with pytest.raises(diarize_cpp.ModelError):
        diarize_cpp.Pipeline.from_pretrained("someone/no-such-model")


def test_networks(engine, floats):
    segmentation = diarize_cpp.load_segmentation("starter")
    log_probs = segmentation(floats)
    assert log_probs.shape == (2, 589, len(segmentation.classes))
    assert numpy.exp(log_probs).sum(-1) == pytest.approx(1.0, abs=1e-5)
    assert segmentation(floats, step=1.0).shape[0] == 5
    numpy.testing.assert_array_equal(segmentation(floats, step=1.0)[0], log_probs[0])
    active = segmentation.to_multilabel(log_probs)
    assert active.shape == (2, 589, segmentation.num_speakers)
    assert active[0].any()
    encoder = diarize_cpp.load_encoder("starter")
    same, other = encoder(floats[:48000]), encoder(floats[-48000:])
    assert same.shape == (encoder.dimension,)

    def cosine(a, b):
        return float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))

    assert cosine(same, encoder(floats[16000:64000])) > cosine(same, other)
    halves = encoder(floats, weights=numpy.eye(2, dtype=numpy.float32))
    assert halves.shape == (2, encoder.dimension)
    with pytest.raises(InvalidArgument):
        encoder(floats[:100])


def test_batches_resume_and_collect_failures(engine, floats, tmp_path):
    import soundfile

    for name in ("one", "two"):
        soundfile.write(tmp_path / f"{name}.wav", floats, 16000)
    (tmp_path / "bad.wav").write_bytes(b"nothing")
    paths = [tmp_path / f"{name}.wav" for name in ("one", "bad", "two")]
    reports = list(diarize_cpp.diarize_files(engine, paths, tmp_path / "out", jobs=2))
    assert [report.state for report in reports] == ["done", "failed", "done"]
    assert "bad.wav" in reports[1].error
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.rttm", "two.rttm"]
    reports = list(diarize_cpp.diarize_files(engine, paths, tmp_path / "out"))
    assert [report.state for report in reports] == ["skipped", "failed", "skipped"]
