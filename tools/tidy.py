#!/usr/bin/env python3
"""In: a build tree with compile_commands.json and C++ files. Out: what clang-tidy finds in them.

    tidy.py BUILD [--jobs N] [--seconds N] [--since COMMIT] FILE...

A file that was found clean is not checked again while it, the project's headers that it includes, its
compile command and .clang-tidy stay the same (BUILD/tidy remembers). Files that changed since COMMIT, or
whose headers did, come first, and after --seconds no further file is begun. Exit codes: 1 a finding, 0 none,
also when the time did not suffice for all.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-14"
INCLUDE = re.compile(rb'^\s*#\s*include\s+[<"]([^">]+)[">]', re.MULTILINE)
FOLDERS = [ROOT / "include", ROOT / "src"]
known_includes: dict[pathlib.Path, set[pathlib.Path]] = {}


def included(path: pathlib.Path) -> set[pathlib.Path]:
    """The project's headers that a file names."""
    if path not in known_includes:
        found = set()
        for name in INCLUDE.findall(path.read_bytes()):
            for folder in [path.parent, *FOLDERS]:
                header = folder / name.decode()
                if header.is_file():
                    found.add(header.resolve())
                    break
        known_includes[path] = found
    return known_includes[path]


def closure(path: pathlib.Path) -> set[pathlib.Path]:
    """The file and all the project's headers that it includes, over others too."""
    seen, left = set(), [path]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += included(one)
    return seen


def changed_since(commit: str) -> set[pathlib.Path]:
    names = subprocess.run(
        ["git", "diff", "--name-only", commit], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {(ROOT / name).resolve() for name in names.splitlines()}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--since")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    database = json.loads((options.build / "compile_commands.json").read_text())
    commands = {
        str((pathlib.Path(entry["directory"]) / entry["file"]).resolve()): entry["command"]
        for entry in database
    }
    stamps = options.build / "tidy"
    stamps.mkdir(exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    recent = changed_since(options.since) if options.since else set()

    todo = []
    clean = absent = 0
    for name in options.files:
        path = (ROOT / name).resolve()
        if str(path) not in commands:
            absent += 1
            continue
        files = closure(path)
        key = hashlib.sha256(common + commands[str(path)].encode())
        for one in sorted(files):
            key.update(one.read_bytes())
        stamp = stamps / key.hexdigest()
        if stamp.exists():
            clean += 1
        else:
            todo.append((not files & recent, name, stamp))
    todo.sort()

    def check(name: str, stamp: pathlib.Path) -> bool | None:
        if time.monotonic() > deadline:
            return None
        result = subprocess.run(
            [TIDY, "--quiet", "-p", str(options.build), name],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if result.returncode == 0:
            stamp.touch()
            return True
        lines = [
            line
            for line in result.stdout.splitlines()
            if not re.fullmatch(r"\d+ warnings? generated\.", line)
        ]
        print("\n".join(lines), flush=True)
        return False

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda one: check(one[1], one[2]), todo))
    missed = [one for one, result in zip(todo, results) if result is None]
    print(
        f"clang-tidy: {len(results) - len(missed)} files checked, {clean} known to be clean"
        + (f", {absent} not part of this build" if absent else "")
        + f"; {results.count(False)} with findings"
    )
    if missed:
        changed = sum(1 for one in missed if not one[0])
        print(
            f"NOT RUN: clang-tidy on {len(missed)} files, {changed} of them changed since {options.since}: "
            "the time was up"
        )
    return 1 if False in results else 0


sys.exit(main())
