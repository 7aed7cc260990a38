#!/usr/bin/env python3
"""The whole way of a newcomer: `report_walk_test.py DIARIZE SAMPLES_DIRECTORY`.

From the bundled recording, by the bundled model, to a corrected, named and exported transcript, by the keys
and buttons that a person uses, in under ten minutes; each step is printed with its seconds. Exit status 77:
it did not run, for want of a browser.
"""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import WORK, Keys, Page, read_rttm, run_cases, run_diarize

DIARIZE, SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
REFERENCE = SAMPLES / "conversation.rttm"
NAMES = {"anna": "Anna", "boris": "Boris", "clara": "Clara"}


class Steps:
    """Prints how long each step took."""

    def __init__(self):
        self.start = self.last = time.perf_counter()

    def done(self, what):
        now = time.perf_counter()
        print(f"  {now - self.last:6.1f} s  {what}", flush=True)
        self.last = now
        return now - self.start


def overlap(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def who_talks(turn, others):
    """The speaker of `others` who talks most during the turn; None: nobody."""
    shared = {}
    for other in others:
        shared[other[2]] = shared.get(other[2], 0) + overlap(turn, other)
    best = max(shared, key=shared.get)
    return best if shared[best] > 0 else None


def transcript_of(truth):
    """What a recogniser would give: every word says who speaks it."""
    segments = []
    for start, end, who in truth:
        count = (end - start) // 400
        times = [(start + 400 * i, start + 400 * i + 380) for i in range(count)]
        words = [{"word": f" {who}", "start": a / 1000, "end": b / 1000} for a, b in times]
        text = "".join(word["word"] for word in words)
        segments.append({"start": start / 1000, "end": end / 1000, "text": text, "words": words})
    return json.dumps({"language": "en", "text": "", "segments": segments})


def error_rate(hypothesis):
    printed = subprocess.run(
        [DIARIZE, "score", "--json", str(REFERENCE), str(hypothesis)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return 100 * json.loads(printed)["total"]["der"]


def correct_uncertain_turns(page, truth):
    """As one does who hears who it is: from one to the next, to the right speaker, confirmed or deleted."""
    found = page.turns()
    speakers = sorted({turn[2] for turn in found})
    digit_of = {}
    for digit, label in enumerate(speakers, 1):
        own = [turn for turn in found if turn[2] == label]
        digit_of[who_talks_in_all(own, truth)] = str(digit)
    corrections = 0
    while page.find("#next-unsure").is_displayed():
        page.keys("q")
        turn = [
            1000 * seconds(page.find(f"#edit-{edge}").get_attribute("value")) for edge in ("start", "end")
        ]
        speaker = who_talks(turn, truth)
        page.keys(digit_of[speaker] if speaker else Keys.DELETE)
        corrections += 1
        assert corrections < 50, "the uncertain turns never end"
    return speakers, digit_of, corrections


def who_talks_in_all(turns, truth):
    shared = {
        name: sum(overlap(turn, other) for turn in turns for other in truth if other[2] == name)
        for name in NAMES
    }
    return max(shared, key=shared.get)


def seconds(clock):
    minutes, rest = clock.split(":")
    return 60 * int(minutes) + float(rest)


def case_from_a_recording_to_a_named_transcript():
    truth = read_rttm(REFERENCE.read_text())
    (WORK / "talk.json").write_text(transcript_of(truth))
    steps = Steps()
    page_path, first = WORK / "conversation.html", WORK / "first.rttm"
    outputs = ("-o", page_path, "-o", first, "-q")
    run_diarize(DIARIZE, SAMPLES / "conversation.flac", "--transcript", WORK / "talk.json", *outputs)
    steps.done("diarize conversation.flac --transcript talk.json -o conversation.html -o first.rttm")
    with Page(page_path, WORK) as page:
        steps.done("open the page")
        page.click(".word", 3)
        page.wait("return document.getElementById('play').getAttribute('aria-label') === 'Pause'")
        page.wait("return Number(document.getElementById('surface').getAttribute('aria-valuenow')) > 3")
        page.keys(" ")
        steps.done("click a word and listen for two seconds")
        speakers, digit_of, corrections = correct_uncertain_turns(page, truth)
        assert corrections > 0
        steps.done(f"correct the {corrections} uncertain turns: Q, then a digit or Del")
        for name, digit in digit_of.items():
            page.rename(speakers[int(digit) - 1], NAMES[name])
        steps.done("name the three speakers")
        page.reload()
        assert page.find("#kept-text").text.startswith(f"{corrections + 3} corrections")
        steps.done("close and open the page: everything is there")
        text = page.export("transcript-txt", "conversation.transcript.txt")
        page.export("transcript-srt", "conversation.transcript.srt")
        page.export("rttm", "conversation.rttm")
        assert page.console_errors() == []
        total = steps.done("export text, subtitles and RTTM")
    paragraphs = [paragraph.split(": ", 1) for paragraph in text.strip().split("\n\n")]
    assert [name for name, _ in paragraphs] == [NAMES[who] for _, _, who in truth], text
    for name, words in paragraphs:
        said = words.split()
        # Where two talk at once a word may be the other's.
        assert said.count(name.lower()) >= 0.95 * len(said), f"{name}: {words}"
    before, after = error_rate(first), error_rate(WORK / "conversation.rttm")
    print(f"  {total:6.1f} s  together; DER {before:.1f} % before, {after:.1f} % after")
    assert after < before and after < 4
    assert total < 600


sys.exit(run_cases(globals(), sys.argv[3:]))
