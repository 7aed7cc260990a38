"""Who speaks now: events of a stream that goes on, and at its end the result of a whole run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _diar
from ._diar import CancelToken
from .errors import InvalidArgument
from .progress import ProgressFunction
from .result import DiarizationResult
from .stream import Stream
from .turns import Segment, Turns

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True)
class LiveTurn:
    """A turn as it is known now."""

    id: int
    """Stays; ascending in the order in which turns were first shown."""
    segment: Segment
    speaker: str
    """A live label: it means one person as long as the stream goes on."""
    state: str
    """"tentative" (the next windows may change it), "stable" (only what is learnt later about the speakers may) or
    "final" (of the result)."""
    confidence: float | None = None
    """Of final turns; before the end unknown."""


@dataclass(frozen=True)
class LiveEvent:
    """What a stream has to say. Later versions may tell more: pass over classes that you do not know."""

    type: str
    """As in docs/schema/live-events.schema.json."""
    json: str = field(repr=False)
    """The line that `diarize live --events json` writes, without its line feed."""


@dataclass(frozen=True)
class SpeakerStart(LiveEvent):
    """Somebody begins to speak."""

    time: float
    speaker: str


@dataclass(frozen=True)
class SpeakerEnd(LiveEvent):
    """Somebody stops to speak."""

    time: float
    speaker: str


@dataclass(frozen=True)
class TurnShown(LiveEvent):
    """A turn that is new, or has other bounds or another state than it had."""

    turn: LiveTurn


@dataclass(frozen=True)
class TurnRevised(LiveEvent):
    """A turn that was shown as another speaker's."""

    turn: LiveTurn
    old_speaker: str


@dataclass(frozen=True)
class TurnRemoved(LiveEvent):
    """What was shown as a turn is none."""

    id: int


@dataclass(frozen=True)
class SpeakersMerged(LiveEvent):
    """Two labels turned out to be one person, who is called `speaker` from now on."""

    old_speaker: str
    speaker: str


@dataclass(frozen=True)
class LiveProgress(LiveEvent):
    """How far the session is."""

    pushed: float
    """Seconds of audio that were pushed."""
    shown: float
    """Up to which second labels are shown."""
    num_windows: int
    num_speakers: int
    num_dropped: int
    """Windows for low latency that were left out because the networks did not keep up."""
    num_clusterings: int
    clustering: float
    """Seconds that they took."""


@dataclass(frozen=True)
class LiveFinal(LiveEvent):
    """The last event: the turns that are left, renamed by `labels`, are the result."""

    equals_offline: bool
    """The result is that of a whole run, byte for byte."""
    duration: float
    labels: dict[str, str]
    """Live label to label of the result."""


def _turn_of(fields: dict[str, Any]) -> LiveTurn:
    segment = Segment(fields["start_s"], fields["end_s"])
    return LiveTurn(fields["id"], segment, fields["speaker"], fields["state"], fields.get("confidence"))


def event_from(line: str) -> LiveEvent:
    """The event of a JSON line, such as one of `diarize live --events json`; a plain LiveEvent for other types."""
    line = line.rstrip("\n")
    fields = json.loads(line)
    kind = str(fields["type"])
    if kind == "speaker_start":
        return SpeakerStart(kind, line, fields["time_s"], fields["speaker"])
    if kind == "speaker_end":
        return SpeakerEnd(kind, line, fields["time_s"], fields["speaker"])
    if kind == "turn":
        return TurnShown(kind, line, _turn_of(fields))
    if kind == "turn_revised":
        return TurnRevised(kind, line, _turn_of(fields), fields["old_speaker"])
    if kind == "turn_removed":
        return TurnRemoved(kind, line, fields["id"])
    if kind == "speakers_merged":
        return SpeakersMerged(kind, line, fields["from"], fields["into"])
    if kind == "progress":
        names = ("pushed_s", "shown_s", "windows", "speakers", "dropped", "clusterings", "clustering_s")
        return LiveProgress(kind, line, *(fields[name] for name in names))
    if kind == "final":
        return LiveFinal(kind, line, fields["equals_offline"], fields["duration_s"], fields["offline_labels"])
    return LiveEvent(kind, line)


class LiveTurns:
    """The turns that a stream of events leaves; not synchronised."""

    def __init__(self) -> None:
        self._turns: dict[int, LiveTurn] = {}
        self._labels: dict[str, str] = {}

    def apply(self, event: LiveEvent) -> None:
        """Takes the next event."""
        if isinstance(event, (TurnShown, TurnRevised)):
            self._turns[event.turn.id] = event.turn
        elif isinstance(event, TurnRemoved):
            self._turns.pop(event.id, None)
        elif isinstance(event, LiveFinal):
            self._labels = event.labels

    @property
    def by_id(self) -> dict[int, LiveTurn]:
        """The turns that are there, in the order of their ids."""
        return dict(sorted(self._turns.items()))

    def turns(self, uri: str = "audio") -> Turns:
        """The same as Turns; after LiveFinal with the labels of the result, which they then are."""
        left = (
            (turn.segment.start, turn.segment.end, self._labels.get(turn.speaker, turn.speaker), turn.confidence)
            for turn in self.by_id.values()
        )
        return Turns(left, uri)


class LiveSession(Stream):
    """A stream that is labelled while it goes on; made by `Engine.live`.

    One thread at a time pushes and finishes; `poll`, `events`, `status` and `cancel` are for any. What is shown before
    the end depends on how fast the machine is; the result does not.
    """

    def __init__(
        self,
        engine: Engine,
        sample_rate: int,
        options: _diar.Options,
        latency: float,
        bounded_memory: bool,
        exclusive: bool,
        progress: ProgressFunction | None,
        cancel: CancelToken | None,
    ) -> None:
        live = _diar.Live(engine._engine, sample_rate, options, latency, bounded_memory, progress, cancel)
        super().__init__(engine, live, options, exclusive)
        self._live = live
        self._result: DiarizationResult | None = None

    def poll(self) -> list[LiveEvent]:
        """What has changed since the last call, each turn at most once. Never waits."""
        return [event_from(line) for line in self._live.poll()]

    def events(self, interval: float = 0.05) -> Iterator[LiveEvent]:
        """Events as they come, to the last one, while another thread pushes and finishes.

        interval: seconds between two looks. Raises what `poll` raises, Cancelled among it.
        """
        while True:
            for event in self.poll():
                yield event
                if isinstance(event, LiveFinal):
                    return
            time.sleep(interval)

    def follow(self, blocks: Iterable[Any]) -> Iterator[LiveEvent]:
        """Pushes each block, gives the events that are known by then, and finishes; the result is in `result`."""
        for block in blocks:
            self.push(block)
            yield from self.poll()
        self.finish()
        yield from self.poll()

    @property
    def status(self) -> _diar.Status:
        """What is done and what waits, in seconds and windows."""
        return self._live.status()

    def finish(self) -> DiarizationResult:
        """The end of the stream: waits for the networks and clusters. Once; the last events come with the next poll.

        The result is that of one run over all samples, byte for byte; with bounded_memory it is what was shown.
        """
        self._result = self._finish()
        return self._result

    @property
    def result(self) -> DiarizationResult:
        """What `finish` gave; InvalidArgument before."""
        if self._result is None:
            raise InvalidArgument("this session was not finished yet: call finish()")
        return self._result
