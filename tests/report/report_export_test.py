#!/usr/bin/env python3
"""What the page writes, against the command: `report_export_test.py DIARIZE SAMPLES_DIRECTORY [CASE...]`.

Exports of pages that nobody corrected equal the command's files to the byte; scores against a reference equal
`diarize score`. Exit status 77: it did not run, for want of a browser.
"""

import json
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import browser
from browser import WORK, Keys, Page, run_cases, run_diarize

DIARIZE, SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
TRANSCRIPTS = SAMPLES.parent / "tests/data/transcripts"
EXTENSIONS = {
    "rttm": ".rttm",
    "json": ".json",
    "csv": ".csv",
    "srt": ".srt",
    "vtt": ".vtt",
    "textgrid": ".TextGrid",
    "audacity": ".audacity.txt",
    "eaf": ".eaf",
    "ctm": ".ctm",
}


def check_exports(page, folder, stem, exported_stem=None):
    """Every export of the page equals the file of that format in the folder."""
    for key, extension in EXTENSIONS.items():
        wanted = (folder / (stem + extension)).read_bytes().decode("utf-8")
        got = page.export(key, (exported_stem or stem) + extension)
        assert got == wanted, f"{key}\n{first_difference(got, wanted)}"


def first_difference(got, wanted):
    for number, (a, b) in enumerate(zip(got.split("\n"), wanted.split("\n"), strict=False), 1):
        if a != b:
            return f"line {number}:\n  page    {a[:300]!r}\n  command {b[:300]!r}"
    return f"lengths {len(got)} and {len(wanted)}"


def words_for(turns):
    """A transcript of nonsense over [(start_s, end_s)], in openai-whisper's form."""
    chance = random.Random(3)
    segments = []
    for start, end in turns:
        words, time = [], start
        while time < end - 0.1:
            length = chance.uniform(0.05, 0.6)
            stop = chance.choice(["", "", "", ".", "?"])
            words.append(
                {"word": f" w{len(words)}{stop}", "start": round(time, 2), "end": round(time + length, 2)}
            )
            time += length + chance.choice([0, 0.02, 0.3, 2.0])
        if words:
            segments.append(
                {
                    "start": words[0]["start"],
                    "end": words[-1]["end"],
                    "text": "".join(w["word"] for w in words),
                    "words": words,
                }
            )
    return json.dumps({"language": "en", "text": "", "segments": segments})


def random_turns(seed, num_turns, names, end_s=60.0):
    chance = random.Random(seed)
    turns = []
    for _ in range(num_turns):
        # On a grid of 1/32000 s, as a run's turns are: thousandths end in ties.
        start = chance.randrange(int(end_s * 32000)) / 32000
        turns.append((start, start + chance.randrange(1, 160000) / 32000, chance.choice(names)))
    return sorted(turns)


def document(uri, turns, exclusive=None, **more):
    def listed(given):
        return [{"start_s": s, "end_s": e, "speaker": who} for s, e, who in given]

    value = {"schema_version": 1, "uri": uri, "turns": listed(turns), **more}
    if exclusive is not None:
        value["exclusive_turns"] = listed(exclusive)
    return json.dumps(value)


def exclusive_of(turns):
    """At most one at a time: each turn up to the next one's start."""
    starts = sorted({s for s, _, _ in turns})
    cut = []
    for s, e, who in turns:
        later = [t for t in starts if t > s]
        cut.append((s, min(e, later[0]) if later else e, who))
    return cut


def case_a_run_and_its_page_write_the_same():
    folder = WORK / "run"
    folder.mkdir()
    (WORK / "said.json").write_text(words_for([(0.5, 30.0), (31.0, 60.0), (61.0, 89.0)]))
    formats = ",".join(EXTENSIONS)
    audio = SAMPLES / "conversation.flac"
    run_diarize(
        DIARIZE, audio, "-q", "--speed", "faster", "-o", f"{folder}/", "-f", formats,
        "--html", WORK / "run.html", "--transcript", WORK / "said.json", "--html-audio", "none",
    )  # fmt: skip
    with Page(WORK / "run.html", WORK) as page:
        check_exports(page, folder, "conversation")
        check_transcripts(page, WORK / "said.json", folder / "conversation.json", "conversation")
        assert page.console_errors() == []


def case_odd_names_and_times_are_written_the_same():
    uri = 'my "talk"; \t<1> & more'
    turns = [
        (0.0625, 0.4375, "Anna, \"the\" <b>boss</b> & Co; 'x'"),
        (0.0625, 0.4375, "=SUM(A1)"),
        (0.4375, 0.4375, "nothing\tto see"),
        (0.00001, 1e-05, "  "),
        (1.0005, 2.0015, "a-->b ---->c"),
        (1.0, 3.0, "a-->b ---->c"),  # overlaps a turn of its own
        (1.5, 2.5, "a-->b ---->c"),
        (2.5, 1234567.8905, "שלום🙂"),
        (2.5, 2.5000004, "\uffef first by bytes"),
        (3.0, 4.0, "plain"),
    ]
    given = WORK / "odd.json"
    given.write_text(
        document(
            uri,
            turns,
            exclusive_of(turns),
            input="/some where/a talk's (1) ü.MP3",
            duration_s=1234568.0,
            version="9.9",
            model={"name": "m", "path": '/p/"q"', "found_by": "luck"},
            device="cpu",
            speed="exact",
            elapsed_s=0.00001,
        )
    )
    folder = WORK / "odd"
    folder.mkdir()
    run_diarize(DIARIZE, "convert", given, "-f", ",".join(EXTENSIONS), "-o", f"{folder}/")
    with Page(browser.page_of(DIARIZE, given, name="odd.html"), WORK) as page:
        stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", uri)
        check_exports(page, folder, next(folder.glob("*.ctm")).stem, stem)
        # A name alone leaves the exclusive turns true; a turn that went does not.
        page.rename("plain", "Plain")
        assert "exclusive_turns" in json.loads(page.export("json", f"{stem}.json"))
        page.click_row(0)
        page.keys(Keys.DELETE)
        assert "exclusive_turns" not in json.loads(page.export("json", f"{stem}.json"))
        assert page.console_errors() == []


def case_names_that_a_format_cannot_tell_apart_are_refused():
    given = WORK / "alike.json"
    given.write_text(document("alike", [(0, 1, "a b"), (1, 2, "a_b")]))
    with Page(browser.page_of(DIARIZE, given, name="alike.html"), WORK) as page:
        page.click("#export-open")
        page.click("[data-export=rttm]")
        page.wait("return document.getElementById('status').textContent.includes('rename one of them')")
        assert not (WORK / "alike.rttm").exists()
        page.export("json", "alike.json")


def check_transcripts(page, said, turns, stem):
    for kind in ("txt", "srt", "vtt", "json"):
        target = WORK / f"assigned.{kind}"
        run_diarize(DIARIZE, "assign", "-t", said, "-s", turns, "-o", target)
        got = page.export(f"transcript-{kind}", f"{stem}.transcript.{kind}")
        wanted = target.read_bytes().decode("utf-8")
        assert got == wanted, f"{said.name}, {kind}\n{first_difference(got, wanted)}"


def case_transcripts_are_written_as_assign_does():
    names = ["SPEAKER_00", "SPEAKER_01", "Zoë & <Co>", "Ann--"]
    turns = random_turns(5, 30, names, 20.0)
    (WORK / "said.json").write_text(words_for([(0, 9), (8, 15), (17, 27)]))
    given = WORK / "turns.json"
    given.write_text(document("turns", turns, exclusive_of(turns)))
    for said in (
        WORK / "said.json",
        TRANSCRIPTS / "whisper_cpp_full.json",
        TRANSCRIPTS / "whisper_cpp_japanese.json",
        TRANSCRIPTS / "openai_whisper_arabic.json",
        TRANSCRIPTS / "whisperx.json",
        TRANSCRIPTS / "talk.srt",
    ):
        name = f"said-{said.stem}.html"
        with Page(browser.page_of(DIARIZE, given, "--transcript", said, name=name), WORK) as page:
            check_transcripts(page, said, given, "turns")
            assert page.console_errors() == []


def case_a_page_of_assign_follows_its_options():
    turns = [(0.0, 4.0, "A"), (4.4, 4.6, "B"), (5.0, 9.0, "A")]
    given = WORK / "strays.json"
    given.write_text(document("strays", turns))
    said = WORK / "strays-said.json"
    spoken = [
        ("We", 0.2, 1),
        ("all", 1.2, 2),
        ("think", 2.2, 3.9),
        ("so", 4.42, 4.58),
        ("too.", 5, 6),
        ("Yes.", 9.5, 9.9),
    ]
    words = [{"word": f" {word}", "start": start, "end": end} for word, start, end in spoken]
    segment = {"start": 0.2, "end": 9.9, "text": "".join(w["word"] for w in words), "words": words}
    said.write_text(json.dumps({"language": "en", "text": "", "segments": [segment]}))
    texts = set()
    for options in ((), ("--no-smoothing",), ("--no-smoothing", "--max-gap", "0.1")):
        page_path = WORK / "strays.html"
        run_diarize(DIARIZE, "assign", said, given, "-o", page_path, "-o", WORK / "strays.txt", *options)
        with Page(page_path, WORK) as page:
            got = page.export("transcript-txt", "strays.transcript.txt")
            assert got == (WORK / "strays.txt").read_text(), options
            assert page.console_errors() == []
        texts.add(got)
    assert len(texts) == 3, texts


def case_words_follow_a_correction():
    turns = [(0.0, 10.0, "A"), (10.0, 20.0, "B"), (20.0, 30.0, "A")]
    given = WORK / "follow.json"
    given.write_text(document("follow", turns, turns))
    (WORK / "said.json").write_text(words_for([(0.2, 9.0), (10.5, 19.0), (20.5, 29.0)]))
    page_path = browser.page_of(DIARIZE, given, "--transcript", WORK / "said.json", name="follow.html")
    with Page(page_path, WORK) as page:
        before = page.export("transcript-txt", "follow.transcript.txt")
        assert [line[:2] for line in before.split("\n\n")] == ["A:", "B:", "A:"]
        page.click_row(1)
        page.keys("1")
        after = page.export("transcript-txt", "follow.transcript.txt")
        assert [line[:2] for line in after.split("\n\n")] == ["A:"]
        # The command agrees about the corrected turns.
        page.export("rttm", "follow.rttm")
        run_diarize(
            DIARIZE, "assign", "-t", WORK / "said.json", "-s", WORK / "follow.rttm", "-o", WORK / "a.txt"
        )
        assert after == (WORK / "a.txt").read_text()


def case_a_reference_is_scored_as_the_command_does():
    ours = random_turns(1, 60, ["B", "A", "D", "C", "E", "F", "G", "H", "I", "J", "K"])
    truth = random_turns(2, 60, ["Ann", "Bob", "Cid", "Dan"])
    for name, turns in (("ours", ours), ("truth", truth)):
        (WORK / f"{name}.rttm").write_text(
            "".join(f"SPEAKER talk 1 {s:.3f} {e - s:.3f} <NA> <NA> {who} <NA> <NA>\n" for s, e, who in turns)
        )
    path = browser.page_of(
        DIARIZE, WORK / "ours.rttm", "--reference", WORK / "truth.rttm", name="scored.html"
    )
    with Page(path, WORK) as page:
        check_score(page, WORK / "ours.rttm")
        labels = [row.text for row in page.find_all(".lanes .part .name")]
        assert labels == ["Missed", "False alarm", "Confusion", "Overlap"], labels
        # A correction is scored at once.
        page.click_row(3)
        page.keys(Keys.DELETE)
        page.export("rttm", "talk.rttm")
        check_score(page, WORK / "talk.rttm")
        page.click("#next-error")
        assert page.now_s() >= 0 and page.console_errors() == []


def check_score(page, hypothesis):
    printed = subprocess.run(
        [DIARIZE, "score", "--json", str(WORK / "truth.rttm"), str(hypothesis)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    score = json.loads(printed)["total"]
    total = score["total_s"]
    parts = [100 * score[key] / total for key in ("missed_detection_s", "false_alarm_s", "confusion_s")]
    wanted = "DER {:.1f} %: missed {:.1f} %, false alarm {:.1f} %, confusion {:.1f} %".format(
        100 * score["der"], *parts
    )
    assert page.find("#score-text").text == wanted, (page.find("#score-text").text, wanted)


sys.exit(run_cases(globals(), sys.argv[3:]))
