"""A model, ready to run, and recordings that come in pieces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import _diar
from ._diar import CancelToken
from .audio import ArrayAudio, FileAudio, prepare
from .errors import InvalidArgument
from .live import LiveSession
from .progress import Bar, ProgressFunction, in_notebook
from .result import Candidate, DiarizationResult, RunInfo, SpeakerIdentity
from .stream import Stream
from .turns import Turns

_PARAMETERS = ("threshold", "fa", "fb", "min_duration_off_s")
# What the bundled models use; for the progress' total only.
_WINDOW_S = 10.0
_STEPS_S = {"exact": 1.0, "fast": 1.0, "faster": 3.0}


class Engine:
    """Weights and threads. Any number of threads may diarize with one engine at the same time.

    model: a model directory, the name of an installed set, or ORG/NAME of the hub's cache; None: DIARIZE_MODEL, an
        installed set, else the bundled starter model. The same rules as the command's.
    threads: 0 means one for each core that the process may use.
    device: "auto", "cpu" or "mlx".
    speed: what `diarize` does unless it is told otherwise: "exact", "fast" or "faster". An engine for "faster" computes
        at the precision that this speed allows, and runs at no other.

    Raises ModelError, DeviceError, InvalidArgument.
    """

    def __init__(
        self, model: str | Path | None = None, *, threads: int = 0, device: str = "auto", speed: str = "exact"
    ) -> None:
        self._settings: dict[str, Any] = {
            "model": model,
            "threads": threads,
            "device": device,
            "speed": speed,
        }
        if threads < 0:
            raise InvalidArgument("the number of threads is negative")
        self.model_path, _, self._found_by = _diar.find_model("" if model is None else str(model))
        self.speed = speed
        self._engine = _diar.Engine.load(self.model_path, device, threads, speed)

    def __reduce__(self) -> tuple[Callable[..., Engine], tuple[dict[str, Any]]]:
        """Pickles as its settings: another process loads the model itself."""
        return _engine_from, (self._settings,)

    def __repr__(self) -> str:
        return f"Engine({self.model_name!r}, {self.device_name!r})"

    @property
    def model_name(self) -> str:
        """The set's name from its model.json, else the directory's name."""
        return self._engine.model_name

    @property
    def device_name(self) -> str:
        """Such as "cpu (AVX2, 2 threads)"."""
        return self._engine.device_name

    @property
    def embedding_dimension(self) -> int:
        """Values of a speaker's embedding."""
        return self._engine.embedding_dimension

    def _options(self, speed: str | None, parameters: dict[str, float] | None, **values: Any) -> _diar.Options:
        options = _diar.Options()
        options.speed = speed or self.speed
        for name, value in values.items():
            if value is not None:
                setattr(options, name, value)
        for name, value in (parameters or {}).items():
            if name not in _PARAMETERS:
                raise InvalidArgument(f"there is no parameter '{name}': {', '.join(_PARAMETERS)}")
            setattr(options, name, float(value))
        return options

    def diarize(
        self,
        audio: Any,
        sample_rate: int | None = None,
        *,
        num_speakers: int | None = None,
        min_speakers: int | None = None,
        max_speakers: int | None = None,
        exclusive: bool = False,
        speed: str | None = None,
        profile: str | None = None,
        min_duration: float = 0.0,
        min_confidence: float = 0.0,
        step: float | None = None,
        parameters: dict[str, float] | None = None,
        uri: str | None = None,
        channel: int | None = None,
        allow_truncated: bool = False,
        hook: Callable[..., Any] | None = None,
        progress: bool | ProgressFunction | None = None,
        cancel: CancelToken | None = None,
    ) -> DiarizationResult:
        """Who spoke when. Other Python threads run meanwhile; the result depends on samples and options alone.

        audio: a path; samples as an array or torch tensor, (samples,) or (channels, samples), float in [-1, 1] or
            int16 (mono float32 and int16 are not copied), at `sample_rate` Hz (default: 16000, any other is resampled);
            or {"waveform", "sample_rate"} or {"audio"} as pyannote.audio takes them.
        num_speakers, min_speakers, max_speakers: what is known of their number.
        exclusive: the result iterates and writes at most one speaker at a time.
        speed: "exact", "fast" or "faster"; default: the engine's.
        profile: how a number of speakers is met, "pyannote" or "best"; default: the model's.
        min_duration: drop shorter turns. min_confidence: drop turns that are less sure. step: seconds from window
            to window. All as the command's options.
        parameters: "threshold", "fa", "fb", "min_duration_off_s" instead of the model's.
        uri: the recording's name. channel: take this one (0 is the first) instead of the mean of all.
        allow_truncated: take what can be decoded of a file that ends early.
        hook: called as pyannote.audio's: hook(step, None, file=audio, total=..., completed=...).
        progress: True for a bar (the default in a notebook), or a function (stage, completed, total); False from it
            stops.
        cancel: stops the run when another thread calls its `cancel()`.

        Raises InvalidArgument, InputError, AudioError, TruncatedAudio, Cancelled, what a callback raises, and
        KeyboardInterrupt on Ctrl-C.
        """
        start = time.monotonic()
        options = self._options(
            speed,
            parameters,
            num_speakers=num_speakers,
            min_speakers=min_speakers,
            max_speakers=max_speakers,
            profile=profile,
            min_duration_s=min_duration,
            min_confidence=min_confidence,
            step_s=step,
        )
        source = prepare(audio, sample_rate, uri=uri, channel=channel, allow_truncated=allow_truncated)
        options.uri = source.uri
        bar = Bar(source.uri) if progress is True or (progress is None and in_notebook()) else None
        callback = _callback(audio, hook, bar if bar is not None else progress)
        try:
            if isinstance(source, ArrayAudio):
                output = self._engine.diarize(source.samples, source.sample_rate, options, callback, cancel)
                timings = output.timings
            else:
                output, timings = self._diarize_file(source, options, callback, cancel)
        finally:
            if bar is not None:
                bar.close()
        return self._result(output, options, source, exclusive, timings, time.monotonic() - start)

    def _diarize_file(
        self,
        source: FileAudio,
        options: _diar.Options,
        callback: ProgressFunction | None,
        cancel: CancelToken | None,
    ) -> tuple[_diar.Output, dict[str, float]]:
        step_s = options.step_s or _STEPS_S[options.speed]
        total = 0 if source.duration is None else int(max(0.0, source.duration - _WINDOW_S) / step_s) + 1
        session = _diar.Session(self._engine, source.sample_rate, options, callback, cancel, total)
        audio_s = 0.0
        start = time.monotonic()
        for block in source.blocks:
            audio_s += time.monotonic() - start
            session.push(block)
            start = time.monotonic()
        output = session.finish()
        return output, {**output.timings, "audio": audio_s}

    def _result(
        self,
        output: _diar.Output,
        options: _diar.Options,
        source: ArrayAudio | FileAudio | None,
        exclusive: bool,
        timings: dict[str, float],
        elapsed_s: float,
    ) -> DiarizationResult:
        run = RunInfo(
            version=_diar.__version__,
            model_name=self.model_name,
            model_path=self.model_path,
            found_by=self._found_by,
            device=self.device_name,
            speed=options.speed,
            elapsed_s=elapsed_s,
            timings=timings,
        )
        return DiarizationResult(
            speaker_diarization=Turns(output.turns, options.uri),
            exclusive_speaker_diarization=Turns(output.exclusive_turns, options.uri),
            speakers=output.speakers,
            speaker_embeddings=output.embeddings,
            duration=output.duration_s,
            num_windows=output.num_windows,
            run=run,
            input="" if source is None else source.input,
            exclusive=exclusive,
        )

    async def diarize_async(
        self, audio: Any, sample_rate: int | None = None, *, cancel: CancelToken | None = None, **options: Any
    ) -> DiarizationResult:
        """`diarize` in a thread; cancelling the task stops the run. Callbacks are called from that thread."""
        token = cancel or CancelToken()
        run = asyncio.ensure_future(asyncio.to_thread(self.diarize, audio, sample_rate, cancel=token, **options))
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            token.cancel()
            with suppress(Exception):
                await run
            raise

    def open(
        self,
        sample_rate: int = 16000,
        *,
        num_speakers: int | None = None,
        min_speakers: int | None = None,
        max_speakers: int | None = None,
        exclusive: bool = False,
        speed: str | None = None,
        profile: str | None = None,
        min_duration: float = 0.0,
        min_confidence: float = 0.0,
        step: float | None = None,
        parameters: dict[str, float] | None = None,
        uri: str = "audio",
        progress: ProgressFunction | None = None,
        cancel: CancelToken | None = None,
    ) -> Session:
        """A recording to push in pieces; options as for `diarize`."""
        options = self._options(
            speed,
            parameters,
            num_speakers=num_speakers,
            min_speakers=min_speakers,
            max_speakers=max_speakers,
            profile=profile,
            min_duration_s=min_duration,
            min_confidence=min_confidence,
            step_s=step,
            uri=uri,
        )
        return Session(self, sample_rate, options, exclusive, progress, cancel)

    def live(
        self,
        sample_rate: int = 16000,
        *,
        latency: float = 1.0,
        bounded_memory: bool = False,
        num_speakers: int | None = None,
        min_speakers: int | None = None,
        max_speakers: int | None = None,
        exclusive: bool = False,
        speed: str | None = None,
        profile: str | None = None,
        min_duration: float = 0.0,
        min_confidence: float = 0.0,
        step: float | None = None,
        parameters: dict[str, float] | None = None,
        uri: str = "audio",
        progress: ProgressFunction | None = None,
        cancel: CancelToken | None = None,
    ) -> LiveSession:
        """A stream that is labelled while it goes on; docs/live.md. Options beyond these as for `diarize`.

        latency: a word is labelled at most so many seconds after it was pushed, 0.25 to 5.
        bounded_memory: for streams of days: what is old is summarised.
        """
        options = self._options(
            speed,
            parameters,
            num_speakers=num_speakers,
            min_speakers=min_speakers,
            max_speakers=max_speakers,
            profile=profile,
            min_duration_s=min_duration,
            min_confidence=min_confidence,
            step_s=step,
            uri=uri,
        )
        return LiveSession(self, sample_rate, options, latency, bounded_memory, exclusive, progress, cancel)

    def identify(
        self,
        result: DiarizationResult,
        book: str | Path | None = None,
        *,
        threshold: float = 0.95,
        margin: float = 1.5,
        min_speech: float = 2.0,
        only: Iterable[str] = (),
    ) -> DiarizationResult:
        """The same result with the names of those whom a book of voices knows, and `identities`; docs/voices.md.

        book: a file that `diarize voices` writes; None: your own, as the command finds it.
        threshold: the least probability of a name. margin: the least lead over the next person, in natural logarithms.
        min_speech: who talks less stays unknown. only: look for these people alone.

        Raises InputError (no such book, damaged), InvalidArgument (a book of another model, names that it lacks).
        """
        embeddings = [(name, row.tolist()) for name, row in zip(result.speakers, result.speaker_embeddings)]
        path = "" if book is None else str(book)
        turns = result.speaker_diarization
        found = _diar.identify(self._engine, path, embeddings, turns.rows(), threshold, margin, min_speech, list(only))
        names = {speaker: name for speaker, name, *_ in found if name}
        identities = tuple(
            SpeakerIdentity(
                names.get(speaker, speaker), name or None, reason, speech, tuple(Candidate(*one) for one in candidates)
            )
            for speaker, name, reason, speech, candidates in found
        )
        return replace(
            result,
            speaker_diarization=turns.rename_labels(names),
            exclusive_speaker_diarization=result.exclusive_speaker_diarization.rename_labels(names),
            speakers=[names.get(speaker, speaker) for speaker in result.speakers],
            identities=identities,
        )


def _engine_from(settings: dict[str, Any]) -> Engine:
    return Engine(**settings)


def _callback(
    audio: Any, hook: Callable[..., Any] | None, progress: bool | ProgressFunction | None
) -> ProgressFunction | None:
    function = progress if callable(progress) else None
    if hook is None:
        return function

    def both(stage: str, completed: int, total: int) -> Any:
        hook(stage, None, file=audio, total=total, completed=completed)
        return None if function is None else function(stage, completed, total)

    return both


class Session(Stream):
    """One recording, pushed in pieces; made by `Engine.open`. One thread at a time; `cancel` and `status` from any.

    The result is that of one run over all samples, whatever the pieces.
    """

    def __init__(
        self,
        engine: Engine,
        sample_rate: int,
        options: _diar.Options,
        exclusive: bool,
        progress: ProgressFunction | None,
        cancel: CancelToken | None,
    ) -> None:
        session = _diar.Session(engine._engine, sample_rate, options, progress, cancel, 0)
        super().__init__(engine, session, options, exclusive)
        self._session = session

    @property
    def status(self) -> _diar.Status:
        """What is done and what waits, in seconds and windows."""
        return self._session.poll()

    def finish(self) -> DiarizationResult:
        """No more samples come: waits for the networks and clusters. Once."""
        return self._finish()
