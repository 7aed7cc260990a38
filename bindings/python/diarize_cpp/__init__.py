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
from .live import (
    LiveEvent,
    LiveFinal,
    LiveProgress,
    LiveSession,
    LiveTurn,
    LiveTurns,
    SpeakerEnd,
    SpeakersMerged,
    SpeakerStart,
    TurnRemoved,
    TurnRevised,
    TurnShown,
    event_from,
)
from .networks import Encoder, Segmentation, load_encoder, load_segmentation
from .pipeline import DiarizeOutput, Pipeline
from .result import Candidate, DiarizationResult, RunInfo, SpeakerIdentity
from .scoring import DiarizationErrorRate, diarization_error_rate, jaccard_error_rate, optimal_mapping
from .turns import Segment, Turns, formats, read_turns

__all__ = [
    "AudioError",
    "CancelToken",
    "Cancelled",
    "Candidate",
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
    "LiveEvent",
    "LiveFinal",
    "LiveProgress",
    "LiveSession",
    "LiveTurn",
    "LiveTurns",
    "ModelError",
    "NetworkError",
    "OutputError",
    "Pipeline",
    "RunInfo",
    "Segment",
    "Segmentation",
    "Session",
    "SpeakerEnd",
    "SpeakerIdentity",
    "SpeakerStart",
    "SpeakersMerged",
    "Status",
    "TruncatedAudio",
    "TurnRemoved",
    "TurnRevised",
    "TurnShown",
    "Turns",
    "__version__",
    "diarization_error_rate",
    "diarize_file",
    "diarize_files",
    "event_from",
    "formats",
    "jaccard_error_rate",
    "load_encoder",
    "load_segmentation",
    "optimal_mapping",
    "read_turns",
]
