#!/bin/sh
# setup_browser.sh: what the report's browser and accessibility tests need: Chromium, its driver and Selenium from Debian, axe-core
# (MPL 2.0) out of a PyPI package in build/browser/axe.min.js; silent when all is there already.
# Exit code 3: PyPI (or Debian's mirror) cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if command -v dpkg-query >/dev/null 2>&1; then
  missing=""
  for package in chromium chromium-driver python3-selenium; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    echo "setup: installing$missing" >&2
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing; } \
        </dev/null >"$log" 2>&1; then
      cat "$log" >&2
      exit 3
    fi
  fi
fi
"$root/tools/pypi_file.sh" axe-playwright-python==0.1.8 fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8 \
  axe_playwright_python/axe.min.js "$root/build/browser/axe.min.js" \
  84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc
