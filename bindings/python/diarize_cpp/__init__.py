"""Who spoke when: speaker diarization on the CPU, without PyTorch.

from diarize_cpp import Engine
for turn, _, speaker in Engine().diarize("meeting.wav"):
    print(turn.start, turn.end, speaker)
"""

from ._diar import CancelToken, Status, __version__
from .batch import FileReport, diarize_file, diarize_files
from .engine import Engine, Session
from .errors import (
    AudioError,
    Cancelled,
    DeviceError,
    DiarizationError,
    InputError,
    InvalidArgument,
    ModelError,
    NetworkError,
    OutputError,
    TruncatedAudio,
)
from .networks import Encoder, Segmentation, load_encoder, load_segmentation
from .pipeline import DiarizeOutput, Pipeline
from .result import DiarizationResult, RunInfo
from .scoring import DiarizationErrorRate, diarization_error_rate, jaccard_error_rate, optimal_mapping
from .turns import Segment, Turns, formats, read_turns

__all__ = [
    "AudioError",
    "CancelToken",
    "Cancelled",
    "DeviceError",
    "DiarizationError",
    "DiarizationErrorRate",
    "DiarizationResult",
    "DiarizeOutput",
    "Encoder",
    "Engine",
    "FileReport",
    "InputError",
    "InvalidArgument",
    "ModelError",
    "NetworkError",
    "OutputError",
    "Pipeline",
    "RunInfo",
    "Segment",
    "Segmentation",
    "Session",
    "Status",
    "TruncatedAudio",
    "Turns",
    "__version__",
    "diarization_error_rate",
    "diarize_file",
    "diarize_files",
    "formats",
    "jaccard_error_rate",
    "load_encoder",
    "load_segmentation",
    "optimal_mapping",
    "read_turns",
]
