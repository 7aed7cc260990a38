"""Diarizes a directory of recordings on a Ray cluster: an engine in each worker, a file for each result.

    pip install diarize-cpp "ray[data]"
    python ray_batch.py recordings/ results/ --workers 8 --threads 4

Stops and starts as it likes: a result appears whole or not at all, what is there is not made again, and two
workers that make the same result write the same bytes. Recordings that fail are listed in failed.jsonl among
the results and tried again by the next run. Every worker must see both directories (a shared file system).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import ray
import ray.data

AUDIO = {".wav", ".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".opus", ".webm", ".mka", ".mkv"}


def planned_work(recordings: Path, results: Path, format: str) -> list[dict[str, str]]:
    """What has no result yet; results keep the folders of the recordings."""
    work = []
    for path in sorted(recordings.rglob("*")):
        folder = results / path.parent.relative_to(recordings)
        if path.suffix.lower() in AUDIO and not (folder / f"{path.stem}.{format}").exists():
            work.append({"path": str(path), "folder": str(folder)})
    return work


class Diarizer:
    """One engine, made once in each worker process."""

    def __init__(self, model: str | None, threads: int, speed: str, format: str) -> None:
        from diarize_cpp import Engine

        self._engine = Engine(model, threads=threads, speed=speed)
        self._format = format

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        from diarize_cpp import diarize_file

        Path(row["folder"]).mkdir(parents=True, exist_ok=True)
        report = diarize_file(self._engine, row["path"], row["folder"], self._format)
        return {**dataclasses.asdict(report), "pid": os.getpid()}


def run(recordings: Path, results: Path, options: argparse.Namespace) -> int:
    work = planned_work(recordings, results, options.format)
    results.mkdir(parents=True, exist_ok=True)
    failures = results / "failed.jsonl"
    failures.unlink(missing_ok=True)
    print(f"{len(work)} recordings to do", flush=True)
    if not work:
        return 0
    done = failed = 0
    # Blocks of one row: a worker takes the next recording when it is free, and little is lost when it dies.
    rows = ray.data.from_items(work, override_num_blocks=len(work)).map(
        Diarizer,
        fn_constructor_args=(options.model, options.threads, options.speed, options.format),
        num_cpus=options.threads,
        compute=ray.data.ActorPoolStrategy(size=options.workers),
    )
    for report in rows.iter_rows():
        if report["state"] == "failed":
            failed += 1
            with failures.open("a") as file:
                file.write(json.dumps({"input": report["input"], "error": report["error"]}) + "\n")
        else:
            done += 1
        print(f"{report['state']} {report['input']} {report['error']}".rstrip(), flush=True)
    print(f"{done} done, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--workers", type=int, default=2, help="worker processes, each with an engine")
    parser.add_argument("--threads", type=int, default=1, help="threads of each engine")
    parser.add_argument("--model", default=None, help="a model directory or name; default: as the command")
    parser.add_argument("--speed", default="exact", choices=("exact", "fast", "faster"))
    parser.add_argument("--format", default="rttm", help="rttm, json, srt, ...")
    options = parser.parse_args()
    if not options.recordings.is_dir():
        parser.error(f"{options.recordings} is no directory")
    return run(options.recordings, options.results, options)


if __name__ == "__main__":
    sys.exit(main())
