"""Every failure as a typed exception; `code` is the command's exit code, and the message says what to do."""

from __future__ import annotations


class DiarizationError(Exception):
    """Base of all errors of this package."""

    code: int = 1


class InvalidArgument(DiarizationError, ValueError):
    """Options that contradict each other or lie outside their range."""

    code = 2


class InputError(DiarizationError, OSError):
    """A file that is missing, unreadable, or text that does not parse."""

    code = 3


class AudioError(DiarizationError, ValueError):
    """No usable audio: nothing that decodes, NaN, infinity."""

    code = 4


class TruncatedAudio(AudioError):
    """Audio that ends before its file says."""


class ModelError(DiarizationError):
    """A model that is missing, damaged or of an unknown kind."""

    code = 5


class OutputError(DiarizationError, OSError):
    """A result that could not be written; nothing partial is left behind."""

    code = 6


class DeviceError(DiarizationError):
    """A device that this build or this machine does not have."""

    code = 7


class NetworkError(DiarizationError, OSError):
    """A download that failed."""

    code = 8


class Cancelled(DiarizationError):
    """A cancel token or a callback stopped the run."""

    code = 9


_BY_CODE: dict[int, type[DiarizationError]] = {
    error.code: error
    for error in (
        InvalidArgument,
        InputError,
        AudioError,
        ModelError,
        OutputError,
        DeviceError,
        NetworkError,
        Cancelled,
    )
}


def error_class(code: int) -> type[DiarizationError]:
    """The class of an exit code."""
    return _BY_CODE.get(code, DiarizationError)
