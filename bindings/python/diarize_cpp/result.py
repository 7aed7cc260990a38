"""What a diarization gives, shaped as pyannote.audio 4's DiarizeOutput."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import numpy.typing

from . import _diar
from .errors import InvalidArgument
from .texts import TextFormats
from .turns import Segment, Turns

if TYPE_CHECKING:
    import pandas
    import pyannote.core


@dataclass(frozen=True, eq=False)
class RunInfo:
    """How a result came about."""

    version: str
    model_name: str
    model_path: str
    found_by: str
    device: str
    speed: str
    elapsed_s: float
    timings: dict[str, float]


@dataclass(frozen=True)
class Candidate:
    """How well one person of a book fits a speaker."""

    name: str
    llr: float
    """Natural logarithm of the likelihood ratio to a stranger, calibrated."""
    probability: float
    """Of this person among all in the book and a stranger."""


@dataclass(frozen=True)
class SpeakerIdentity:
    """Who one speaker is."""

    speaker: str
    """As the result calls them: the name, where there is one, else the label."""
    name: str | None
    """None: unknown, the normal answer."""
    reason: str
    """"named", "below_threshold", "no_lead", "taken", "little_speech" or "empty_book"."""
    speech: float
    """Seconds."""
    candidates: tuple[Candidate, ...]
    """At most three, the likeliest first."""


@dataclass(frozen=True, eq=False)
class DiarizationResult(TextFormats):
    """One recording's result; plain data that pickles.

    Iterates as (segment, track, speaker). Text is that of the command, byte for byte, but for the times that a run
    took (in JSON).
    """

    speaker_diarization: Turns
    """Speakers may overlap."""
    exclusive_speaker_diarization: Turns
    """At most one speaker at a time."""
    speakers: list[str]
    speaker_embeddings: numpy.typing.NDArray[numpy.float32]
    """[speakers, dimension], in the order of `speakers`; zeros for a speaker without any."""
    duration: float
    """Seconds of audio that were read."""
    num_windows: int
    run: RunInfo
    input: str = ""
    """The audio file, as it was named; empty for samples."""
    exclusive: bool = False
    """Iteration and text take the exclusive turns."""
    identities: tuple[SpeakerIdentity, ...] = ()
    """Who the speakers are, in the order of `speakers`: what `Engine.identify` found."""

    @property
    def uri(self) -> str:
        """The recording's name."""
        return self.speaker_diarization.uri

    @property
    def turns(self) -> Turns:
        """Those that were asked for: all, or the exclusive ones."""
        return self.exclusive_speaker_diarization if self.exclusive else self.speaker_diarization

    def __iter__(self) -> Iterator[tuple[Segment, int, str]]:
        for track, (segment, speaker) in enumerate(self.turns):
            yield segment, track, speaker

    def __len__(self) -> int:
        return len(self.turns)

    def to_annotation(self) -> pyannote.core.Annotation:
        """A pyannote.core Annotation; needs the extra `pyannote`."""
        return self.turns.to_annotation()

    def to_dataframe(self) -> pandas.DataFrame:
        """Columns start, end and speaker; needs the extra `pandas`."""
        return self.turns.to_dataframe()

    def to_format(self, name: str, *, embeddings: bool = False, one_line: bool = False) -> str:
        """The text of a file: "rttm", "json", "srt", ... JSON holds embeddings only when asked."""
        values: list[tuple[str, list[float]]] = []
        if embeddings:
            values = [(s, row.tolist()) for s, row in zip(self.speakers, self.speaker_embeddings)]
        run = {**vars(self.run)}
        identities = [
            (
                who.speaker,
                who.name or "",
                who.reason,
                who.speech,
                [(c.name, c.llr, c.probability) for c in who.candidates],
            )
            for who in self.identities
        ]
        return _diar.format_turns(
            name,
            self.uri,
            self.speaker_diarization.rows(),
            self.exclusive_speaker_diarization.rows(),
            self.duration,
            self.input,
            values,
            identities,
            run,
            self.exclusive,
            one_line,
        )

    def to_json(self, *, embeddings: bool = False) -> str:
        """All that is known, by docs/schema/diarization.schema.json."""
        return self.to_format("json", embeddings=embeddings)

    def save(self, path: str | Path, format: str = "") -> None:
        """Writes a file, whole or not at all; the format follows from the extension."""
        name = format or _diar.format_of_path(str(path))
        if not name:
            raise InvalidArgument(f"no format has the extension of '{path}': name one of {_diar.format_names()}")
        _diar.write_text(str(path), self.to_format(name))

    def serialize(self) -> dict[str, list[dict[str, Any]]]:
        """Both kinds of turns as lists of dictionaries, as pyannote.audio's DiarizeOutput gives them."""

        def listed(turns: Turns) -> list[dict[str, Any]]:
            return [{"start": round(s.start, 3), "end": round(s.end, 3), "speaker": who} for s, who in turns]

        return {
            "diarization": listed(self.speaker_diarization),
            "exclusive_diarization": listed(self.exclusive_speaker_diarization),
        }

    def __repr__(self) -> str:
        return (
            f"DiarizationResult({self.uri!r}: {len(self.speakers)} speakers, {len(self.speaker_diarization)} turns, "
            f"{self.duration:.1f} s)"
        )

    def _repr_html_(self) -> str:
        """The timeline, and how long each speaker talked."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{self.turns.label_duration(name):.1f} s</td></tr>"
            for name in self.turns.labels()
        )
        picture = self.turns.to_svg(self.duration)
        return f"<div><b>{escape(self.uri)}</b>, {self.duration:.1f} s{picture}<table>{rows}</table></div>"
