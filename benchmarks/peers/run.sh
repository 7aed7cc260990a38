#!/bin/sh
# Everything of `make bench-peers`: a virtual environment with the peers, their models, both comparisons.
#   run.sh BUILD_DIR SECONDS ROUNDS [VENV]
set -eu
build=$1 seconds=$2 rounds=$3 venv=${4:-$1/peers-venv}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=benchmarks/peers/venv.sh
. "$here/venv.sh"
models=$build/peers-models
[ -f "$models/done" ] || { "$venv/bin/python" "$here/export_models.py" "$models" >/dev/null 2>&1 && touch "$models/done"; }
[ -f "$models/done" ] || { echo "export_models.py failed; run: $venv/bin/python $here/export_models.py $models" >&2; exit 1; }
"$venv/bin/python" "$here/compare_windows.py" "$build/benchmarks/window_server" "$models" --rounds 9
"$venv/bin/python" "$here/compare_pipelines.py" "$build/diarize" "$models" "$root/samples/conversation.flac" \
  --seconds "$seconds" --rounds "$rounds"
