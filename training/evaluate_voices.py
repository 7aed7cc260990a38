#!/usr/bin/env python3
"""In: prepared corpora, a model and the diarize command. Out: how well known voices are named, how honest
the probabilities are, and how well recordings are linked.

    ninja -C ../build/release diarize voice_trials
    python3 evaluate_voices.py --prepared CACHE/prepared-test --corpora CORPORA --split test \
        --diarize ../build/release/diarize --model MODEL --work WORK [--curves curves.svg]
    python3 evaluate_voices.py ... --split calibration --most 1 --fit --every 2    # a model.json's "voices"

Everybody with 25 s of speech or more is enrolled from 15 s of one session, in one of two books, half of them
in each. Every appearance is a recording of one speaker, 10 s of other speech (of strangers who have less: 4 s
or more), from another session where the corpus has several, clean, in a noisy room or over the telephone,
diarized like any other. Against the book with the speaker it is a trial of a known voice, against the other
one of a stranger. Linking: recordings of two or three voices each that share a pool of people; B-cubed F1
over time.

Recordings are diarized once; a run that was stopped goes on. Books are scored by voice_trials, which is the
library's own code.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np

from diar_train.plda import Plda
from diar_train.verification import equal_error_rate
from diar_train.voice_clips import (
    APPEAR_S,
    CONDITIONS,
    Cast,
    Clip,
    Pool,
    link_recordings,
    make_clips,
    number_of,
)
from diar_train.voice_scores import (
    Trial,
    Turns,
    b_cubed,
    cllr,
    fit_calibration,
    ideally_linked,
    identification,
    write_curves,
)

SPLITS = Path(__file__).parent / "splits"
# Recordings of one call of the command.
BATCH = 20


def run(command: list, text: str | None = None) -> str:
    result = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, input=text, text=True, check=False
    )
    if result.returncode != 0:
        raise SystemExit(
            f"exit code {result.returncode} of: {' '.join(str(part) for part in command[:6])} ..."
        )
    return result.stdout


def diarized(args: argparse.Namespace, files: list[Path], out: Path) -> dict[str, dict]:
    out.mkdir(parents=True, exist_ok=True)
    missing = [file for file in files if not (out / f"{file.stem}.json").exists()]
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        run(
            [args.diarize, *batch, "--model", args.model, "-f", "json", "--embeddings", "-o", f"{out}/", "-q"]
        )
    return {file.stem: json.loads((out / f"{file.stem}.json").read_text()) for file in files}


def loudest(result: dict) -> str | None:
    totals = {entry["speaker"]: entry["speech_s"] for entry in result["speakers"]}
    return max(totals, key=lambda speaker: totals[speaker]) if totals else None


def voice_of(result: dict) -> list[float] | None:
    for entry in result.get("embeddings", []):
        if entry["speaker"] == loudest(result):
            return entry["values"]
    return None


def speaker_lines(results: dict[str, dict]) -> str:
    """The input of voice_trials."""
    lines = []
    for name, result in results.items():
        totals = {entry["speaker"]: entry["speech_s"] for entry in result["speakers"]}
        for entry in result.get("embeddings", []):
            values = " ".join(repr(value) for value in entry["values"])
            lines.append(f"{name} {entry['speaker']} {totals[entry['speaker']]} {values}")
    return "\n".join(lines) + "\n"


def write_book(path: Path, encoder: str, samples: list[tuple[str, list[float]]]) -> None:
    """docs/schema/voices.schema.json; the file is read by the command, which checks it."""
    voices: dict[str, list[list[float]]] = {}
    for name, values in samples:
        voices.setdefault(name, []).append(values)
    book = {
        "format": "diarize.cpp voices",
        "version": 1,
        "encoder": encoder,
        "dimension": len(samples[0][1]),
        "voices": [
            {
                "name": name,
                "samples": [
                    {
                        "source": "evaluation",
                        "speech_s": 10,
                        "date": "",
                        "embedding": base64.b64encode(np.asarray(values, "<f4").tobytes()).decode(),
                    }
                    for values in entries
                ],
            }
            for name, entries in voices.items()
        ],
    }
    path.write_text(json.dumps(book))


def encoder_of(args: argparse.Namespace, wav: Path) -> str:
    """What the model calls its encoder: a book enrolled by the command says it."""
    book = args.work / "encoder.json"
    if not book.exists():
        listening = ["--model", args.model, "-q", "--min-seconds", "1", "--speaker", "SPEAKER_00"]
        run([args.diarize, "voices", "add", "x", wav, "--book", book, *listening])
    return json.loads(book.read_text())["encoder"]


def against(
    args: argparse.Namespace, book: Path, clips: list[Clip], known: bool, results: dict[str, dict]
) -> list[Trial]:
    command = [args.voice_trials, "identify", args.model, book]
    text = run(command, speaker_lines({clip.name: results[clip.name] for clip in clips}))
    names: dict[str, list[str]] = {}
    best: dict[str, tuple[str, float, float]] = {}
    for line in text.splitlines():
        clip, speaker, _, name, likeliest, llr, probability = line.split("\t")
        if name != "-":
            names.setdefault(clip, []).append(name)
        if speaker == loudest(results[clip]):
            best[clip] = likeliest, float(llr), float(probability)
    return [
        Trial(
            clip.speaker,
            known,
            clip.condition,
            clip.other_session,
            clip.speech_s,
            tuple(names.get(clip.name, [])),
            *best.get(clip.name, ("", -1e9, 0.0)),
        )
        for clip in clips
    ]


def trials_of(
    args: argparse.Namespace, cast: Cast, voices: dict[str, list[float]], encoder: str, results: dict
) -> list[Trial]:
    trials = []
    everybody = sorted({clip.speaker for clip in cast.appear})
    for book in (0, 1):
        path = args.work / f"book{book}.json"
        enrolled = [clip for clip in cast.enrol if cast.book_of[clip.speaker] == book]
        write_book(path, encoder, [(c.speaker, voices[c.name]) for c in enrolled if c.name in voices])
        known = [clip for clip in cast.appear if cast.book_of.get(clip.speaker) == book]
        # Who is in no book is a stranger to one of them, in turn.
        strangers = [
            clip
            for clip in cast.appear
            if cast.book_of.get(clip.speaker, everybody.index(clip.speaker) % 2) != book
        ]
        trials += against(args, path, known, True, results) + against(args, path, strangers, False, results)
    return trials


def fit(args: argparse.Namespace, cast: Cast, voices: dict[str, list[float]]) -> dict:
    """The calibration by logistic regression on every appearance against every enrolled person, of whom a
    book would hold the one sample."""
    enrolled = [clip for clip in cast.enrol if clip.name in voices]
    appearing = [clip for clip in cast.appear if clip.name in voices]
    rows = np.array([voices[clip.name] for clip in (*appearing, *enrolled)])
    own = Path(args.model) / "voices"
    plda = Plda.load(own if own.exists() else Path(args.model) / "plda")
    scores = plda.pair_scores(rows)[: len(appearing), len(appearing) :]
    same = np.array([[a.speaker == e.speaker for e in enrolled] for a in appearing])
    scale, offset = fit_calibration(scores[same], scores[~same])
    condition = np.array([clip.condition for clip in appearing])

    def rates(chosen: np.ndarray) -> dict:
        own = scores[chosen][same[chosen]]
        # Of each appearance the likeliest of the others, as a stranger's name would be.
        other = np.where(same, -np.inf, scores)[chosen].max(axis=1)
        return {
            "same": len(own),
            "equal_error_rate": equal_error_rate(scores[chosen].ravel(), same[chosen].ravel()),
            "same_percentiles": np.percentile(own, (5, 25, 50, 75)).round(1).tolist(),
            "likeliest_other_percentiles": np.percentile(other, (50, 90, 99, 100)).round(1).tolist(),
        }

    return {
        "voices": {"scale": float(f"{scale:.3g}"), "offset": float(f"{offset:.3g}")},
        "people": len(enrolled),
        "appearances": len(appearing),
        "cllr": cllr(scores[same], scores[~same], scale, offset),
        "raw_scores": {name: rates(condition == name) for name in CONDITIONS},
    }


def linking(args: argparse.Namespace) -> dict:
    pool = Pool(args.prepared, args.corpora, SPLITS, args.split)
    recordings = link_recordings(pool, args.work, args.seed)
    out = args.work / "link-out"
    files = [args.work / "link" / f"{name}.wav" for name in recordings]
    command = [
        args.diarize,
        *files,
        "--model",
        args.model,
        "--link",
        "-f",
        "json",
        "--embeddings",
        "-o",
        f"{out}/",
        "-q",
    ]
    if not all((out / f"{name}.json").exists() for name in recordings):
        run([*command, "--overwrite"])
    results = {name: json.loads((out / f"{name}.json").read_text()) for name in recordings}
    found: dict[str, Turns] = {
        name: [(turn["start_s"], turn["end_s"], turn["speaker"]) for turn in result["exclusive_turns"]]
        for name, result in results.items()
    }
    ideal = ideally_linked(recordings, found)
    # Every second one lies in a noisy room.
    parts = {"all": list(recordings), "clean": list(recordings)[::2], "room": list(recordings)[1::2]}
    return {
        part: {
            "linked": b_cubed({name: recordings[name] for name in names}, found),
            "same_speakers_linked_ideally": b_cubed({name: recordings[name] for name in names}, ideal),
        }
        for part, names in parts.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--corpora", type=Path, required=True, help="for the sessions of wuw_corpus_ii")
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test", "calibration"),
        nargs="+",
        default=["test"],
        help="calibration: people whom no training heard, for --fit",
    )
    parser.add_argument("--diarize", type=Path, required=True)
    parser.add_argument("--voice-trials", type=Path, help="default: tests/voice_trials beside the command")
    parser.add_argument("--model", required=True, help="directory")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--most", type=int, default=12, help="appearances of one speaker")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument(
        "--parts",
        choices=("identification", "linking"),
        nargs="+",
        default=["identification", "linking"],
    )
    parser.add_argument("--fit", action="store_true", help="print a calibration for model.json and stop")
    parser.add_argument("--every", type=int, default=1, help="with --fit: every Nth person alone is heard")
    parser.add_argument("--curves", type=Path, help="SVG of right against false names, and the calibration")
    args = parser.parse_args()
    args.voice_trials = args.voice_trials or args.diarize.parent / "tests" / "voice_trials"
    args.work.mkdir(parents=True, exist_ok=True)
    pool = Pool(args.prepared, args.corpora, SPLITS, args.split)
    cast = make_clips(pool, args.work, args.most, args.seed)
    (args.work / "clips.json").write_text(json.dumps(asdict(cast), indent=1))
    if args.fit:
        # Who is not enrolled has no trial with themselves.
        cast = cast.only(
            {clip.speaker for clip in cast.enrol if number_of(clip) % args.every == 0},
        )
    enrol_files = [args.work / "enrol" / f"{clip.name}.wav" for clip in cast.enrol]
    heard = diarized(args, enrol_files, args.work / "enrol-out")
    results = diarized(
        args, [args.work / "appear" / f"{clip.name}.wav" for clip in cast.appear], args.work / "appear-out"
    )
    voices = {
        name: voice for name, result in (heard | results).items() if (voice := voice_of(result)) is not None
    }
    if args.fit:
        print(json.dumps(fit(args, cast, voices), indent=2))
        return
    report: dict = {"split": args.split}
    if "identification" in args.parts:
        trials = trials_of(args, cast, voices, encoder_of(args, enrol_files[0]), results)
        report["identification"] = identification(trials, APPEAR_S)
        if args.curves:
            write_curves(args.curves, trials, report["identification"])
    if "linking" in args.parts:
        report["linking"] = linking(args)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
