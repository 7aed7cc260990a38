"""A headless Chromium on the pages that `diarize report` writes.

tools/setup_browser.sh installs what it needs.
"""

import json
import pathlib
import subprocess
import sys
import time

NOT_RUN = 77  # ctest reports this exit status as "not run"

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("NOT RUN: no selenium in this Python (Debian: python3-selenium)")
    sys.exit(NOT_RUN)

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


class Page:
    """One open report."""

    def __init__(self, path, downloads, width=1280, height=900, dark=False, phone=False):
        options = webdriver.ChromeOptions()
        options.binary_location = _first(BROWSERS, "Chromium")
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(_first(DRIVERS, "chromedriver")), options=options)
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        if phone:
            self.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
        self.cdp(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.downloads = pathlib.Path(downloads)
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        start = time.perf_counter()
        self.driver.get(pathlib.Path(path).resolve().as_uri())
        self.wait("return document.documentElement.dataset.ready === 'yes'")
        self.load_s = time.perf_counter() - start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Unsaved changes would ask whether to leave.
        self.driver.execute_script(
            "window.addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), true)"
        )
        self.driver.quit()

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, script, seconds=10.0):
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
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

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
        """Presses the button and gives the text of the file that arrives."""
        target = self.downloads / name
        target.unlink(missing_ok=True)
        self.click(f"[data-export={kind}]")
        deadline = time.monotonic() + 10
        while not target.exists():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{target.name} never arrived, only {[p.name for p in self.downloads.iterdir()]}"
                )
            time.sleep(0.05)
        time.sleep(0.1)
        return target.read_text(encoding="utf-8")

    def rename(self, original, name):
        field = self.find(f"input[aria-label='Name of {original}']")
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(name, Keys.ENTER)

    def merge(self, name, into):
        self.click(f"button[aria-label='Merge {name} into another speaker']")
        self.js(
            "const s = document.getElementById('merge-into'); s.value = [...s.options].find((o) => o.text "
            "=== arguments[0]).value",
            into,
        )
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
