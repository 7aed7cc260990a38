#!/usr/bin/env python3
"""In: a simulated test set, a model set and the diarize command. Out: error rates in each condition, as a
table or as JSON.

    bench_accuracy.py --diarize build/release/diarize --set SET --work DIR [--model DIR] [--speed fast]
                      [--count 12] [--json] [--oracle build/release/tests/oracle_clustering]
                      [--ami EVAL_AMI_30S] [-- ARGS OF DIARIZE]

SET is what training/make_conversations.py writes. Every rate comes from `diarize score`; nothing is scored
here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CONDITIONS = ("clean", "room", "noisy")
COLLARS_S = (0.0, 0.25)


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


def conversations(folder: Path, condition: str, count: int | None, work: Path) -> TestSet:
    audio = sorted((folder / condition).glob("*.wav"))[:count]
    if not audio or (count and len(audio) < count):
        raise SystemExit(
            f"{folder / condition} holds {len(audio)} conversations, {count or 'some'} are needed"
        )
    references = [folder / "reference" / f"{path.stem}.rttm" for path in audio]
    return TestSet(condition, audio, joined(references, work / f"{condition}.reference.rttm"))


def ami_clips(folder: Path, work: Path) -> TestSet:
    audio = sorted(folder.glob("*.flac"))
    return TestSet(
        "ami_30s",
        audio,
        joined([path.with_suffix(".rttm") for path in audio], work / "ami_30s.reference.rttm"),
        joined([path.with_suffix(".uem") for path in audio], work / "ami_30s.uem"),
    )


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


def diarized(args: argparse.Namespace, tests: TestSet, work: Path) -> Path:
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
        f"model {result['model']}" + (f", speed {result['speed']}" if result["speed"] else ""),
        f"{'':18}" + "".join(f"{title:>10}" for title, _ in COLUMNS) + "  count error  right count     of",
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
    parser.add_argument("--ami", type=Path, help="clips of real meetings with RTTM and UEM")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("diarize_args", nargs="*", help="after --: more arguments of diarize")
    args = parser.parse_args()
    if args.oracle and not args.model:
        parser.error("--oracle needs --model")
    # Runs of several models at the same time must not meet.
    args.work = args.work / Path(args.model or "default").name / (args.speed or "default")
    args.work.mkdir(parents=True, exist_ok=True)
    sets = [conversations(args.set, condition, args.count, args.work) for condition in CONDITIONS]
    if args.ami:
        sets.append(ami_clips(args.ami, args.work))
    result = {
        "model": args.model,
        "speed": args.speed,
        "set": (args.set / "made_by.txt").read_text().strip(),
        "rows": {},
    }
    for tests in sets:
        start_s = time.monotonic()
        row = {"pipeline": scores(args.diarize, tests, diarized(args, tests, args.work))}
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
