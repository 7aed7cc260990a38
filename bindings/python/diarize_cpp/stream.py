"""What recordings in pieces and live streams have in common: samples in, at the end a result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from . import _diar
from .audio import as_floats, as_mono
from .result import DiarizationResult

if TYPE_CHECKING:
    from .engine import Engine


class Stream:
    """The half that `Session` and `LiveSession` share."""

    def __init__(
        self, engine: Engine, stream: _diar.Session | _diar.Live, options: _diar.Options, exclusive: bool
    ) -> None:
        self._engine = engine
        self._stream = stream
        self._options = options
        self._exclusive = exclusive
        self._start = time.monotonic()

    def push(self, samples: Any) -> None:
        """The next samples, mono or (channels, samples); waits while the networks are behind.

        Raises AudioError on NaN or infinity: then nothing of this piece was taken, and the session goes on.
        """
        self._stream.push(as_floats(as_mono(samples)))

    def _finish(self) -> DiarizationResult:
        output = self._stream.finish()
        elapsed_s = time.monotonic() - self._start
        return self._engine._result(output, self._options, None, self._exclusive, output.timings, elapsed_s)

    def cancel(self) -> None:
        """Stops what runs as soon as may be; does not wait."""
        self._stream.cancel()
