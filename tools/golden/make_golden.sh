#!/bin/sh
# Makes tests/data/golden again: sets up a virtual environment with pyannote.audio 4.0.7 (or takes GOLDEN_VENV) and runs make_golden.py.
#   GOLDEN_VENV=/path/to/venv   use this environment and install nothing
#   GOLDEN_BUILD=/path          scratch folder (default build/golden; holds the environment and the pyannote checkpoints)
#   GOLDEN_OUT=/path            where the data goes (default tests/data/golden)
# Arguments go to make_golden.py, for example: tools/golden/make_golden.sh --only short --skip-units
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${GOLDEN_BUILD:-$root/build/golden}
out=${GOLDEN_OUT:-$root/tests/data/golden}
mkdir -p "$build"
if [ -z "${GOLDEN_VENV:-}" ]; then
    GOLDEN_VENV=$build/venv
    if [ ! -x "$GOLDEN_VENV/bin/python" ]; then
        python3 -m venv "$GOLDEN_VENV"
    fi
    "$GOLDEN_VENV/bin/pip" install --quiet --requirement "$here/requirements.txt"
fi
command -v ffmpeg >/dev/null || { echo "make_golden.sh: ffmpeg is needed to write the FLAC files" >&2; exit 1; }
exec "$GOLDEN_VENV/bin/python" "$here/make_golden.py" --out "$out" --build "$build" "$@"
