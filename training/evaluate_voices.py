#!/usr/bin/env python3
"""In: prepared corpora, a model and the diarize command. Out: how well known voices are named, how honest
the probabilities are, and how well recordings are linked.

    python3 evaluate_voices.py --prepared CACHE/prepared-test --corpora CORPORA --split test \
        --diarize ../build/release/diarize --model ../models/starter --work WORK [--curves curves.svg]
    python3 evaluate_voices.py ... --split validation --fit          # the "voices" of a model.json

Half of the speakers are enrolled (15 s or more each, from one session where the corpus has several). Every
appearance is a recording of one speaker, 10 s of other speech, clean or in a noisy room in turn, diarized
like any other; a name is false when the speaker is not enrolled, wrong when it is somebody else's.
Linking: recordings of two or three voices each that share a pool of people; B-cubed F1 over time.
Everything is done by the command; nothing is scored by another implementation of the voices.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diar_train.augment import in_room
from diar_train.corpora import SAMPLE_RATE_HZ, PreparedCorpora, Speaker
from diar_train.rooms import room_bank
from diar_train.simulation import coloured_noise
from diar_train.trials import voiced_by_session

SPLITS = Path(__file__).parent / "splits"
ENROL_S = 15
APPEAR_S = 10
MOST_APPEARANCES = 12
LINK_RECORDINGS, LINK_VOICES = 60, 30
PIECE_S = 3.0


@dataclass(frozen=True)
class Clip:
    """One recording of one speaker."""

    name: str
    speaker: str
    other_session: bool


def write_wav(path: Path, samples: np.ndarray) -> None:
    peak = np.abs(samples).max() + 1e-6
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(samples * (0.5 * 32767 / peak)).astype("<i2").tobytes())


def with_pauses(material: np.ndarray) -> np.ndarray:
    """Speech as turns of a few seconds with half a second between them."""
    pause = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
    pieces = [pause]
    for first in range(0, len(material), int(PIECE_S * SAMPLE_RATE_HZ)):
        pieces += [material[first : first + int(PIECE_S * SAMPLE_RATE_HZ)].astype(np.float32), pause]
    return np.concatenate(pieces)


def degraded(samples: np.ndarray, rooms: np.ndarray, noisy: bool, rng: np.random.Generator) -> np.ndarray:
    samples = samples / (samples[samples != 0].std() + 1e-6)
    noise_db = 40.0
    if noisy:
        room = rooms[rng.integers(len(rooms))]
        samples = in_room(samples, room[rng.integers(len(room))])
        noise_db = float(rng.uniform(10, 20))
    return samples + coloured_noise(len(samples), rng) * np.float32(10 ** (-noise_db / 20))


class Pool:
    """Speech of each speaker of the split, taken piece by piece; no sample is used twice."""

    def __init__(self, prepared: Path, corpora: Path, split: str):
        data = PreparedCorpora(prepared)
        self.sessions: dict[str, list[np.ndarray]] = {}
        for speaker in data.of_split(SPLITS, split) if split else []:
            self._add(data, corpora, speaker)

    def _add(self, data: PreparedCorpora, corpora: Path, speaker: Speaker) -> None:
        sessions = [part for part in voiced_by_session(data, corpora, speaker).values() if len(part)]
        if sum(len(part) for part in sessions) >= APPEAR_S * SAMPLE_RATE_HZ:
            self.sessions[speaker.key] = sessions

    def total_s(self, speaker: str) -> float:
        return sum(len(part) for part in self.sessions[speaker]) / SAMPLE_RATE_HZ

    def take(self, speaker: str, seconds: float, session: int) -> np.ndarray | None:
        """From this session, else from the next ones that have it."""
        count = round(seconds * SAMPLE_RATE_HZ)
        sessions = self.sessions[speaker]
        for i in range(len(sessions)):
            at = (session + i) % len(sessions)
            if len(sessions[at]) >= count:
                taken, sessions[at] = sessions[at][:count], sessions[at][count:]
                return taken
        return None


def make_clips(pool: Pool, work: Path, seed: int) -> tuple[list[Clip], list[Clip], set[str]]:
    """Recordings to enrol, appearances, and who is enrolled."""
    rng = np.random.default_rng(seed)
    rooms = room_bank(work / "rooms.npy", 24, 6, seed)
    speakers = sorted(pool.sessions)
    able = [speaker for speaker in speakers if pool.total_s(speaker) >= ENROL_S + APPEAR_S]
    enrolled = {able[i] for i in rng.permutation(len(able))[: len(speakers) // 2]}
    enrol, appear = [], []
    for folder in ("enrol", "appear"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    for number, speaker in enumerate(speakers):
        if speaker in enrolled:
            material = pool.take(speaker, ENROL_S, 0)
            if material is None:
                enrolled.discard(speaker)
            else:
                clip = Clip(f"{number:03}", speaker, False)
                write_wav(
                    work / "enrol" / f"{clip.name}.wav", degraded(with_pauses(material), rooms, False, rng)
                )
                enrol.append(clip)
        for index in range(MOST_APPEARANCES):
            sessions = len(pool.sessions[speaker])
            material = pool.take(speaker, APPEAR_S, 1 % sessions)
            if material is None:
                break
            clip = Clip(f"{number:03}-{index:02}", speaker, sessions > 1)
            samples = degraded(with_pauses(material), rooms, index % 2 == 1, rng)
            write_wav(work / "appear" / f"{clip.name}.wav", samples)
            appear.append(clip)
    return enrol, appear, enrolled


def run(command: list) -> str:
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(
            f"exit code {result.returncode} of: {' '.join(str(part) for part in command[:6])} ..."
        )
    return result.stdout


def diarized(args: argparse.Namespace, files: list[Path], out: Path, extra: list) -> dict[str, dict]:
    run(
        [
            args.diarize,
            *files,
            "--model",
            args.model,
            "-f",
            "json",
            "-o",
            f"{out}/",
            "--overwrite",
            "-q",
            *extra,
        ]
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
    book.unlink(missing_ok=True)
    listening = ["--model", args.model, "-q", "--min-seconds", "1", "--speaker", "SPEAKER_00"]
    run([args.diarize, "voices", "add", "x", wav, "--book", book, *listening])
    return json.loads(book.read_text())["encoder"]


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's, 95 %."""
    if trials == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def calibration_error(probabilities: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    error = 0.0
    for k in range(bins):
        chosen = (probabilities >= k / bins) & ((probabilities < (k + 1) / bins) | (k == bins - 1))
        if chosen.any():
            error += chosen.mean() * abs(probabilities[chosen].mean() - right[chosen].mean())
    return float(error)


def best_of(result: dict) -> tuple[str, float, float]:
    """Likeliest person of the loudest speaker, the ratio and the probability."""
    speaker = loudest(result)
    for identity in result.get("identities", []):
        if identity["speaker"] == speaker and identity["candidates"]:
            best = identity["candidates"][0]
            return best["name"], best["llr"], best["probability"]
    return "", -1e9, 0.0


def identification(
    appear: list[Clip], results: dict[str, dict], enrolled: set[str]
) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray]:
    false = wrong = correct = strangers = known = cross = cross_correct = 0
    llrs, probabilities, right, is_stranger = [], [], [], []
    for clip in appear:
        names = {entry.get("name") for entry in results[clip.name].get("identities", [])} - {None}
        best, llr, probability = best_of(results[clip.name])
        llrs.append(llr)
        probabilities.append(probability)
        right.append(best == clip.speaker)
        is_stranger.append(clip.speaker not in enrolled)
        if clip.speaker in enrolled:
            known += 1
            correct += names == {clip.speaker}
            wrong += bool(names - {clip.speaker})
            cross += clip.other_session
            cross_correct += clip.other_session and names == {clip.speaker}
        else:
            strangers += 1
            false += bool(names)
    scores, hit, foreign = np.array(llrs), np.array(right), np.array(is_stranger)
    # Detection cost at the best threshold, a target being a right name for one who is enrolled; both kinds
    # of error weigh alike.
    costs = [
        0.5 * (1 - (hit & ~foreign & (scores >= t)).sum() / max(known, 1))
        + 0.5 * (foreign & (scores >= t)).sum() / max(strangers, 1)
        for t in np.unique(scores)
    ]
    low, high = interval(false, strangers)
    return (
        {
            "enrolled": len(enrolled),
            "stranger_appearances": strangers,
            "false_names": false,
            "false_name_rate": false / max(strangers, 1),
            "false_name_interval": [low, high],
            "known_appearances": known,
            "correct_name_rate": correct / max(known, 1),
            "wrong_names": wrong,
            "cross_session_appearances": cross,
            "cross_session_correct": cross_correct,
            "least_detection_cost": float(min(costs)),
            "ece": calibration_error(np.array(probabilities), hit.astype(float)),
        },
        scores,
        hit,
        foreign,
    )


def write_curves(path: Path, scores: np.ndarray, hit: np.ndarray, foreign: np.ndarray) -> None:
    """Correct names against false ones at every threshold, as SVG."""
    points = []
    for t in np.unique(scores):
        false_rate = (foreign & (scores >= t)).sum() / max(foreign.sum(), 1)
        points.append((false_rate, (hit & ~foreign & (scores >= t)).sum() / max((~foreign).sum(), 1)))
    line = " ".join(f"{40 + 400 * x:.1f},{440 - 400 * y:.1f}" for x, y in points)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 480" font-family="sans-serif">'
        '<rect width="480" height="480" fill="white"/><path d="M40 40V440H440" fill="none" stroke="black"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f77b4" stroke-width="2"/>'
        '<text x="150" y="470">false names among strangers</text>'
        '<text x="20" y="330" transform="rotate(-90 20 330)">correct names among the enrolled</text>'
        '<text x="30" y="456">0</text><text x="430" y="456">1</text><text x="28" y="45">1</text></svg>\n'
    )


def link_recordings(pool: Pool, work: Path, seed: int) -> dict[str, list[tuple[float, float, str]]]:
    """Recordings with their true turns; the voices take turns of three seconds."""
    rng = np.random.default_rng([seed, 1])
    rooms = room_bank(work / "rooms.npy", 24, 6, seed)
    (work / "link").mkdir(parents=True, exist_ok=True)
    ready = [speaker for speaker in sorted(pool.sessions) if pool.total_s(speaker) >= 30]
    people = [ready[i] for i in rng.permutation(len(ready))[:LINK_VOICES]]
    used = dict.fromkeys(people, 0)
    recordings = {}
    for index in range(LINK_RECORDINGS):
        cast = sorted(people, key=lambda who: (used[who] + rng.uniform(0, 2), who))[: 2 + index % 2]
        taken = {who: pool.take(who, 12, index % len(pool.sessions[who])) for who in cast}
        spoken = {who: material for who, material in taken.items() if material is not None}
        if len(spoken) < 2:
            continue
        turns, parts, at_s = [], [], 0.0
        for piece in range(int(12 / PIECE_S)):
            for who, material in spoken.items():
                first = int(piece * PIECE_S * SAMPLE_RATE_HZ)
                parts += [
                    material[first : first + int(PIECE_S * SAMPLE_RATE_HZ)].astype(np.float32),
                    np.zeros(SAMPLE_RATE_HZ // 4, np.float32),
                ]
                turns.append((at_s, at_s + PIECE_S, who))
                at_s += PIECE_S + 0.25
                used[who] += 1
        name = f"link{index:02}"
        write_wav(work / "link" / f"{name}.wav", degraded(np.concatenate(parts), rooms, index % 2 == 1, rng))
        recordings[name] = turns
    return recordings


def b_cubed(recordings: dict, results: dict[str, dict]) -> dict:
    """Over tenths of a second in which one person talks and one speaker was found."""
    step_s = 0.1
    counts: dict[tuple[str, str], int] = {}
    for name, turns in recordings.items():
        length = int(max(end for _, end, _ in turns) / step_s) + 1
        truth: list[str | None] = [None] * length
        found: list[str | None] = [None] * length
        for start, end, who in turns:
            for i in range(int(start / step_s), int(end / step_s)):
                truth[i] = who
        for turn in results[name]["exclusive_turns"]:
            for i in range(int(turn["start_s"] / step_s), min(length, int(turn["end_s"] / step_s))):
                found[i] = turn["speaker"]
        for who, label in zip(truth, found):
            if who is not None and label is not None:
                counts[who, label] = counts.get((who, label), 0) + 1
    of_truth: dict[str, int] = {}
    of_label: dict[str, int] = {}
    for (who, label), n in counts.items():
        of_truth[who] = of_truth.get(who, 0) + n
        of_label[label] = of_label.get(label, 0) + n
    total = sum(counts.values())
    precision = sum(n * n / of_label[label] for (_, label), n in counts.items()) / total
    recall = sum(n * n / of_truth[who] for (who, _), n in counts.items()) / total
    return {
        "recordings": len(recordings),
        "voices": len(of_truth),
        "labels": len(of_label),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
    }


def fit(args: argparse.Namespace, clips: list[Clip], voices: dict[str, list[float]], encoder: str) -> dict:
    """The calibration of a book in which every recording of the split is a sample."""
    samples = [(clip.speaker, voices[clip.name]) for clip in clips if clip.name in voices]
    book = args.work / "fit.json"
    write_book(book, encoder, samples)
    return json.loads(
        run([args.diarize, "voices", "calibrate", "--book", book, "--model", args.model, "--json"])
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--corpora", type=Path, required=True, help="for the sessions of wuw_corpus_ii")
    parser.add_argument("--split", choices=("validation", "test"), default="test")
    parser.add_argument("--diarize", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--fit", action="store_true", help="print a calibration for model.json and stop")
    parser.add_argument("--curves", type=Path, help="SVG of correct against false names")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    enrol, appear, enrolled = make_clips(Pool(args.prepared, args.corpora, args.split), args.work, args.seed)
    enrol_files = [args.work / "enrol" / f"{clip.name}.wav" for clip in enrol]
    appear_files = [args.work / "appear" / f"{clip.name}.wav" for clip in appear]
    heard = diarized(args, enrol_files, args.work / "enrol-out", ["--embeddings"])
    voices = {name: voice for name, result in heard.items() if (voice := voice_of(result)) is not None}
    encoder = encoder_of(args, enrol_files[0])
    if args.fit:
        more = diarized(args, appear_files, args.work / "appear-out", ["--embeddings"])
        voices |= {name: voice for name, result in more.items() if (voice := voice_of(result)) is not None}
        print(json.dumps(fit(args, enrol + appear, voices, encoder), indent=2))
        return
    book = args.work / "book.json"
    write_book(book, encoder, [(clip.speaker, voices[clip.name]) for clip in enrol if clip.name in voices])
    results = diarized(args, appear_files, args.work / "appear-out", ["--voices", book])
    report, scores, hit, foreign = identification(appear, results, enrolled)
    if args.curves:
        write_curves(args.curves, scores, hit, foreign)
    recordings = link_recordings(Pool(args.prepared, args.corpora, args.split), args.work, args.seed)
    files = [args.work / "link" / f"{name}.wav" for name in recordings]
    linked = diarized(args, files, args.work / "link-out", ["--link"])
    result = {"split": args.split, "identification": report, "linking": b_cubed(recordings, linked)}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
