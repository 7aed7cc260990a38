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
    total: Samples = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    total /= numpy.float32(len(planes))
    return total


def as_mono(waveform: Any, channel: int | None = None) -> Samples:
    """[samples] or [channels, samples] of any array library; copied only where it is not mono float32 or int16."""
    if hasattr(waveform, "detach"):  # a torch tensor
        waveform = waveform.detach().cpu().numpy()
    array: Samples = numpy.asarray(waveform)
    if array.ndim not in (1, 2):
        raise InvalidArgument(f"a waveform has the shape (samples,) or (channels, samples), not {array.shape}")
    if array.dtype.kind == "f":
        array = array.astype(numpy.float32, copy=False)
    elif array.dtype != numpy.int16:
        raise InvalidArgument(f"samples are float (in [-1, 1]) or int16, not {array.dtype}")
    planes = array if array.ndim == 2 else array[None]
    if not 1 <= len(planes) <= _MOST_CHANNELS:
        raise InvalidArgument(f"a waveform of shape {array.shape} should be (channels, samples): transpose it")
    return one_channel(planes, channel)


def as_floats(samples: Samples) -> Samples:
    """int16 becomes float32 in [-1, 1); float32 stays."""
    return samples.astype(numpy.float32) / numpy.float32(32768) if samples.dtype == numpy.int16 else samples


def one_channel(planes: Samples, channel: int | None) -> Samples:
    """[channels, samples] -> [samples]: the one that was asked for, else the mean."""
    if channel is not None:
        return numpy.ascontiguousarray(planes[_checked(channel, len(planes))])
    return mean_of_channels(planes if len(planes) == 1 else as_floats(planes))


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


def _missing_s(path: str, format: str, frames: int, rate: int, stated: int | None) -> float:
    """How much of a file that was read to its end is not there."""
    missing_s = 0.0 if stated is None else (stated - frames) / rate
    if format == "WAV":
        with open(path, "rb") as file:
            missing_s = max(missing_s, _wav_seconds_missing(file, os.path.getsize(path) / (frames / rate)))
    return missing_s


def _soundfile_blocks(
    path: str, sound: Any, stated: int | None, channel: int | None, allow_truncated: bool
) -> Iterator[Samples]:
    import soundfile

    frames, rate, damage = 0, sound.samplerate, ""
    with sound:
        while True:
            try:
                block = sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                damage = error.error_string
                break
            if len(block) == 0:
                break
            frames += len(block)
            yield one_channel(block.T, channel)
    if frames == 0:
        raise AudioError(f"'{path}' holds no audio samples")
    if allow_truncated:
        return
    covered_s = frames / rate
    if damage:
        raise TruncatedAudio(f"'{path}' is truncated or damaged after {covered_s:.1f} s: {damage}")
    missing_s = _missing_s(path, sound.format, frames, rate, stated)
    if missing_s > _TRUNCATION_TOLERANCE_S:
        raise TruncatedAudio(
            f"'{path}' is truncated or damaged: "
            f"only {covered_s:.1f} s could be decoded of {covered_s + missing_s:.1f} s"
        )


def _open_soundfile(
    path: str, channel: int | None, allow_truncated: bool
) -> tuple[Iterator[Samples], int, float | None]:
    import soundfile

    try:
        sound = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"'{path}' cannot be decoded: {error.error_string}") from None
    if channel is not None:
        _checked(channel, sound.channels)
    # What is left open reads as an enormous number.
    stated = sound.frames if sound.frames < 1 << 60 else None
    duration = None if stated is None else stated / sound.samplerate
    return _soundfile_blocks(path, sound, stated, channel, allow_truncated), sound.samplerate, duration


def _av_blocks(path: str, container: Any, stream: Any, channel: int | None) -> Iterator[Samples]:
    import av

    frames, rate = 0, int(stream.rate)
    with container:
        # Sample format only: integers become floats, rate and channels stay.
        planar = av.AudioResampler(format="fltp")
        try:
            for frame in container.decode(stream):
                for part in planar.resample(frame):
                    if part.sample_rate != rate:
                        raise AudioError(f"'{path}' changes its sample rate: convert it to WAV first")
                    planes = part.to_ndarray()
                    frames += planes.shape[1]
                    yield one_channel(planes, channel)
        except av.error.FFmpegError as error:
            raise AudioError(f"'{path}' is damaged after {frames / rate:.1f} s: {error}") from None
    if frames == 0:
        raise AudioError(f"'{path}' holds no audio samples")


def _open_av(path: str, channel: int | None) -> tuple[Iterator[Samples], int, float | None]:
    try:
        import av
    except ImportError:
        raise AudioError(
            f"'{path}' is no WAV or FLAC; other files need PyAV, which brings FFmpeg: pip install \"diarize-cpp[av]\""
        ) from None
    try:
        container = av.open(path, options={"protocol_whitelist": "file", "format_whitelist": _CONTAINERS})
    except (av.error.FFmpegError, ValueError) as error:
        raise AudioError(f"'{path}' cannot be decoded: {error}") from None
    if not container.streams.audio:
        container.close()
        raise AudioError(f"'{path}' holds no audio")
    stream = container.streams.audio[0]
    duration = None if container.duration is None else container.duration / 1e6
    return _av_blocks(path, container, stream, channel), int(stream.rate), duration
