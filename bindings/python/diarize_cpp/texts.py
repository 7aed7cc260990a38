"""The text formats that a result and its turns have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod


class TextFormats(ABC):
    """`to_format` by name, and the most wanted formats as methods."""

    @abstractmethod
    def to_format(self, name: str) -> str:
        """The text of a file in any format that `formats()` names: "rttm", "json", "srt", ..."""

    def to_rttm(self) -> str:
        """What benchmarks read: SPEAKER lines."""
        return self.to_format("rttm")

    def to_srt(self) -> str:
        """Subtitles."""
        return self.to_format("srt")

    def to_vtt(self) -> str:
        """Subtitles for the web."""
        return self.to_format("vtt")

    def to_csv(self) -> str:
        """A table."""
        return self.to_format("csv")

    def to_textgrid(self) -> str:
        """Tiers for Praat."""
        return self.to_format("textgrid")
