"""Error rates, equal to those of pyannote.metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import _diar
from .turns import as_rows


@dataclass(frozen=True)
class DiarizationErrorRate:
    """Seconds of each kind of error; `+` sums over recordings."""

    total: float
    correct: float
    missed_detection: float
    false_alarm: float
    confusion: float

    @property
    def rate(self) -> float:
        """(missed + false alarm + confusion) / total; 1 for false alarms without any reference."""
        errors = self.missed_detection + self.false_alarm + self.confusion
        if self.total == 0.0:
            return 1.0 if errors > 0.0 else 0.0
        return errors / self.total

    def __float__(self) -> float:
        return self.rate

    def __add__(self, other: DiarizationErrorRate) -> DiarizationErrorRate:
        return DiarizationErrorRate(**{name: value + getattr(other, name) for name, value in vars(self).items()})


def _score(
    reference: Any,
    hypothesis: Any,
    collar: float,
    skip_overlap: bool,
    uem: Iterable[tuple[float, float]] | None,
) -> dict[str, Any]:
    regions = None if uem is None else [(float(start), float(end)) for start, end in uem]
    return _diar.score(as_rows(reference), as_rows(hypothesis), collar, skip_overlap, regions)


def diarization_error_rate(
    reference: Any,
    hypothesis: Any,
    *,
    collar: float = 0.0,
    skip_overlap: bool = False,
    uem: Iterable[tuple[float, float]] | None = None,
) -> DiarizationErrorRate:
    """The error under the best mapping of speakers.

    Both sides: a result, Turns, a pyannote Annotation, (start, end, speaker) tuples, or a file with one recording.
    collar: seconds left out around each boundary of the reference, half on each side. uem: the scored regions.
    """
    parts = _score(reference, hypothesis, collar, skip_overlap, uem)
    return DiarizationErrorRate(**{name: parts[name] for name in DiarizationErrorRate.__dataclass_fields__})


def jaccard_error_rate(reference: Any, hypothesis: Any, *, uem: Iterable[tuple[float, float]] | None = None) -> float:
    """The mean Jaccard error of the reference's speakers, as DIHARD defines it."""
    return float(_score(reference, hypothesis, 0.0, False, uem)["jaccard"])


def optimal_mapping(reference: Any, hypothesis: Any) -> dict[str, str]:
    """The reference's speaker of each speaker of the hypothesis that has one."""
    return dict(_score(reference, hypothesis, 0.0, False, None)["mapping"])
