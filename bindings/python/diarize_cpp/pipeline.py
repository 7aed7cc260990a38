"""For programs written for pyannote.audio: the same calls, pyannote.core's objects out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import numpy.typing

from .engine import Engine
from .errors import DeviceError, InvalidArgument
from .result import DiarizationResult
from .turns import missing_package

if TYPE_CHECKING:
    from pyannote.core import Annotation


@dataclass
class DiarizeOutput:
    """As pyannote.audio 4's."""

    speaker_diarization: Annotation
    exclusive_speaker_diarization: Annotation
    speaker_embeddings: numpy.typing.NDArray[numpy.float32] | None
    """[speakers, dimension], in the order of speaker_diarization.labels()."""
    result: DiarizationResult
    """The same as this package's own object: formats, timings."""

    def serialize(self) -> dict[str, Any]:
        """Both kinds of turns as lists of dictionaries."""
        return self.result.serialize()


class Pipeline:
    """`Pipeline.from_pretrained(...)` and then `pipeline(file)`, as with pyannote.audio. Needs the extra `pyannote`."""

    def __init__(self, engine: Engine) -> None:
        try:
            import pyannote.core  # noqa: F401
        except ImportError:
            raise missing_package("pyannote.core", "pyannote") from None
        self._engine = engine
        self._parameters: dict[str, float] = {}

    @classmethod
    def from_pretrained(
        cls, checkpoint: str | Path = "pyannote/speaker-diarization-community-1", **options: Any
    ) -> Pipeline:
        """A model directory, or a name that is in the hub's cache. Nothing is downloaded, so no token is needed.

        options: `threads` and `speed` are those of Engine; what pyannote.audio takes (token, revision, cache_dir, ...)
        plays no part. Raises ModelError when the model is not on this machine; the message says how to fetch it.
        """
        chosen = {name: options[name] for name in ("threads", "speed") if name in options}
        return cls(Engine(checkpoint, **chosen))

    def to(self, device: Any) -> Pipeline:
        """Stays where it is: on the CPU. Another device is a warning."""
        name = str(getattr(device, "type", device))
        if name not in ("cpu", "cuda", "mps"):
            raise DeviceError(f"there is no device '{name}'")
        if name != "cpu":
            warnings.warn(f"this package computes on the CPU, not on '{name}'", stacklevel=2)
        return self

    def instantiate(self, parameters: Mapping[str, Mapping[str, float]]) -> Pipeline:
        """pyannote.audio's names: {"clustering": {"threshold", "Fa", "Fb"}, "segmentation": {"min_duration_off"}}."""
        names = {
            ("clustering", "threshold"): "threshold",
            ("clustering", "Fa"): "fa",
            ("clustering", "Fb"): "fb",
            ("segmentation", "min_duration_off"): "min_duration_off_s",
        }
        made = {}
        for group, values in parameters.items():
            for name, value in values.items():
                if (group, name) not in names:
                    raise InvalidArgument(f"there is no parameter '{name}' of '{group}'")
                made[names[group, name]] = float(value)
        self._parameters = made
        return self

    def __call__(
        self,
        file: Any,
        num_speakers: int | None = None,
        min_speakers: int | None = None,
        max_speakers: int | None = None,
        hook: Callable[..., Any] | None = None,
        **ignored: Any,
    ) -> DiarizeOutput:
        """file: a path, {"audio"}, or {"waveform", "sample_rate"}, each with "uri" and "channel" where wanted."""
        if unknown := set(ignored) - {"preload", "return_embeddings"}:
            raise InvalidArgument(f"unknown options: {', '.join(sorted(unknown))}")
        result = self._engine.diarize(
            file,
            num_speakers=num_speakers,
            min_speakers=min_speakers,
            max_speakers=max_speakers,
            parameters=self._parameters,
            hook=hook,
            progress=False,
        )
        return DiarizeOutput(
            result.speaker_diarization.to_annotation(),
            result.exclusive_speaker_diarization.to_annotation(),
            result.speaker_embeddings,
            result,
        )
