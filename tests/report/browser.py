"""A headless Chromium on the pages that `diarize report` writes.

tools/setup_browser.sh installs what it needs.
"""

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

NOT_RUN = 77  # ctest reports this exit status as "not run"

try:
    from selenium import webdriver
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("NOT RUN: no selenium in this Python (Debian: python3-selenium)")
    sys.exit(NOT_RUN)

WORK = pathlib.Path(tempfile.mkdtemp(prefix="diar-report-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)
# A page of the same origin as the reports, from which their storage can be emptied.
EMPTY = WORK / "empty.html"
EMPTY.write_text("<!doctype html><title>empty</title>")

# DIAR_BROWSER_SLOW=10 runs the pages ten times slower: what only passes on a fast machine shows.
SLOW = float(os.environ.get("DIAR_BROWSER_SLOW", "0"))

BROWSERS = (
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DRIVERS = ("/usr/bin/chromedriver", "/opt/homebrew/bin/chromedriver", "/usr/local/bin/chromedriver")


def _first(paths, what):
    for path in paths:
        if pathlib.Path(path).exists():
            return path
    print(f"NOT RUN: no {what} here (Debian: chromium chromium-driver)")
    sys.exit(NOT_RUN)


_driver = None


def _start():
    options = webdriver.ChromeOptions()
    options.binary_location = _first(BROWSERS, "Chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--autoplay-policy=no-user-gesture-required",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(_first(DRIVERS, "chromedriver")), options=options)
    atexit.register(driver.quit)
    return driver


class Page:
    """One open report. All share one browser; what an earlier one left there is gone unless `keep`."""

    def __init__(self, path, downloads, width=1280, height=900, dark=False, phone=False, keep=False):
        global _driver
        _driver = _driver or _start()
        self.driver = _driver
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.cdp(
            "Emulation.setTouchEmulationEnabled", enabled=phone, **({"maxTouchPoints": 2} if phone else {})
        )
        self.cdp(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.downloads = pathlib.Path(downloads)
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        if not keep:
            self.driver.get(EMPTY.as_uri())
            self.js("localStorage.clear()")
        if SLOW:
            self.cdp("Emulation.setCPUThrottlingRate", rate=SLOW)
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        start = time.perf_counter()
        self.driver.get(pathlib.Path(path).resolve().as_uri())
        self.wait("return document.documentElement.dataset.ready === 'yes'")
        self.load_s = time.perf_counter() - start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.get("about:blank")

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, script, seconds=60.0):
        """Until the script gives something true; what it gave."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.js(script)
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"never true: {script}")
            time.sleep(0.05)

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def find_all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def click(self, css, index=0):
        element = self.find_all(css)[index]
        # Where the player at the foot does not cover it.
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def keys(self, *keys):
        """Presses one after the other; a tuple is a chord, such as (Keys.CONTROL, "z")."""
        actions = webdriver.ActionChains(self.driver)
        for key in keys:
            *held, last = key if isinstance(key, tuple) else (key,)
            for modifier in held:
                actions.key_down(modifier)
            actions.send_keys(last)
            for modifier in reversed(held):
                actions.key_up(modifier)
        actions.perform()

    def text(self, css):
        return self.js("return document.querySelector(arguments[0]).textContent", css)

    def now_s(self):
        """The clock on the page, in seconds."""
        seconds = 0.0
        for part in self.text("#now").split(":"):
            seconds = 60 * seconds + float(part)
        return seconds

    def view_s(self):
        """Length of what the timeline shows, once it stands still; None when it shows everything."""
        last = None
        for _ in range(60):
            text = self.text("#range")
            if text == last:
                break
            last = text
            time.sleep(0.1)
        if not last:
            return None
        start, end = (
            sum(float(p) * 60**i for i, p in enumerate(reversed(t.split(":")))) for t in last.split(" – ")
        )
        return end - start

    def click_timeline(self, share, y=60):
        """Clicks at a share of the timeline's width."""
        surface = self.find("#surface")
        box = self.js("const b = arguments[0].getBoundingClientRect(); return [b.width, b.height]", surface)
        webdriver.ActionChains(self.driver).move_to_element_with_offset(
            surface, round(share * box[0] - box[0] / 2), round(y - box[1] / 2)
        ).click().perform()

    def export(self, kind, name):
        """Presses the format's button and gives the bytes of the file that arrives, as text."""
        target = self.downloads / name
        target.unlink(missing_ok=True)
        self.click("#export-open")
        self.click(f"[data-export={kind}]")
        deadline = time.monotonic() + 60
        # Chromium may hold the name with an empty file before the one that it writes to gets it.
        while not target.exists() or target.stat().st_size == 0 or any(self.downloads.glob("*.crdownload")):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{target.name} never arrived, only {[p.name for p in self.downloads.iterdir()]}"
                )
            time.sleep(0.02)
        return target.read_bytes().decode("utf-8")

    def turns(self):
        """The turns of the export, in milliseconds: [(start, end, speaker)]."""
        stem = self.js("return JSON.parse(document.getElementById('data').textContent).uri")
        return read_rttm(self.export("rttm", f"{stem}.rttm"))

    def row(self, index):
        return self.find(f"#turns .turn[data-index='{index}']")

    def click_row(self, index):
        # The page may be laid out anew (a scroll bar came) between looking and clicking.
        for last in (False, True):
            try:
                row = self.row(index)
                self.js("arguments[0].scrollIntoView({block: 'center'})", row)
                row.find_element(By.CSS_SELECTOR, ".when").click()
                return
            except StaleElementReferenceException:
                if last:
                    raise

    def seek(self, time_text):
        """Goes to a time by the search field, and gives the keys back to the page."""
        field = self.find("#search")
        self.js("arguments[0].value = ''", field)
        field.send_keys(time_text, Keys.ENTER)
        self.js("const f = arguments[0]; f.value = ''; f.dispatchEvent(new Event('input')); f.blur()", field)

    def open(self, path):
        self.driver.get(pathlib.Path(path).resolve().as_uri())
        self.wait("return document.documentElement.dataset.ready === 'yes'")

    def reload(self):
        self.driver.refresh()
        self.wait("return document.documentElement.dataset.ready === 'yes'")

    def choose(self, css, text):
        """Picks the option with this text (or its end) as a person would."""
        self.js(
            "const s = document.querySelector(arguments[0]); const t = arguments[1]; s.value = [...s.options]"
            ".find((o) => o.text === t || o.text.endsWith(' ' + t)).value; "
            "s.dispatchEvent(new Event('change', {bubbles: true}))",
            css,
            text,
        )

    def lane_point(self, time_s, row):
        """Where a time of a lane is: offsets from the middle of the timeline, in pixels."""
        self.find("#surface")
        return self.js(
            """const s = document.getElementById('surface'), b = s.getBoundingClientRect();
            const lane = document.querySelectorAll('.lanes .lane')[arguments[1]].getBoundingClientRect();
            const length = Number(s.getAttribute('aria-valuemax'));
            return [Math.round(arguments[0] / length * b.width - b.width / 2),
                    Math.round(lane.top + lane.height / 2 - b.top - b.height / 2)]""",
            time_s,
            row,
        )

    def page_point(self, time_s, row):
        """The same point in the window's coordinates."""
        x, y = self.lane_point(time_s, row)
        box = self.js(
            "const b = document.getElementById('surface').getBoundingClientRect(); "
            "return [b.left + b.width / 2, b.top + b.height / 2]"
        )
        return box[0] + x, box[1] + y

    def touch(self, kind, *points):
        """touchStart, touchMove or touchEnd with fingers at these points of the window."""
        self.cdp(
            "Input.dispatchTouchEvent",
            type=kind,
            touchPoints=[{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)],
        )

    def drag_with_a_finger(self, start, end, steps=8):
        self.touch("touchStart", start)
        for step in range(1, steps + 1):
            self.touch(
                "touchMove", tuple(a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            )
        self.touch("touchEnd")

    def pixel(self, time_s, row):
        """Colour of the timeline there, 0xRRGGBB."""
        x, y = self.lane_point(time_s, row)
        return self.js(
            """const c = document.getElementById('canvas'), b = c.getBoundingClientRect();
            const r = c.width / b.width, at = (offset, size) => (offset + size / 2) * r;
            const place = [at(arguments[0], b.width), at(arguments[1], b.height)];
            // Not from the page's own canvas: Chromium warns of what is read more than once.
            const copy = new OffscreenCanvas(1, 1).getContext('2d');
            copy.drawImage(c, ...place, 1, 1, 0, 0, 1, 1);
            const d = copy.getImageData(0, 0, 1, 1).data;
            return d[0] << 16 | d[1] << 8 | d[2]""",
            x,
            y,
        )

    def click_timeline_at(self, time_s, row):
        surface = self.find("#surface")
        self.js("arguments[0].scrollIntoView({block: 'center'})", surface)
        x, y = self.lane_point(time_s, row)
        webdriver.ActionChains(self.driver).move_to_element_with_offset(surface, x, y).click().perform()

    def drag_timeline(self, from_s, to_s, row, shift=False):
        surface = self.find("#surface")
        self.js("arguments[0].scrollIntoView({block: 'center'})", surface)
        x, y = self.lane_point(from_s, row)
        beyond = self.lane_point(to_s, row)[0] - x
        actions = webdriver.ActionChains(self.driver)
        if shift:
            actions.key_down(Keys.SHIFT)
        actions.move_to_element_with_offset(surface, x, y).click_and_hold()
        actions.move_by_offset(beyond // 2, 0).move_by_offset(beyond - beyond // 2, 0).release()
        if shift:
            actions.key_up(Keys.SHIFT)
        actions.perform()

    def rename(self, original, name):
        field = self.find(f"input[aria-label='Name of {original}']")
        self.js("arguments[0].scrollIntoView({block: 'center'})", field)
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(name, Keys.ENTER)

    def merge(self, name, into):
        self.click(f"button[aria-label='Merge {name} into another speaker']")
        self.choose("#merge-into", into)
        self.click("#merge button[value=merge]")
        self.wait("return !document.getElementById('merge').open")

    def console_errors(self):
        return [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Addresses that the page asked for, its own left out."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return [url for url in urls if not url.startswith(("file:", "blob:", "data:", "chrome:"))]


def page_of(command, turns, *arguments, name="page.html"):
    """The page of a result, made once for each name."""
    path = WORK / name
    if not path.exists():
        run_diarize(command, "report", turns, "--html", path, *arguments)
    return path


def run_diarize(command, *arguments):
    subprocess.run([command, *map(str, arguments)], check=True)


def read_rttm(text):
    """[(start, end, speaker)] in milliseconds."""
    turns = []
    for line in text.splitlines():
        fields = line.split()
        assert len(fields) == 10 and fields[0] == "SPEAKER", line
        start = round(float(fields[3]) * 1000)
        turns.append((start, start + round(float(fields[4]) * 1000), fields[7]))
    return sorted(turns)


def run_cases(namespace, chosen):
    """Runs the functions named case_...; the exit status."""
    cases = {name[5:]: run for name, run in namespace.items() if name.startswith("case_")}
    chosen = chosen or list(cases)
    failed = 0
    for name in chosen:
        start = time.perf_counter()
        try:
            cases[name]()
            print(f"ok    {name} ({time.perf_counter() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL  {name}", flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    return 1 if failed else 0
