"""The golden recordings: name -> who speaks when, how long, which model, which runs. Everything follows from
the numbers written here.
"""

from dataclasses import dataclass, field

import numpy as np

from voices import make_voice, render

POOL_SEED, POOL_VOICES = 501000, 36


@dataclass(frozen=True)
class Recording:
    name: str
    num_samples: int
    turns: tuple
    model: str = "m8a"
    noise_lsb: float = 1.0
    # Each run: (suffix, keyword arguments of the pipeline call, overridden hyper-parameters). The first one
    # is the plain call.
    runs: tuple = (("", {}, {}),)
    log_prob_chunks: tuple = (0,)
    what: str = ""
    voices: dict = field(default_factory=dict)


def _voices(num: int, seed: int) -> dict:
    """`num` of the voices that the embedding network's output layer was fitted on, so that clusters mean
    speakers.
    """
    return {
        index: make_voice(POOL_SEED + (3 * seed + index) % POOL_VOICES, index % 3) for index in range(num)
    }


def chatter(
    seed: int, num_speakers: int, duration_s: float, turn_s=(2.0, 4.5), overlap=0.3, order="random"
) -> tuple:
    """A conversation: turns follow each other with short gaps, some start before the other has ended."""
    rng = np.random.default_rng([7002, seed])
    turns, position_s, last = [], float(rng.uniform(0.1, 0.6)), -1
    step = 0
    while position_s < duration_s - 0.3:
        if order == "round":
            speaker = step % num_speakers
        else:
            speaker = int(rng.integers(num_speakers))
            if speaker == last:
                speaker = (speaker + 1) % num_speakers
        length_s = float(rng.uniform(*turn_s))
        turns.append((speaker, round(position_s, 3), round(min(duration_s, position_s + length_s), 3)))
        position_s += length_s
        position_s += (
            -float(rng.uniform(0.4, 1.2)) if rng.uniform() < overlap else float(rng.uniform(0.1, 0.5))
        )
        last, step = speaker, step + 1
    return tuple(turns)


def _seconds(value: float) -> int:
    return round(value * 16000)


def catalogue(attempt: dict) -> list:
    """All recordings; attempt[name] (default 0) moves the seed of one recording when its first sound fell too
    near a decision edge.
    """

    def seed(name: str, base: int) -> int:
        return base + 100 * attempt.get(name, 0)

    plain: tuple[str, dict, dict] = ("", {}, {})
    table = [
        Recording(
            "two_speakers",
            _seconds(24),
            chatter(seed("two_speakers", 1), 2, 24, overlap=0.35),
            what="24.0 s: a multiple of the step, no padded chunk; overlap",
            voices=_voices(2, 1),
            log_prob_chunks=(0, 9),
            runs=(
                plain,
                ("num3", {"num_speakers": 3}, {}),
                ("num1", {"num_speakers": 1}, {}),
                ("gap", {}, {"min_duration_off": 0.5}),
            ),
        ),
        Recording(
            "three_speakers",
            _seconds(27.35),
            chatter(seed("three_speakers", 2), 3, 27.35),
            what="27.35 s: a padded last chunk; overlap",
            voices=_voices(3, 2),
            log_prob_chunks=(4, 18),
            runs=(
                plain,
                ("num2", {"num_speakers": 2}, {}),
                ("num5", {"num_speakers": 5}, {}),
                ("max2", {"max_speakers": 2}, {}),
                ("min4", {"min_speakers": 4, "max_speakers": 6}, {}),
            ),
        ),
        Recording(
            "one_speaker",
            _seconds(12.5),
            ((0, 0.4, 4.1), (0, 4.9, 8.3), (0, 8.8, 12.1)),
            what="one voice with pauses",
            voices=_voices(1, 3),
            runs=(plain, ("num2", {"num_speakers": 2}, {})),
        ),
        Recording(
            "short",
            _seconds(6.2),
            ((0, 0.2, 2.9), (1, 2.6, 5.8)),
            what="under 10 s: one padded chunk, two training pairs",
            voices=_voices(2, 4),
        ),
        Recording(
            "ten_seconds",
            _seconds(10),
            ((1, 0.3, 3.9), (0, 3.5, 6.4), (2, 6.6, 9.9)),
            what="exactly one chunk",
            voices=_voices(3, 5),
        ),
        Recording(
            "ten_seconds_and_one",
            _seconds(10) + 1,
            ((0, 0.5, 4.5), (2, 4.7, 9.6)),
            what="160001 samples: the second chunk holds 9.00006 s",
            voices=_voices(3, 6),
        ),
        Recording("silence", _seconds(11), (), noise_lsb=0.0, what="zeros only: empty annotation", voices={}),
        Recording("noise", _seconds(12), (), noise_lsb=3.0, what="faint white noise only", voices={}),
        Recording(
            "long_pause",
            _seconds(33),
            ((0, 0.5, 4.0), (1, 4.2, 7.7), (0, 8.0, 10.2), (1, 22.5, 26.5), (0, 26.3, 30.0), (1, 30.4, 32.8)),
            noise_lsb=0.0,
            what="digital silence in the middle: chunks where nobody talks",
            voices=_voices(2, 7),
            log_prob_chunks=(11,),
        ),
        Recording(
            "five_speakers",
            _seconds(38.7),
            chatter(seed("five_speakers", 8), 5, 38.7, turn_s=(2.4, 4.0)),
            what="five voices",
            voices=_voices(5, 8),
            runs=(plain, ("max3", {"max_speakers": 3}, {}), ("num5", {"num_speakers": 5}, {})),
        ),
        Recording(
            "twelve_speakers",
            _seconds(45),
            chatter(seed("twelve_speakers", 9), 12, 45, turn_s=(3.2, 3.7), overlap=0.15, order="round"),
            model="m8b",
            what="more than ten clusters: labels sort as strings",
            voices=_voices(12, 9),
            runs=(plain, ("num12", {"num_speakers": 12}, {})),
        ),
        Recording(
            "overlap",
            _seconds(21),
            ((0, 0.3, 5.2), (1, 3.4, 8.6), (2, 7.9, 12.4), (0, 10.6, 15.1), (1, 14.0, 18.3), (2, 16.0, 20.8)),
            model="m8b",
            what="a third of the time two voices",
            voices=_voices(3, 10),
            runs=(plain, ("max1", {"max_speakers": 1}, {}), ("max2", {"max_speakers": 2}, {})),
        ),
        Recording(
            "phantom",
            _seconds(4.3),
            ((0, 0.3, 1.9), (1, 0.6, 3.6)),
            what="fewer than two training pairs but two voices at once: a phantom speaker",
            voices=_voices(2, 11),
            runs=(plain, ("num1", {"num_speakers": 1}, {})),
        ),
        Recording(
            "instant",
            _seconds(0.9),
            ((2, 0.1, 0.8),),
            what="0.9 s: no training pair at all, NaN speaker embedding",
            voices=_voices(3, 12),
        ),
        Recording(
            "full_width",
            _seconds(20),
            chatter(seed("full_width", 13), 4, 20, turn_s=(2.2, 3.6)),
            model="m32",
            what="the network with m_channels 32",
            voices=_voices(4, 13),
        ),
    ]
    return table


def samples_of(recording: Recording, attempt: int = 0) -> np.ndarray:
    rng = np.random.default_rng([7003, sum(map(ord, recording.name)), attempt])
    return render(recording.voices, list(recording.turns), recording.num_samples, rng, recording.noise_lsb)


def training_recordings(num: int, seed: int) -> list:
    """Conversations of other voices, to fit the last layers of the segmentation network: (samples, voices,
    turns).
    """
    made = []
    for index in range(num):
        rng = np.random.default_rng([7004, seed, index])
        num_speakers = int(rng.integers(1, 5))
        voices = {
            k: make_voice(int(rng.integers(1 << 30)), int(g))
            for k, g in enumerate(rng.permutation([0, 1, 2, 0, 1, 2])[:num_speakers])
        }
        duration_s = float(rng.uniform(11, 14)) if index % 4 else float(rng.uniform(3, 9))
        turns = (
            chatter(seed * 1000 + index, num_speakers, duration_s, turn_s=(1.2, 4.5), overlap=0.5)
            if num_speakers > 1
            else ((0, 0.5, 3.5), (0, 4.0, 6.0))
        )
        if index % 7 == 3:
            turns = tuple(t for t in turns if t[1] > 5.0)
        noise_lsb = (1.0, 0.0, 2.0)[index % 3]
        made.append((render(voices, list(turns), int(duration_s * 16000), rng, noise_lsb), voices, turns))
    return made
