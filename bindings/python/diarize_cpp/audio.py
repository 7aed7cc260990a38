"""Samples, tensors and files in; mono blocks for the engine out, equal to what the command decodes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy
import numpy.typing

from .errors import AudioError, InputError, InvalidArgument, TruncatedAudio

Samples = numpy.typing.NDArray[Any]

_BLOCK_FRAMES = 65536
# Containers count in whole packets; less than this is no sign of damage. As in the command.
_TRUNCATION_TOLERANCE_S = 0.5
_MOST_CHANNELS = 256
# What PyAV may open: containers of sound alone, none that names other files.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,gsm,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,"
    "mpeg,mpegts,mxf,nut,ogg,rm,tta,voc,w64,wav,wv"
)


@dataclass(frozen=True)
class ArrayAudio:
    """Mono samples in memory, float32 or int16, contiguous."""

    samples: Samples
    sample_rate: int
    uri: str
    input: str = ""


@dataclass(frozen=True)
class FileAudio:
    """A file that is read in blocks of mono float32 samples."""

    blocks: Iterator[Samples]
    sample_rate: int
    duration: float | None
    uri: str
    input: str


def uri_of(path: str) -> str:
    """The command's name for a recording: the file's stem without white space."""
    return "".join("_" if c.isspace() else c for c in Path(path).stem) or "audio"


def mean_of_channels(planes: Samples) -> Samples:
    """[channels, samples] -> [samples]: the mean in float32, summed in order as the command does."""
    if len(planes) == 1:
        return numpy.ascontiguousarray(planes[0])
    total = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    total /= numpy.float32(len(planes))
    return total


def as_mono(waveform: Any, channel: int | None = None) -> Samples:
    """[samples] or [channels, samples] of any array library; copied only where it is not mono float32 or int16."""
    if hasattr(waveform, "detach"):  # a torch tensor
        waveform = waveform.detach().cpu().numpy()
    array = numpy.asarray(waveform)
    if array.ndim not in (1, 2):
        raise InvalidArgument(f"a waveform has the shape (samples,) or (channels, samples), not {array.shape}")
    if array.dtype.kind == "f":
        array = array.astype(numpy.float32, copy=False)
    elif array.dtype != numpy.int16:
        raise InvalidArgument(f"samples are float (in [-1, 1]) or int16, not {array.dtype}")
    if array.ndim == 2 and not 1 <= array.shape[0] <= _MOST_CHANNELS:
        raise InvalidArgument(f"a waveform of shape {array.shape} should be (channels, samples): transpose it")
    if array.ndim == 2:
        if channel is not None:
            array = array[_checked(channel, array.shape[0])]
        elif array.shape[0] == 1:
            array = array[0]
        else:
            if array.dtype == numpy.int16:
                array = array.astype(numpy.float32) / numpy.float32(32768)
            array = mean_of_channels(array)
    elif channel not in (None, 0):
        raise AudioError(f"the waveform has 1 channel; there is no channel {channel} (the first is 0)")
    return numpy.ascontiguousarray(array)


def _checked(channel: int, channels: int) -> int:
    if not 0 <= channel < channels:
        raise AudioError(f"the audio has {channels} channel(s); there is no channel {channel} (the first is 0)")
    return channel


def prepare(
    audio: Any,
    sample_rate: int | None = None,
    *,
    uri: str | None = None,
    channel: int | None = None,
    allow_truncated: bool = False,
) -> ArrayAudio | FileAudio:
    """Whatever people have: a path, an array, a torch tensor, or pyannote's dictionaries."""
    if isinstance(audio, Mapping):
        uri = uri or audio.get("uri")
        channel = audio.get("channel", channel)
        if "waveform" in audio:
            if "sample_rate" not in audio:
                raise InvalidArgument('a dictionary with "waveform" needs "sample_rate", too')
            return ArrayAudio(as_mono(audio["waveform"], channel), int(audio["sample_rate"]), uri or "audio")
        if "audio" not in audio:
            raise InvalidArgument('a dictionary needs "waveform" and "sample_rate", or "audio"')
        audio = audio["audio"]
    if isinstance(audio, (str, os.PathLike)):
        return open_file(os.fspath(audio), uri=uri, channel=channel, allow_truncated=allow_truncated)
    rate = 16000 if sample_rate is None else sample_rate
    return ArrayAudio(as_mono(audio, channel), rate, uri or "audio")


def open_file(
    path: str, *, uri: str | None = None, channel: int | None = None, allow_truncated: bool = False
) -> FileAudio:
    """WAV and FLAC always; anything else through PyAV, where it is installed."""
    try:
        with open(path, "rb") as file:
            mark = file.read(12)
    except OSError as error:
        raise InputError(f"cannot open '{path}': {error.strerror}") from None
    if mark[:4] == b"fLaC" or (mark[:4] in (b"RIFF", b"RF64") and mark[8:] == b"WAVE"):
        blocks, rate, duration = _open_soundfile(path, channel, allow_truncated)
    else:
        blocks, rate, duration = _open_av(path, channel)
    return FileAudio(blocks, rate, duration, uri or uri_of(path), path)


def _wav_seconds_missing(file: BinaryIO, byte_rate: float) -> float:
    """What the data chunk of a RIFF file promises beyond the file's end, in seconds; 0 where it is left open."""
    size = os.fstat(file.fileno()).st_size
    position = 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            open_ended = length in (0, 0xFFFFFFFF) or byte_rate <= 0
            return 0.0 if open_ended else max(0, position + 8 + length - size) / byte_rate
        position += 8 + length + length % 2
    return 0.0


def _open_soundfile(
    path: str, channel: int | None, allow_truncated: bool
) -> tuple[Iterator[Samples], int, float | None]:
    import soundfile

    try:
        sound = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"'{path}' cannot be decoded: {error.error_string}") from None
    rate, channels = sound.samplerate, sound.channels
    if channel is not None:
        _checked(channel, channels)
    # What is left open reads as an enormous number.
    stated = sound.frames if sound.frames < 1 << 60 else None

    def blocks() -> Iterator[Samples]:
        frames = 0
        with sound:
            while True:
                try:
                    block = sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    if not allow_truncated:
                        raise TruncatedAudio(
                            f"'{path}' is truncated or damaged after {frames / rate:.1f} s: {error.error_string}"
                        ) from None
                    break
                if len(block) == 0:
                    break
                frames += len(block)
                planes = block.T
                yield numpy.ascontiguousarray(planes[channel]) if channel is not None else mean_of_channels(planes)
        if frames == 0:
            raise AudioError(f"'{path}' holds no audio samples")
        missing_s = 0.0 if stated is None else (stated - frames) / rate
        if sound.format == "WAV":
            size = os.path.getsize(path)
            with open(path, "rb") as file:
                missing_s = max(missing_s, _wav_seconds_missing(file, size / (frames / rate)))
        if missing_s > _TRUNCATION_TOLERANCE_S and not allow_truncated:
            covered = frames / rate
            raise TruncatedAudio(
                f"'{path}' is truncated or damaged: only {covered:.1f} s could be decoded of {covered + missing_s:.1f} s"
            )

    return blocks(), rate, None if stated is None else stated / rate


def _open_av(path: str, channel: int | None) -> tuple[Iterator[Samples], int, float | None]:
    try:
        import av
    except ImportError:
        raise AudioError(
            f"'{path}' is no WAV or FLAC; other files need PyAV, which brings FFmpeg: "
            'pip install "diarize-cpp[av]"'
        ) from None
    failure = av.error.FFmpegError
    try:
        container = av.open(path, options={"protocol_whitelist": "file", "format_whitelist": _CONTAINERS})
    except (failure, ValueError) as error:
        raise AudioError(f"'{path}' cannot be decoded: {error}") from None
    if not container.streams.audio:
        container.close()
        raise AudioError(f"'{path}' holds no audio")
    stream = container.streams.audio[0]
    rate = int(stream.rate)
    duration = None if container.duration is None else container.duration / 1e6

    def blocks() -> Iterator[Samples]:
        frames = 0
        with container:
            # Sample format only: integers become floats, rate and channels stay.
            planar = av.AudioResampler(format="fltp")
            try:
                for frame in container.decode(stream):
                    for part in planar.resample(frame):
                        planes = part.to_ndarray()
                        if part.sample_rate != rate:
                            raise AudioError(f"'{path}' changes its sample rate: convert it to WAV first")
                        frames += planes.shape[1]
                        if channel is not None:
                            yield numpy.ascontiguousarray(planes[_checked(channel, len(planes))])
                        else:
                            yield mean_of_channels(planes)
            except failure as error:
                raise AudioError(f"'{path}' is damaged after {frames / rate:.1f} s: {error}") from None
        if frames == 0:
            raise AudioError(f"'{path}' holds no audio samples")

    return blocks(), rate, duration
