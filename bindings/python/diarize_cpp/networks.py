"""The single networks: who talks in each frame, and the embedding of a voice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import numpy.typing

from . import _diar
from .audio import as_floats, as_mono

Floats = numpy.typing.NDArray[numpy.float32]
_RATE_HZ = 16000


def _samples(samples: Any, sample_rate: int) -> Floats:
    array = as_floats(as_mono(samples))
    return array if sample_rate == _RATE_HZ else _diar.resample(array, sample_rate)


def _path(model: str | Path | None) -> str:
    return _diar.find_model("" if model is None else str(model))[0]


class Segmentation:
    """samples -> log-probabilities [windows, frames, classes]. Safe from several threads."""

    def __init__(self, model: str | Path | None = None, *, threads: int = 0, window: float = 10.0) -> None:
        self._network = _diar.Segmentation.load(_path(model), threads)
        self._window_samples = round(window * _RATE_HZ)

    @property
    def classes(self) -> list[tuple[int, ...]]:
        """The local speakers who talk in each class: (), (0,), (1,), (2,), (0, 1), ..."""
        speakers = range(self._network.num_speakers)
        return [tuple(s for s in speakers if bits >> s & 1) for bits in self._network.classes]

    @property
    def num_speakers(self) -> int:
        """Speakers that are told apart within one window."""
        return self._network.num_speakers

    @property
    def frame_step(self) -> float:
        """Seconds from frame to frame."""
        return self._network.frame_step_s

    def __call__(self, samples: Any, sample_rate: int = _RATE_HZ, *, step: float | None = None) -> Floats:
        """[windows, frames, classes], natural logarithms: numpy.exp gives probabilities, argmax(-1) the class.

        samples: as for `Engine.diarize`. step: seconds from window to window; default: the window's length. The last
        window is filled with zeros.
        """
        array = _samples(samples, sample_rate)
        step_samples = self._window_samples if step is None else max(1, round(step * _RATE_HZ))
        rest = max(0, len(array) - self._window_samples)
        num_windows = 1 + -(-rest // step_samples)
        needed = (num_windows - 1) * step_samples + self._window_samples
        if len(array) < needed:
            array = numpy.concatenate([array, numpy.zeros(needed - len(array), numpy.float32)])
        return self._network.run(array, num_windows, self._window_samples, step_samples)

    def to_multilabel(self, log_probs: numpy.typing.NDArray[Any]) -> numpy.typing.NDArray[numpy.bool_]:
        """[..., classes] -> [..., speakers]: who talks in the likeliest class."""
        members = numpy.zeros((len(self._network.classes), self.num_speakers), bool)
        for number, speakers in enumerate(self.classes):
            members[number, list(speakers)] = True
        decided: numpy.typing.NDArray[numpy.bool_] = members[numpy.asarray(log_probs).argmax(-1)]
        return decided


class Encoder:
    """samples of one voice -> embedding [dimension]. Safe from several threads."""

    def __init__(self, model: str | Path | None = None, *, threads: int = 0) -> None:
        self._network = _diar.Encoder.load(_path(model), threads)

    @property
    def name(self) -> str:
        """Such as "ResNet34"."""
        return self._network.name

    @property
    def dimension(self) -> int:
        """Values of an embedding."""
        return self._network.dimension

    def __call__(self, samples: Any, sample_rate: int = _RATE_HZ, *, weights: Any = None) -> Floats:
        """[dimension]; with `weights` [masks, frames] in [0, 1], what to listen to, [masks, dimension].

        Frames divide the samples evenly. Raises InvalidArgument for less than 25 ms.
        """
        array = _samples(samples, sample_rate)
        if weights is None:
            embedding: Floats = self._network.run(array, numpy.ones((1, 1), numpy.float32))[0]
            return embedding
        masks = numpy.ascontiguousarray(numpy.atleast_2d(numpy.asarray(weights, numpy.float32)))
        return self._network.run(array, masks)


def load_segmentation(model: str | Path | None = None, *, threads: int = 0, window: float = 10.0) -> Segmentation:
    """The segmentation network of a model directory, a weight file, or a name as for `Engine`."""
    return Segmentation(model, threads=threads, window=window)


def load_encoder(model: str | Path | None = None, *, threads: int = 0) -> Encoder:
    """The speaker encoder of the same."""
    return Encoder(model, threads=threads)
