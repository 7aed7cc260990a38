#!/usr/bin/env python3
"""Reads files that `diarize` wrote with the readers of other projects and compares every turn.

    tools/setup_readers.sh
    tools/check_formats.py build/release/diarize [AUDIO]

Without AUDIO only `diarize convert` is checked, on hand-made and random turns; with it, a real run too.
Prints one line for each format and reader; exits 1 when any turn differs, 77 when a package is missing
(nothing was checked).
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "build/readers-venv/bin/python"
if PYTHON.exists() and Path(sys.prefix).resolve() != PYTHON.parent.parent:
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

try:
    import jsonschema
    import pympi
    import pysubs2
    import textgrid
    import webvtt
    from pyannote.database.util import load_rttm
except ImportError as missing:
    print(f"check_formats: not run, {missing} (tools/setup_readers.sh brings it)")
    sys.exit(77)

SCHEMA = json.loads((ROOT / "docs/schema/diarization.schema.json").read_text())
# Start and end in milliseconds, and the speaker, who has no name in some formats.
Turn = tuple[int, int, str | None]

FORMATS = "rttm,json,csv,srt,vtt,textgrid,audacity,eaf,ctm"


def nasty_turns() -> list[Turn]:
    """(start ms, end ms, speaker): overlap, touching, nested, hours, awkward names."""
    return [
        (0, 1500, "SPEAKER_00"),
        (1500, 1501, "SPEAKER_00"),
        (1000, 4000, "SPEAKER_01"),
        (2000, 3000, "SPEAKER_01"),
        (2000, 3000, "SPEAKER_02"),
        (3599999, 3600001, 'it\'s_"q"'),
        (5000, 6000, "<v_x>_&_</v>"),
        (6000, 7000, "a,b;c"),
        (8000, 9000, "会议שלום👩‍🔬"),
        (359999000, 359999250, "SPEAKER_02"),
    ]


def random_turns(seed: int) -> list[Turn]:
    generator = random.Random(seed)
    turns: list[Turn] = []
    for _ in range(generator.randrange(1, 60)):
        start = generator.randrange(20000 if seed % 2 else 8000000)
        turns.append((start, start + generator.randrange(1, 5000), f"SPEAKER_0{generator.randrange(4)}"))
    return turns


def milliseconds(seconds: float | str) -> int:
    return round(float(seconds) * 1000)


def from_rttm(path: Path) -> list[Turn]:
    turns = []
    for annotation in load_rttm(path).values():
        turns += [
            (milliseconds(segment.start), milliseconds(segment.end), label)
            for segment, _, label in annotation.itertracks(yield_label=True)
        ]
    return turns


def from_json(path: Path) -> list[Turn]:
    document = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return [
        (milliseconds(turn["start_s"]), milliseconds(turn["end_s"]), turn["speaker"])
        for turn in document["turns"]
    ]


def from_csv(path: Path) -> list[Turn]:
    import csv

    with open(path, newline="") as file:
        return [
            (milliseconds(row["start_s"]), milliseconds(row["end_s"]), row["speaker"])
            for row in csv.DictReader(file)
        ]


def from_pysubs2(path: Path) -> list[Turn]:
    return [
        (event.start, event.end, event.plaintext.removeprefix("[").removesuffix("]"))
        for event in pysubs2.load(str(path), keep_html_tags=False)
    ]


def from_webvtt_srt(path: Path) -> list[Turn]:
    return [
        (
            milliseconds(cue.start_in_seconds + cue.start_time.milliseconds / 1000),
            milliseconds(cue.end_in_seconds + cue.end_time.milliseconds / 1000),
            cue.text[1:-1],
        )
        for cue in webvtt.from_srt(str(path))
    ]


def from_webvtt(path: Path) -> list[Turn]:
    import html

    return [
        (
            milliseconds(cue.start_in_seconds + cue.start_time.milliseconds / 1000),
            milliseconds(cue.end_in_seconds + cue.end_time.milliseconds / 1000),
            html.unescape(cue.voice),
        )
        for cue in webvtt.read(str(path))
    ]


def from_textgrid(path: Path) -> list[Turn]:
    grid = textgrid.TextGrid.fromFile(str(path))
    return [
        (milliseconds(interval.minTime), milliseconds(interval.maxTime), tier.name)
        for tier in grid
        for interval in tier
        if interval.mark
    ]


def from_praatio(path: Path) -> list[Turn]:
    grid = pympi.Praat.TextGrid(str(path))
    return [
        (milliseconds(start), milliseconds(end), tier.name)
        for tier in grid.get_tiers()
        for start, end, text in tier.get_intervals(sort=True)
        if text
    ]


def from_audacity(path: Path) -> list[Turn]:
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [(milliseconds(start), milliseconds(end), label) for start, end, label in rows]


def from_eaf(path: Path) -> list[Turn]:
    eaf = pympi.Elan.Eaf(str(path))
    return [
        (start, end, value)
        for tier in eaf.get_tier_names()
        for start, end, value in eaf.get_annotation_data_for_tier(tier)
    ]


def from_ctm(path: Path) -> list[Turn]:
    rows = [line.split() for line in path.read_text().splitlines()]
    return [
        (milliseconds(start), milliseconds(float(start) + float(duration)), speaker)
        for _, _, start, duration, speaker in rows
    ]


# Characters that the format cannot escape (SubRip's readers take < > for tags) or that this reader does not
# unescape (textgrid's doubled quotes): turns of speakers with them are left out of that comparison.
LEFT_OUT = {("srt", "pysubs2"): "<", ("srt", "webvtt-py"): "<", ("textgrid", "textgrid"): '"'}

READERS: list[tuple[str, str, str, Callable[[Path], list[Turn]]]] = [
    ("rttm", ".rttm", "pyannote.database", from_rttm),
    ("json", ".json", "jsonschema", from_json),
    ("csv", ".csv", "Python csv", from_csv),
    ("srt", ".srt", "pysubs2", from_pysubs2),
    ("srt", ".srt", "webvtt-py", from_webvtt_srt),
    ("vtt", ".vtt", "webvtt-py", from_webvtt),
    ("vtt", ".vtt", "pysubs2", lambda path: [(start, end, None) for start, end, _ in from_pysubs2(path)]),
    ("textgrid", ".TextGrid", "textgrid", from_textgrid),
    ("textgrid", ".TextGrid", "pympi", from_praatio),
    ("audacity", ".audacity.txt", "its three columns", from_audacity),
    ("eaf", ".eaf", "pympi", from_eaf),
    ("ctm", ".ctm", "its five columns", from_ctm),
]


def run(arguments: list) -> None:
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"check_formats: {' '.join(map(str, arguments))}: {result.stderr}")


def cases(diarize: Path, folder: Path, audio: str | None) -> Iterator[tuple[str, list[Turn]]]:
    """(name, expected turns); the files of each lie in folder/name.*"""
    for name, turns in [("nasty", nasty_turns())] + [
        (f"random{seed}", random_turns(seed)) for seed in range(100)
    ]:
        rttm = folder / f"{name}.rttm"
        rttm.write_text(
            "".join(
                f"SPEAKER {name} 1 {start / 1000:.3f} {(end - start) / 1000:.3f} "
                f"<NA> <NA> {speaker} <NA> <NA>\n"
                for start, end, speaker in turns
            )
        )
        run([diarize, "convert", rttm, "--format", FORMATS.removeprefix("rttm,")])
        yield name, turns
    if audio:
        run(
            [
                diarize,
                audio,
                "--output",
                f"{folder}/",
                "--format",
                FORMATS,
                "--quiet",
                "--embeddings",
                "--names",
                'SPEAKER_00=Ann B.,SPEAKER_01=Zoë "Z" & Co',
            ]
        )
        name = Path(audio).stem
        yield name, [(start, end, speaker) for start, end, speaker in from_json(folder / f"{name}.json")]


def known(turn: Turn, left_out: str) -> bool:
    """Readers that took < > for tags give a name without them: "_&_" in place of "<v_x>_&_</v>"."""
    return turn[2] is None or (left_out not in turn[2] and not (left_out == "<" and turn[2] == "_&_"))


def main() -> None:
    diarize = Path(sys.argv[1]).resolve()
    audio = sys.argv[2] if len(sys.argv) > 2 else None
    wrong: dict[tuple[str, str], list[str]] = {}
    count: dict[tuple[str, str], int] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        for name, turns in cases(diarize, folder, audio):
            for kind, extension, reader_name, reader in READERS:
                key = (kind, reader_name)
                left_out = LEFT_OUT.get(key, "\0")
                found = sorted(
                    (turn for turn in reader(folder / (name + extension)) if known(turn, left_out)), key=str
                )
                without_spaces = kind in ("rttm", "ctm")
                expected: list[Turn] = sorted(
                    (
                        (start, end, speaker.replace(" ", "_") if without_spaces else speaker)
                        for start, end, speaker in turns
                        if speaker is not None and left_out not in speaker
                    ),
                    key=str,
                )
                if found and found[0][2] is None:
                    expected = sorted(((start, end, None) for start, end, _ in expected), key=str)
                # A start and a duration that are both rounded may miss the end by a millisecond.
                slack = 1 if kind in ("rttm", "ctm") and name == (audio and Path(audio).stem) else 0
                same = len(found) == len(expected) and all(
                    one[2] == other[2] and abs(one[0] - other[0]) <= 0 and abs(one[1] - other[1]) <= slack
                    for one, other in zip(found, expected)
                )
                count[key] = count.get(key, 0) + len(found)
                if not same:
                    wrong.setdefault(key, []).append(name)
                    if len(wrong[key]) == 1:
                        print(
                            f"  {kind} by {reader_name}, {name}: only there "
                            f"{sorted(set(found) - set(expected), key=str)[:3]}, "
                            f"only expected {sorted(set(expected) - set(found), key=str)[:3]}"
                        )
    for kind, _, reader_name, _ in READERS:
        key = (kind, reader_name)
        print(
            f"{kind:9} read by {reader_name:18} {count[key]:6} turns  "
            f"{'WRONG in ' + ', '.join(wrong[key][:5]) if key in wrong else 'equal'}"
        )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
