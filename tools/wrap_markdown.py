#!/usr/bin/env python3
"""In: Markdown files. Out: the same files with every paragraph refilled that holds a line over 120 columns.

Usage:

    python3 tools/wrap_markdown.py docs/*.md

Headings, tables, quotes, HTML, images and fenced code are left alone; tests/structure/markdown_test.py checks
the width.
"""

import re
import sys
import textwrap
from pathlib import Path

LIMIT = 120
# A little less, so that the next small change needs no refill. Of these the first width is taken that breaks
# no line before what would then begin a list or a heading.
FILLS = range(116, 90, -1)
BEGINS_BLOCK = re.compile(r"\s*([-+*#>]|\d+[.)])\s")
UNTOUCHED = re.compile(r"\s*(```|\||#|<|!\[|>|---)")
ITEM = re.compile(r"(\s*)((?:[-*]|\d+\.) )?")


def refilled(paragraph: list[str]) -> list[str]:
    if all(len(line) <= LIMIT for line in paragraph):
        return paragraph
    item = ITEM.match(paragraph[0])
    assert item
    indent, bullet = item[1], item[2] or ""
    text = " ".join(line.strip() for line in paragraph)[len(bullet) :]
    for width in FILLS:
        lines = textwrap.wrap(
            text,
            width,
            initial_indent=indent + bullet,
            subsequent_indent=indent + " " * len(bullet),
            break_long_words=False,
            break_on_hyphens=False,
        )
        if not any(BEGINS_BLOCK.match(line) for line in lines[1:]):
            return lines
    return paragraph


def wrapped(text: str) -> str:
    result: list[str] = []
    paragraph: list[str] = []
    fenced = False
    for line in [*text.split("\n"), ""]:
        fence = line.lstrip().startswith("```")
        alone = fenced or fence or not line.strip() or UNTOUCHED.match(line)
        begins = re.match(r"\s*([-*]|\d+\.) ", line)
        if alone or begins:
            result += refilled(paragraph) if paragraph else []
            paragraph = []
        if alone:
            result.append(line)
        else:
            paragraph.append(line)
        fenced ^= fence
    return "\n".join(result[:-1])


def main() -> None:
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(wrapped(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
