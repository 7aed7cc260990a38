"""Where a run is, for people: a bar in notebooks and on terminals."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

ProgressFunction = Callable[[str, int, int], Any]
"""(stage, completed, total) -> anything; False stops the run. `total` is 0 while it is not known."""


def in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


class Bar:
    """Writes one line to standard error, over and over."""

    _WIDTH = 30

    def __init__(self, title: str) -> None:
        self._title = title
        self._last = ""

    def __call__(self, stage: str, completed: int, total: int) -> None:
        if total > 0:
            share = min(1.0, completed / total)
            filled = round(share * self._WIDTH)
            line = f"{self._title} |{'█' * filled}{' ' * (self._WIDTH - filled)}| {share:4.0%} {stage}"
        else:
            line = f"{self._title} {completed} windows {stage}"
        if line != self._last:
            padding = " " * max(0, len(self._last) - len(line))
            sys.stderr.write(f"\r{line}{padding}")
            sys.stderr.flush()
            self._last = line

    def close(self) -> None:
        if self._last:
            sys.stderr.write("\n")
            sys.stderr.flush()
