from collections.abc import Callable
from typing import Any, overload

import numpy
from numpy.typing import NDArray

__version__: str

_Turns = list[tuple[float, float, str, float | None]]

class CancelToken:
    """Stops the runs that it was given to; thread-safe."""

    def __init__(self) -> None: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

class Options:
    num_speakers: int | None
    min_speakers: int | None
    max_speakers: int | None
    min_duration_s: float
    step_s: float | None
    min_confidence: float
    @property
    def profile(self) -> str | None: ...
    @profile.setter
    def profile(self, name: str) -> None: ...
    uri: str
    speed: str
    threshold: float | None
    fa: float | None
    fb: float | None
    min_duration_off_s: float | None

    def __init__(self) -> None: ...

class Output:
    @property
    def turns(self) -> _Turns: ...
    @property
    def exclusive_turns(self) -> _Turns: ...
    @property
    def speakers(self) -> list[str]: ...
    @property
    def embeddings(self) -> NDArray[numpy.float32]: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def num_windows(self) -> int: ...
    @property
    def timings(self) -> dict[str, float]: ...

class Status:
    """Where a session is."""

    @property
    def pushed_s(self) -> float: ...
    @property
    def windows_completed(self) -> int: ...
    @property
    def windows_waiting(self) -> int: ...
    @property
    def waiting_s(self) -> float: ...
    @property
    def capacity_s(self) -> float: ...

_Identity = tuple[str, str, str, float, list[tuple[str, float, float]]]
_Callback = Callable[[str, int, int], Any] | None

class Engine:
    @staticmethod
    def load(path: str, device: str, num_threads: int, speed: str) -> Engine: ...
    @overload
    def diarize(
        self,
        samples: NDArray[numpy.float32],
        sample_rate_hz: int,
        options: Options,
        callback: _Callback,
        token: CancelToken | None,
    ) -> Output: ...
    @overload
    def diarize(
        self,
        samples: NDArray[numpy.int16],
        sample_rate_hz: int,
        options: Options,
        callback: _Callback,
        token: CancelToken | None,
    ) -> Output: ...
    @property
    def model_name(self) -> str: ...
    @property
    def device_name(self) -> str: ...
    @property
    def embedding_dimension(self) -> int: ...

class Session:
    def __init__(
        self,
        engine: Engine,
        sample_rate_hz: int,
        options: Options,
        callback: _Callback,
        token: CancelToken | None,
        total_windows: int,
    ) -> None: ...
    def push(self, samples: NDArray[numpy.float32]) -> None: ...
    def poll(self) -> Status: ...
    def finish(self) -> Output: ...
    def cancel(self) -> None: ...

class Live:
    def __init__(
        self,
        engine: Engine,
        sample_rate_hz: int,
        options: Options,
        latency_s: float,
        bounded_memory: bool,
        callback: _Callback,
        token: CancelToken | None,
    ) -> None: ...
    def push(self, samples: NDArray[numpy.float32]) -> None: ...
    def poll(self) -> list[str]: ...
    def status(self) -> Status: ...
    def finish(self) -> Output: ...
    def cancel(self) -> None: ...

class Segmentation:
    @staticmethod
    def load(path: str, num_threads: int) -> Segmentation: ...
    def run(
        self, samples: NDArray[numpy.float32], num_windows: int, window_samples: int, step_samples: int
    ) -> NDArray[numpy.float32]: ...
    def num_frames(self, window_samples: int) -> int: ...
    @property
    def classes(self) -> list[int]: ...
    @property
    def num_speakers(self) -> int: ...
    @property
    def frame_step_s(self) -> float: ...
    @property
    def frame_duration_s(self) -> float: ...

class Encoder:
    @staticmethod
    def load(path: str, num_threads: int) -> Encoder: ...
    def run(self, samples: NDArray[numpy.float32], masks: NDArray[numpy.float32]) -> NDArray[numpy.float32]: ...
    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def min_samples(self) -> int: ...

def identify(
    engine: Engine,
    book: str,
    embeddings: list[tuple[str, list[float]]],
    turns: _Turns,
    threshold: float,
    margin: float,
    min_speech_s: float,
    only: list[str],
) -> list[_Identity]: ...
def default_num_threads() -> int: ...
def find_model(wanted: str) -> tuple[str, str, str]: ...
def resample(samples: NDArray[numpy.float32], sample_rate_hz: int) -> NDArray[numpy.float32]: ...
def format_turns(
    format: str,
    uri: str,
    turns: _Turns,
    exclusive_turns: _Turns | None,
    duration_s: float,
    input: str,
    embeddings: list[tuple[str, list[float]]],
    identities: list[_Identity],
    run: dict[str, Any] | None,
    exclusive: bool,
    one_line: bool,
) -> str: ...
def format_names() -> list[str]: ...
def format_of_path(path: str) -> str: ...
def read_file(path: str, format: str) -> list[tuple[str, _Turns, float]]: ...
def plot_svg(turns: _Turns, duration_s: float, width_px: float) -> str: ...
def score(
    reference: _Turns,
    hypothesis: _Turns,
    collar_s: float,
    skip_overlap: bool,
    uem: list[tuple[float, float]] | None,
) -> dict[str, Any]: ...
def write_text(path: str, text: str) -> None: ...
