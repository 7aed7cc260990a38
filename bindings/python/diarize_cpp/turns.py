"""Who speaks when, as plain turns: iterates as a pyannote.core Annotation does, and becomes one when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from . import _diar
from .errors import DiarizationError
from .texts import TextFormats

if TYPE_CHECKING:
    import pandas
    import pyannote.core


class Segment(NamedTuple):
    """A stretch of time in seconds."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """0 where the end lies before the start."""
        return max(0.0, self.end - self.start)


def missing_package(package: str, extra: str) -> DiarizationError:
    return DiarizationError(f'{package} is not installed: pip install "diarize-cpp[{extra}]"')


AnyTurn = tuple[float, float, str] | tuple[float, float, str, float | None]
"""(start, end, speaker) in seconds, with or without a confidence."""


def _confidence(rest: Sequence[float | None]) -> float | None:
    return None if not rest or rest[0] is None else float(rest[0])


class Turns(TextFormats):
    """Turns of one recording, ordered by start and end. Never changes."""

    def __init__(self, turns: Iterable[AnyTurn], uri: str = "audio") -> None:
        made = [(Segment(float(s), float(e)), str(speaker), _confidence(rest)) for s, e, speaker, *rest in turns]
        made.sort(key=lambda turn: turn[0])
        self._turns = tuple((segment, speaker) for segment, speaker, _ in made)
        self._confidences = tuple(confidence for _, _, confidence in made)
        self.uri = uri

    def __iter__(self) -> Iterator[tuple[Segment, str]]:
        """(segment, speaker), as pyannote.core 6."""
        return iter(self._turns)

    def __len__(self) -> int:
        return len(self._turns)

    def __bool__(self) -> bool:
        return bool(self._turns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Turns) and (self.uri, self.rows()) == (other.uri, other.rows())

    def __hash__(self) -> int:
        return hash((self._turns, self.uri))

    def __repr__(self) -> str:
        return f"Turns({len(self)} turns of {len(self.labels())} speakers, uri={self.uri!r})"

    def itertracks(self, yield_label: bool = False) -> Iterator[tuple[Any, ...]]:
        """(segment, track) or (segment, track, speaker); the track is the turn's number."""
        for track, (segment, speaker) in enumerate(self._turns):
            yield (segment, track, speaker) if yield_label else (segment, track)

    def itersegments(self) -> Iterator[Segment]:
        """The turns' segments, in their order."""
        return (segment for segment, _ in self._turns)

    def labels(self) -> list[str]:
        """The speakers, sorted."""
        return sorted({speaker for _, speaker in self._turns})

    def label_duration(self, label: str) -> float:
        """Seconds of one speaker's turns."""
        return sum(segment.duration for segment, speaker in self._turns if speaker == label)

    def rename_labels(self, mapping: dict[str, str]) -> Turns:
        """A copy under other names; speakers that are not in `mapping` stay."""
        return Turns(((s, e, mapping.get(name, name), sure) for s, e, name, sure in self.rows()), self.uri)

    def tuples(self) -> list[tuple[float, float, str]]:
        """(start, end, speaker) each, in seconds."""
        return [(segment.start, segment.end, speaker) for segment, speaker in self._turns]

    @property
    def confidences(self) -> list[float | None]:
        """How sure each turn is, in their order: the share of it in which the speaker can be expected to talk, from 0
        to 1; None where it is not known."""
        return list(self._confidences)

    def rows(self) -> list[tuple[float, float, str, float | None]]:
        """(start, end, speaker, confidence) each."""
        return [(s.start, s.end, name, sure) for (s, name), sure in zip(self._turns, self._confidences)]

    def to_annotation(self) -> pyannote.core.Annotation:
        """A pyannote.core Annotation; needs the extra `pyannote`."""
        try:
            from pyannote.core import Annotation
            from pyannote.core import Segment as CoreSegment
        except ImportError:
            raise missing_package("pyannote.core", "pyannote") from None
        annotation = Annotation(uri=self.uri)
        for track, (segment, speaker) in enumerate(self._turns):
            annotation[CoreSegment(segment.start, segment.end), track] = speaker
        return annotation

    def to_dataframe(self) -> pandas.DataFrame:
        """Columns start, end and speaker: what WhisperX's assign_word_speakers takes; needs the extra `pandas`."""
        try:
            import pandas
        except ImportError:
            raise missing_package("pandas", "pandas") from None
        return pandas.DataFrame(self.tuples(), columns=["start", "end", "speaker"])

    def to_format(self, name: str) -> str:
        """The text of a file in any format that `formats()` names."""
        return _diar.format_turns(name, self.uri, self.rows(), None, 0.0, "", [], [], None, False, False)

    def write_rttm(self, file: TextIO) -> None:
        """RTTM into an open file, as pyannote.core's."""
        file.write(self.to_rttm())

    def to_svg(self, duration: float = 0.0, width: float = 960.0) -> str:
        """The timeline as a picture, one row for each speaker."""
        return _diar.plot_svg(self.rows(), duration, width)

    def _repr_html_(self) -> str:
        return self.to_svg()


def formats() -> list[str]:
    """Names of all formats of results."""
    return _diar.format_names()


def read_turns(path: str | Path, format: str = "") -> dict[str, Turns]:
    """The recordings of an RTTM, JSON, TextGrid, ... file by their names; the format follows from the extension."""
    return {uri: Turns(turns, uri) for uri, turns, _ in _diar.read_file(str(path), format)}


def as_rows(turns: Any) -> list[tuple[float, float, str, float | None]]:
    """Rows of Turns, a result, a pyannote Annotation, or the one recording of a file."""
    if isinstance(turns, (str, Path)):
        recordings = read_turns(turns)
        if len(recordings) != 1:
            raise ValueError(f"{turns} holds {len(recordings)} recordings: read it with read_turns and choose one")
        return next(iter(recordings.values())).rows()
    turns = getattr(turns, "speaker_diarization", turns)
    if isinstance(turns, Turns):
        return turns.rows()
    if hasattr(turns, "itertracks"):
        return Turns((s.start, s.end, str(label)) for s, _, label in turns.itertracks(yield_label=True)).rows()
    return Turns(turns).rows()
