#!/usr/bin/env python3
"""In: espeak-ng 1.51 and ffmpeg on the PATH. Out: samples/conversation.flac (16 kHz mono) and
samples/conversation.rttm, three synthetic voices whose turns are known exactly.

    python3 tools/sample/make_sample.py --out samples

The text is the project's own. The same espeak-ng version gives the same samples; nothing here is random but a
seeded noise floor.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import wave
from pathlib import Path

import numpy as np

SAMPLE_RATE_HZ = 16000
# Chosen for distance: a high clear voice, a low one, and one made by another synthesis method (Klatt). Voice,
# pitch 0-99, words a minute.
VOICES = {
    "anna": ("en-us+f5", 85, 172),
    "boris": ("en-gb+m7", 15, 160),
    "clara": ("en-us+klatt4", 50, 158),
}
# Seconds from the end of the line before (negative: the two overlap), who, what.
LINES = (
    (
        0.6,
        "anna",
        "Good morning, and welcome to the meeting about the lighthouse museum. As you know, the town has "
        "given us the old tower, and we want to open it for visitors next summer. I have brought the plan, "
        "the letters and far too much coffee, so please help yourselves.",
    ),
    (
        1.2,
        "boris",
        "Thank you. I spoke with the builders yesterday. They can start on the first of May, if the roof is "
        "approved by then. The stairs are safe, but the lamp room needs new glass on every side, and a good "
        "electrician who is not afraid of heights.",
    ),
    (
        1.2,
        "clara",
        "The roof was approved last night. I have the letter here, signed and stamped. About the money, the "
        "tickets from last year cover one half of the work. For the other half we can ask the town for a "
        "grant, if we send the form before Friday.",
    ),
    (
        1.0,
        "anna",
        "That is wonderful news! I can write the form this afternoon. Somebody has to check the numbers, "
        "though, because I always get them wrong. Last year I forgot a zero, and we nearly bought ten lamps "
        "for the price of a hundred.",
    ),
    (
        -0.6,
        "boris",
        "Give them to me, then. I will read them tonight on the train, and send them back before breakfast. "
        "And I know an electrician. She repaired the old tower on the island, and she is free this summer. I "
        "can call her tomorrow.",
    ),
    (
        1.2,
        "clara",
        "Then it is decided. Anna writes, Boris checks, and I will carry the form to the town hall myself. "
        "If nobody has another question, I would like to see the lamp room now, before the rain comes. Thank "
        "you, both of you.",
    ),
)


def render(voice: tuple[str, int, int], text: str) -> np.ndarray:
    """Samples of one line in [-1, 1], without the silence around it."""
    name, pitch, speed = voice
    command = ["espeak-ng", "-v", name, "-p", str(pitch), "-s", str(speed), "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    command = ["ffmpeg", "-v", "error", "-i", "-", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "s16le", "-"]
    raw = subprocess.run(command, input=spoken, check=True, capture_output=True).stdout
    samples = np.frombuffer(raw, "<i2").astype(np.float64) / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    return 0.08 * samples / np.sqrt(np.mean(samples**2))


def compose() -> tuple[np.ndarray, list[tuple[float, float, str]]]:
    """The mixture and its turns (start_s, duration_s, speaker)."""
    placed, turns, end = [], [], 0
    for gap_s, speaker, text in LINES:
        samples = render(VOICES[speaker], text)
        start = end + round(gap_s * SAMPLE_RATE_HZ)
        placed.append((start, samples))
        turns.append((start / SAMPLE_RATE_HZ, len(samples) / SAMPLE_RATE_HZ, speaker))
        end = start + len(samples)
    mixture = np.zeros(end + round(0.8 * SAMPLE_RATE_HZ))
    for start, samples in placed:
        mixture[start : start + len(samples)] += samples
    # A quiet room: without it the pauses would be digital silence, which no microphone records.
    mixture += 3e-4 * np.random.default_rng(1).standard_normal(len(mixture))
    return mixture, turns


def write_flac(samples: np.ndarray, path: Path) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-i",
        "-",
        "-compression_level",
        "12",
        "-bitexact",
        "-map_metadata",
        "-1",
        str(path),
    ]
    subprocess.run(command, input=buffer.getvalue(), check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("samples"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    mixture, turns = compose()
    if np.abs(mixture).max() >= 1:
        raise SystemExit("the mixture clips")
    write_flac(mixture, args.out / "conversation.flac")
    rows = [
        f"SPEAKER conversation 1 {start:.3f} {duration:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
        for start, duration, speaker in turns
    ]
    (args.out / "conversation.rttm").write_text("".join(rows))
    print(f"{len(mixture) / SAMPLE_RATE_HZ:.1f} s, {len(turns)} turns -> {args.out}")


if __name__ == "__main__":
    main()
