#!/usr/bin/env python3
"""In: the root of the source tree. Out: exit 1 and a line for each fault of its Markdown files.

A fault is a line over 120 columns (tables and lines with a URL may be longer), a relative link to a file that
does not exist, or a link to a heading that does not exist. In pages for users (README.md and docs/, without
docs/dev/) also words of a laboratory journal, and a page of docs/ that the index (docs/README.md) does not
link.

    markdown_test.py ROOT [--wide FILE...]     these files (paths from ROOT) may have wide lines
"""

import re
import sys
import unicodedata
from pathlib import Path

WIDTH = 120
# Not part of the sources: build trees, virtual environments, what git ignores.
IGNORED = {"build", "out", "node_modules"}
# Measurements with their circumstances belong into dated pages under docs/dev.
JOURNAL = re.compile(
    r"target missed|targets? (was|were) missed|missed by \d|machine (is |was )?loaded|the (machine|load) was"
    r"|starter before|an? (earlier|older) version (multiplied|took|had)|tried and not kept",
    re.IGNORECASE,
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def markdown_files(root: Path) -> list[Path]:
    found = []
    for path in root.rglob("*.md"):
        folders = path.relative_to(root).parts[:-1]
        if not any(name in IGNORED or name.startswith(".") for name in folders):
            found.append(path)
    return sorted(found)


def prose(text: str) -> list[tuple[int, str]]:
    """(line number, line) outside fenced code."""
    lines, fenced = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            lines.append((number, line))
    return lines


def anchors(path: Path) -> set[str]:
    """The fragments by which GitHub finds the headings of a page."""
    found = set()
    for _, line in prose(path.read_text(encoding="utf-8")):
        heading = re.match(r"#+\s+(.*)", line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            kept = "".join(c for c in text if c in " -_" or unicodedata.category(c)[0] in "LN")
            found.add(kept.strip().replace(" ", "-"))
    return found


def wide_lines(path: Path) -> list[str]:
    return [
        f"{number}: {len(line)} columns"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > WIDTH and not line.lstrip().startswith("|") and "://" not in line
    ]


def dead_links(path: Path) -> list[str]:
    found = []
    text = path.read_text(encoding="utf-8")
    for number, line in prose(text):
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, fragment = target.partition("#")
            page = path.parent / name if name else path
            if not page.exists():
                found.append(f"{number}: no file {target}")
            elif fragment and page.suffix == ".md" and fragment not in anchors(page):
                found.append(f"{number}: no heading {target}")
    return found


def is_for_users(name: str) -> bool:
    return name == "README.md" or (name.startswith("docs/") and not name.startswith("docs/dev/"))


def journal_lines(path: Path) -> list[str]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if words := JOURNAL.search(line):
            found.append(f"{number}: a journal's words ({words[0]}): move them to docs/dev")
    return found


def not_in_the_index(root: Path, files: list[Path]) -> list[str]:
    index = root / "docs" / "README.md"
    if not index.exists():
        return []
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text("utf-8"))
    }
    return [
        f"docs/README.md: no link to {path.name}"
        for path in files
        if path.parent == index.parent and path != index and path.resolve() not in linked
    ]


def main() -> None:
    root, wide = Path(sys.argv[1]).resolve(), sys.argv[3:]
    files = markdown_files(root)
    lines = []
    for path in files:
        name = str(path.relative_to(root))
        lines += [f"{name}:{fault}" for fault in dead_links(path)]
        if name not in wide:
            lines += [f"{name}:{fault}" for fault in wide_lines(path)]
        if is_for_users(name):
            lines += [f"{name}:{fault}" for fault in journal_lines(path)]
    lines += not_in_the_index(root, files)
    for name in wide:
        print(f"NOT CHECKED for wide lines: {name}")
    print("\n".join(lines) if lines else f"{len(files)} Markdown files, no fault")
    sys.exit(1 if lines or not files else 0)


if __name__ == "__main__":
    main()
