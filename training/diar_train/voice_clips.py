"""In: prepared corpora. Out: WAV files of people to enrol, of the same and of other people later on, and of
recordings that share a pool of voices, for evaluate_voices.py.

No sample of speech is used twice. An appearance of 10 s is heard in two of the three conditions: clean, in a
noisy room, over the telephone.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .augment import in_room, mu_law
from .corpora import SAMPLE_RATE_HZ, PreparedCorpora, Speaker
from .rooms import room_bank
from .simulation import band_limit, coloured_noise
from .trials import voiced_by_session

ENROL_S = 15
APPEAR_S = 10
SHORT_S = 4
CONDITIONS = ("clean", "room", "telephone")
LINK_RECORDINGS, LINK_VOICES, LINK_S = 60, 30, 9
PIECE_S = 3.0


@dataclass(frozen=True)
class Clip:
    """One recording of one speaker."""

    name: str
    speaker: str
    condition: str
    other_session: bool
    speech_s: float


def write_wav(path: Path, samples: np.ndarray) -> None:
    peak = np.abs(samples).max() + 1e-6
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.rint(samples * (0.5 * 32767 / peak)).astype("<i2").tobytes())


def with_pauses(material: np.ndarray) -> np.ndarray:
    """Speech as turns of a few seconds with half a second between them."""
    pause = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)
    pieces = [pause]
    for first in range(0, len(material), int(PIECE_S * SAMPLE_RATE_HZ)):
        pieces += [material[first : first + int(PIECE_S * SAMPLE_RATE_HZ)].astype(np.float32), pause]
    return np.concatenate(pieces)


def degraded(samples: np.ndarray, condition: str, rooms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    samples = samples / (samples[samples != 0].std() + 1e-6)
    noise_db = 40.0
    if condition == "room":
        room = rooms[rng.integers(len(rooms))]
        samples = in_room(samples, room[rng.integers(len(room))])
        noise_db = float(rng.uniform(10, 20))
    if condition == "telephone":
        noise_db = float(rng.uniform(20, 30))
    samples = samples + coloured_noise(len(samples), rng) * np.float32(10 ** (-noise_db / 20))
    return mu_law(band_limit(samples, 300, 3400)) if condition == "telephone" else samples


class Pool:
    """Speech of each speaker of the splits, taken piece by piece."""

    def __init__(self, prepared: Path, corpora: Path, splits: Path, chosen: list[str]):
        data = PreparedCorpora(prepared)
        self.sessions: dict[str, list[np.ndarray]] = {}
        for split in chosen:
            for speaker in data.of_split(splits, split):
                self._add(data, corpora, speaker)

    def _add(self, data: PreparedCorpora, corpora: Path, speaker: Speaker) -> None:
        sessions = [part for part in voiced_by_session(data, corpora, speaker).values() if len(part)]
        if sum(len(part) for part in sessions) >= SHORT_S * SAMPLE_RATE_HZ:
            self.sessions[speaker.key] = sessions

    def total_s(self, speaker: str) -> float:
        return sum(len(part) for part in self.sessions[speaker]) / SAMPLE_RATE_HZ

    def take(
        self, speaker: str, seconds: float, session: int, least_s: float | None = None
    ) -> np.ndarray | None:
        """From this session, else from the next ones that have it; at least `least_s` where there is less."""
        count = round(seconds * SAMPLE_RATE_HZ)
        least = count if least_s is None else round(least_s * SAMPLE_RATE_HZ)
        sessions = self.sessions[speaker]
        for i in range(len(sessions)):
            at = (session + i) % len(sessions)
            if len(sessions[at]) >= least:
                taken, sessions[at] = sessions[at][:count], sessions[at][count:]
                return taken
        return None


@dataclass
class Cast:
    """Who is recorded when."""

    enrol: list[Clip]
    appear: list[Clip]
    book_of: dict[str, int]  # of the enrolled

    def only(self, people: set[str]) -> Cast:
        return Cast(
            [clip for clip in self.enrol if clip.speaker in people],
            [clip for clip in self.appear if clip.speaker in people],
            {speaker: book for speaker, book in self.book_of.items() if speaker in people},
        )


def number_of(clip: Clip) -> int:
    """Of the speaker among all of the pool, in the order of their names."""
    return int(clip.name[:3])


def _appear(
    pool: Pool,
    cast: Cast,
    work: Path,
    speaker: str,
    number: int,
    indices: range,
    rooms: np.ndarray,
    rng: np.random.Generator,
) -> None:
    sessions = len(pool.sessions[speaker])
    for index in indices:
        material = pool.take(speaker, APPEAR_S, 1 % sessions, SHORT_S if index == 0 else APPEAR_S)
        if material is None:
            return
        is_long = len(material) >= APPEAR_S * SAMPLE_RATE_HZ
        for k in range(2 if is_long else 1):
            condition = CONDITIONS[(number + 2 * index + k) % len(CONDITIONS)]
            clip = Clip(
                f"{number:03}-{index:02}{condition[0]}",
                speaker,
                condition,
                sessions > 1,
                len(material) / SAMPLE_RATE_HZ,
            )
            samples = degraded(with_pauses(material), condition, rooms, rng)
            write_wav(work / "appear" / f"{clip.name}.wav", samples)
            cast.appear.append(clip)


def make_clips(pool: Pool, work: Path, most: int, seed: int) -> Cast:
    """enrol/*.wav and appear/*.wav. Half of the enrolled are in each of two books, so that everybody is a
    stranger to one of them."""
    rng = np.random.default_rng(seed)
    rooms = room_bank(work / "rooms.npy", 24, 6, seed)
    for folder in ("enrol", "appear"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    cast = Cast([], [], {})
    speakers = sorted(pool.sessions)
    number_of = {speaker: number for number, speaker in enumerate(speakers)}
    for speaker in [speakers[i] for i in rng.permutation(len(speakers))]:
        number = number_of[speaker]
        if pool.total_s(speaker) >= ENROL_S + APPEAR_S:
            material = pool.take(speaker, ENROL_S, 0)
            if material is not None:
                cast.book_of[speaker] = len(cast.book_of) % 2
                cast.enrol.append(Clip(f"{number:03}", speaker, "clean", False, ENROL_S))
                samples = degraded(with_pauses(material), "clean", rooms, rng)
                write_wav(work / "enrol" / f"{number:03}.wav", samples)
        _appear(pool, cast, work, speaker, number, range(1), rooms, rng)
    # Further appearances come last: who asks for more of them hears the others as before.
    rng = np.random.default_rng([seed, 2])
    for number, speaker in enumerate(speakers):
        _appear(pool, cast, work, speaker, number, range(1, most), rooms, rng)
    cast.enrol.sort(key=lambda clip: clip.name)
    cast.appear.sort(key=lambda clip: clip.name)
    return cast


def link_recordings(pool: Pool, work: Path, seed: int) -> dict[str, list[tuple[float, float, str]]]:
    """link/*.wav with their true turns: two or three voices take turns of three seconds; every second
    recording lies in a noisy room."""
    rng = np.random.default_rng([seed, 1])
    rooms = room_bank(work / "rooms.npy", 24, 6, seed)
    (work / "link").mkdir(parents=True, exist_ok=True)
    longest = sorted(pool.sessions, key=lambda who: (-pool.total_s(who), who))
    people = sorted(longest[:LINK_VOICES])
    used = dict.fromkeys(people, 0)
    recordings = {}
    for index in range(LINK_RECORDINGS):
        spoken: dict[str, np.ndarray] = {}
        for who in sorted(people, key=lambda who: (used[who] + rng.uniform(0, 2), who)):
            material = pool.take(who, LINK_S, used[who] % len(pool.sessions[who]))
            if material is not None:
                spoken[who] = material
                used[who] += 1
            if len(spoken) == 2 + index % 2:
                break
        if len(spoken) < 2:
            break
        turns, parts, at_s = [], [], 0.0
        for piece in range(int(LINK_S / PIECE_S)):
            for who, material in spoken.items():
                first = int(piece * PIECE_S * SAMPLE_RATE_HZ)
                parts += [
                    material[first : first + int(PIECE_S * SAMPLE_RATE_HZ)].astype(np.float32),
                    np.zeros(SAMPLE_RATE_HZ // 4, np.float32),
                ]
                turns.append((at_s, at_s + PIECE_S, who))
                at_s += PIECE_S + 0.25
        name = f"link{index:02}"
        condition = "room" if index % 2 == 1 else "clean"
        write_wav(work / "link" / f"{name}.wav", degraded(np.concatenate(parts), condition, rooms, rng))
        recordings[name] = turns
    return recordings
