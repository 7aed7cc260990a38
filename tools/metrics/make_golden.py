"""Writes tests/data/metrics/golden.json: what pyannote.metrics itself says about every case of cases.py, and
JER by jaccard.py.

    python3 -m venv build/metrics && build/metrics/bin/pip install -r tools/metrics/requirements.txt
    build/metrics/bin/python tools/metrics/make_golden.py

The file names the versions that made it. Numbers are seconds, or rates in [0, inf).
"""

import argparse
import importlib.metadata
import json
import platform
import warnings
from pathlib import Path

from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.detection import DetectionErrorRate
from pyannote.metrics.diarization import (
    DiarizationCoverage,
    DiarizationErrorRate,
    DiarizationPurity,
    DiarizationSpeakerCountError,
)

import cases
import jaccard

warnings.filterwarnings("ignore", message="'uem' was approximated")
ROOT = Path(__file__).resolve().parents[2]


def annotation(turns):
    # One track for each turn, as pyannote.database reads RTTM: identical turns stay two.
    result = Annotation()
    for track, (start, end, speaker) in enumerate(turns):
        result[Segment(start, end), track] = speaker
    return result


def mapping(metric, reference, hypothesis, uem):
    """optimal_mapping as compute_components calls it, in the turns' own names."""
    reference, hypothesis = metric.uemify(
        reference, hypothesis, uem=uem, collar=metric.collar, skip_overlap=metric.skip_overlap
    )
    letters = reference.rename_labels(generator="string")
    numbers = hypothesis.rename_labels(generator="int")
    reference_names = dict(zip(_letters(len(reference.labels())), reference.labels()))
    hypothesis_names = dict(enumerate(hypothesis.labels()))
    return {
        hypothesis_names[h]: reference_names[r] for h, r in metric.optimal_mapping(letters, numbers).items()
    }


def _letters(count):
    from pyannote.core.utils.generators import string_generator

    generator = string_generator()
    return [next(generator) for _ in range(count)]


class Totals:
    """One metric for each kind of case, so that their accumulation is recorded too."""

    def __init__(self):
        self.cropped = {
            "purity": DiarizationPurity(),
            "coverage": DiarizationCoverage(),
            "speaker_count": DiarizationSpeakerCountError(),
        }
        self.by_options = {}

    def of(self, case):
        key = (case["collar"], case["skip_overlap"])
        if key not in self.by_options:
            options = {"collar": case["collar"], "skip_overlap": case["skip_overlap"]}
            self.by_options[key] = (DiarizationErrorRate(**options), DetectionErrorRate(**options))
        return self.by_options[key]


def expect(case, totals):
    reference, hypothesis = annotation(case["reference"]), annotation(case["hypothesis"])
    uem = None if case["uem"] is None else Timeline([Segment(*region) for region in case["uem"]])
    der, detection = totals.of(case)
    expected = {
        "diarization": der(reference, hypothesis, uem=uem, detailed=True),
        "detection": detection(reference, hypothesis, uem=uem, detailed=True),
        "jaccard": jaccard.jaccard_error_rate(case),
        "mapping": mapping(der, reference, hypothesis, uem),
    }
    # pyannote's purity and coverage take a uem and ignore it; here the annotations are cropped to it first.
    cropped = der.uemify(reference, hypothesis, uem=uem)
    for name in ("purity", "coverage"):
        expected[name] = totals.cropped[name](*cropped, detailed=True)
    expected["speaker_count_error"] = totals.cropped["speaker_count"](reference, hypothesis, uem=uem)
    if jaccard.on_grid(case):
        framed = jaccard.in_frames(case)
        assert abs(framed["rate"] - expected["jaccard"]["rate"]) < 1e-9, (case, framed, expected["jaccard"])
        expected["jaccard"]["checked_in_frames"] = True
    return expected


def total(rows):
    """Over the cases without collar and skip_overlap, as a corpus would be scored."""
    plain = [row for row in rows if row["collar"] == 0 and not row["skip_overlap"]]
    der, detection, purity, coverage, count = (
        DiarizationErrorRate(),
        DetectionErrorRate(),
        DiarizationPurity(),
        DiarizationCoverage(),
        DiarizationSpeakerCountError(),
    )
    errors, speakers = 0.0, 0
    for row in plain:
        reference, hypothesis = annotation(row["reference"]), annotation(row["hypothesis"])
        uem = None if row["uem"] is None else Timeline([Segment(*region) for region in row["uem"]])
        cropped = der.uemify(reference, hypothesis, uem=uem)
        der(reference, hypothesis, uem=uem)
        detection(reference, hypothesis, uem=uem)
        count(reference, hypothesis, uem=uem)
        purity(*cropped)
        coverage(*cropped)
        errors += row["expected"]["jaccard"]["error_sum"]
        speakers += row["expected"]["jaccard"]["reference"]
    return {
        "cases": len(plain),
        "diarization": abs(der),
        "detection": abs(detection),
        "purity": abs(purity),
        "coverage": abs(coverage),
        "speaker_count_error": abs(count),
        "jaccard": errors / speakers,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "tests/data/metrics/golden.json")
    parser.add_argument("--count", type=int, default=160, help="random cases")
    parser.add_argument("--seed", type=int, default=20260)
    arguments = parser.parse_args()
    totals, rows = Totals(), []
    for case in cases.all_cases(arguments.count, arguments.seed):
        rows.append({**case, "expected": expect(case, totals)})
    made_by = {
        name: importlib.metadata.version(name)
        for name in ("pyannote.metrics", "pyannote.core", "numpy", "scipy")
    }
    made_by["python"] = platform.python_version()
    head = {"made_by": made_by, "script": "tools/metrics/make_golden.py", "total": total(rows)}
    lines = [json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for row in rows]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(head, separators=(",", ":"))[:-1] + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n"
    arguments.out.write_text(text, encoding="utf-8")
    framed = sum("checked_in_frames" in row["expected"]["jaccard"] for row in rows)
    print(f"{len(rows)} cases, {framed} of them with JER in frames too -> {arguments.out}")


if __name__ == "__main__":
    main()
