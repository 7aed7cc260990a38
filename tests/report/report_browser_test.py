#!/usr/bin/env python3
"""The report in a real browser: `report_browser_test.py DIARIZE SAMPLES_DIRECTORY [CASE...]`.

Opens pages that the command wrote, uses them as a person would, and compares what they export with what went
in. Exit status 77: it did not run, for want of a browser.
"""

import json
import pathlib
import random
import re
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import browser
from browser import WORK, Keys, Page, read_rttm, run_cases, webdriver

DIARIZE, SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
RTTM = SAMPLES / "conversation.rttm"
AUDIO = SAMPLES / "conversation.flac"
DURATION_S = 89.9655  # of the sample


def near(value, wanted, slack):
    assert abs(value - wanted) <= slack, f"{value} is not within {slack} of {wanted}"


def page_of(rttm, *arguments, name):
    return browser.page_of(DIARIZE, rttm, *arguments, name=name)


def sample():
    return page_of(RTTM, "--audio", AUDIO, name="sample.html")


def busy_rttm(num_turns=5000, duration_s=7200.0, num_speakers=6):
    """A long conversation, overlap included."""
    chance = random.Random(7)
    lines = []
    free = [0.0] * num_speakers
    step = duration_s / num_turns
    for turn in range(num_turns):
        speaker = chance.randrange(num_speakers)
        start = max(turn * step, free[speaker] + 0.01)
        length = chance.uniform(0.2, 1.2) * step
        free[speaker] = start + length
        lines.append(f"SPEAKER busy 1 {start:.3f} {length:.3f} <NA> <NA> SPEAKER_{speaker:02d} <NA> <NA>\n")
    path = WORK / "busy.rttm"
    path.write_text("".join(lines))
    return path


def case_loads_without_errors_or_network():
    with Page(sample(), WORK) as page:
        page.wait("return document.querySelectorAll('#turns .turn').length === 6")
        assert page.text("h1") == "conversation"
        assert "3 speakers" in page.text("#subtitle") and "6 turns" in page.text("#subtitle")
        assert [row.text for row in page.find_all(".lanes .name")] == ["anna", "boris", "clara", "Overlap"]
        painted = page.js("""const c = document.getElementById('canvas');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            const seen = new Set();
            for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
            return [...seen]""")
        for colour in (0x3350A8, 0xD4760F, 0x2A7A68):
            assert colour in painted, f"no turn is painted in {colour:06x}"
        time.sleep(0.5)
        assert page.console_errors() == []
        assert page.requests() == []


def case_plays_and_pauses():
    with Page(sample(), WORK) as page:
        page.click("#play")
        page.wait("return document.getElementById('play').getAttribute('aria-label') === 'Pause'")
        page.wait("return Number(document.getElementById('surface').getAttribute('aria-valuenow')) > 1.2")
        assert page.find("#speaking").text == "anna"
        page.keys(" ")  # the play button has the focus: the space bar presses it
        page.wait("return document.getElementById('play').getAttribute('aria-label') === 'Play'")
        stopped = page.now_s()
        time.sleep(0.4)
        near(page.now_s(), stopped, 0.05)
        assert page.console_errors() == []


def case_plays_from_where_one_clicked_to_the_end():
    with Page(sample(), WORK) as page:
        page.click_timeline(0.985)
        near(page.now_s(), 0.985 * DURATION_S, 0.15)
        page.keys(" ")
        page.wait("return Number(document.getElementById('surface').getAttribute('aria-valuenow')) > 89.5")
        page.wait("return document.getElementById('play').getAttribute('aria-label') === 'Play'")
        near(page.now_s(), DURATION_S, 0.15)


def case_seeks():
    with Page(sample(), WORK) as page:
        page.click_timeline(0.5)
        near(page.now_s(), 45.0, 0.15)
        page.keys(Keys.ARROW_RIGHT)
        near(page.now_s(), 50.0, 0.15)
        page.keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        near(page.now_s(), 40.0, 0.15)
        page.keys(Keys.END)
        near(page.now_s(), DURATION_S, 0.1)
        page.keys(Keys.HOME)
        near(page.now_s(), 0.0, 0.1)
        page.keys("n", "n")
        near(page.now_s(), 16.666, 0.06)
        page.click_row(4)
        near(page.now_s(), 60.453, 0.06)
        assert page.find("#speaking").text.split("\n") == ["anna", "boris"], page.find("#speaking").text
        current = [row.text.split("\n")[1] for row in page.find_all("#turns .current")]
        assert current == ["anna", "boris"], current
        assert page.find("#surface").get_attribute("aria-valuetext") == "1 minute 0 seconds, anna and boris"


def case_zooms():
    with Page(sample(), WORK) as page:
        assert page.view_s() is None
        page.click_timeline(0.5)
        page.click("#zoom-in")
        near(page.view_s(), 45.0, 0.3)
        page.find("#surface").send_keys("+")
        near(page.view_s(), 22.5, 0.3)
        page.click_timeline(0.25)  # a quarter of what is in sight now
        near(page.now_s(), 45.0 - 22.5 / 4, 0.4)
        page.click("#zoom-out")
        near(page.view_s(), 45.0, 0.3)
        page.js(
            "document.getElementById('surface').dispatchEvent(new WheelEvent('wheel', {deltaY: -100, "
            "ctrlKey: true, cancelable: true}))"
        )
        assert page.view_s() < 30
        page.find("#surface").send_keys("0")
        assert page.view_s() is None


def case_drags_and_keeps_the_page_scrollable():
    with Page(sample(), WORK, height=500) as page:
        page.click("#zoom-in")
        page.click("#zoom-in")
        page.view_s()
        before = page.text("#range")
        surface = page.find("#surface")
        webdriver.ActionChains(page.driver).move_to_element(surface).click_and_hold().move_by_offset(
            -200, 0
        ).release().perform()
        page.view_s()
        assert page.text("#range") != before
        near(page.now_s(), 0.0, 0.05)  # a drag is no click
        webdriver.ActionChains(page.driver).scroll_from_origin(
            webdriver.common.actions.wheel_input.ScrollOrigin.from_element(surface), 0, 120
        ).perform()
        page.wait("return scrollY > 0")


def case_pinches_on_a_phone():
    with Page(sample(), WORK, width=390, height=844, phone=True) as page:
        wide = page.js("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], f"the page is wider than the phone: {wide}"
        box = page.js(
            "const b = document.getElementById('surface').getBoundingClientRect(); return [b.left, b.top, "
            "b.width]"
        )
        fingers = [(box[0] + x, box[1] + 60) for x in (150, 200)]
        page.touch("touchStart", fingers[0])
        page.touch("touchStart", *fingers)
        for gap in range(0, 60, 10):
            page.touch(
                "touchMove", *[(x + way * gap, y) for way, (x, y) in zip((-1, 1), fingers, strict=True)]
            )
        page.touch("touchEnd")
        assert page.view_s() < 60
        assert page.console_errors() == []


def case_themes():
    background = "return getComputedStyle(document.body).backgroundColor"
    with Page(sample(), WORK) as page:
        light = page.js(background)
        page.keys("t")
        assert page.js(background) != light
    with Page(sample(), WORK, dark=True) as page:
        dark = page.js(background)
        assert dark != light
        page.click("#theme")
        assert page.js(background) == light


def case_shortcuts_can_be_turned_off():
    with Page(sample(), WORK) as page:
        page.keys("?")
        page.wait("return document.getElementById('help').open")
        page.click("#single-keys")
        page.keys(Keys.ESCAPE)
        page.wait("return !document.getElementById('help').open")
        before = page.js("return document.documentElement.dataset.theme")
        page.keys("t")
        assert page.js("return document.documentElement.dataset.theme") == before
        field = page.find("input[aria-label='Name of anna']")
        page.js("arguments[0].scrollIntoView({block: 'center'})", field)
        field.click()
        field.send_keys("t u?0")  # typing a name is no command
        assert page.js("return document.documentElement.dataset.theme") == before and page.view_s() is None


def case_hostile_names():
    uri = "</script><script>window.hacked=1</script><!--\u2028"
    names = ['<img/src=x/onerror="window.hacked=1">', "{{data}}", "</SCRIPT>&amp;'\"`$", "שלום🙂"]
    rttm = WORK / "hostile.rttm"
    rttm.write_text(
        "".join(f"SPEAKER {uri} 1 {i} 0.9 <NA> <NA> {name} <NA> <NA>\n" for i, name in enumerate(names)),
        encoding="utf-8",
    )
    with Page(page_of(rttm, name="hostile.html"), WORK) as page:
        assert page.js("return window.hacked") is None
        assert page.text("h1") == uri
        assert sorted(row.text for row in page.find_all(".lanes .name")[:-1]) == sorted(names)
        assert page.js("return document.querySelectorAll('img').length") == 0
        stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", uri)
        exported = page.export("json", f"{stem}.json")
        assert sorted(s["speaker"] for s in json.loads(exported)["speakers"]) == sorted(names)
        assert json.loads(exported)["uri"] == uri
        assert page.console_errors() == []


def case_linked_audio():
    folder = WORK / "so und so: 100%"
    folder.mkdir()
    shutil.copy(AUDIO, folder / "a#b?c 'ü'.flac")
    page_path = page_of(
        RTTM, "--audio", folder / "a#b?c 'ü'.flac", "--html-audio", "link", name="linked.html"
    )
    assert page_path.stat().st_size < 240_000
    with Page(page_path, WORK) as page:
        page.click("#play")
        page.wait("return Number(document.getElementById('surface').getAttribute('aria-valuenow')) > 0.5")
        assert page.console_errors() == []


def case_no_audio():
    with Page(page_of(RTTM, name="silent.html"), WORK) as page:
        assert not page.find("#play").is_displayed()
        assert page.find("#silent").text == "This page has no sound."
        page.click_timeline(0.5)
        near(page.now_s(), 89.165 / 2, 0.2)
        page.keys(" ")
        assert page.console_errors() == []


def said():
    """The sample with a transcript: two words a second in each turn, numbered w0, w1, ..."""
    segments = []
    for line in RTTM.read_text().splitlines():
        fields = line.split()
        start, length = float(fields[3]), float(fields[4])
        first = sum(len(s["words"]) for s in segments)
        words = [
            {"word": f" w{first + i}", "start": start + i / 2, "end": start + i / 2 + 0.45}
            for i in range(int(2 * length))
        ]
        text = "".join(word["word"] for word in words)
        segments.append({"start": start, "end": start + length, "text": text, "words": words})
    segments[2]["words"][3]["word"] = " Café"
    (WORK / "said.json").write_text(json.dumps({"language": "en", "text": "", "segments": segments}))
    return page_of(RTTM, "--audio", AUDIO, "--transcript", WORK / "said.json", name="said.html")


def case_words_are_heard_and_marked():
    with Page(said(), WORK) as page:
        assert page.text("#turns-title") == "Transcript"
        rows = page.find_all("#turns .turn .words")
        assert rows[0].text.startswith("w0 w1 w2 ") and rows[1].text.startswith("w29 ")
        page.click(".turn[data-index='1'] .word", 4)  # two seconds into the second turn
        page.wait("return document.getElementById('play').getAttribute('aria-label') === 'Pause'")
        page.wait("return document.querySelector('.word.now')?.textContent === 'w34'")
        assert 18.6 < page.now_s() < 21, page.now_s()
        assert page.find("#turns .selected .who").text == "boris"
        page.click("#play")
        assert page.console_errors() == []


def case_a_word_clicked_before_the_sound_is_there_is_heard():
    with Page(said(), WORK) as page:
        # As early as a script can: before the sound has begun to load.
        early = page.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            source="addEventListener('DOMContentLoaded', () => "
            "document.querySelector('.turn[data-index=\"1\"] .word').click())",
        )
        page.reload()
        page.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=early["identifier"])
        page.wait("return Number(document.getElementById('surface').getAttribute('aria-valuenow')) > 17")
        assert page.find("#speaking").text == "boris" and page.now_s() < 25, page.now_s()


def case_finds_words_names_and_times():
    with Page(said(), WORK) as page:
        field = page.find("#search")
        field.send_keys("cafe")  # neither case nor accents count
        assert page.text("#search-count") == "1 of 1"
        assert [word.text for word in page.find_all(".word.hit")] == ["Café"]
        field.send_keys(Keys.ENTER)
        near(page.now_s(), 32.421 + 1.5, 0.1)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("w3 w")  # across words
        assert page.text("#search-count") == "1 of 1"
        assert [word.text for word in page.find_all(".word.hit")] == ["w3", "w4"]
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("boris")
        assert page.text("#search-count").endswith("of 2")
        field.send_keys(Keys.ENTER)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("nobody said this")
        assert page.text("#search-count") == "not found"
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("1:15.5", Keys.ENTER)
        near(page.now_s(), 75.5, 0.1)
        page.keys(Keys.ESCAPE)
        assert page.find_all(".word.hit") == [] and page.text("#search-count") == ""


def many_speakers(num_speakers):
    path = WORK / f"speakers{num_speakers}.rttm"
    path.write_text(
        "".join(
            f"SPEAKER talk 1 {i}.000 0.900 <NA> <NA> Bartholomew_van_{chr(97 + i)} <NA> <NA>\n"
            for i in range(num_speakers)
        )
    )
    return path


def case_speakers_beyond_eight_differ_and_names_are_whole():
    with Page(page_of(many_speakers(20), name="twenty.html"), WORK) as page:
        looks = page.js(
            "return [...document.querySelectorAll('.lanes .lane .dot')]"
            ".map((dot) => getComputedStyle(dot).background)"
        )
        assert len(set(looks)) == 20, looks
        cut = page.js(
            "return [...document.querySelectorAll('.lanes .name')]"
            ".filter((n) => n.scrollWidth > n.clientWidth || n.scrollHeight > n.clientHeight + 1).length"
        )
        assert cut == 0, f"{cut} names are cut"
        # The lines of the ninth speaker cut its bar on the canvas too.
        colours = page.js("""const c = document.getElementById('canvas'), d = c.getContext('2d');
            const lane = document.querySelectorAll('.lanes .lane')[8].getBoundingClientRect();
            const box = c.getBoundingClientRect(), x = Math.round(8.4 / 20 * box.width);
            const seen = new Set();
            for (let y = lane.top - box.top + 4; y < lane.bottom - box.top - 4; ++y) {
              seen.add([...d.getImageData(x, Math.round(y), 1, 1).data].join());
            }
            return [...seen]""")
        assert "51,80,168,255" in colours and "244,244,241,255" in colours, colours


def case_a_reference_leaves_the_colours():
    dots = (
        "return [...document.querySelectorAll('.lanes .lane')].map((l) => "
        "[l.querySelector('.name').textContent, getComputedStyle(l.querySelector('.dot')).backgroundColor])"
    )
    truth = WORK / "truth.rttm"
    truth.write_text(RTTM.read_text().replace(" anna ", " zoe ").replace(" clara ", " abe "))
    with Page(page_of(RTTM, name="silent.html"), WORK) as page:
        plain = page.js(dots)
    with Page(page_of(RTTM, "--reference", truth, name="truth.html"), WORK) as page:
        assert page.js(dots) == plain
        assert page.find("#score-text").text.startswith("DER 0.0 %")


def case_bars_are_as_long_as_they_say():
    rttm = WORK / "bars.rttm"
    rttm.write_text(
        "".join(
            f"SPEAKER bars 1 {start} {length} <NA> <NA> {who} <NA> <NA>\n"
            for start, length, who in ((0, 45, "A"), (45, 30, "B"), (75, 25, "C"))
        )
    )
    with Page(page_of(rttm, name="bars.html"), WORK) as page:
        shares = page.js("""return [...document.querySelectorAll('#speakers .bar')].map((bar) => {
            const part = getComputedStyle(bar.querySelector('i'), '::before');
            return [bar.querySelector('span').textContent,
                    Math.round(100 * parseFloat(part.width) / bar.querySelector('i').clientWidth)]})""")
        assert shares == [["45 %", 45], ["30 %", 30], ["25 %", 25]], shares


def case_nothing_to_hear_and_nothing_said():
    quiet = WORK / "quiet.json"
    quiet.write_text('{"schema_version": 1, "uri": "quiet", "duration_s": 20.0, "turns": []}')
    with Page(page_of(quiet, name="quiet.html"), WORK) as page:
        assert page.find("#no-turns").text == "No speech was found in this recording."
        assert page.find("#speakers-note").text == "Nobody speaks in this recording."
        page.keys(" ")
        assert page.find("#status").text == "This page has no sound."
        # A first turn can be added all the same.
        page.keys("a")
        assert [row.text for row in page.find_all(".lanes .lane .name")] == ["SPEAKER_00"]
        assert page.console_errors() == []


def loading_ms(page):
    """Until the script and the first layout are done."""
    return page.js("return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")


def zooming_ms(page):
    """Median and 95th percentile of a frame, zooming in to half a second and out again."""
    frames = page.driver.execute_async_script("""
        const done = arguments[arguments.length - 1], surface = document.getElementById('surface');
        const frames = []; let step = 0, last = performance.now();
        const tick = (now) => {
          frames.push(now - last); last = now;
          if (++step > 240) { done(frames.slice(5)); return; }
          const event = new WheelEvent(
            'wheel', {deltaY: step <= 120 ? -20 : 20, ctrlKey: true, cancelable: true});
          Object.defineProperty(event, 'offsetX', {value: 400}); surface.dispatchEvent(event);
          requestAnimationFrame(tick);
        };
        requestAnimationFrame(tick);""")
    frames.sort()
    return statistics.median(frames), frames[int(len(frames) * 0.95)]


def case_thousands_of_turns_are_fast():
    with Page(sample(), WORK) as page:
        short_ms, (short_frame_ms, _) = loading_ms(page), zooming_ms(page)
    with Page(page_of(busy_rttm(), name="busy.html"), WORK) as page:
        long_ms = loading_ms(page)
        # Only rows in sight exist.
        assert page.js("return document.querySelectorAll('#turns .turn').length") < 60
        frame_ms, worst_ms = zooming_ms(page)
        print(
            f"  5,000 turns: loaded in {long_ms:.0f} ms ({short_ms:.0f} with 6 turns), zoom frames: median "
            f"{frame_ms:.1f} ms ({short_frame_ms:.1f}), 95th percentile {worst_ms:.1f} ms"
        )
        # Beside the same browser's own times, so that a slow machine is no failure: work for each turn
        # would take 800 times as long.
        assert long_ms < 1000 + 20 * short_ms, (long_ms, short_ms)
        assert frame_ms < 33 + 4 * short_frame_ms, (frame_ms, short_frame_ms)
        page.js("document.getElementById('turns').scrollTop = 100000")
        page.wait(
            "return [...document.querySelectorAll('#turns .turn')].some((row) => "
            "row.getAttribute('aria-posinset') === '2502')"
        )
        exported = read_rttm(page.export("rttm", "busy.rttm"))
        assert len(exported) == 5000
        assert page.console_errors() == []


def case_every_control_has_a_name():
    with Page(sample(), WORK) as page:
        nodes = page.cdp("Accessibility.getFullAXTree")["nodes"]
        roles = ("button", "combobox", "textbox", "slider", "checkbox", "region")
        controls = [n for n in nodes if not n.get("ignored") and n.get("role", {}).get("value") in roles]
        assert len(controls) > 15
        unnamed = [n["role"]["value"] for n in controls if not n.get("name", {}).get("value", "").strip()]
        assert unnamed == [], unnamed


sys.exit(run_cases(globals(), sys.argv[3:]))
