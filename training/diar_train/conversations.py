"""In: voiced material of unseen speakers and the turns of real meetings. Out: whole simulated conversations
with exact reference turns.

A conversation is two segments of AMI meetings, one after the other, each with its most talkative
participants; every participant is played by one speaker. The material has no silence longer than 0.25 s
inside (voiced.py). The same seed gives the same samples.

There are two references. `rttm`: what was placed, in which a turn is speech from its start to its end.
`energy_rttm`: of that, what is loud in the clean source (`loud`), so that a pause of 0.2 s or more inside
read speech is a pause. Neither asks a network, and the rule was fixed before any was scored with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .simulation import SAMPLE_RATE_HZ, coloured_noise, convolve
from .turns import Meeting, Turn
from .voiced import FRAME, runs

CONDITIONS = ("clean", "room", "noisy")
MIN_MATERIAL_S = 12.0
MERGE_GAP_S = 0.2
MIN_TURN_S = 0.3
# Of the energy rule: shorter pauses belong to the speech around them, as in DIHARD's annotations;
# shorter sounds are none.
MIN_PAUSE_S = 0.2
MIN_SOUND_S = 0.05


@dataclass(frozen=True)
class Plan:
    """Who speaks when in one conversation; the same for every condition."""

    name: str
    duration_s: float
    num_speakers: int
    turns: list[Turn]
    seed: int


def merged(turns: list[Turn]) -> list[Turn]:
    """One speaker's turns with short gaps closed, short ones dropped."""
    result: list[Turn] = []
    for speaker in sorted({turn.speaker for turn in turns}):
        own: list[Turn] = []
        for turn in sorted((turn for turn in turns if turn.speaker == speaker), key=lambda t: t.start_s):
            if own and turn.start_s - own[-1].end_s < MERGE_GAP_S:
                own[-1] = Turn(own[-1].start_s, max(own[-1].end_s, turn.end_s), speaker)
            else:
                own.append(turn)
        result += [turn for turn in own if turn.end_s - turn.start_s >= MIN_TURN_S]
    return sorted(result, key=lambda t: (t.start_s, t.speaker))


def stretch(
    meetings: list[Meeting], duration_s: float, cast: list[int], rng: np.random.Generator
) -> list[Turn]:
    """A segment of some meeting in which as many people talk as the cast has members, played by the cast."""
    for _ in range(1000):
        meeting = meetings[rng.integers(len(meetings))]
        first_s = rng.uniform(0, max(meeting.duration_s - duration_s, 1.0))
        turns = meeting.between(first_s, first_s + duration_s)
        spoken: dict[int, float] = {}
        for turn in turns:
            spoken[turn.speaker] = spoken.get(turn.speaker, 0.0) + turn.end_s - turn.start_s
        loudest = sorted(spoken, key=lambda speaker: -spoken[speaker])[: len(cast)]
        if (
            len(loudest) == len(cast)
            and spoken[loudest[-1]] > 2.0
            and sum(spoken[speaker] for speaker in loudest) > 0.4 * duration_s
        ):
            part = {speaker: cast[i] for i, speaker in enumerate(loudest)}
            return [
                Turn(turn.start_s, turn.end_s, part[turn.speaker]) for turn in turns if turn.speaker in part
            ]
    raise RuntimeError("no meeting has so many talkative people")


def make_plan(index: int, meetings: list[Meeting], seed: int) -> Plan:
    rng = np.random.default_rng([seed, index])
    num_speakers = 2 + index % 5
    duration_s = float(rng.uniform(120, 300))
    half_s = duration_s / 2
    order = [int(i) for i in rng.permutation(num_speakers)]
    # AMI meetings have four people: larger casts come and go between the two segments.
    casts = (order[:4], order[-4:]) if num_speakers > 4 else (order, order)
    turns = stretch(meetings, half_s, casts[0], rng)
    turns += [
        Turn(turn.start_s + half_s, turn.end_s + half_s, turn.speaker)
        for turn in stretch(meetings, half_s, casts[1], rng)
    ]
    return Plan(f"conversation_{index:02}", duration_s, num_speakers, merged(turns), int(rng.integers(2**31)))


def loud(material: np.ndarray) -> np.ndarray:
    """Whether each sample of one speaker's clean material is speech, by the energy of 30 ms around it alone:
    above the floor (8th percentile) by 35 % of the way to the peak (95th), at most 30 and at least 14 dB
    below that peak; pauses under MIN_PAUSE_S are closed, sounds under MIN_SOUND_S dropped.
    """
    num = len(material) // FRAME
    frames = material[: num * FRAME].reshape(num, FRAME).astype(np.float32)
    energy = np.convolve(((frames - frames.mean()) ** 2).mean(1), np.ones(3) / 3, "same")
    level_db = 10 * np.log10(energy + 1.0)
    floor_db, peak_db = np.percentile(level_db, (8, 95))
    active = level_db > np.clip(floor_db + 0.35 * (peak_db - floor_db), peak_db - 30.0, peak_db - 14.0)
    for first, last in runs(~active):
        if (last - first) * FRAME < MIN_PAUSE_S * SAMPLE_RATE_HZ:
            active[first:last] = True
    for first, last in runs(active):
        if (last - first) * FRAME < MIN_SOUND_S * SAMPLE_RATE_HZ:
            active[first:last] = False
    return np.append(np.repeat(active, FRAME), np.full(len(material) - num * FRAME, bool(active[-1])))


def placed(length: int, turns: list[Turn], num_samples: int, position: int) -> list[tuple[int, np.ndarray]]:
    """(first sample, which samples of the material of `length` it plays) of each of one speaker's turns."""
    places = []
    for turn in turns:
        at, wanted = round(turn.start_s * SAMPLE_RATE_HZ), round((turn.end_s - turn.start_s) * SAMPLE_RATE_HZ)
        wanted = min(wanted, num_samples - at)
        if wanted <= 0:
            continue
        places.append((at, (position + np.arange(wanted)) % length))
        position += wanted
    return places


def voice_track(
    material: np.ndarray, turns: list[Turn], num_samples: int, rng: np.random.Generator
) -> np.ndarray:
    """One speaker's turns filled from that speaker's material, repeated if it is short; unit power in the
    turns.
    """
    track = np.zeros(num_samples, np.float32)
    for at, played in placed(len(material), turns, num_samples, int(rng.integers(len(material)))):
        wanted = len(played)
        piece = material[played].astype(np.float32)
        fade = min(80, wanted // 2)
        piece[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        piece[wanted - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        track[at : at + wanted] += piece
    return track / (np.sqrt((track[track != 0] ** 2).mean()) + 1e-6) if track.any() else track


def render(plan: Plan, materials: list[np.ndarray], rooms: np.ndarray, condition: str) -> np.ndarray:
    """int16 samples. clean: noise 40 dB below the speech; room: each voice from its own place; noisy: a room,
    and noise 8 to 18 dB below.
    """
    num_samples = round(plan.duration_s * SAMPLE_RATE_HZ)
    rng = np.random.default_rng([plan.seed, 0])
    room = rooms[rng.integers(len(rooms))].astype(np.float32)
    mix = np.zeros(num_samples, np.float32)
    for speaker, material in enumerate(materials):
        track = voice_track(
            material, [turn for turn in plan.turns if turn.speaker == speaker], num_samples, rng
        )
        level = 10 ** (rng.normal(0, 2.5) / 20)
        if condition != "clean":
            track = convolve(track, room[speaker % len(room)])
        mix += level * track
    noise_db = 40.0 if condition != "noisy" else float(np.random.default_rng([plan.seed, 1]).uniform(8, 18))
    mix += coloured_noise(num_samples, np.random.default_rng([plan.seed, 2])) * 10 ** (-noise_db / 20)
    return np.clip(np.rint(mix * (0.5 * 32767 / np.abs(mix).max())), -32768, 32767).astype("<i2")


def energy_turns(plan: Plan, materials: list[np.ndarray], num_rooms: int) -> list[Turn]:
    """The turns of `energy_rttm`; draws what `render` draws, in its order."""
    num_samples = round(plan.duration_s * SAMPLE_RATE_HZ)
    rng = np.random.default_rng([plan.seed, 0])
    rng.integers(num_rooms)
    result = []
    for speaker, material in enumerate(materials):
        turns = [turn for turn in plan.turns if turn.speaker == speaker]
        is_speech = loud(material)
        for at, played in placed(len(material), turns, num_samples, int(rng.integers(len(material)))):
            for first, last in runs(is_speech[played]):
                result.append(Turn((at + first) / SAMPLE_RATE_HZ, (at + last) / SAMPLE_RATE_HZ, speaker))
        rng.normal(0, 2.5)
    return sorted(result, key=lambda t: (t.start_s, t.speaker))


def rttm(plan: Plan, turns: list[Turn] | None = None) -> str:
    return "".join(
        f"SPEAKER {plan.name} 1 {turn.start_s:.3f} {turn.end_s - turn.start_s:.3f} "
        f"<NA> <NA> speaker_{turn.speaker} <NA> <NA>\n"
        for turn in (plan.turns if turns is None else turns)
    )
