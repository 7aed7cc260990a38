"""Many recordings into files: each result appears whole or not at all, and what is there is not made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .engine import Engine
from .errors import DiarizationError


@dataclass(frozen=True)
class FileReport:
    """What became of one recording."""

    input: str
    output: str
    state: str
    """"done", "skipped" (its result was there) or "failed"."""
    error: str = ""
    duration: float = 0.0
    num_speakers: int = 0


def diarize_file(
    engine: Engine, path: str | Path, output_directory: str | Path, format: str = "rttm", **options: Any
) -> FileReport:
    """Writes OUTPUT_DIRECTORY/STEM.FORMAT unless it is there. Failures of the recording are reported, not raised."""
    output = Path(output_directory) / f"{Path(path).stem}.{format}"
    if output.exists():
        return FileReport(str(path), str(output), "skipped")
    try:
        result = engine.diarize(path, progress=False, **options)
        result.save(output, format)
    except DiarizationError as error:
        return FileReport(str(path), str(output), "failed", str(error))
    return FileReport(str(path), str(output), "done", "", result.duration, len(result.speakers))


def diarize_files(
    engine: Engine,
    paths: Iterable[str | Path],
    output_directory: str | Path,
    format: str = "rttm",
    *,
    jobs: int = 1,
    **options: Any,
) -> Iterator[FileReport]:
    """The same for many, `jobs` at a time with one engine; reports come in the order of `paths`."""
    Path(output_directory).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(lambda path: diarize_file(engine, path, output_directory, format, **options), paths)
