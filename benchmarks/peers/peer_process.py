"""The programs of the comparison: recordings in, RTTM files and times out. Our command starts again for every
recording, and its start and reading of the weights are counted; the others are loaded once and only their
work is timed."""

import resource
import subprocess
import sys
import time
from pathlib import Path

# Wall seconds, CPU seconds, turns.
Measured = tuple[float, float, int]


class Ours:
    def __init__(self, diarize: str | Path, model: Path, threads: int):
        self.command = [str(diarize), "--model", str(model), "--threads", str(threads)]

    def run(self, wav: Path, rttm: Path) -> Measured:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(
            [*self.command, str(wav), "--output", str(rttm), "--overwrite"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu, len(rttm.read_text().splitlines())


class Peer:
    """Kept alive by peers.py. Raises `RuntimeError` when the program does not start: not installed, or
    without its networks."""

    def __init__(self, what: str, models: Path, threads: int):
        command = [sys.executable, str(Path(__file__).with_name("peers.py")), what, str(models), str(threads)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        assert self.process.stdin and self.process.stdout
        self.requests, self.answers = self.process.stdin, self.process.stdout
        if self.answers.readline() != "ready\n":
            raise RuntimeError(
                f"{what} did not start (not installed, or without its networks); by hand: {' '.join(command)}"
            )

    def run(self, wav: Path, rttm: Path) -> Measured:
        self.requests.write(f"{wav}\t{rttm}\n")
        wall, cpu, turns = self.answers.readline().split()
        return float(wall), float(cpu), int(turns)
