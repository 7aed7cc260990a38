#!/usr/bin/env python3
"""In: a simulated test set, a model set and the diarize command. Out: error rates in each condition, as a
table or as JSON.

    bench_accuracy.py --diarize build/release/diarize --set SET --work DIR [--model DIR] [--speed fast]
                      [--count 12] [--json] [--oracle build/release/tests/oracle_clustering]
                      [--reference energy|placed] [--ami EVAL_AMI_30S] [--pyannote RECORDED]
                      [-- ARGS OF DIARIZE]

SET is what training/make_conversations.py writes. RECORDED holds a folder for each recording, in it audio.wav
and expected.rttm: what pyannote's own pipeline says of it. Every rate comes from `diarize score`; nothing is
scored here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import wave
from dataclasses import dataclass
from pathlib import Path

CONDITIONS = ("clean", "room", "noisy")
COLLARS_S = (0.0, 0.25)
REFERENCES = {"energy": "reference_energy", "placed": "reference"}


@dataclass(frozen=True)
class TestSet:
    """Recordings with one reference file (and perhaps a UEM) for all of them."""

    name: str
    audio: list[Path]
    reference: Path
    uem: Path | None = None


def joined(paths: list[Path], out: Path) -> Path:
    out.write_text("".join(path.read_text() for path in paths))
    return out


def conversations(folder: Path, condition: str, count: int | None, reference: str, work: Path) -> TestSet:
    audio = sorted((folder / condition).glob("*.wav"))[:count]
    if not audio or (count and len(audio) < count):
        raise SystemExit(
            f"{folder / condition} holds {len(audio)} conversations, {count or 'some'} are needed"
        )
    references = [folder / REFERENCES[reference] / f"{path.stem}.rttm" for path in audio]
    return TestSet(condition, audio, joined(references, work / f"{condition}.reference.rttm"))


def ami_clips(folder: Path, work: Path) -> TestSet:
    audio = sorted(folder.glob("*.flac"))
    return TestSet(
        "ami_30s",
        audio,
        joined([path.with_suffix(".rttm") for path in audio], work / "ami_30s.reference.rttm"),
        joined([path.with_suffix(".uem") for path in audio], work / "ami_30s.uem"),
    )


def recorded(folder: Path, work: Path) -> TestSet:
    """pyannote's own output as the reference; the recordings, all called audio.wav, get names."""
    work = work / "recorded"
    work.mkdir(exist_ok=True)
    audio = []
    lines = ""
    for source in sorted(folder.glob("*/audio.wav")):
        audio.append(work / f"{source.parent.name}.wav")
        audio[-1].unlink(missing_ok=True)
        audio[-1].symlink_to(source.resolve())
        for line in (source.parent / "expected.rttm").read_text().splitlines():
            words = line.split()
            lines += " ".join([words[0], source.parent.name, *words[2:]]) + "\n"
    reference = work / "reference.rttm"
    reference.write_text(lines)
    return TestSet("pyannote", audio, reference)


def run(command: list) -> str:
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(
            f"exit code {result.returncode} of: {' '.join(str(part) for part in command[:6])} ..."
        )
    return result.stdout


def scores(diarize: Path, tests: TestSet, hypothesis: Path) -> dict:
    """Rates as fractions, over all recordings of the set."""
    by_collar = []
    for collar_s in COLLARS_S:
        uem = ["--uem", tests.uem] if tests.uem else []
        by_collar.append(
            json.loads(
                run(
                    [
                        diarize,
                        "score",
                        tests.reference,
                        hypothesis,
                        "--json",
                        "--per-file",
                        "--collar",
                        collar_s,
                        *uem,
                    ]
                )
            )
        )
    total, recordings = by_collar[0]["total"], by_collar[0]["recordings"]
    right = sum(
        recording["reference_speakers"] == recording["hypothesis_speakers"] for recording in recordings
    )
    return {
        "recordings": len(recordings),
        "speech_s": total["total_s"],
        **{f"der_collar_{collar:g}": scores["total"]["der"] for collar, scores in zip(COLLARS_S, by_collar)},
        **{
            part: total[f"{part}_s"] / total["total_s"]
            for part in ("missed_detection", "false_alarm", "confusion")
        },
        "jer": total["jer"],
        "speaker_count_error": total["speaker_count_error"],
        "right_speaker_count": right / len(recordings),
    }


def seconds_of(audio: list[Path]) -> float:
    """Of the WAV files among them; 0 when there are others."""
    seconds = 0.0
    for path in audio:
        if path.suffix != ".wav" or path.stat().st_size == 0:
            return 0.0
        with wave.open(str(path), "rb") as file:
            seconds += file.getnframes() / file.getframerate()
    return seconds


def diarized(args: argparse.Namespace, tests: TestSet, work: Path) -> Path:
    start_s = time.monotonic()
    results = work / tests.name
    speed = ["--speed", args.speed] if args.speed else []
    model = ["--model", args.model] if args.model else []
    run(
        [
            args.diarize,
            *tests.audio,
            "--output",
            f"{results}/",
            "--format",
            "rttm",
            "--quiet",
            *model,
            *speed,
            *args.diarize_args,
        ]
    )
    args.wall_s = time.monotonic() - start_s
    return joined([results / f"{path.stem}.rttm" for path in tests.audio], work / f"{tests.name}.rttm")


def oracle(args: argparse.Namespace, tests: TestSet, work: Path) -> Path:
    """Hypotheses of the segmentation with perfect clustering."""
    out = work / f"{tests.name}.oracle.rttm"
    run([args.oracle, args.model, tests.reference, out, *tests.audio])
    return out


COLUMNS = (
    ("DER", "der_collar_0"),
    ("DER@0.25", "der_collar_0.25"),
    ("missed", "missed_detection"),
    ("false al.", "false_alarm"),
    ("confusion", "confusion"),
    ("JER", "jer"),
)


def table(result: dict) -> str:
    lines = [
        f"model {result['model']}"
        + (f", speed {result['speed']}" if result["speed"] else "")
        + f", reference {result['reference']}",
        f"{'':18}"
        + "".join(f"{title:>10}" for title, _ in COLUMNS)
        + "  count error  right count     of  x real time",
    ]
    for name, row in result["rows"].items():
        for kind in ("pipeline", "oracle_clustering"):
            if kind in row:
                r = row[kind]
                cells = "".join(f"{100 * r[key]:8.1f} %" for _, key in COLUMNS)
                title = name if kind == "pipeline" else "  ideal clustering"
                lines.append(
                    f"{title:18}{cells}  {r['speaker_count_error']:11.2f}  "
                    f"{100 * r['right_speaker_count']:9.0f} %  {r['recordings']:5}"
                    + (f"  {r['times_real_time']:11.1f}" if r.get("times_real_time") else "")
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--diarize", type=Path, required=True)
    parser.add_argument("--set", type=Path, required=True, help="simulated conversations")
    parser.add_argument("--work", type=Path, required=True, help="directory for results")
    parser.add_argument("--model", help="model directory")
    parser.add_argument("--speed", help="passed to diarize --speed")
    parser.add_argument("--count", type=int, help="only the first so many conversations")
    parser.add_argument(
        "--oracle", type=Path, help="the oracle_clustering program, for the ceiling of the segmentation"
    )
    parser.add_argument(
        "--reference",
        choices=REFERENCES,
        default="energy",
        help="what is speech in the simulated set: what is loud in the clean sources, or every placed turn",
    )
    parser.add_argument("--pyannote", type=Path, help="recordings with pyannote's own output")
    parser.add_argument("--ami", type=Path, help="clips of real meetings with RTTM and UEM")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("diarize_args", nargs="*", help="after --: more arguments of diarize")
    args = parser.parse_args()
    if args.oracle and not args.model:
        parser.error("--oracle needs --model")
    # Runs of several models at the same time must not meet.
    args.work = args.work / Path(args.model or "default").name / (args.speed or "default")
    args.work.mkdir(parents=True, exist_ok=True)
    sets = [
        conversations(args.set, condition, args.count, args.reference, args.work) for condition in CONDITIONS
    ]
    if args.ami:
        sets.append(ami_clips(args.ami, args.work))
    if args.pyannote:
        sets.append(recorded(args.pyannote, args.work))
    result = {
        "model": args.model,
        "speed": args.speed,
        "reference": args.reference,
        "set": (args.set / "made_by.txt").read_text().strip(),
        "rows": {},
    }
    for tests in sets:
        start_s = time.monotonic()
        row = {"pipeline": scores(args.diarize, tests, diarized(args, tests, args.work))}
        row["pipeline"]["times_real_time"] = seconds_of(tests.audio) / args.wall_s
        if args.oracle:
            row["oracle_clustering"] = scores(args.diarize, tests, oracle(args, tests, args.work))
        result["rows"][tests.name] = row
        print(
            f"{tests.name}: {len(tests.audio)} recordings in {time.monotonic() - start_s:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    print(json.dumps(result, indent=2) if args.json else table(result))


if __name__ == "__main__":
    main()
