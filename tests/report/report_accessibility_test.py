#!/usr/bin/env python3
"""The report under axe-core's rules: `report_accessibility_test.py DIARIZE SAMPLES_DIRECTORY`.

axe-core (MPL 2.0) is no part of this repository: it is taken from DIAR_AXE_JS or from build/browser, where
tools/setup_browser.sh puts it. Exit status 77: it did not run, for want of axe-core or a browser."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import NOT_RUN, WORK, Page, run_diarize

GRAVE = ("serious", "critical")


def find_axe():
    named = os.environ.get("DIAR_AXE_JS")
    script = (
        pathlib.Path(named)
        if named
        else pathlib.Path(__file__).resolve().parents[2] / "build/browser/axe.min.js"
    )
    if named or script.exists():
        return script
    print("NOT RUN: no axe-core (tools/setup_browser.sh, or DIAR_AXE_JS=axe.min.js)")
    sys.exit(NOT_RUN)


def violations(page, axe):
    page.js(axe)
    result = page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations', "
        "'incomplete']}).then(done)"
    )
    return result["testEngine"]["version"], result["violations"], result["incomplete"], len(result["passes"])


def main():
    diarize, samples = sys.argv[1], pathlib.Path(sys.argv[2])
    axe = find_axe().read_text(encoding="utf-8")
    work = WORK
    words = [{"word": f" word{i}", "start": i, "end": i + 0.9} for i in range(90)]
    segment = {"start": 0, "end": 90, "text": "".join(w["word"] for w in words), "words": words}
    (work / "said.json").write_text(json.dumps({"language": "en", "text": "", "segments": [segment]}))
    run_diarize(
        diarize,
        "report",
        samples / "conversation.rttm",
        "--audio",
        samples / "conversation.flac",
        "--transcript",
        work / "said.json",
        "--reference",
        samples / "conversation.rttm",
        "--html",
        work / "page.html",
    )
    run_diarize(diarize, "convert", samples / "conversation.rttm", "-o", work / "sure.csv")
    lines = (work / "sure.csv").read_text().splitlines()
    doubts = [f"{lines[0]},confidence", *[f"{line},0.{i + 2}" for i, line in enumerate(lines[1:])]]
    (work / "doubts.csv").write_text("\n".join(doubts) + "\n")
    run_diarize(diarize, "report", work / "doubts.csv", "--html", work / "doubts.html")
    uncertain = "document.getElementById('next-unsure').click()"
    states = {
        "light": ({}, ""),
        "dark": ({"dark": True}, ""),
        "phone": ({"width": 390, "height": 844, "phone": True}, ""),
        "help": ({}, "document.getElementById('help').showModal()"),
        "help, dark": ({"dark": True}, "document.getElementById('help').showModal()"),
        "export": ({}, "document.getElementById('export-open').click()"),
        "speaker, dark": ({"dark": True}, "document.querySelector('.lane-name').click()"),
        "merge": ({}, "document.querySelector('#speakers td:last-child button:last-child').click()"),
        "a word is heard and a turn selected": (
            {},
            "document.querySelector('.turn[data-index=\"1\"] .word').click(); const s = "
            "document.getElementById('search'); s.value = 'word3'; s.dispatchEvent(new Event('input'))",
        ),
        "the same, dark": (
            {"dark": True},
            "document.querySelector('.turn[data-index=\"1\"] .word').click(); const s = "
            "document.getElementById('search'); s.value = 'word3'; s.dispatchEvent(new Event('input'))",
        ),
        "corrected, on a phone": (
            {"width": 390, "height": 844, "phone": True},
            "document.querySelector('.turn[data-index=\"1\"] .when').click(); "
            "document.getElementById('edit-delete').click()",
        ),
        "an uncertain turn": ({}, uncertain),
        "an uncertain turn, dark": ({"dark": True}, uncertain),
        "an uncertain turn, on a phone": ({"width": 390, "height": 844, "phone": True}, uncertain),
    }
    grave = 0
    for name, (how, script) in states.items():
        path = work / ("doubts.html" if script == uncertain else "page.html")
        with Page(path, work, **how) as page:
            page.js(script)
            version, found, unsure, passed = violations(page, axe)
        print(
            f"{name}: axe-core {version}, {passed} rules passed, {len(found)} broken, {len(unsure)} for a "
            "person to judge"
        )
        for rule in found + unsure:
            broken = rule in found
            grave += broken and rule["impact"] in GRAVE
            print(f"  {'BROKEN' if broken else 'unsure'} {rule['id']} ({rule['impact']}): {rule['help']}")
            for node in rule["nodes"][:4]:
                print(f"    {node['html'][:140]}")
    print(f"{grave} serious or critical faults")
    return 1 if grave else 0


sys.exit(main())
